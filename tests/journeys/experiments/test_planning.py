"""A test is planned by itself for what four weeks of its traffic bring, and is wrong no more often for it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from forestay.journeys.experiments.confidence import difference
from forestay.journeys.experiments.plan import GoalOutcome, TestPlan
from forestay.journeys.experiments.planning import NOT_YET, planned_for
from forestay.journeys.experiments.subjects import Known, Subjects
from tests.conftest import StoreUnderTest
from tests.journeys.experiments.ground import BEGIN, Ground, alternating, journey

GOAL = {"outcome": {"kind": "goal", "within_days": 2}}
SHORT = TestPlan(outcome=GoalOutcome(within_days=2))


@pytest.fixture
def ground(store: StoreUnderTest, workspace: int) -> Ground:
    return Ground(store, workspace)


def came_in(day: np.ndarray, settled: bool = False) -> Subjects:
    nothing = np.full(len(day), np.nan)
    known = {SHORT.outcome.name: Known(np.full(len(day), settled), nothing, nothing)}
    return Subjects(("a", "b"), np.zeros(len(day), np.int64), day, np.full((len(day), 2), 0.5), known, 0)


def test_four_weeks_of_the_first_weeks_traffic() -> None:
    day = np.concatenate([np.linspace(0, 6.9, 300), np.linspace(7, 20, 900)])
    assert planned_for(SHORT, came_in(day), 1.0) == 1200
    assert planned_for(SHORT, came_in(day), 0.5) == 600  # these two arms get half of it


def test_a_trickle_is_planned_for_the_least_that_may_speak() -> None:
    assert planned_for(SHORT, came_in(np.array([0.0, 3, 9])), 1.0) == 2 * SHORT.least


def test_before_the_first_week_is_over_nothing_is_planned_yet() -> None:
    assert planned_for(SHORT, came_in(np.linspace(0, 6.9, 300)), 1.0) == NOT_YET


def test_a_long_horizon_that_has_ended_says_that_the_first_week_is_over() -> None:
    plan = TestPlan(outcome=GoalOutcome(within_days=2), also=(GoalOutcome(within_days=14),))
    subjects = came_in(np.linspace(0, 5, 300))
    settled = Known(np.ones(300, bool), np.ones(300), np.ones(300))
    known = {**subjects.known, plan.also[0].name: settled}
    later = Subjects(subjects.names, subjects.arm, subjects.day, subjects.chances, known, 0)
    assert planned_for(plan, later, 1.0) == 1200


def test_what_was_said_beforehand_counts_and_what_never_ends_has_no_plan() -> None:
    day = np.linspace(0, 20, 900)
    assert planned_for(SHORT.model_copy(update={"planned": 500}), came_in(day), 1.0) == 500
    assert planned_for(SHORT.model_copy(update={"open_ended": True}), came_in(day), 1.0) is None


def test_a_report_says_what_it_is_planned_for(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts = ground.accounts(700)
    ground.expose(accounts[:400], alternating(400))
    first = ground.look(BEGIN + timedelta(days=3))[0]
    ground.expose(accounts[400:], alternating(300), at=BEGIN + timedelta(days=8))
    second = ground.look(BEGIN + timedelta(days=12))[0]
    assert [report.outcomes[0].comparisons[0].planned for report in (first, second)] == [NOT_YET, 1600]


def test_looking_twenty_times_at_tests_that_planned_themselves_is_wrong_in_one_of_twenty() -> None:
    """Traffic that swings from week to week, so that the plan is mostly too large or too small."""
    random, n, wrong, tests = np.random.default_rng(5), 1600, 0, 150
    for _ in range(tests):
        weeks = np.exp(0.5 * random.normal(size=4))
        first = round(n * weeks[0] / weeks.sum())
        outcome, is_arm = (random.random(n) < 0.3).astype(float), random.random(n) < 0.5
        looks = ((m, NOT_YET if m <= first else max(200, 4 * first)) for m in np.linspace(200, n, 20).astype(int))
        found = (difference(outcome[:m], is_arm[:m], np.full(m, 0.5), 0.05, planned=plan) for m, plan in looks)
        wrong += any(one.interval.excludes_zero for one in found)
    assert wrong <= 0.05 * tests + 2 * np.sqrt(tests * 0.05 * 0.95)
