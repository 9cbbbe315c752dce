"""Figures that say how good a prediction was, against a known library and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as known

from forestay.predictions import metrics

RNG = np.random.default_rng(7)
P = np.round(RNG.random(4_000), 2)
Y = RNG.random(4_000) < P**2


def test_ranking_and_losses_agree_with_a_known_library() -> None:
    assert metrics.auc(P, Y) == pytest.approx(known.roc_auc_score(Y, P))
    assert metrics.pr_auc(P, Y) == pytest.approx(known.average_precision_score(Y, P))
    assert metrics.brier(P, Y) == pytest.approx(known.brier_score_loss(Y, P))
    inside = np.clip(P, 0.01, 0.99)
    assert metrics.log_loss(inside, Y) == pytest.approx(known.log_loss(Y, inside))


def test_calibration_error_by_hand() -> None:
    p = np.array([0.1, 0.1, 0.1, 0.1, 0.6, 0.6, 0.6, 0.6])
    y = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    assert metrics.ece(p, y, bins=2) == pytest.approx((4 * 0.15 + 4 * 0.15) / 8)


def test_a_calibrated_prediction_stays_within_its_noise_and_a_shifted_one_does_not() -> None:
    y = RNG.random(len(P)) < P
    assert metrics.ece(P, y) < metrics.ece_noise(P, quantile=0.999)
    assert metrics.ece(np.clip(P + 0.08, 0, 1), y) > metrics.ece_noise(P, quantile=0.999)


def test_the_slope_of_predictions_that_are_too_sure_is_below_one() -> None:
    odds = RNG.normal(-1, 1, 20_000)
    y = RNG.random(20_000) < 1 / (1 + np.exp(-odds))
    slope, intercept = metrics.calibration_slope(1 / (1 + np.exp(-2 * odds)), y)
    assert slope == pytest.approx(0.5, abs=0.04)
    assert intercept == pytest.approx(0.0, abs=0.05)


def test_a_budget_of_two_alerts_by_hand() -> None:
    p, y = np.array([0.9, 0.8, 0.3, 0.2]), np.array([1, 0, 1, 0])
    assert metrics.precision_at_budget(p, y, 2) == 0.5
    assert metrics.recall_at_budget(p, y, 0.5) == 0.5
    assert metrics.lift(p, y, 0.25) == 2.0


def test_ties_at_the_edge_of_a_budget_are_shared_out() -> None:
    assert metrics.precision_at_budget(np.full(10, 0.5), np.arange(10) < 3, 4) == pytest.approx(0.3)


def test_figures_without_events_have_no_meaning() -> None:
    p, y = np.array([0.1, 0.2]), np.array([0, 0])
    assert np.isnan([metrics.auc(p, y), metrics.pr_auc(p, y), metrics.recall_at_budget(p, y, 1)]).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auc_is_the_chance_that_an_event_ranks_above_another(rows: list[tuple[int, bool]]) -> None:
    p, y = np.array([row[0] for row in rows]) / 5, np.array([row[1] for row in rows])
    pairs = [(a > b) + 0.5 * (a == b) for a in p[y] for b in p[~y]]
    expected = np.mean(pairs) if pairs else np.nan
    np.testing.assert_allclose(metrics.auc(p, y), expected)
