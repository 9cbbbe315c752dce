"""A journey with many runs is paused, resumed and stopped by and by; for nobody is there a moment in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from forestay.journeys.runtime import operations, whole
from forestay.journeys.runtime.whole import StillAtWork, Work
from forestay.journeys.words import RunStatus, TokenState
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

STEPS = {
    "start": {"kind": "wait", "for": {"days": 1}, "ports": {"next": "paid"}},
    "paid": {"kind": "wait_for", "event": "Paid", "timeout": {"days": 2}, "ports": {"next": "done", "timeout": "late"}},
    "done": {"kind": "exit"},
    "late": {"kind": "exit", "reason": "late"},
}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def begun(at_work: AtWork, **more: Any) -> tuple[int, list[int]]:
    accounts = at_work.accounts(5)
    journey = at_work.publish(STEPS, **more)
    at_work.enter(journey, accounts)
    at_work.work()
    return journey, accounts


def operate(at_work: AtWork, what: Any, journey: int, **more: Any) -> int:
    with at_work.store.worker.begin_worker() as connection:
        return int(what(raw(connection), journey, at_work.world.now, chunk=2, **more))


def carry_on(at_work: AtWork) -> Work | None:
    with at_work.store.worker.begin_worker() as connection:
        step = whole.carry_on(raw(connection), 2)
    return None if step is None else step[1]


def finish(at_work: AtWork) -> None:
    while (work := carry_on(at_work)) is not None and work.what != whole.WITHDRAW:
        continue


def statuses(at_work: AtWork) -> list[int]:
    return [status for (status,) in at_work.rows("SELECT status FROM journey_runs ORDER BY id")]


def test_a_pause_holds_for_all_before_it_has_reached_them(at_work: AtWork) -> None:
    journey, accounts = begun(at_work)
    assert operate(at_work, whole.pause_journey, journey) == 2
    assert statuses(at_work) == [1, 1, 0, 0, 0]
    at_work.work(hours=30)
    assert at_work.standing() == [(account, "start", TokenState.TIMER) for account in accounts]


def test_how_far_it_came_is_kept_and_the_rest_is_done_later_by_whoever_comes(at_work: AtWork) -> None:
    journey, _ = begun(at_work)
    operate(at_work, whole.pause_journey, journey)
    seen = carry_on(at_work)
    assert seen is not None
    assert (seen.what, seen.done, seen.of) == ("pause", 4, 5)
    finish(at_work)
    assert statuses(at_work) == [1] * 5
    assert at_work.rows("SELECT count(*) FROM journey_history WHERE happening = 11") == [(5,)]
    assert at_work.miscounted() == []


def test_all_clocks_are_moved_by_the_whole_pause_whenever_each_run_was_reached(at_work: AtWork) -> None:
    journey, _ = begun(at_work)
    operate(at_work, whole.pause_journey, journey)
    at_work.world.now += timedelta(hours=5)
    finish(at_work)
    at_work.world.now += timedelta(hours=5)
    operate(at_work, whole.resume_journey, journey)
    finish(at_work)
    (dues,) = at_work.rows("SELECT array_agg(DISTINCT due_at - since) FROM journey_tokens")[0]
    assert dues == [timedelta(days=1)]
    at_work.work(hours=23)
    assert {step for _, step, _ in at_work.standing()} == {"start"}
    at_work.work(hours=2)
    assert {step for _, step, _ in at_work.standing()} == {"paid"}


def test_events_that_come_while_a_pause_is_under_way_are_kept_for_all(at_work: AtWork) -> None:
    journey, accounts = begun(at_work)
    at_work.work(hours=25)
    operate(at_work, whole.pause_journey, journey)
    for account in accounts:
        at_work.happen(account, "Paid")
    at_work.work()
    assert at_work.ends() == []
    finish(at_work)
    operate(at_work, whole.resume_journey, journey)
    finish(at_work)
    at_work.work(hours=1)
    assert [how for _, *how in at_work.ends()] == [[RunStatus.COMPLETED, "done"]] * 5
    assert at_work.miscounted() == []


def test_a_goal_that_is_met_while_a_pause_is_under_way_ends_the_run_when_it_goes_on(at_work: AtWork) -> None:
    journey, accounts = begun(at_work, goal={"event": "Renewed"})
    operate(at_work, whole.pause_journey, journey)
    at_work.happen(accounts[4], "Renewed")
    at_work.work()
    assert at_work.ends() == []
    finish(at_work)
    operate(at_work, whole.resume_journey, journey)
    finish(at_work)
    at_work.work(hours=1)
    assert at_work.ends() == [(accounts[4], RunStatus.GOAL_MET, "goal")]


def test_nothing_of_a_stopped_journey_acts_before_its_runs_have_ended(at_work: AtWork) -> None:
    journey, accounts = begun(at_work)
    at_work.work(hours=25)
    assert operate(at_work, whole.stop_journey, journey) == 2
    at_work.happen(accounts[4], "Paid")
    at_work.work(hours=100)
    assert [row[1] for row in at_work.ends()] == [RunStatus.STOPPED] * 2
    finish(at_work)
    assert [row[1] for row in at_work.ends()] == [RunStatus.STOPPED] * 5
    assert at_work.standing() == []
    assert at_work.miscounted() == []


def test_what_would_cross_an_operation_that_is_under_way_is_refused(at_work: AtWork) -> None:
    journey, _ = begun(at_work)
    operate(at_work, whole.pause_journey, journey)
    with pytest.raises(StillAtWork, match="pause is under way: 2 of about 5"):
        operate(at_work, whole.resume_journey, journey)
    operate(at_work, whole.stop_journey, journey)
    with pytest.raises(StillAtWork, match="stop is under way"), at_work.store.worker.begin_worker() as connection:
        whole.start_journey(raw(connection), journey, at_work.world.now)
    finish(at_work)
    assert statuses(at_work) == [int(RunStatus.STOPPED)] * 5


def test_runs_that_a_person_paused_stay_so_when_the_journey_goes_on(at_work: AtWork) -> None:
    journey, _ = begun(at_work)
    with at_work.store.worker.begin_worker() as connection:
        operations.pause_runs(raw(connection), [5], at_work.world.now)
    at_work.world.now += timedelta(hours=1)
    operate(at_work, whole.pause_journey, journey)
    finish(at_work)
    operate(at_work, whole.resume_journey, journey)
    finish(at_work)
    assert statuses(at_work) == [0, 0, 0, 0, 1]
    assert at_work.miscounted() == []
