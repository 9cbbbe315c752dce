"""The additive model as tables: every contribution is exact, whatever the values are."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forestay.predictions.additive import AdditiveModel, BadModel, Shape, bins_of

FINITE = st.floats(-50, 50, allow_nan=False)


@st.composite
def models(draw: st.DrawFn) -> AdditiveModel:
    """Any additive model of one to four columns and one to three periods."""
    periods = draw(st.integers(1, 3))
    shapes = []
    for at in range(draw(st.integers(1, 4))):
        edges = sorted(draw(st.lists(FINITE, max_size=6)))
        table = draw(arrays(np.float64, (len(edges) + 2, periods), elements=st.floats(-3, 3)))
        shapes.append(Shape(f"measure.m{at}", np.array(edges, float), table[:-1], table[-1]))
    return AdditiveModel(draw(arrays(np.float64, periods, elements=st.floats(-5, 1))), tuple(shapes))


def rows(model: AdditiveModel, seed: int, n: int = 40) -> npt.NDArray[np.float32]:
    """Values in and around the edges, some missing, some infinite."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-60, 60, (n, len(model.shapes)))
    for at, shape in enumerate(model.shapes):
        on_edge = rng.random(n) < 0.3
        values[on_edge, at] = rng.choice(np.append(shape.edges, 0.0), on_edge.sum())
    values[rng.random(values.shape) < 0.2] = np.nan
    values[rng.random(values.shape) < 0.05] = np.inf
    return values.astype(np.float32)


def by_hand(model: AdditiveModel, row: npt.NDArray[Any], period: int) -> float:
    """The definition, one value at a time."""
    total = float(model.base[period])
    for shape, value in zip(model.shapes, row, strict=True):
        edges = shape.edges.astype(np.float32)
        total += shape.missing[period] if np.isnan(value) else shape.values[int((edges < value).sum()), period]
    return total


@settings(max_examples=60, deadline=None)
@given(models(), st.integers(0, 2**32))
def test_log_odds_are_the_base_and_one_look_up_a_column(model: AdditiveModel, seed: int) -> None:
    values = rows(model, seed, 8)
    wanted = [[by_hand(model, row, period) for period in range(model.periods)] for row in values]
    np.testing.assert_allclose(model.log_odds(values), wanted, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(models(), st.integers(0, 2**32))
def test_contributions_and_base_sum_to_the_mean_log_odds(model: AdditiveModel, seed: int) -> None:
    values = rows(model, seed)
    told = model.contributions(values).sum(axis=1) + model.base.mean()
    np.testing.assert_allclose(told, model.log_odds(values).mean(axis=1), atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(models(), st.integers(0, 2**32))
def test_centring_changes_no_prediction_and_makes_the_average_account_the_measure(
    model: AdditiveModel, seed: int
) -> None:
    values = rows(model, seed)
    centred = model.centred(values)
    np.testing.assert_allclose(centred.log_odds(values), model.log_odds(values), atol=1e-4)
    np.testing.assert_allclose(centred.contributions(values).mean(axis=0), 0, atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(models(), st.integers(0, 2**32))
def test_a_model_that_went_through_json_says_the_same(model: AdditiveModel, seed: int) -> None:
    values = rows(model, seed)
    again = AdditiveModel.from_document(json.loads(json.dumps(model.to_document())))
    np.testing.assert_array_equal(again.log_odds(values), model.log_odds(values))
    assert again.names == model.names


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=70), st.integers(0, 2**32))
def test_many_values_find_the_bins_that_each_finds_alone(edges: list[float], seed: int) -> None:
    ends = np.append(np.sort(np.array(edges, np.float32)), np.float32(np.inf))
    rng = np.random.default_rng(seed)
    column = np.where(rng.random(3_000) < 0.5, rng.choice(ends, 3_000), rng.normal(size=3_000) * 1e3).astype(np.float32)
    column[:4] = [np.nan, np.inf, -np.inf, 0]
    np.testing.assert_array_equal(bins_of(column, ends), ends.searchsorted(column))


def test_a_missing_value_has_a_bin_of_its_own_and_an_infinite_one_lies_beyond_the_last_edge() -> None:
    model = AdditiveModel(np.zeros(1), (Shape.of("measure.m", [1.0], [[-1.0], [2.0]], [0.5]),))
    told = model.log_odds(np.array([[np.nan], [np.inf], [1.0], [1.0001], [-np.inf]], np.float32))
    assert told[:, 0].tolist() == [0.5, 2.0, -1.0, 2.0, -1.0]


@pytest.mark.parametrize(
    ("edges", "values", "missing"),
    [
        ([2.0, 1.0], [[0.0], [0.0], [0.0]], [0.0]),
        ([1.0], [[0.0]], [0.0]),
        ([1.0], [[0.0], [float("nan")]], [0.0]),
        ([float("inf")], [[0.0], [0.0]], [0.0]),
        ([1.0], [[0.0], [0.0]], [0.0, 0.0]),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(
    edges: list[float], values: list[list[float]], missing: list[float]
) -> None:
    with pytest.raises(BadModel):
        Shape.of("measure.m", edges, values, missing)
