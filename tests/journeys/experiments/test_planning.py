"""A test of which nobody said a number is planned for four weeks, and is wrong no more often for it, however people come in."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from forestay.journeys.experiments.plan import GoalOutcome, TestPlan
from forestay.journeys.experiments.planning import bound_after, days_over, known_by_day
from forestay.journeys.experiments.words import plan_words
from tests.conftest import StoreUnderTest
from tests.journeys.experiments.ground import BEGIN, Ground, alternating, journey

ALPHA, DAYS = 0.05, 28
TRAFFIC = {
    "even": np.full(DAYS, 60),
    "a burst and a trickle": np.r_[1500, np.full(DAYS - 1, 10)],
    "more and more": 1 + np.arange(DAYS) ** 2 // 2,
    "weekdays only": np.tile([90, 90, 90, 90, 90, 0, 0], 4),
}


@pytest.fixture
def ground(store: StoreUnderTest, workspace: int) -> Ground:
    return Ground(store, workspace)


def bounds_of(known: np.ndarray) -> np.ndarray:
    return np.array([bound_after(tuple(map(int, known[: day + 1])), ALPHA, DAYS) for day in range(DAYS)])


@pytest.mark.parametrize("traffic", TRAFFIC.values(), ids=TRAFFIC)
def test_who_looks_every_day_is_fooled_in_one_of_twenty_tests(traffic: np.ndarray) -> None:
    random, tests = np.random.default_rng(3), 4000
    sums = np.cumsum(random.normal(size=(tests, DAYS)) * np.sqrt(traffic), axis=1)
    fooled = (np.abs(sums) > bounds_of(np.cumsum(traffic))).any(axis=1).mean()
    assert fooled == pytest.approx(ALPHA, abs=3 * np.sqrt(ALPHA * (1 - ALPHA) / tests))


@pytest.mark.parametrize("traffic", TRAFFIC.values(), ids=TRAFFIC)
def test_on_the_last_day_the_interval_is_nearly_that_of_a_single_look(traffic: np.ndarray) -> None:
    known = np.cumsum(traffic)
    assert bounds_of(known)[-1] / np.sqrt(known[-1]) < 1.25 * 1.96


def test_one_look_is_the_usual_test() -> None:
    assert bound_after((0,) * 27 + (400,), ALPHA, DAYS) / 20 == pytest.approx(1.96, abs=0.01)


def test_before_anybody_is_known_and_beyond_the_plan_there_is_no_bound() -> None:
    assert bound_after((0, 0), ALPHA, DAYS) == math.inf
    assert bound_after(tuple(range(1, 30)), ALPHA, DAYS) == math.inf


def test_only_days_that_are_over_count() -> None:
    assert [days_over(age, 2) for age in (2.0, 4.9, 5.0, 500.0)] == [0, 1, 2, DAYS]
    assert known_by_day(np.array([0.2, 0.9, 1.5]), 3) == (2, 3, 3)


def test_a_test_says_what_it_is_planned_for() -> None:
    goal = GoalOutcome(within_days=2)
    said = [plan_words(plan, 30) for plan in (TestPlan(outcome=goal), TestPlan(planned=500), TestPlan(open_ended=True))]
    assert said == ["planned for 28 days of subjects, 28 of them known", "planned for 500 subjects", "without an end"]


def a_test_of_two_days(ground: Ground) -> None:
    """300 a day on two days; nearly all of one arm reach the goal."""
    ground.begin(journey({"outcome": {"kind": "goal", "within_days": 2}}))
    accounts, arms = ground.accounts(600), alternating(600)
    for day in range(2):
        here = slice(day * 300, day * 300 + 300)
        ground.expose(accounts[here], arms[here], at=BEGIN + timedelta(days=day))
    reached = [one for one, arm in zip(accounts, arms, strict=True) if arm == "b"]
    ground.reach_goal(reached[20:], after=timedelta(days=1))


def test_a_look_within_a_day_says_what_was_said_when_the_last_day_was_over(ground: Ground) -> None:
    a_test_of_two_days(ground)
    seen = [ground.look(BEGIN + timedelta(days=5, hours=hours))[0].outcomes[0].comparisons[0] for hours in (1, 12)]
    assert seen[0] == seen[1]
    assert seen[0].plan == "planned for 28 days of subjects, 2 of them known"


def test_when_its_days_are_over_a_test_keeps_saying_what_it_said_on_the_last(ground: Ground) -> None:
    a_test_of_two_days(ground)
    last, much_later = (ground.look(BEGIN + timedelta(days=day, hours=1))[0] for day in (31, 90))
    assert last == much_later
    assert last.words.startswith("'b' is better than 'a'")
