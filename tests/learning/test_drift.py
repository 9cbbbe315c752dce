"""A model notices that the world moved, in words, and stays quiet when only chance speaks."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.learning import expected, shift
from forestay.learning.drift import AlarmKind, DriftReport, Sides, judge_drift
from forestay.learning.expected import expected_performance
from forestay.learning.shift import domain_auc, population_stability, psi_noise

NAMES = ("measure.seat_use_30d", "measure.tickets_30d", "health.score")


def accounts(n: int, seed: int, use: float = 0.6) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    draw = np.random.default_rng(seed)
    return np.column_stack([draw.normal(use, 0.1, n), draw.poisson(2, n), draw.normal(70, 10, n)])


def risks(n: int, seed: int, spread: float = 8) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).beta(0.5, spread, n)


def looked_at(now: np.ndarray, probability: np.ndarray | None = None) -> DriftReport:
    told = risks(len(now), 4) if probability is None else probability
    return judge_drift(Sides(NAMES, accounts(600, 1), now, risks(600, 3), told), 0.3)


def kinds(report: DriftReport) -> set[AlarmKind]:
    return {alarm.kind for alarm in report.alarms}


@pytest.mark.parametrize("module", [shift, expected])
def test_the_examples_in_the_modules_hold(module: object) -> None:
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0  # type: ignore[arg-type]


def test_a_world_that_stood_still_raises_no_alarm() -> None:
    assert looked_at(accounts(600, 2)).alarms == []


def test_seats_used_half_as_much_as_in_training_raise_an_alarm_that_says_so() -> None:
    found = looked_at(accounts(600, 2, use=0.3))
    assert kinds(found) == {AlarmKind.INPUTS}
    assert "measure.seat_use_30d, median 0.6 then and 0.29 now" in found.alarms[0].sentence
    assert found.asks_for_training


def test_a_source_that_fell_silent_asks_for_the_feed_and_not_for_training() -> None:
    now = accounts(600, 2)
    now[:400, 1] = np.nan
    found = looked_at(now)
    assert AlarmKind.SILENT in kinds(found)
    assert not found.asks_for_training


def test_predictions_that_doubled_raise_an_alarm_with_both_rates() -> None:
    found = looked_at(accounts(600, 2), risks(600, 9, spread=2))
    assert AlarmKind.PREDICTIONS in kinds(found)


def test_accounts_that_all_look_alike_to_the_model_lower_the_expected_performance() -> None:
    found = looked_at(accounts(600, 2), np.full(600, 0.06))
    assert AlarmKind.PERFORMANCE in kinds(found)


def test_with_a_handful_of_accounts_nothing_is_claimed() -> None:
    found = judge_drift(Sides(NAMES, accounts(600, 1), accounts(5, 2, use=0.1), risks(600, 3), risks(5, 4)), 0.3)
    assert (found.features, found.alarms, found.domain) == ([], [], None)


def test_time_that_went_by_is_no_drift() -> None:
    then, now = accounts(600, 1)[:, 2:], accounts(600, 2)[:, 2:]
    tenure = np.random.default_rng(1).uniform(0, 900, 600)
    sides = Sides(("health.score", "measure.tenure_days"), np.column_stack([then, tenure]),
                  np.column_stack([now, tenure + 400]), risks(600, 3), risks(600, 4))  # fmt: skip
    assert judge_drift(sides, 0.3).alarms == []


def test_stability_of_a_column_is_that_of_the_textbook() -> None:
    """Shares (.5, .5) then and (.25, .75) now: (-.25)(ln .5) + .25 (ln 1.5) = .2747."""
    then = np.r_[np.zeros(5_000), np.ones(5_000)]
    now = np.r_[np.zeros(2_500), np.ones(7_500)]
    assert population_stability(then, now) == pytest.approx(0.2747, abs=0.002)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_stability_of_the_same_world_stays_below_its_noise(seed: int) -> None:
    draw = np.random.default_rng(seed)
    found = population_stability(draw.normal(size=800), draw.normal(size=800))
    assert 0 <= found <= 1.6 * psi_noise(800, 800)


def test_rows_of_one_world_cannot_be_told_apart() -> None:
    found = domain_auc(accounts(500, 1), accounts(500, 2))
    assert found.low <= 0.55
    assert found.value == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("spread", [2.0, 12.0])
def test_expected_figures_are_those_that_the_outcomes_of_a_calibrated_model_show(spread: float) -> None:
    draw = np.random.default_rng(5)
    p = draw.beta(1, spread, 40_000)
    left = draw.random(len(p)) < p
    found = expected_performance(p, 0.1)
    ranks = np.argsort(np.argsort(p)) + 1
    auc = (ranks[left].sum() - left.sum() * (left.sum() + 1) / 2) / (left.sum() * (~left).sum())
    assert found.auc == pytest.approx(auc, abs=0.01)
    assert found.precision == pytest.approx(left[p >= 0.1].mean(), abs=0.03)
    assert found.events == pytest.approx(left.sum(), rel=0.04)
    assert found.brier == pytest.approx(((p - left) ** 2).mean(), abs=0.004)


def test_a_model_that_says_the_same_of_everybody_ranks_nobody() -> None:
    assert expected_performance(np.full(50, 0.1), 0.3).auc == pytest.approx(0.5)
