"""A product that makes up event names without end costs no memory, and what is counted stays right."""

from __future__ import annotations

from pathlib import Path

import pytest

from forestay.sources import orphans
from tests.app.worker_house import WorkerHouse
from tests.sources.messages import group, track

NAMES, A_BODY = 30_000, 5_000
EVENTS = """SELECT s.measures[array_position(m.keys, 'events_7d')]::int FROM account_states s
JOIN measure_sets m ON m.workspace_id = s.workspace_id AND m.number = s.measure_set"""


def say_names(house: WorkerHouse, workspace: int, prefix: str, **who: str) -> None:
    for start in range(0, NAMES, A_BODY):
        names = (f"{prefix} {number}" for number in range(start, start + A_BODY))
        house.say(workspace, *(track(f"{prefix}{name}", name, **who) for name in names))
        house.run_dry()


def size_of_snapshot(house: WorkerHouse) -> int:
    """Bytes of the newest snapshot; message hashes lie elsewhere."""
    house.snapshot()
    newest = max((house.folder / "snapshot").glob("at-*"), key=lambda path: int(path.name[3:]))
    return sum(path.stat().st_size for path in Path(newest).rglob("*") if path.is_file())


def test_thirty_thousand_names_of_an_account_leave_memory_as_it_was(house: WorkerHouse, acme: int) -> None:
    house.say(acme, group("g", "globex", userId="ann"), track("m", userId="ann"))
    house.run_dry()
    before, series = size_of_snapshot(house), house.space(acme).memory.book.names
    say_names(house, acme, "Opened", userId="ann")
    house.refresh()
    assert house.space(acme).memory.book.names == series
    assert size_of_snapshot(house) - before < 1_000
    assert house.rows(EVENTS) == [(NAMES + 1,)]
    assert house.lake.events() == NAMES + 2


def test_names_of_visitors_are_remembered_up_to_a_bound_and_their_events_all(
    house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "MOST_NAMES", 1_000)
    say_names(house, acme, "Saw", anonymousId="x")
    waiting = house.space(acme).orphans
    assert len(waiting._listed) == 1_000
    assert len(list(waiting.entries())) == 1_000
    house.say(
        acme, {"type": "identify", "messageId": "i", "userId": "ann", "anonymousId": "x"}, group("g", "globex", userId="ann")
    )  # fmt: skip
    house.run_dry()
    house.refresh()
    assert house.rows(EVENTS) == [(NAMES,)]
