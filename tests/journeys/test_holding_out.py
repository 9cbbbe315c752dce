"""A journey's holdout: what both sides came to is read alike, whatever became of their runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from forestay.journeys.experiments.evaluate import evaluate_tests
from forestay.journeys.runtime.goal_outcomes import settle_goals
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

STEPS = {"start": {"kind": "exit"}}
"""Treated runs end at once, too: a run tells nothing of its goal."""


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def exposed(at_work: AtWork, count: int, **more: Any) -> dict[str, list[int]]:
    """Accounts by arm, of a journey that holds half of them out."""
    accounts = at_work.accounts(count)
    at_work.enter(at_work.publish(STEPS, holdout_share=0.5, owner="cs-ops@example.com", **more), accounts)
    at_work.work()
    at_work.world.now += timedelta(minutes=1)
    look(at_work)
    rows = at_work.rows("SELECT arm, array_agg(account_id ORDER BY account_id) FROM journey_exposures GROUP BY 1")
    return dict(rows)


def look(at_work: AtWork) -> Any:
    with at_work.store.worker.begin_worker() as connection:
        return evaluate_tests(connection, at_work.workspace, at_work.world.now)[0]


def settle(at_work: AtWork, days: float) -> int:
    at_work.world.now += timedelta(days=days)
    with at_work.store.worker.begin_worker() as connection:
        driver, now = raw(connection), at_work.world.now
        return settle_goals(driver, at_work.runner.book, lambda _: at_work.world, [at_work.workspace], now)


def shares(at_work: AtWork) -> dict[str, float]:
    return {arm.arm: arm.mean for arm in look(at_work).outcomes[0].arms}


def test_whether_the_goal_holds_is_asked_of_both_sides_when_their_days_are_over(at_work: AtWork) -> None:
    arms = exposed(at_work, 40, goal={"condition": "health.score >= 70"})
    assert settle(at_work, 27) == 0
    well = {*arms["treated"], *arms["holdout"][: len(arms["holdout"]) // 2]}
    at_work.world.columns = {"health.score": dict.fromkeys(well, 80.0)}
    assert settle(at_work, 1) == 40
    assert shares(at_work) == {"treated": 1.0, "holdout": len(arms["holdout"]) // 2 / len(arms["holdout"])}


def test_what_comes_true_after_the_days_does_not_count(at_work: AtWork) -> None:
    arms = exposed(at_work, 10, goal={"condition": "health.score >= 70"})
    settle(at_work, 28)
    at_work.world.columns = {"health.score": dict.fromkeys([*arms["treated"], *arms["holdout"]], 80.0)}
    assert settle(at_work, 1) == 0
    assert shares(at_work) == {"treated": 0.0, "holdout": 0.0}


def test_a_goal_that_asks_something_of_its_event_counts_only_such_events(at_work: AtWork) -> None:
    arms = exposed(at_work, 20, goal={"event": "Order Paid", "if": "event.amount >= 10"})
    large, small = arms["treated"][0], arms["holdout"][0]
    at_work.happen(large, "Order Paid", amount=12)
    at_work.happen(small, "Order Paid", amount=3)
    settle(at_work, 28)
    assert shares(at_work) == {"treated": 1 / len(arms["treated"]), "holdout": 0.0}


def test_who_is_forgotten_meanwhile_is_left_out_and_counted_as_such(at_work: AtWork) -> None:
    exposed(at_work, 10, goal={"condition": "health.score >= 70"})
    at_work.rows("DELETE FROM journey_runs RETURNING id")
    settle(at_work, 28)
    assert look(at_work).outcomes[0].without == 10
