"""Events that are heard of late count as if they had been heard of at once; time-outs count from when we act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from forestay.journeys.words import RunStatus, TokenState
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

DONE = {"done": {"kind": "exit"}, "late": {"kind": "exit", "reason": "late"}}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def listen(event: str, following: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "wait_for",
        "event": event,
        "timeout": {"days": 2},
        "ports": {"next": following, "timeout": "late"},
        **more,
    }


def begun(at_work: AtWork, steps: dict[str, Any]) -> int:
    (account,) = at_work.accounts(1)
    at_work.enter(at_work.publish({**steps, **DONE}), [account])
    at_work.work()
    return account


TWO = {"start": listen("Trial Started", "paid"), "paid": listen("Paid", "done")}


def test_two_events_that_come_late_together_are_both_heard(at_work: AtWork) -> None:
    account = begun(at_work, TWO)
    began = at_work.world.now
    at_work.world.now += timedelta(minutes=10)
    at_work.happen(account, "Trial Started", began + timedelta(minutes=1))
    at_work.happen(account, "Paid", began + timedelta(minutes=2))
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_what_came_between_and_is_heard_of_later_still_counts(at_work: AtWork) -> None:
    account = begun(at_work, TWO)
    began = at_work.world.now
    at_work.world.now += timedelta(minutes=10)
    at_work.happen(account, "Trial Started", began + timedelta(minutes=1))
    at_work.work()
    at_work.happen(account, "Paid", began + timedelta(minutes=2))
    at_work.work(hours=1)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_what_came_before_that_which_led_to_the_wait_does_not_count(at_work: AtWork) -> None:
    account = begun(at_work, TWO)
    began = at_work.world.now
    at_work.world.now += timedelta(minutes=10)
    at_work.happen(account, "Trial Started", began + timedelta(minutes=2))
    at_work.happen(account, "Paid", began + timedelta(minutes=1))
    at_work.work()
    assert at_work.standing() == [(account, "paid", TokenState.EVENT)]


def test_one_late_event_is_not_counted_twice(at_work: AtWork) -> None:
    account = begun(at_work, {"start": listen("Ping", "again"), "again": listen("Ping", "done")})
    began = at_work.world.now
    at_work.world.now += timedelta(minutes=10)
    at_work.happen(account, "Ping", began + timedelta(minutes=1))
    at_work.work()
    assert at_work.standing() == [(account, "again", TokenState.EVENT)]
    at_work.happen(account, "Ping", began + timedelta(minutes=2))
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_a_run_that_is_let_in_late_counts_from_the_event_that_let_it_in(at_work: AtWork) -> None:
    journey = at_work.publish({"start": listen("Paid", "done"), **DONE}, entry=[{"event": "Trial Started"}])
    (account,) = at_work.accounts(1)
    came = at_work.world.now
    at_work.enter(journey, [account], event={}, entry=0)
    at_work.world.now += timedelta(minutes=10)
    at_work.happen(account, "Paid", came + timedelta(minutes=1))
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_a_timer_that_rings_late_lets_nothing_fall_between(at_work: AtWork) -> None:
    rest = {"kind": "wait", "for": {"hours": 1}, "ports": {"next": "paid"}}
    account = begun(at_work, {"start": rest, "paid": listen("Paid", "done")})
    rang = at_work.world.now + timedelta(hours=1)
    at_work.happen(account, "Paid", rang + timedelta(seconds=1))
    at_work.work(hours=1.5)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_the_time_out_of_a_wait_counts_from_when_it_is_reached(at_work: AtWork) -> None:
    """Else a message that leaves late would be given up as unanswered at once."""
    account = begun(at_work, TWO)
    began = at_work.world.now
    at_work.world.now += timedelta(days=1, hours=20)
    at_work.happen(account, "Trial Started", began + timedelta(minutes=1))
    at_work.work()
    at_work.work(hours=47)
    assert at_work.standing() == [(account, "paid", TokenState.EVENT)]
    at_work.work(hours=2)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "late")]


def test_branches_that_an_event_leads_to_hear_what_came_since(at_work: AtWork) -> None:
    fork = {"kind": "parallel", "branches": ["one", "two"], "ports": {"one": "left", "two": "right"}}
    steps = {
        "start": listen("Go", "fork"), "fork": fork, "left": listen("Left", "meet"), "right": listen("Right", "meet"),
        "meet": {"kind": "join", "ports": {"next": "last"}}, "last": listen("Last", "done"),
    }  # fmt: skip
    account = begun(at_work, steps)
    began = at_work.world.now
    at_work.world.now += timedelta(minutes=10)
    for minute, name in enumerate(("Go", "Left", "Right", "Last"), 1):
        at_work.happen(account, name, began + timedelta(minutes=minute))
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]
