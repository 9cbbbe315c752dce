"""Ended runs go some time after their end, and nobody enters twice because of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from forestay.journeys.runtime.forgetting import Forgetting
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

STEPS = {"start": {"kind": "exit"}}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def after_a_year(at_work: AtWork, **more: Any) -> list[tuple[Any, ...]]:
    """Values of the runs that are left, a year after one ended and an hour after another did; then both enter again."""
    old, new = at_work.accounts(2)
    journey = at_work.publish(STEPS, **more)
    at_work.enter(journey, [old], values={"plan": "team"})
    at_work.work()
    at_work.work(hours=24 * 365)
    at_work.enter(journey, [new], values={"plan": "team"})
    at_work.work()
    with at_work.store.worker.begin_worker() as connection:
        live = at_work.runner.book.live.values()
        Forgetting(timedelta(days=90)).look(raw(connection), live, at_work.world.now)
    left = at_work.rows("SELECT run_values FROM journey_runs ORDER BY id")
    assert at_work.miscounted() == []
    at_work.enter(journey, [old])
    at_work.work()
    return left


def test_runs_that_may_come_again_are_forgotten(at_work: AtWork) -> None:
    left = after_a_year(at_work, re_entry={"rule": "after_exit"})
    assert left == [({"plan": "team"},)]


def test_who_enters_once_does_not_enter_again_when_the_run_is_forgotten(at_work: AtWork) -> None:
    left = after_a_year(at_work, re_entry={"rule": "never"})
    assert left == [(None,), ({"plan": "team"},)]
    assert at_work.rows("SELECT count(*) FROM journey_runs") == [(2,)]
