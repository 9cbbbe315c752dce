"""Reasons of a model of trees: the same numbers as LightGBM's own, without LightGBM."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest

from forestay.predictions.additive import BadModel
from forestay.predictions.models.openmp import load_lightgbm
from forestay.predictions.tree_paths import paths_of
from forestay.predictions.tree_reasons import TreeReasons

PERIODS = (0.0, 1.0, 2.0)


def _rows(seed: int, n: int = 2_000) -> np.ndarray[Any, np.dtype[np.float32]]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 5)).astype(np.float32)
    values[:, 2] = np.round(np.abs(values[:, 2]) * 3)
    values[rng.random(values.shape) < 0.15] = np.nan
    values[:, 4] = rng.integers(0, 3, n)
    return values


@cache
def _trained(leaves: int) -> tuple[Any, str]:
    """A booster that needs several columns at once, and its text; the last column is a period."""
    values = _rows(0)
    told = np.nan_to_num(values)
    score = told[:, 0] * told[:, 1] + 0.5 * told[:, 2] - 0.4 * told[:, 4] + np.isnan(values[:, 3])
    noise = np.random.default_rng(1).normal(size=len(values))
    lightgbm = load_lightgbm()
    parameters = {"objective": "binary", "num_leaves": leaves, "verbose": -1, "num_threads": 1, "deterministic": True}
    booster = lightgbm.train(parameters, lightgbm.Dataset(values, (score + noise > 1).astype(float)), 25)
    return booster, booster.model_to_string()


@pytest.mark.parametrize("leaves", [2, 6, 31])
def test_reasons_of_trees_are_those_that_lightgbm_computes(leaves: int) -> None:
    booster, text = _trained(leaves)
    values = np.vstack([_rows(2, 150), np.full((1, 5), np.nan, np.float32)])
    theirs = booster.predict(values, pred_contrib=True)
    ours = TreeReasons.from_text(text, 5)
    np.testing.assert_allclose(ours.contributions(values), theirs[:, :-1], atol=1e-9)
    assert ours.expected() == pytest.approx(theirs[0, -1])


def test_what_the_columns_add_and_what_is_expected_make_up_the_mean_log_odds_over_the_periods() -> None:
    booster, text = _trained(6)
    values, weights = _rows(3, 80), (0.5, 0.3, 0.2)
    reasons = TreeReasons.from_text(text, 5, fixed=4)
    each = []
    for period in PERIODS:
        given = values.copy()
        given[:, 4] = period
        each.append(booster.predict(given, raw_score=True))
    told = reasons.contributions(values, PERIODS, weights)
    np.testing.assert_allclose(told.sum(axis=1) + reasons.expected(PERIODS, weights), np.array(weights) @ each)
    assert not told[:, 4].any()


def test_a_share_is_the_mean_over_all_orders_in_which_columns_become_known() -> None:
    """Against the definition of Shapley values, subset by subset."""
    _, text = _trained(6)
    values = _rows(4, 3).astype(np.float64)
    paths = paths_of(text)

    def worth(row: np.ndarray[Any, np.dtype[np.float64]], known: frozenset[int]) -> float:
        total = 0.0
        for path in paths:
            weight = path.value
            for column, one in path.elements.items():
                passed = one.missing if np.isnan(row[column]) else one.over < row[column] <= one.up_to
                weight *= float(passed) if column in known else one.share
            total += weight
        return total

    def share(row: np.ndarray[Any, np.dtype[np.float64]], column: int) -> float:
        others = [other for other in range(5) if other != column]
        return sum(
            factorial(size) * factorial(4 - size) / factorial(5)
            * (worth(row, frozenset({*some, column})) - worth(row, frozenset(some)))
            for size in range(5) for some in combinations(others, size)
        )  # fmt: skip

    wanted = [[share(row, column) for column in range(5)] for row in values]
    np.testing.assert_allclose(TreeReasons.from_text(text, 5).contributions(values), wanted, atol=1e-9)


def test_trees_that_split_on_categories_are_refused_with_what_to_do() -> None:
    _, text = _trained(6)
    with pytest.raises(BadModel, match="numeric splits"):
        paths_of(text.replace("num_cat=0", "num_cat=1"))
