"""Whoever looks every day is not fooled more often than was promised."""

from __future__ import annotations

import os

import numpy as np
import pytest

from forestay.journeys.experiments.confidence import difference, half_width, mean_interval, planned_half_width

FULL = bool(os.environ.get("FORESTAY_TEST_FULL"))
ALPHA, LEAST, LAST, STEP = 0.05, 200, 4000, 20
LOOKS = range(LEAST, LAST + 1, STEP) if FULL else np.geomspace(LEAST, LAST, 30).astype(int)
TESTS = 500 if FULL else 100
"""With --full a look after every twentieth subject of five hundred tests."""
MOST = 0.05 * TESTS + 2 * np.sqrt(TESTS * 0.05 * 0.95)


def ever_wrong(random: np.random.Generator, rate: float, effect: float) -> bool:
    """One test with many looks: did any interval exclude the truth?"""
    is_arm = random.random(LAST) < 0.5
    outcome = (random.random(LAST) < rate + effect * is_arm).astype(float)
    chance = np.full(LAST, 0.5)
    found = (difference(outcome[:n], is_arm[:n], chance[:n], ALPHA).interval for n in LOOKS)
    return any(interval.low > effect or interval.high < effect for interval in found)


@pytest.mark.parametrize(("rate", "effect"), [(0.5, 0.0), (0.05, 0.0), (0.3, 0.05)])
def test_many_looks_at_a_test_are_wrong_in_at_most_one_of_twenty(rate: float, effect: float) -> None:
    random = np.random.default_rng(1)
    wrong = sum(ever_wrong(random, rate, effect) for _ in range(TESTS))
    assert wrong <= MOST


def test_a_usual_interval_would_be_wrong_far_more_often() -> None:
    """The yardstick of the test above: it can fail."""
    random = np.random.default_rng(2)
    values = random.normal(size=(200, LAST))
    n = np.arange(1, LAST + 1)
    means = np.cumsum(values, axis=1) / n
    fooled = (np.abs(means) > 1.96 / np.sqrt(n))[:, LEAST::STEP].any(axis=1)
    held = (np.abs(means) > np.array([half_width(int(m), 1.0, ALPHA) for m in n]))[:, LEAST::STEP].any(axis=1)
    assert fooled.mean() > 0.2
    assert held.mean() <= ALPHA


def test_shares_that_followed_what_was_seen_do_not_mislead() -> None:
    """Shares lean to the arm that leads; its probability at the exposure puts that right."""
    random = np.random.default_rng(3)
    wrong = 0
    for _ in range(TESTS):
        chance, is_arm, outcome = np.empty(2000), np.empty(2000, bool), np.empty(2000)
        share = 0.5
        for start in range(0, 2000, 100):
            part = slice(start, start + 100)
            chance[part], is_arm[part] = share, random.random(100) < share
            outcome[part] = random.random(100) < 0.3
            leads = (
                outcome[: start + 100][is_arm[: start + 100]].mean()
                > outcome[: start + 100][~is_arm[: start + 100]].mean()
            )
            share = 0.85 if leads else 0.15
        wrong += any(
            difference(outcome[:n], is_arm[:n], chance[:n], ALPHA).interval.excludes_zero for n in range(200, 2001, 100)
        )
    assert wrong <= MOST


def test_what_was_known_before_narrows_the_interval() -> None:
    random = np.random.default_rng(4)
    before = random.normal(50, 20, 2000)
    is_arm = random.random(2000) < 0.5
    outcome = 0.8 * before + random.normal(0, 8, 2000) + 3 * is_arm
    chance = np.full(2000, 0.5)
    plain = difference(outcome, is_arm, chance, ALPHA).interval
    adjusted = difference(outcome, is_arm, chance, ALPHA, before)
    shrunk = (adjusted.interval.high - adjusted.interval.low) / (plain.high - plain.low)
    assert shrunk == pytest.approx(np.sqrt(1 - 0.8), abs=0.03)  # 80 % of the variance was there before
    assert adjusted.variance_cut == pytest.approx(0.8, abs=0.03)
    assert adjusted.interval.low < 3 < adjusted.interval.high


def test_adjusting_keeps_the_promise_at_every_look() -> None:
    random = np.random.default_rng(5)
    wrong = 0
    for _ in range(TESTS):
        before = random.normal(size=2000)
        is_arm = random.random(2000) < 0.5
        outcome = before + random.normal(size=2000)
        chance = np.full(2000, 0.5)
        wrong += any(
            difference(outcome[:n], is_arm[:n], chance[:n], ALPHA, before[:n]).interval.excludes_zero
            for n in np.geomspace(200, 2000, 20).astype(int)
        )
    assert wrong <= MOST


def test_a_subject_without_a_past_still_counts() -> None:
    random = np.random.default_rng(6)
    before = random.normal(size=1000)
    before[::3] = np.nan
    outcome = np.nan_to_num(before) + random.normal(size=1000)
    is_arm = random.random(1000) < 0.5
    assert difference(outcome, is_arm, np.full(1000, 0.5), ALPHA, before).interval.n == 1000


def test_useless_knowledge_of_the_past_widens_nothing() -> None:
    random = np.random.default_rng(7)
    outcome, is_arm, chance = random.normal(size=500), random.random(500) < 0.5, np.full(500, 0.5)
    plain = difference(outcome, is_arm, chance, ALPHA)
    adjusted = difference(outcome, is_arm, chance, ALPHA, np.full(500, np.nan))
    assert adjusted == plain


def test_an_interval_around_equal_shares_is_that_of_the_plain_difference() -> None:
    outcome = np.array([1.0, 0, 1, 1, 0, 0, 1, 0])
    is_arm = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    found = difference(outcome, is_arm, np.full(8, 0.5), ALPHA).interval
    assert found.estimate == pytest.approx(0.75 - 0.25)
    assert mean_interval(outcome, ALPHA).estimate == 0.5


def test_a_planned_test_is_wrong_no_more_often_also_beyond_its_plan() -> None:
    random = np.random.default_rng(8)
    sums = np.cumsum(random.normal(size=(400, LAST)), axis=1)
    n = np.arange(1, LAST + 1)
    half = np.array([planned_half_width(int(m), 1.0, ALPHA, LAST // 2) for m in n])
    assert (np.abs(sums / n) > half).any(axis=1).mean() <= ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / 400)


def test_at_its_planned_number_an_interval_is_nearly_that_of_a_single_look() -> None:
    once = 1.959964 / np.sqrt(2000)
    assert planned_half_width(2000, 1.0, ALPHA, 2000) < 1.2 * once
    assert half_width(2000, 1.0, ALPHA) > 1.45 * once


def test_a_plan_that_was_far_too_large_costs_little() -> None:
    assert planned_half_width(1000, 1.0, ALPHA, 100_000) < 2 * half_width(1000, 1.0, ALPHA)
