"""Runs that begin to end otherwise than they used to raise an alarm: once a day, beyond chance, and not for a few."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from forestay.journeys.runtime.ends import Shift, look_at_ends
from forestay.store.database import raw
from tests.conftest import StoreUnderTest, empty, make_workspace
from tests.journeys.at_work import AtWork

TODAY = date(2026, 3, 20)
WELL, GONE = "completed:done", "failed:step"


@pytest.fixture
def journey(store: StoreUnderTest) -> tuple[AtWork, int]:
    empty(store)
    at_work = AtWork(store, make_workspace(store, "acme", "Acme"))
    return at_work, at_work.publish({"start": {"kind": "exit"}})


def count(of: tuple[AtWork, int], days_ago: int, **ends: int) -> None:
    """So many runs ended well, or failed, on a day."""
    at_work, number = of
    for name, n in ((WELL, ends.get("well", 0)), (GONE, ends.get("gone", 0))):
        at_work.rows(
            "INSERT INTO journey_counts (workspace_id, journey_id, version, step, day, name, count) "
            f"VALUES ({at_work.workspace}, {number}, 1, -1, '{TODAY - timedelta(days=days_ago)}', 'ended:{name}', {n}) RETURNING count"
        )


def look(of: tuple[AtWork, int], today: date = TODAY) -> list[Shift]:
    with of[0].store.worker.begin_worker() as connection:
        return look_at_ends(raw(connection), today)


def test_runs_that_fail_where_they_used_to_end_well_raise_an_alarm_once_a_day(journey: tuple[AtWork, int]) -> None:
    for day in range(2, 20):
        count(journey, day, well=50, gone=1)
    count(journey, 0, well=40, gone=60)
    (shift,) = look(journey)
    assert (shift.journey_id, round(shift.moved, 2)) == (journey[1], 0.58)
    assert shift.now[GONE] == 0.6
    assert look(journey) == []
    assert [row[0] for row in journey[0].rows("SELECT kind FROM journey_alarms")] == ["ends"]
    assert len(look(journey, TODAY + timedelta(days=1))) == 1


@pytest.mark.parametrize(
    ("well", "gone"),
    [(46, 4), (9, 12), (75, 25)],
    ids=["as ever", "too few to say", "a little worse than chance would have it"],
)
def test_what_may_be_chance_or_is_little_raises_none(journey: tuple[AtWork, int], well: int, gone: int) -> None:
    for day in range(2, 20):
        count(journey, day, well=45, gone=5)
    count(journey, 0, well=well, gone=gone)
    assert look(journey) == []


def test_a_journey_that_has_just_begun_has_nothing_to_be_held_against(journey: tuple[AtWork, int]) -> None:
    count(journey, 0, well=10, gone=90)
    assert look(journey) == []


def test_an_end_that_never_was_before_is_seen(journey: tuple[AtWork, int]) -> None:
    for day in range(2, 20):
        count(journey, day, well=50)
    count(journey, 1, gone=50)
    (shift,) = look(journey)
    assert (shift.now, shift.before) == ({WELL: 0.0, GONE: 1.0}, {WELL: 1.0, GONE: 0.0})
