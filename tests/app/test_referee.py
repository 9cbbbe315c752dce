"""DuckDB over the lake says the same as memory, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forestay.app.shard import WorkspaceMemory
from forestay.customers.kinds import ImportKind
from forestay.events.log import Codec
from forestay.lake.reads import Chosen, LakeReader
from tests.app import remembered
from tests.app.histories import BODIES, FULL, SHARDS, cut_short
from tests.app.worker_house import NOON, LakeInFolder, WorkerHouse, made_workspace
from tests.conftest import StoreUnderTest
from tests.sources.messages import arrow

ENDINGS = st.sampled_from(["tick", "flush", "flush", "crash before", "crash after", "crash in the lake", "snapshot"])


class Referee:
    """Asks the lake, by external id of the account."""

    def __init__(self, lake: LakeInFolder, space: WorkspaceMemory) -> None:
        self.reader, self.space = LakeReader(str(lake.root)), space
        rows = space.living()
        self.names = [space.known.account_keys[row] for row in rows.tolist()]
        self.chosen = Chosen(space.workspace_id, space.known.account_ids.values[rows].astype(np.int64))

    def counts(self) -> dict[tuple[str, str, int], int]:
        found: dict[tuple[str, str, int], int] = {}
        for batch in self.reader.totals(self.chosen, self.space.today - 99, self.space.today):
            for place, day, events in zip(batch.place.tolist(), batch.day.tolist(), batch.events.tolist(), strict=True):
                key = (self.names[place], "any", day)
                found[key] = found.get(key, 0) + events
        return {key: events for key, events in found.items() if events}

    def active_users(self) -> dict[tuple[str, int], int]:
        days = list(self.reader.user_days(self.chosen, self.space.today - 29, self.space.today))
        told: dict[tuple[str, int], set[int]] = {}
        for window in (1, 7, 30):
            for batch in days:
                for place, user, day in zip(batch.place.tolist(), batch.user.tolist(), batch.day.tolist(), strict=True):
                    if day > self.space.today - window:
                        told.setdefault((self.names[place], window), set()).add(user)
        return {key: len(users) for key, users in told.items()}

    def facts(self) -> dict[str, list[tuple[object, ...]]]:
        told = {}
        for name in self.space.memory.facts.names:
            found = self.reader.facts(self.chosen, name, 3_000_000 - 100_000)
            rows = zip(
                [self.names[place] for place in found.place.tolist()], found.day.tolist(),
                found.value.round(6).tolist(), found.count.tolist(), strict=True,
            )  # fmt: skip
            if lines := sorted(rows):
                told[name] = lines
        return told

    def close(self) -> None:
        self.reader.close()


def carry_out(house: WorkerHouse, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = house.lake
    if ending == "snapshot":
        house.run_dry()
        house.snapshot()
    elif ending == "tick":
        house.run_dry()
    elif ending == "flush":
        house.run_dry()
        lake.flush()
    else:
        lose_everything(house, ending, monkeypatch)


def lose_everything(house: WorkerHouse, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies: memory and what waits for the lake are gone, and perhaps a flush was half done."""
    if ending == "crash in the lake":
        house.run_dry()
        writer = house.lake.writer
        tables = iter(range(2))
        append = writer._append
        monkeypatch.setattr(
            writer, "_append", lambda *given: append(*given) if next(tables, None) is not None else None
        )
        house.lake.flush()
    step = "forestay.app.preparing.signal_writes" if ending == "crash before" else "forestay.app.tick._told"
    cut_short(house, step, monkeypatch)


@pytest.mark.slow
@settings(
    max_examples=60 if FULL else 4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(BODIES, st.lists(ENDINGS, min_size=12, max_size=12))
def test_duckdb_over_the_lake_counts_what_memory_counts(
    store: StoreUnderTest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    bodies: Sequence[tuple[Codec, bytes]],
    endings: Sequence[str],
) -> None:
    shard, folder = next(SHARDS), tmp_path_factory.mktemp("house")
    workspace = made_workspace(store.owner, f"r{shard}")
    house = WorkerHouse(store.worker, store.owner, folder, lake=LakeInFolder(folder / "lake"), shard=shard)
    for (codec, body), ending in zip(bodies, endings, strict=False):
        house.append(workspace, codec, body)
        carry_out(house, ending, monkeypatch)
    house.run_dry()
    house.lake.flush()
    space = house.space(workspace)
    referee = Referee(house.lake, space)
    in_memory = {key: n for key, n in remembered.counts(space).items() if key[1] == "any"}
    assert referee.counts() == in_memory
    assert referee.active_users() == remembered.active_users(space)
    assert referee.facts() == remembered.facts(space)
    referee.close()
    house.close()


def test_facts_that_the_lake_missed_in_a_crash_are_told_again(
    store: StoreUnderTest, tmp_path_factory: pytest.TempPathFactory, acme: int
) -> None:
    folder = tmp_path_factory.mktemp("house")
    house = WorkerHouse(store.worker, store.owner, folder, lake=LakeInFolder(folder / "lake"))
    ticket = {"ticket_id": "t", "account_id": "globex", "opened_at": NOON - timedelta(days=2), "csat": 4.0}
    house.put(arrow(0, ImportKind.TICKETS, [ticket], workspace=acme))
    house.run_dry()
    house.lake.flush()
    house.put(arrow(0, ImportKind.TICKETS, [{**ticket, "csat": 1.0}], workspace=acme))
    house.run_dry()
    house.lake.lose()
    house.restart()
    house.lake.flush()
    referee = Referee(house.lake, house.space(acme))
    assert referee.facts() == remembered.facts(house.space(acme))
    assert referee.facts()["ticket.csat"][0][2] == 1.0
    referee.close()
    house.close()
