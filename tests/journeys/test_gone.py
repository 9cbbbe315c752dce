"""Runs of those who are gone end in a named way; who came in after it, and who shall stay, go on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from forestay.journeys import inbox
from forestay.journeys.runtime.sweep import Sweeper
from forestay.journeys.words import RunStatus
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

REST = {"start": {"kind": "wait", "for": {"days": 90}, "ports": {"next": "done"}}, "done": {"kind": "exit"}}
CALL = {**REST, "start": {"kind": "task", "title": "Call them", "ports": {"done": "done"}}}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def touch(at_work: AtWork, account: int) -> None:
    at_work.runner.touch(at_work.workspace, np.array([account]))


def contact(at_work: AtWork, account: int, **more: Any) -> int:
    """A contact whose run waits."""
    journey = at_work.publish(REST, subject="contact", **more)
    (number,) = at_work.rows(
        f"INSERT INTO contacts (workspace_id, external_id) VALUES ({at_work.workspace}, 'ada') RETURNING id"
    )[0]
    at_work.rows(
        f"INSERT INTO memberships (workspace_id, contact_id, account_id) "
        f"VALUES ({at_work.workspace}, {number}, {account}) RETURNING contact_id"
    )
    with at_work.store.worker.begin_worker() as connection:
        entry = inbox.Entry(journey, account, at_work.world.now, number)
        inbox.enter_many(connection, at_work.workspace, [entry])
    at_work.work()
    return int(number)


def churn(at_work: AtWork, account: int, day: date) -> None:
    at_work.rows(f"UPDATE accounts SET churned_on = '{day}' WHERE id = {account} RETURNING id")


def test_a_contact_who_left_ends_the_run(at_work: AtWork) -> None:
    (account,) = at_work.accounts(1)
    who = contact(at_work, account)
    touch(at_work, account)
    assert at_work.ends() == []
    at_work.rows(f"UPDATE contacts SET left_on = '{at_work.world.now.date()}' WHERE id = {who} RETURNING id")
    touch(at_work, account)
    assert at_work.ends() == [(account, RunStatus.LEFT, "contact_left")]
    assert at_work.standing() == []
    assert at_work.rows("SELECT name, count FROM journey_counts WHERE name LIKE 'ended%'") == [
        ("ended:left:contact_left", 1)
    ]


def test_a_contact_who_went_to_another_account_has_left_this_one(at_work: AtWork) -> None:
    (account,) = at_work.accounts(1)
    contact(at_work, account)
    at_work.rows(f"UPDATE memberships SET until = '{at_work.world.now}' RETURNING contact_id")
    touch(at_work, account)
    assert at_work.ends() == [(account, RunStatus.LEFT, "contact_left")]


def test_a_journey_may_keep_those_who_left(at_work: AtWork) -> None:
    (account,) = at_work.accounts(1)
    who = contact(at_work, account, when_gone="stay")
    at_work.rows(f"UPDATE contacts SET left_on = '{at_work.world.now.date()}' WHERE id = {who} RETURNING id")
    touch(at_work, account)
    assert at_work.ends() == []


def test_an_account_that_churns_ends_what_had_begun_before_and_its_task_is_nobodys_any_more(at_work: AtWork) -> None:
    (account,) = at_work.accounts(1)
    at_work.enter(at_work.publish(CALL), [account])
    at_work.work()
    at_work.world.now += timedelta(days=3)
    churn(at_work, account, at_work.world.now.date())
    touch(at_work, account)
    assert at_work.ends() == [(account, RunStatus.LEFT, "account_churned")]
    assert at_work.rows("SELECT status, reason FROM effects") == [("cancelled", "withdrawn: left: account_churned")]


def test_a_win_back_that_begins_with_the_churn_goes_on(at_work: AtWork) -> None:
    (account,) = at_work.accounts(1)
    churn(at_work, account, at_work.world.now.date())
    at_work.enter(at_work.publish(REST), [account])
    at_work.work(hours=48)
    touch(at_work, account)
    assert at_work.ends() == []


def test_a_churn_that_is_announced_for_later_ends_the_run_on_its_day(at_work: AtWork) -> None:
    (account,) = at_work.accounts(1)
    at_work.enter(at_work.publish(REST), [account])
    at_work.work()
    churn(at_work, account, at_work.world.now.date() + timedelta(days=5))
    touch(at_work, account)
    assert at_work.ends() == []
    at_work.world.now += timedelta(days=5)
    touch(at_work, account)
    assert at_work.ends() == [(account, RunStatus.LEFT, "account_churned")]


def test_the_sweeper_ends_runs_of_accounts_that_were_erased(at_work: AtWork) -> None:
    gone, there = at_work.accounts(2)
    at_work.enter(at_work.publish(REST), [gone, there])
    at_work.work()
    at_work.rows(f"DELETE FROM accounts WHERE id = {gone} RETURNING id")
    with at_work.store.worker.begin_worker() as connection:
        Sweeper(at_work.runner.book).look(raw(connection), at_work.world.now)
    assert at_work.ends() == [(gone, RunStatus.LEFT, "account_gone")]
