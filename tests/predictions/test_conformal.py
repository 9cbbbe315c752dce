"""Bands and p-values that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.predictions.conformal import Bands, conformal_p, fit_bands, upper_quantile


def test_a_band_covers_as_many_later_outcomes_as_promised() -> None:
    rng = np.random.default_rng(1)
    by = rng.uniform(0, 100, 4000)
    errors = rng.standard_t(4, 4000) * (2 + by / 20)
    bands = fit_bands(errors[:2000], by[:2000], coverage=0.8)
    low, high = bands.around(np.zeros(2000), by[2000:])
    inside = (errors[2000:] >= low) & (errors[2000:] <= high)
    assert inside.mean() == pytest.approx(0.8, abs=0.03)
    assert inside[by[2000:] > 80].mean() == pytest.approx(0.8, abs=0.07)


def test_a_group_of_few_gets_the_band_of_all() -> None:
    errors = np.concatenate((np.full(10, 50.0), np.linspace(-1, 1, 101)))
    bands = fit_bands(errors, np.concatenate((np.full(10, 99.0), np.full(101, 1.0))), groups=2)
    assert bands.high.max() < 50


def test_too_few_errors_promise_nothing() -> None:
    assert upper_quantile(np.array([1.0, 2.0]), 0.9) == float("inf")
    assert fit_bands(np.array([np.nan]), np.array([1.0])).around(np.array([5.0]), np.array([1.0]))[1][0] == float("inf")


def test_bands_are_read_back_as_they_were_written() -> None:
    bands = fit_bands(np.linspace(-5, 5, 500), np.linspace(0, 100, 500))
    again = Bands.from_document(bands.to_document())
    assert np.allclose(again.high, bands.high, atol=1e-4)
    assert (again.coverage, again.errors) == (bands.coverage, 500)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=30), st.floats(0, 10))
def test_a_p_value_is_a_chance_and_falls_as_the_score_rises(ordinary: list[float], score: float) -> None:
    p = conformal_p(np.array([score, score + 1]), np.array(ordinary))
    assert 0 < p[1] <= p[0] <= 1
