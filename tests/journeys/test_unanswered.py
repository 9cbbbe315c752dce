"""Runs that wait for an answer that got lost are told it again; those whose answer is still to come are left alone."""

from __future__ import annotations

import pytest

from forestay.actions.drain import drain_requests
from forestay.journeys.runtime.sweep import Found, Sweeper
from forestay.journeys.words import RunStatus
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

CALL = {
    "start": {"kind": "task", "title": "Call them", "choices": ["yes"], "ports": {"yes": "done"}},
    "done": {"kind": "exit", "reason": "called"},
}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


@pytest.fixture
def account(at_work: AtWork) -> int:
    """Its run asked for a task, an hour ago."""
    (account,) = at_work.accounts(1)
    at_work.enter(at_work.publish(CALL), [account])
    at_work.work()
    with at_work.store.worker.begin_worker() as connection:
        drain_requests(connection, at_work.world.now)
    at_work.work(hours=1)
    return account


def sweep(at_work: AtWork) -> Found:
    with at_work.store.worker.begin_worker() as connection:
        return Sweeper(at_work.runner.book).look(raw(connection), at_work.world.now)


def owner(at_work: AtWork, statement: str) -> None:
    with at_work.store.owner.begin_worker() as connection:
        raw(connection).execute(statement.encode())


def end_task(at_work: AtWork, status: str) -> None:
    """The task is as a member left it, and the run was not told."""
    owner(
        at_work,
        "INSERT INTO tasks (workspace_id, effect_id, account_id, run_id, token_id, title, risk_level, due_at, status, outcome) "
        f"SELECT workspace_id, id, account_id, run_id, token_id, 'Call', 'low', now(), '{status}', 'yes' FROM effects",
    )
    owner(at_work, "UPDATE effects SET status = 'sent'")


def test_the_outcome_of_a_task_that_was_not_told_is_told(at_work: AtWork, account: int) -> None:
    end_task(at_work, "done")
    assert sweep(at_work).unanswered == (1,)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "called")]


def test_a_task_that_is_open_is_waited_for(at_work: AtWork, account: int) -> None:
    end_task(at_work, "open")
    assert not sweep(at_work)


def test_what_was_asked_for_and_is_gone_is_asked_for_again(at_work: AtWork, account: int) -> None:
    owner(at_work, "DELETE FROM requests")
    assert sweep(at_work).unanswered == (1,)
    at_work.work()
    assert at_work.rows("SELECT count(*) FROM requests") == [(1,)]


def test_a_parent_whose_child_never_came_in_goes_on(at_work: AtWork) -> None:
    (account,) = at_work.accounts(1)
    at_work.publish({"start": {"kind": "exit"}}, key="child")
    parent = at_work.publish(
        {
            "start": {"kind": "sub_journey", "journey": "child", "ports": {"next": "done", "failed": "done"}},
            "done": {"kind": "exit", "reason": "went on"},
        }
    )
    at_work.enter(parent, [account])
    at_work.runner.take_in()
    owner(at_work, "DELETE FROM journey_inbox")
    at_work.work(hours=1)
    assert sweep(at_work).unanswered == (1,)
    at_work.work()
    assert [row[2] for row in at_work.ends()] == ["went on"]
