"""Whatever ends the worker, and wherever: nothing is lost, nothing counts twice, memory comes back the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forestay.app.commit import Commit, PositionMoved, WorkspaceWrites
from forestay.app.shard import Due
from forestay.customers.kinds import ImportKind
from forestay.events.log import Codec
from forestay.store.database import StoreUnavailable
from tests.app import remembered
from tests.app.histories import BODIES, FULL, SHARDS, PowerCut, cut, cut_short
from tests.app.worker_house import NOON, WorkerHouse, made_workspace
from tests.conftest import StoreUnderTest
from tests.sources.messages import arrow, control, group, identify, track

SIGNALS = "SELECT account_id, trigger_key, count(*)::int FROM signals GROUP BY 1, 2 ORDER BY 1, 2"
REQUESTS = "SELECT cause, slot, count(*)::int FROM requests GROUP BY 1, 2 ORDER BY 1, 2"
ACCEPTED = "SELECT coalesce(sum(count), 0)::int FROM daily_counts WHERE name = 'events.accepted'"


def some_history(house: WorkerHouse, acme: int) -> None:
    house.say(acme, track("v1", anonymousId="x"), track("v2", anonymousId="y"))
    house.say(acme, group("g1", "globex", userId="ann", traits={"seats": 50}), track("m1", userId="ann"))
    house.run_dry()
    ticket = {"ticket_id": "t", "account_id": "globex", "opened_at": NOON - timedelta(days=2), "contact_id": "bob"}
    house.put(arrow(0, ImportKind.TICKETS, [ticket], workspace=acme))
    house.say(acme, identify("i1", "ann", "x"), track("m2", userId="bob", account="initech"))
    house.run_dry()


def test_a_restart_without_a_snapshot_remembers_everything(house: WorkerHouse, acme: int) -> None:
    some_history(house, acme)
    before, signals = remembered.everything(house.space(acme)), house.rows(SIGNALS)
    on = remembered.triggers(house.space(acme))
    house.restart()
    assert remembered.everything(house.space(acme)) == before
    assert remembered.triggers(house.space(acme)) == on
    house.run_dry()
    assert house.rows(SIGNALS) == signals


def test_a_restart_from_a_snapshot_and_the_log_after_it_remembers_everything(house: WorkerHouse, acme: int) -> None:
    some_history(house, acme)
    house.snapshot()
    house.say(acme, track("m3", anonymousId="y"), group("g2", "initech", anonymousId="y"), track("m1", userId="ann"))
    house.put(control(0, "account.merged", "initech", "globex", workspace=acme))
    house.run_dry()
    before = remembered.everything(house.space(acme))
    house.restart()
    assert remembered.everything(house.space(acme)) == before
    assert house.rows(ACCEPTED) == [(8,)]


def test_a_snapshot_alone_gives_the_same_answers(house: WorkerHouse, acme: int) -> None:
    some_history(house, acme)
    house.snapshot()
    before, scores = remembered.everything(house.space(acme)), house.space(acme).standing.score.tolist()
    house.restart()
    assert remembered.everything(house.space(acme)) == before
    assert house.space(acme).standing.score.tolist()[:2] == pytest.approx(scores[:2], abs=0.06)


STEPS = [
    "forestay.app.intake.resolve",
    "forestay.app.preparing.remember",
    "forestay.app.preparing.score_accounts",
    "forestay.app.preparing.signal_writes",
    "forestay.app.commit.WorkspaceWrites.write",
]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_loses_nothing_and_counts_nothing_twice(
    house: WorkerHouse, acme: int, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_history(house, acme)
    house.say(acme, track("m9", userId="ann"), track("m8", anonymousId="y"), group("g9", "hooli", anonymousId="y"))

    with monkeypatch.context() as broken:
        broken.setattr(step, cut)
        with pytest.raises(PowerCut):
            house.run()
    house.restart()
    house.run_dry()
    after = remembered.everything(house.space(acme))
    house.restart()
    assert remembered.everything(house.space(acme)) == after
    assert house.rows(ACCEPTED) == [(9,)]
    assert after["counts"]["hooli", "any", house.space(acme).today] == 2


def test_a_crash_after_the_commit_and_before_the_lake_hands_the_events_over_again(
    house: WorkerHouse, acme: int
) -> None:
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.run()
    house.lake.batches.clear()
    house.lake.position = 0
    house.restart()
    assert house.lake.events() == 1
    assert house.lake.position == 1


class FlakyWrite:
    """The first time, the connection is lost when all rows were sent and nothing was committed."""

    def __init__(self, real: Callable[..., None]) -> None:
        self.real, self.calls = real, 0

    def __call__(self, writes: WorkspaceWrites, connection: Any) -> None:
        self.calls += 1
        self.real(writes, connection)
        if self.calls == 1:
            raise StoreUnavailable("gone")


def test_a_database_that_goes_away_while_committing_gets_the_tick_once(
    house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.tick.commit = Commit(house.store, wait=lambda _: True)
    flaky = FlakyWrite(WorkspaceWrites.write)
    monkeypatch.setattr(WorkspaceWrites, "write", lambda self, connection: flaky(self, connection))
    house.say(acme, group("g", "globex", userId="ann", traits={"seats": 50}), track("m1", userId="ann"))
    house.run()
    assert flaky.calls == 2
    assert house.rows(ACCEPTED) == [(2,)]
    assert [n for *_, n in house.rows(REQUESTS)] == [1]


def test_an_answer_lost_after_the_commit_is_not_written_again(
    house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = house.store.begin_worker, itertools.count()

    @contextmanager
    def lost_once() -> Iterator[Any]:
        with real() as connection:
            yield connection
        if next(calls) == 0:
            raise StoreUnavailable("the answer to COMMIT never came")

    house.say(acme, track("m1", userId="ann", account="globex"))
    house.tick.commit = Commit(FlakyStore(lost_once), wait=lambda _: True)  # type: ignore[arg-type]
    house.run()
    assert next(calls) == 2
    assert house.rows(ACCEPTED) == [(1,)]
    assert house.rows("SELECT count(*)::int FROM health_changes") == [(1,)]


@dataclass
class FlakyStore:
    """A store of which only transactions are asked."""

    begin_worker: Callable[[], Any]


def test_a_tick_right_after_a_restart_is_written_though_the_clock_stands_still(house: WorkerHouse, acme: int) -> None:
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.run()
    house.restart()
    house.space(acme).due.append(Due("day", house.space(acme).living()))
    house.run()
    assert house.rows("SELECT as_of > :noon FROM account_states", noon=NOON) == [(True,)]


def test_a_second_worker_is_noticed_before_it_does_harm(house: WorkerHouse, acme: int) -> None:
    house.say(acme, track("m1", userId="ann", account="globex"))
    other = house.started()
    house.run()
    house.clock.advance(timedelta(milliseconds=1))
    with pytest.raises(PositionMoved):
        other.run()


def test_a_body_that_breaks_the_tick_is_put_aside_and_the_rest_counts(house: WorkerHouse, acme: int) -> None:
    monster = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(4_000))  # no index of PostgreSQL takes it
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.say(acme, track("m2", userId="ann", account=monster))
    house.say(acme, track("m3", userId="ann", account="globex"))
    house.run()
    assert house.rows("SELECT position, reason_code FROM quarantine") == [(2, "undigestible")]
    assert sum(remembered.counts(house.space(acme)).values()) == 2
    before = remembered.everything(house.space(acme))
    house.restart()
    assert remembered.everything(house.space(acme)) == before


def test_a_poisoned_workspace_does_not_hold_up_another(
    house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = made_workspace(house.owner, "initech")
    house.restart()
    real = WorkspaceWrites.write

    def refuse(self: WorkspaceWrites, connection: Any) -> None:
        real(self, connection)
        if self.workspace_id == acme and self.states:
            raise ValueError("this workspace's rows cannot be written")

    monkeypatch.setattr(WorkspaceWrites, "write", refuse)
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.say(other, track("m1", userId="ann", account="globex"))
    house.run()
    assert house.rows("SELECT workspace_id FROM account_states") == [(other,)]
    assert house.rows("SELECT workspace_id, position FROM quarantine") == [(acme, 1)]


ENDINGS = st.sampled_from(
    ["tick", "tick", "one body", "snapshot", "restart", "crash before", "crash after", "wait", "wait"]
)


def take_one_body(house: WorkerHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick that leaves work behind, as in a large import."""
    with monkeypatch.context() as small:
        small.setattr("forestay.app.tick.TICK_BYTES", 1)
        house.run()


def carry_out(house: WorkerHouse, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    actions: dict[str, Callable[[], None]] = {
        "tick": house.run_dry,
        "one body": lambda: take_one_body(house, monkeypatch),
        "snapshot": house.snapshot,
        "restart": house.restart,
        "crash before": lambda: cut_short(house, "forestay.app.preparing.signal_writes", monkeypatch),
        "crash after": lambda: cut_short(house, "forestay.app.tick._told", monkeypatch),
        "wait": lambda: None,
    }
    actions[ending]()


@pytest.mark.slow
@settings(
    max_examples=200 if FULL else 6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(BODIES, st.lists(ENDINGS, min_size=12, max_size=12))
def test_any_history_with_any_crashes_is_remembered_as_one_replay_from_zero_remembers_it(
    store: StoreUnderTest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    bodies: Sequence[tuple[Codec, bytes]],
    endings: Sequence[str],
) -> None:
    shard = next(SHARDS)
    workspace = made_workspace(store.owner, f"w{shard}")
    house = WorkerHouse(store.worker, store.owner, tmp_path_factory.mktemp("house"), shard=shard)
    for (codec, body), ending in zip(bodies, endings, strict=False):
        house.append(workspace, codec, body)
        carry_out(house, ending, monkeypatch)
    house.run_dry()
    lived = remembered.everything(house.space(workspace))
    standing = remembered.triggers(house.space(workspace))
    house.forget_snapshots()
    house.restart()
    assert remembered.everything(house.space(workspace)) == lived
    accepted = (
        "SELECT coalesce(sum(count), 0)::int FROM daily_counts WHERE name = 'events.accepted' AND workspace_id = :w"
    )
    distinct = len(house.space(workspace).hashes)
    assert house.rows(accepted, w=workspace) == [(distinct,)]
    assert remembered.triggers(house.space(workspace)) == standing
    house.close()
