"""What wakes a customer's run while it cannot go on: kept through failures, pauses and another runner's turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from forestay.journeys import inbox
from forestay.journeys.registry import KINDS
from forestay.journeys.runtime import operations
from forestay.journeys.runtime import runner as runner_module
from forestay.journeys.words import RunStatus, TokenState
from forestay.kit.errors import ForestayError
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork
from tests.running import eventually

DONE = {"kind": "exit", "reason": "done"}
BOTH: dict[str, Any] = {
    "start": {"kind": "parallel", "branches": ["time", "task"], "ports": {"time": "pause", "task": "call"}},
    "pause": {"kind": "wait", "for": {"minutes": 1}, "next": "rest"},
    "rest": {"kind": "wait", "for": {"days": 1}, "next": "meet"},
    "call": {"kind": "task", "title": "Call them", "ports": {"done": "meet"}},
    "meet": {"kind": "join", "next": "done"},
    "done": DONE,
}


class NotNow(ForestayError):
    code, retryable = "not_now", True


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


@contextmanager
def failing(kind: str, reason: Exception) -> Iterator[None]:
    """While this lasts nobody can be woken at steps of this kind."""

    def wake(*_: object) -> None:
        raise reason

    real = KINDS[kind].wake
    object.__setattr__(KINDS[kind], "wake", wake)
    try:
        yield
    finally:
        object.__setattr__(KINDS[kind], "wake", real)


def waiting(at_work: AtWork, **wait: Any) -> int:
    """An account that waits for an event."""
    journey = at_work.publish({"start": {"kind": "wait_for", "event": "Paid", "next": "done", **wait}, "done": DONE})
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    return account


def test_an_outcome_kept_for_a_retry_outlives_the_move_of_the_other_branch(at_work: AtWork) -> None:
    journey = at_work.publish(BOTH)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    ((task,),) = at_work.rows(f"SELECT id FROM journey_tokens WHERE state = {int(TokenState.OUTCOME)}")
    at_work.world.now += timedelta(seconds=45)  # tried again after 75 s; the other branch moves after 60 s
    at_work.report(task, "done", slot="task")
    with failing("task", NotNow()):
        at_work.runner.take_in()
    at_work.world.now += timedelta(seconds=16)
    at_work.work()
    at_work.work(hours=1)
    assert (account, "meet", TokenState.JOIN) in at_work.standing()


def test_an_event_that_comes_between_two_tries_is_kept_for_the_next_one(at_work: AtWork) -> None:
    account = waiting(at_work, **{"if": {"column": "event.amount", "is": "above", "value": 5}})
    at_work.work()
    at_work.happen(account, "Paid", amount=1)
    with failing("wait_for", NotNow()):
        at_work.runner.take_in()
    at_work.happen(account, "Paid", amount=9)
    at_work.work()
    at_work.work(hours=1)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_a_retry_by_hand_goes_on_with_the_outcome_that_failed_for_good(at_work: AtWork) -> None:
    ports = {"sent": "done", "skipped": "done", "failed": "done"}
    journey = at_work.publish(
        {"start": {"kind": "message", "template": "x", "follow": True, "ports": ports}, "done": DONE}
    )
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    ((run, token),) = at_work.rows("SELECT run_id, id FROM journey_tokens")
    at_work.report(token, "sent", slot="message")
    with failing("message", ValueError("a bug")):
        at_work.work()
    assert at_work.ends()[0][1] == RunStatus.FAILED
    with at_work.store.worker.begin_worker() as connection:
        operations.retry_runs(raw(connection), [run], at_work.world.now)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_an_event_that_comes_between_a_retry_by_hand_and_its_turn_is_kept(at_work: AtWork) -> None:
    account = waiting(at_work, **{"if": {"column": "event.amount", "is": "above", "value": 5}})
    at_work.work()
    ((run,),) = at_work.rows("SELECT run_id FROM journey_tokens")
    at_work.happen(account, "Paid", amount=1)
    with failing("wait_for", ValueError("a bug")):
        at_work.runner.take_in()
    with at_work.store.worker.begin_worker() as connection:
        operations.retry_runs(raw(connection), [run], at_work.world.now)
    at_work.happen(account, "Paid", amount=9)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_an_event_of_days_ago_does_not_end_a_wait_that_began_today(at_work: AtWork) -> None:
    account = waiting(at_work)
    at_work.work()
    with at_work.store.worker.begin_worker() as connection:
        before = at_work.world.now - timedelta(days=3)
        inbox.event(connection, at_work.workspace, account, None, "Paid", {}, before)
    at_work.work()
    assert at_work.standing() == [(account, "start", TokenState.EVENT)]


def test_an_event_that_one_runner_takes_in_while_another_begins_the_wait_ends_it(
    at_work: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = waiting(at_work)
    at_work.runner.take_in()
    other = at_work.another()
    other.refresh()
    taking = threading.Thread(target=other.take_in)
    real = runner_module.write

    def write(*given: Any) -> None:
        monkeypatch.setattr(runner_module, "write", real)
        at_work.happen(account, "Paid")  # after this runner looked back
        taking.start()
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        eventually(lambda: not taking.is_alive() or at_work.rows(waits) == [(1,)], seconds=20)
        real(*given)

    monkeypatch.setattr(runner_module, "write", write)
    at_work.runner.run_due()
    taking.join(20)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]
