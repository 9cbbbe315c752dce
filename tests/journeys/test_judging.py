"""Goals, exits and entries that cannot be judged of somebody: they take nobody along, and a wait besides hides none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from forestay.conditions.columns import ColumnTable
from forestay.journeys.moves import Batch
from forestay.journeys.read import BadJourney, journey_of_body
from forestay.journeys.words import RunStatus
from forestay.kit.errors import ForestayError
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork
from tests.journeys.still_world import StillWorld

WAIT: dict[str, Any] = {"start": {"kind": "wait", "for": {"hours": 1}, "next": "end"}, "end": {"kind": "exit"}}
HIGH = {"column": "health.score", "is": "above", "value": 90}


class Gone(ForestayError):
    """The account is not known any more."""

    code = "gone"
    retryable = True


class Forgetful(StillWorld):
    """Raises for whole groups in which one account is."""

    gone: int = 0

    def table(self, batch: Batch) -> ColumnTable:
        if (batch.account == self.gone).any():
            raise Gone("not known")
        return super().table(batch)


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def test_a_goal_over_a_column_that_is_gone_is_not_met_and_the_run_goes_on(at_work: AtWork) -> None:
    journey = at_work.publish(WAIT, goal={"condition": {"column": "measure.gone", "is": "above", "value": 1}})
    accounts = at_work.accounts(2)
    at_work.enter(journey, accounts)
    at_work.work()
    at_work.work(hours=2)
    assert [status for _, status, _ in at_work.ends()] == [RunStatus.COMPLETED] * 2


def test_an_account_that_is_gone_takes_no_other_with_it(store: StoreUnderTest, workspace: int) -> None:
    world = Forgetful()
    at_work = AtWork(store, workspace, world)
    journey = at_work.publish(WAIT, goal={"condition": HIGH})
    kept, world.gone = at_work.accounts(2)
    world.columns = {"health.score": {kept: 95.0}}
    at_work.enter(journey, [kept, world.gone])
    at_work.work()
    assert at_work.ends() == [(kept, RunStatus.GOAL_MET, "goal")]


def test_an_entry_that_cannot_be_judged_lets_nobody_in(at_work: AtWork) -> None:
    asked = {"column": "measure.gone", "is": "above", "value": 1}
    journey = at_work.publish(WAIT, entry=[{"event": "Trial Started", "if": asked}])
    at_work.enter(journey, at_work.accounts(1), entry=0, event={})
    at_work.work()
    assert at_work.rows("SELECT count(*) FROM journey_runs") == [(0,)]


def test_a_goal_is_judged_of_those_beside_one_who_waits_for_a_condition(at_work: AtWork) -> None:
    low, never = ({"column": "health.score", "is": "below", "value": value} for value in (50, 10))
    steps = {
        "start": {"kind": "condition", "branches": [{"if": low, "port": "low"}], "ports": {"low": "rest", "else": "look"}},
        "rest": {"kind": "wait", "for": {"days": 9}, "next": "end"},
        "look": {"kind": "wait_for", "condition": never, "ports": {"next": "end"}},
        "end": {"kind": "exit"},
    }  # fmt: skip
    journey = at_work.publish(steps, goal={"condition": HIGH})
    resting, looking = at_work.accounts(2)
    at_work.world.columns = {"health.score": {resting: 40.0, looking: 60.0}}
    at_work.enter(journey, [resting, looking])
    at_work.work()
    at_work.world.columns = {"health.score": {resting: 95.0, looking: 60.0}}
    at_work.runner.touch(at_work.workspace, np.array([resting, looking]))
    assert at_work.ends() == [(resting, RunStatus.GOAL_MET, "goal")]


def test_values_of_ours_cannot_be_brought_along(at_work: AtWork) -> None:
    journey = at_work.publish({"start": {"kind": "go_to", "ports": {"to": "end"}}, "end": {"kind": "exit"}})
    at_work.enter(journey, at_work.accounts(1), values={"_laps": "x", "_passed": 7, "plan": "pro"})
    at_work.work()
    assert at_work.rows("SELECT status, run_values FROM journey_runs") == [(RunStatus.COMPLETED, {"plan": "pro"})]


def test_a_step_may_not_write_values_of_ours() -> None:
    sub = {"kind": "sub_journey", "journey": "kid", "values": {"_laps": 3}, "ports": {"next": "end"}}
    document = {"key": "a", "name": "a", "start": "start", "steps": {"start": sub, "end": {"kind": "exit"}}}
    with pytest.raises(BadJourney):
        journey_of_body({"document": document, "source": None})


def test_sixty_events_that_do_not_fit_hide_not_the_one_that_does(at_work: AtWork) -> None:
    above = {"column": "event.n", "is": "above", "value": 100}
    steps = {
        "start": {"kind": "wait_for", "event": "Ping", "if": above, "ports": {"next": "end"}},
        "end": {"kind": "exit"},
    }
    journey = at_work.publish(steps)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.runner.take_in()
    for number in range(60):
        at_work.happen(account, "Ping", n=number)
        at_work.world.now += timedelta(seconds=1)
    at_work.happen(account, "Ping", n=101)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]
