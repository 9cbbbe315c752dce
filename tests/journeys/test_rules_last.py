"""Rules that hold on: re-entry through edits and merges, waits through migrations, pauses through each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from forestay.journeys.runtime import migration, operations, whole
from forestay.journeys.runtime.rows import Place
from forestay.journeys.words import RunStatus, TokenState
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

DONE = {"kind": "exit", "reason": "done"}
OUT = {"kind": "exit", "reason": "out"}
DAY: dict[str, Any] = {"start": {"kind": "wait", "for": {"days": 1}, "next": "done"}, "done": DONE}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def wait_for(**settings: Any) -> dict[str, Any]:
    ports = {"next": "done", "timeout": "out"}
    return {
        "start": {"kind": "wait_for", "timeout": {"days": 30}, "ports": ports, **settings},
        "done": DONE,
        "out": OUT,
    }


def below(value: float) -> dict[str, Any]:
    return {"column": "health.score", "is": "below", "value": value}


def moved(at_work: AtWork, journey: int) -> None:
    """Everybody comes from version 1 to version 2, and what there is to do is done."""
    with at_work.store.worker.begin_worker() as connection:
        driver, book = raw(connection), at_work.runner.book
        old, new = (book.version(driver, Place(at_work.workspace, journey, version)) for version in (1, 2))
        assert old is not None
        assert new is not None
        migration.migrate(driver, old, new, {}, at_work.world.now)
    at_work.work()


def entered(at_work: AtWork, journey: int, **given: Any) -> int:
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account], **given)
    at_work.work()
    return account


def test_a_changed_condition_is_looked_at_again_and_nobody_leaves_by_the_timeout(at_work: AtWork) -> None:
    journey = at_work.publish(wait_for(condition=below(10)))
    at_work.world.columns = {"health.score": {1: 60.0}}
    account = entered(at_work, journey)
    at_work.publish(wait_for(condition=below(20)), version=2)
    moved(at_work, journey)
    assert at_work.standing() == [(account, "start", TokenState.CONDITION)]
    at_work.work(hours=24 * 30)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "out")]


def test_who_waits_for_an_event_waits_for_the_new_one_after_a_migration_also_for_one_that_came_before(
    at_work: AtWork,
) -> None:
    journey = at_work.publish(wait_for(event="Paid"))
    account = entered(at_work, journey)
    at_work.world.now += timedelta(hours=1)
    at_work.happen(account, "Signed")
    at_work.work()
    at_work.publish(wait_for(event="Signed"), version=2)
    moved(at_work, journey)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_a_shorter_timeout_counts_from_when_the_task_was_asked_for(at_work: AtWork) -> None:
    def steps(days: int) -> dict[str, Any]:
        ports = {"done": "done", "timeout": "out"}
        return {
            "start": {"kind": "task", "title": "Call", "timeout": {"days": days}, "ports": ports}, "done": DONE, "out": OUT,
        }  # fmt: skip

    journey = at_work.publish(steps(9))
    account = entered(at_work, journey)
    at_work.publish(steps(2), version=2)
    moved(at_work, journey)
    at_work.work(hours=47)
    assert at_work.ends() == []
    at_work.work(hours=2)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "out")]


def test_who_waits_at_a_step_goes_on_when_it_is_moved_to_a_version_in_which_the_step_is_switched_off(
    at_work: AtWork,
) -> None:
    task = {"kind": "task", "title": "Call", "choices": ["won", "lost"], "ports": {"won": "done", "lost": "out"}}
    journey = at_work.publish({"start": task, "done": DONE, "out": OUT})
    account = entered(at_work, journey)
    at_work.publish({"start": {**task, "disabled": True}, "done": DONE, "out": OUT}, version=2)
    moved(at_work, journey)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_two_runs_with_keys_of_their_own_outlive_the_merge_of_their_accounts(at_work: AtWork) -> None:
    journey = at_work.publish(DAY, re_entry={"rule": "by_key", "key": "event.order"})
    stays, gone = at_work.accounts(2)
    for key in ("k1", "k2"):
        at_work.enter(journey, [gone], key=key)
    at_work.work()
    with at_work.store.worker.begin_worker() as connection:
        raw(connection).execute(
            "INSERT INTO journey_inbox (workspace_id, kind, account_id, contact_id, at) VALUES (%s, 'merge', %s, %s, now())",
            (at_work.workspace, stays, gone),
        )
    at_work.work()
    at_work.enter(journey, [stays], key="k1")
    at_work.work()
    assert at_work.standing() == [(stays, "start", TokenState.TIMER)] * 2


def test_never_again_holds_for_who_came_in_by_a_key_before_the_edit(at_work: AtWork) -> None:
    journey = at_work.publish({"start": DONE}, re_entry={"rule": "by_key", "key": "run.order"})
    account = entered(at_work, journey, values={"order": "1"})
    at_work.publish({"start": DONE}, version=2, re_entry={"rule": "never"})
    at_work.enter(journey, [account])
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_a_run_resumed_by_hand_stands_with_its_paused_journey_and_waits_its_whole_time(at_work: AtWork) -> None:
    journey = at_work.publish({**DAY, "start": {"kind": "wait", "for": {"hours": 10}, "next": "done"}})
    account = entered(at_work, journey)
    ((run,),) = at_work.rows("SELECT id FROM journey_runs")
    with at_work.store.worker.begin_worker() as connection:
        driver, now = raw(connection), at_work.world.now
        operations.pause_runs(driver, [run], now)
        whole.pause_journey(driver, journey, now + timedelta(hours=1))
        operations.resume_runs(driver, [run], now + timedelta(hours=2))
        whole.resume_journey(driver, journey, now + timedelta(hours=20))
    at_work.work(hours=29)
    assert at_work.standing() == [(account, "start", TokenState.TIMER)]
    at_work.work(hours=1.1)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_a_retried_run_stands_with_its_paused_journey(at_work: AtWork) -> None:
    journey = at_work.publish(DAY)
    account = entered(at_work, journey)
    ((run,),) = at_work.rows("SELECT id FROM journey_runs")
    with at_work.store.worker.begin_worker() as connection:
        driver, now = raw(connection), at_work.world.now
        whole.pause_journey(driver, journey, now)
        operations.place_run(driver, at_work.runner.book, run, "start", now)
    at_work.work(hours=50)
    assert at_work.rows("SELECT status FROM journey_runs") == [(RunStatus.PAUSED,)]
    with at_work.store.worker.begin_worker() as connection:
        whole.resume_journey(raw(connection), journey, at_work.world.now)
    at_work.work(hours=23)
    assert at_work.standing() == [(account, "start", TokenState.TIMER)]


def test_a_goal_is_seen_for_those_who_wait_beside_others_that_wait_for_a_condition(at_work: AtWork) -> None:
    steps: dict[str, Any] = {
        "start": {"kind": "condition", "branches": [{"if": below(50), "port": "low"}], "ports": {"low": "rest", "else": "hope"}},
        "rest": {"kind": "wait", "for": {"days": 9}, "next": "done"},
        "hope": {"kind": "wait_for", "condition": below(10), "next": "done"},
        "done": DONE,
    }  # fmt: skip
    journey = at_work.publish(steps, goal={"condition": {"column": "health.score", "is": "above", "value": 90}})
    rests, hopes = at_work.accounts(2)
    at_work.world.columns = {"health.score": {rests: 40.0, hopes: 60.0}}
    at_work.enter(journey, [rests, hopes])
    at_work.work()
    at_work.world.columns = {"health.score": {rests: 95.0, hopes: 60.0}}
    at_work.runner.touch(at_work.workspace, np.array([rests, hopes]))
    assert at_work.ends() == [(rests, RunStatus.GOAL_MET, "goal")]


def test_a_goal_right_after_the_entry_counts_though_both_are_taken_in_together(at_work: AtWork) -> None:
    journey = at_work.publish(DAY, goal={"event": "Paid"})
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.world.now += timedelta(seconds=1)
    at_work.happen(account, "Paid")
    at_work.world.now += timedelta(seconds=1)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.GOAL_MET, "goal")]


def test_who_waits_for_a_journey_that_is_retired_goes_on_by_failed(at_work: AtWork) -> None:
    at_work.publish({"start": DONE}, key="child")
    ports = {"next": "done", "failed": "out"}
    journey = at_work.publish(
        {"start": {"kind": "sub_journey", "journey": "child", "ports": ports}, "done": DONE, "out": OUT}
    )
    with at_work.store.owner.begin_worker() as connection:
        raw(connection).execute("UPDATE documents SET status = 'archived' WHERE key = 'child'")
    at_work.runner.refresh()
    account = entered(at_work, journey)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "out")]


def test_who_waits_for_a_journey_that_never_was_goes_on_by_failed(at_work: AtWork) -> None:
    ports = {"next": "done", "failed": "out"}
    journey = at_work.publish(
        {"start": {"kind": "sub_journey", "journey": "lost", "ports": ports}, "done": DONE, "out": OUT}
    )
    account = entered(at_work, journey)
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "out")]


def test_branches_are_not_exposed_to_the_holdout_once_more(at_work: AtWork) -> None:
    ports = {"each": "mail", "next": "done", "none": "done"}
    steps = {"start": {"kind": "for_each_contact", "ports": ports}, "mail": OUT, "done": DONE}
    journey = at_work.publish(steps, holdout_share=0.01)
    at_work.world.people = {1: [11, 12]}
    account = entered(at_work, journey)
    assert at_work.rows("SELECT account_id, contact_id, arm FROM journey_exposures") == [(account, 0, "treated")]
