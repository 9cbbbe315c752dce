"""What a run asked for and nobody has done yet goes with the run: when it ends, and when an operator places it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from forestay.actions.drain import drain_requests
from forestay.journeys.runtime import operations
from forestay.journeys.words import RunStatus
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

CALL = {
    "start": {"kind": "task", "title": "Call them", "ports": {"done": "later"}},
    "later": {"kind": "wait", "for": {"days": 1}, "ports": {"next": "done"}},
    "done": {"kind": "exit"},
}
WRITE = {
    "start": {"kind": "message", "channel": "email", "template": "hello", "to": "champion", "ports": {"next": "later"}},
    "later": {"kind": "wait", "for": {"days": 1}, "ports": {"next": "done"}},
    "done": {"kind": "exit"},
}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def drain(at_work: AtWork) -> None:
    with at_work.store.worker.begin_worker() as connection:
        drain_requests(connection, at_work.world.now)


def begun(at_work: AtWork, steps: Mapping[str, Any], **more: Any) -> int:
    """An account whose run has asked, and nothing was done about it; gives its number."""
    (account,) = at_work.accounts(1)
    at_work.enter(at_work.publish(steps, **more), [account])
    at_work.work()
    return account


def ledger(at_work: AtWork) -> list[tuple[Any, ...]]:
    return at_work.rows("SELECT status, reason FROM effects ORDER BY id")


def put_task(at_work: AtWork) -> None:
    """As the worker does it: the effect is carried out, its task is open."""
    drain(at_work)
    with at_work.store.owner.begin_worker() as connection:
        raw(connection).execute(
            "INSERT INTO tasks (workspace_id, effect_id, account_id, run_id, token_id, title, risk_level, due_at) "
            "SELECT workspace_id, id, account_id, run_id, token_id, 'Call them', 'low', now() FROM effects"
        )
        raw(connection).execute("UPDATE effects SET status = 'sent'")


def test_a_task_of_a_run_whose_goal_is_met_is_nobodys_work_any_more(at_work: AtWork) -> None:
    account = begun(at_work, CALL, goal={"event": "Renewed"})
    put_task(at_work)
    at_work.happen(account, "Renewed")
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.GOAL_MET, "goal")]
    assert at_work.rows("SELECT status, outcome_note FROM tasks") == [("cancelled", "withdrawn: goal")]


def test_a_message_that_waits_to_leave_does_not_leave_after_the_goal(at_work: AtWork) -> None:
    account = begun(at_work, WRITE, goal={"event": "Renewed"})
    drain(at_work)
    at_work.rows("UPDATE effects SET status = 'pending' RETURNING id")
    at_work.happen(account, "Renewed")
    at_work.work()
    assert ledger(at_work) == [("cancelled", "withdrawn: goal")]


def test_what_nobody_has_read_yet_stands_in_the_ledger_as_cancelled(at_work: AtWork) -> None:
    account = begun(at_work, WRITE, goal={"event": "Renewed"})
    at_work.happen(account, "Renewed")
    at_work.work()
    drain(at_work)
    assert ledger(at_work) == [("cancelled", "withdrawn: goal")]


def test_a_run_that_comes_to_its_end_leaves_its_messages_alone(at_work: AtWork) -> None:
    begun(at_work, WRITE)
    at_work.work(hours=25)
    assert at_work.rows("SELECT refusal FROM requests") == [(None,)]
    assert ledger(at_work) == []


def test_an_end_takes_back_what_another_branch_waits_for(at_work: AtWork) -> None:
    begun(
        at_work,
        {
            "start": {"kind": "parallel", "branches": ["ask", "rest"], "ports": {"ask": "call", "rest": "later"}},
            "call": {"kind": "task", "title": "Call them", "ports": {"done": "done"}},
            "later": {"kind": "wait", "for": {"days": 1}, "ports": {"next": "done"}},
            "done": {"kind": "exit"},
        },
    )
    at_work.work(hours=25)
    assert ledger(at_work) == [("cancelled", "withdrawn: the run ended")]


def test_a_cancelled_run_takes_back_its_task(at_work: AtWork) -> None:
    begun(at_work, CALL)
    put_task(at_work)
    with at_work.store.worker.begin_worker() as connection:
        operations.cancel_runs(raw(connection), [1], at_work.world.now)
    assert at_work.rows("SELECT status FROM tasks") == [("cancelled",)]


def test_a_step_that_is_skipped_takes_its_task_back(at_work: AtWork) -> None:
    begun(at_work, CALL)
    put_task(at_work)
    with at_work.store.worker.begin_worker() as connection:
        book, now = at_work.runner.book, at_work.world.now
        operations.place_run(raw(connection), book, 1, "later", now, passed_over="start")
    assert at_work.rows("SELECT status FROM tasks") == [("cancelled",)]


def test_starting_again_asks_once_and_not_twice(at_work: AtWork) -> None:
    begun(at_work, CALL)
    put_task(at_work)
    with at_work.store.worker.begin_worker() as connection:
        operations.place_run(raw(connection), at_work.runner.book, 1, "start", at_work.world.now)
    at_work.work()
    put = at_work.rows("SELECT count(*) FROM requests WHERE drained_at IS NULL")
    assert at_work.rows("SELECT status FROM tasks") == [("cancelled",)]
    assert put == [(1,)]


def test_withdrawals_are_not_counted_as_asked_for(at_work: AtWork) -> None:
    steps = {**CALL, "start": {**CALL["start"], "timeout": {"days": 1}, "ports": {"done": "later", "timeout": "done"}}}
    begun(at_work, steps)
    at_work.work(hours=25)
    drain(at_work)
    assert at_work.rows("SELECT sum(count) FROM journey_counts WHERE name = 'asked'") == [(1,)]
    assert at_work.rows("SELECT count(*) FROM effects") == [(1,)]
