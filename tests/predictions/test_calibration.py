"""After calibration, of a hundred accounts with 30 % about thirty leave."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from forestay.predictions.calibration import Calibration, calibrate, calibration_from, fit_beta, fit_venn_abers
from forestay.predictions.hazard import probability_within
from forestay.predictions.isotonic import isotonic_with_one_more
from forestay.predictions.metrics import calibration_slope, ece
from forestay.predictions.snapshots import Labels


def distorted(rows: int = 20_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(p, y): p twice as sure as it should be, and too high."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-2, 1, rows)
    return 1 / (1 + np.exp(-(2 * odds + 1.5))), rng.random(rows) < 1 / (1 + np.exp(-odds))


def hazards(rows: int, seed: int = 0) -> tuple[np.ndarray, Labels, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = 1 / (1 + np.exp(-rng.normal(-3, 1, rows)))
    told = np.clip(np.column_stack([true * 2, true * 2, true * 2]), 0, 0.99)
    period = np.where(rng.random((rows, 3)) < true[:, None], np.arange(3), 9).min(axis=1)
    event = np.where(period < 9, 30.0 * period + 15, np.inf)
    return told, Labels(event, np.full(rows, 90.0)), np.arange(rows) // 2


def test_beta_brings_predictions_that_are_too_sure_to_the_truth() -> None:
    p, y = distorted()
    fresh, happened = distorted(seed=1)
    calibrated = fit_beta(p, y).apply(fresh)
    assert calibration_slope(calibrated, happened)[0] == pytest.approx(1.0, abs=0.06)
    assert ece(calibrated, happened) < 0.01 < ece(fresh, happened)


def test_venn_abers_brackets_its_answer_and_is_calibrated() -> None:
    p, y = distorted()
    fresh, happened = distorted(seed=1)
    found = fit_venn_abers(p, y)
    low, high = found.interval(fresh)
    assert (low <= high).all()
    assert ece(found.apply(fresh), happened) < 0.012


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=25), st.integers(0, 6))
def test_one_row_more_changes_the_isotonic_fit_as_a_refit_says(rows: list[tuple[int, bool]], place: int) -> None:
    p, y = np.array([row[0] for row in rows]) / 6, np.array([row[1] for row in rows], float)
    low, high = isotonic_with_one_more(p, y, np.array([place / 6]))
    for more, told in ((0.0, low), (1.0, high)):
        refit = IsotonicRegression().fit(np.append(p, place / 6), np.append(y, more))
        np.testing.assert_allclose(told[0], refit.predict([place / 6])[0], atol=1e-8)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.sampled_from([60, 400, 4_000]))
def test_calibration_never_changes_the_order_of_accounts_nor_of_horizons(seed: int, rows: int) -> None:
    told, labels, accounts = hazards(rows, seed)
    calibration = calibrate(told, labels, accounts)
    grid = np.linspace(0.001, 0.98, 300)
    calibrated = calibration.apply(np.column_stack([grid] * 3))
    assert (np.diff(calibrated, axis=0) >= -1e-12).all()
    chances = [probability_within(calibrated, float(days)) for days in (30, 60, 90, 200)]
    assert (np.diff(chances, axis=0) >= -1e-12).all()


def test_hazards_told_twice_too_high_are_halved() -> None:
    told, labels, accounts = hazards(12_000)
    fresh, after, _ = hazards(12_000, seed=5)
    calibrated = calibrate(told, labels, accounts).apply(fresh)
    happened, _ = after.within(90)
    assert probability_within(calibrated, 90.0).mean() == pytest.approx(happened.mean(), rel=0.06)


def test_with_a_handful_of_events_only_the_level_is_touched() -> None:
    told, labels, accounts = hazards(60)
    assert all(period.venn_abers is None for period in calibrate(told, labels, accounts).periods)


def test_written_down_and_read_again_it_says_the_same() -> None:
    told, labels, accounts = hazards(6_000)
    calibration = calibrate(told, labels, accounts)
    again = calibration_from(json.loads(json.dumps(calibration.to_document())))
    assert isinstance(again, Calibration)
    np.testing.assert_array_equal(again.apply(told), calibration.apply(told))
