"""What a pause must not lose, and what goes with a run that is cancelled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forestay.journeys.runtime import operations, whole
from forestay.journeys.words import RunStatus
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

WAIT: dict[str, Any] = {"start": {"kind": "wait", "for": {"days": 1}, "next": "end"}, "end": {"kind": "exit"}}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def operate(at_work: AtWork, what: Any, *given: Any) -> Any:
    with at_work.store.worker.begin_worker() as connection:
        return what(raw(connection), *given, at_work.world.now)


@pytest.mark.parametrize(
    ("pause", "resume"),
    [
        (whole.pause_journey, whole.resume_journey),
        (lambda driver, _, now: operations.pause_runs(driver, [1], now), lambda driver, _, now: operations.resume_runs(driver, [1], now)),
    ],
)  # fmt: skip
def test_a_goal_that_comes_in_a_pause_is_met_when_it_is_over(at_work: AtWork, pause: Any, resume: Any) -> None:
    paid = {"column": "event.paid", "is": "above", "value": 10}
    journey = at_work.publish(WAIT, goal={"event": "Plan Bought", "if": paid})
    bought, looked = at_work.accounts(2)
    at_work.enter(journey, [bought])
    at_work.work()
    operate(at_work, pause, journey)
    at_work.happen(bought, "Plan Bought", paid=20)
    at_work.happen(looked, "Plan Bought", paid=20)
    at_work.work(hours=48)
    assert at_work.ends() == []
    operate(at_work, resume, journey)
    at_work.work()
    assert at_work.ends() == [(bought, RunStatus.GOAL_MET, "goal")]
    assert at_work.rows("SELECT count(*) FROM journey_tokens") == [(0,)]


def test_an_event_in_a_pause_that_is_no_goal_leaves_the_wait_as_it_was(at_work: AtWork) -> None:
    paid = {"column": "event.paid", "is": "above", "value": 10}
    journey = at_work.publish(WAIT, goal={"event": "Plan Bought", "if": paid})
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    operate(at_work, whole.pause_journey, journey)
    at_work.happen(account, "Plan Bought", paid=5)
    at_work.work(hours=48)
    operate(at_work, whole.resume_journey, journey)
    at_work.work(hours=23)
    assert at_work.ends() == []
    at_work.work(hours=2)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_a_condition_that_came_true_in_a_pause_is_seen_after_it(at_work: AtWork) -> None:
    low = {"column": "health.score", "is": "below", "value": 10}
    waiting = {
        "kind": "wait_for",
        "condition": low,
        "timeout": {"days": 9},
        "ports": {"next": "end", "timeout": "late"},
    }
    steps = {"start": waiting, "end": {"kind": "exit", "reason": "low"}, "late": {"kind": "exit", "reason": "late"}}
    journey = at_work.publish(steps)
    fell, stayed = at_work.accounts(2)
    at_work.world.columns = {"health.score": {fell: 60.0, stayed: 60.0}}
    at_work.enter(journey, [fell, stayed])
    at_work.work()
    operate(at_work, whole.pause_journey, journey)
    at_work.world.columns = {"health.score": {fell: 5.0, stayed: 60.0}}
    at_work.runner.touch(at_work.workspace, np.array([fell, stayed]))
    at_work.work(hours=1)
    operate(at_work, whole.resume_journey, journey)
    at_work.work()
    assert at_work.ends() == [(fell, RunStatus.COMPLETED, "low")]
    assert [account for account, _, _ in at_work.standing()] == [stayed]
    at_work.work(hours=9 * 24)
    assert at_work.ends()[1] == (stayed, RunStatus.COMPLETED, "late")


def parents(at_work: AtWork) -> tuple[int, int]:
    """A run that waits for another journey's, which waits for a branch for its contact."""
    each = {"kind": "for_each_contact", "ports": {"each": "rest", "next": "end", "none": "end"}}
    rest = {"kind": "wait", "for": {"days": 5}, "next": "end"}
    at_work.publish({"start": each, "rest": rest, "end": {"kind": "exit"}}, key="kid")
    sub = {"kind": "sub_journey", "journey": "kid", "ports": {"next": "end", "failed": "end"}}
    journey = at_work.publish({"start": sub, "end": {"kind": "exit"}}, key="parent")
    (account,) = at_work.accounts(1)
    at_work.world.people = {account: [11]}
    at_work.enter(journey, [account])
    return journey, account


def test_with_a_run_go_those_that_it_waits_for(at_work: AtWork) -> None:
    _, account = parents(at_work)
    at_work.work()
    assert at_work.rows("SELECT count(*) FROM journey_runs WHERE status = 0") == [(3,)]
    operate(at_work, lambda driver, now: operations.cancel_runs(driver, [1], now))
    at_work.work(hours=1000)
    with_it = (account, RunStatus.CANCELLED, "parent cancelled")
    assert at_work.ends() == [(account, RunStatus.CANCELLED, "cancelled"), with_it, with_it]


def test_with_a_journey_go_runs_that_have_not_begun_yet(at_work: AtWork) -> None:
    journey, account = parents(at_work)
    at_work.runner.take_in()
    operate(at_work, whole.stop_journey, journey)
    at_work.work(hours=1000)
    assert at_work.ends() == [(account, RunStatus.STOPPED, "stopped")]
    assert at_work.rows("SELECT count(*) FROM journey_runs") == [(1,)]
