"""What goes wrong for one customer, or for the store, and what the others notice of it: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from forestay.journeys.runtime import runner as runner_module
from forestay.journeys.runtime import write as write_module
from forestay.journeys.runtime.aside import take_up_again
from forestay.journeys.runtime.operations import LOCK
from forestay.journeys.runtime.sifting import GENERAL
from forestay.journeys.words import RunStatus, TokenState
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

DONE = {"kind": "exit", "reason": "done"}
HOUR: dict[str, Any] = {"start": {"kind": "wait", "for": {"hours": 1}, "next": "greet"}, "done": DONE} | {
    "greet": {"kind": "message", "template": "x", "next": "done"}
}
GONE = {"column": "measure.gone", "is": "above", "value": 1}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def turns(at_work: AtWork, count: int = 8, hours: int = 0) -> None:
    """So many turns of both kinds, however much there is to do."""
    at_work.world.now += timedelta(hours=hours)
    for _ in range(count):
        at_work.runner.take_in()
        at_work.runner.run_due()
        at_work.world.now += timedelta(microseconds=1)


@contextmanager
def refused(name: str, accounts: set[int] | None, why: Exception) -> Iterator[None]:
    """While this lasts the store does not write what has to do with these accounts (None: with anybody)."""
    real = getattr(write_module, name)

    def write(driver: Any, turned: Any, *now: int) -> None:
        about = {account for one in turned for account in one.done.runs.account.tolist()}
        if about and (accounts is None or about & accounts):
            raise why
        real(driver, turned, *now)

    setattr(write_module, name, write)
    try:
        yield
    finally:
        setattr(write_module, name, real)


def entered(at_work: AtWork, steps: dict[str, Any], count: int = 1, **more: Any) -> list[int]:
    journey = at_work.publish(steps, **more)
    accounts = at_work.accounts(count)
    at_work.enter(journey, accounts)
    at_work.work()
    return accounts


def test_a_goal_that_nobody_can_judge_is_not_met_and_stops_nobody(at_work: AtWork) -> None:
    (account,) = entered(at_work, HOUR, goal={"condition": GONE})
    at_work.work(hours=2)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_an_entry_condition_that_nobody_can_judge_lets_nobody_in_and_stops_nobody(at_work: AtWork) -> None:
    strange = at_work.publish(HOUR, key="strange", entry=[{"event": "Began", "if": GONE}])
    journey = at_work.publish(HOUR)
    (account,) = at_work.accounts(1)
    at_work.enter(strange, [account], entry=0, event={})
    at_work.enter(journey, [account])
    at_work.work()
    assert at_work.standing() == [(account, "start", TokenState.TIMER)]


def test_values_of_ours_cannot_be_given_from_outside(at_work: AtWork) -> None:
    journey = at_work.publish(HOUR)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account], values={"_laps": "x", "_passed": 7, "_parent": [1, 1], "plan": "team"})
    at_work.work(hours=0)
    at_work.work(hours=2)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]
    assert at_work.rows("SELECT run_values FROM journey_runs") == [({"plan": "team"},)]


@pytest.mark.parametrize(
    "why", [psycopg.errors.UntranslatableCharacter("nul"), psycopg.errors.ForeignKeyViolation("gone"), TypeError("bug")]
)
def test_the_one_whose_row_the_store_refuses_fails_alone(at_work: AtWork, why: Exception) -> None:
    accounts = entered(at_work, HOUR, 6)
    with refused("write_requests", {accounts[3]}, why):
        turns(at_work, 2, hours=2)
    done = set(accounts) - {accounts[3]}
    assert {account for account, status, _ in at_work.ends() if status == RunStatus.COMPLETED} == done
    assert [account for account, status, _ in at_work.ends() if status == RunStatus.FAILED] == [accounts[3]]


def test_what_fails_for_everybody_is_no_customers_fault(at_work: AtWork) -> None:
    accounts = entered(at_work, HOUR, 2 * GENERAL)
    with refused("write_requests", None, TypeError("bug")):
        turns(at_work, 3, hours=2)
    assert at_work.ends() == []
    turns(at_work)
    assert len(at_work.ends()) == len(accounts)


def test_a_store_without_memory_puts_nobody_aside(at_work: AtWork) -> None:
    (account,) = entered(at_work, HOUR)
    with refused("write_requests", None, psycopg.errors.OutOfMemory("max locks")):
        turns(at_work, 3, hours=2)
    turns(at_work)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_an_entry_for_which_a_turn_fails_is_kept_and_taken_up_again_when_somebody_says_so(at_work: AtWork) -> None:
    journey = at_work.publish(HOUR)
    accounts = at_work.accounts(3)
    at_work.enter(journey, accounts)
    with refused("_write_tokens", {accounts[0]}, psycopg.errors.UntranslatableCharacter("nul")):
        turns(at_work, 2)
    assert [account for account, _, _ in at_work.standing()] == accounts[1:]
    assert at_work.rows("SELECT account_id, refused FROM journey_inbox") == [
        (accounts[0], "UntranslatableCharacter: nul")
    ]
    assert not at_work.runner.look().has_mail
    with at_work.store.worker.begin_worker() as connection:
        assert take_up_again(raw(connection), at_work.workspace) == 1
    turns(at_work)
    assert len(at_work.standing()) == 3


def test_any_number_of_events_that_do_not_fit_lets_the_one_that_does_be_found(at_work: AtWork) -> None:
    journey = at_work.publish(
        {
            "start": {"kind": "wait_for", "event": "Paid", "since": "entry", "match": {"id": "run.id"}, "next": "done"},
            "done": DONE,
        }
    )
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account], values={"id": "mine"})
    at_work.runner.take_in()
    for number in range(130):
        at_work.happen(account, "Paid", id=str(number))
    at_work.happen(account, "Paid", id="mine")
    turns(at_work)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_an_event_that_is_the_goal_ends_the_run_and_asks_for_nothing_more(at_work: AtWork) -> None:
    steps = HOUR | {"start": {"kind": "wait_for", "event": "Paid", "next": "greet"}}
    (account,) = entered(at_work, steps, goal={"event": "Paid"})
    at_work.happen(account, "Paid")
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.GOAL_MET, "goal")]
    assert at_work.rows("SELECT cause FROM requests") == []
    assert at_work.rows("SELECT sum(count) FROM journey_counts WHERE name LIKE 'ended%'") == [(1,)]


def test_who_is_sent_back_to_the_same_task_is_asked_again_and_heard(at_work: AtWork) -> None:
    task = {"kind": "task", "title": "x", "choices": ["again", "ok"], "ports": {"again": "start", "ok": "done"}}
    (account,) = entered(at_work, {"start": task, "done": DONE})
    ((token, step),) = at_work.rows("SELECT id, step FROM journey_tokens")
    at_work.report(token, "again", cause=f"run:1:{step}:1", slot="task")
    at_work.work()
    at_work.report(token, "ok", cause=f"run:1:{step}:2", slot="task")
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_who_comes_while_an_operator_is_at_work_is_let_in_afterwards(at_work: AtWork) -> None:
    journey, other = at_work.publish(HOUR), at_work.publish(HOUR, key="other")
    one, two = at_work.accounts(2)
    at_work.enter(journey, [one])
    at_work.enter(other, [two])
    with at_work.store.worker.begin_worker() as connection:
        raw(connection).execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, journey))
        at_work.work()
        assert [account for account, _, _ in at_work.standing()] == [two]
    at_work.work()
    assert [account for account, _, _ in at_work.standing()] == [two, one]


def test_who_is_due_behind_a_journey_that_is_being_operated_moves_on(at_work: AtWork) -> None:
    journey = at_work.publish(HOUR)
    *first, last = at_work.accounts(4)
    at_work.enter(journey, first)
    at_work.work()
    at_work.enter(at_work.publish(HOUR, key="other"), [last])
    at_work.work()
    at_work.runner.batch = 2
    with at_work.store.worker.begin_worker() as connection:
        raw(connection).execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, journey))
        at_work.work(hours=2)
    assert [account for account, _, _ in at_work.ends()] == [last]


def test_an_event_for_a_run_that_is_being_operated_waits_for_the_operator(
    at_work: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = entered(at_work, {"start": {"kind": "wait_for", "event": "Paid", "next": "done"}, "done": DONE})
    at_work.happen(account, "Paid")
    operator = at_work.store.worker.begin_worker()
    ((journey,),) = at_work.rows("SELECT id FROM journeys")
    raw(operator.__enter__()).execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, journey))
    waited: list[Any] = []

    def ready(_driver: Any, journeys: Any) -> None:
        waited.append(set(journeys))
        operator.__exit__(None, None, None)

    monkeypatch.setattr(runner_module, "wait_for_operators", ready)
    at_work.work()
    assert waited == [{journey}]
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_entries_of_a_workspace_that_is_not_served_here_wait_for_who_does(at_work: AtWork) -> None:
    journey = at_work.publish(HOUR)
    at_work.enter(journey, at_work.accounts(1))
    at_work.runner.serves = lambda _: False
    at_work.work()
    assert at_work.standing() == []
    at_work.runner.serves = lambda _: True
    at_work.work()
    assert len(at_work.standing()) == 1


def test_who_enters_right_after_the_publishing_is_let_in(at_work: AtWork) -> None:
    runner = at_work.another()
    runner.refresh()
    journey = at_work.publish(HOUR)
    at_work.enter(journey, at_work.accounts(1))
    runner.take_in()
    assert len(at_work.standing()) == 1


def test_a_turn_locks_no_journey_that_it_does_not_move(at_work: AtWork) -> None:
    for number in range(5):
        at_work.publish(HOUR, key=f"other{number}")
    journey = at_work.publish(HOUR)
    at_work.enter(journey, at_work.accounts(1))
    locked = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND mode = 'ShareLock'"
    seen: list[Any] = []
    real = write_module.write_rows

    def write(driver: Any, turned: Any, now: int) -> None:
        seen.append(driver.execute(locked, (LOCK,)).fetchall())
        real(driver, turned, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner_module, "write_rows", write)
        at_work.runner.take_in()
    assert seen[0] == [(journey,)]


def test_a_run_keeps_of_a_large_event_what_its_document_names(at_work: AtWork) -> None:
    task = {"kind": "task", "title": "Call about {{ event.plan.name }}", "ports": {"done": "done"}}
    journey = at_work.publish(
        HOUR | {"greet": task}, exit={"condition": {"column": "event.seats", "is": "above", "value": 99}}
    )
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account], event={"seats": 5, "plan": {"name": "team"}, "notes": "x" * 30_000})
    at_work.work()
    assert at_work.rows("SELECT run_values -> 'event' FROM journey_runs") == [({"seats": 5, "plan": {"name": "team"}},)]
