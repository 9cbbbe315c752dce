"""What every learner of effects is built of: a regression that says an outcome from what was known before.

Reads : values (n, k) with NaN, outcomes (n,), weights (n,)
Gives : Predict, Fit, ridge(), boosted(), logistic(), fit_for(), folds()
Source: ridge with its penalty by leave-one-out error (Golub, Heath, Wahba 1979: the singular values give it at once);
        LightGBM with small trees. Measured: own T/X/DR learners equal the libraries (DESIGN section 6).

Missing values: ridge takes the mean and adds a flag; trees have a way of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forestay.outcomes.subjects import Floats, Ints

Predict = Callable[[Floats], Floats]
Fit = Callable[[Floats, Floats, Floats | None], Predict]

BOOSTED_FROM = 2_000
"""Subjects from which on trees say more than a line; below it they follow noise."""

_PENALTIES = np.geomspace(0.1, 100_000, 13)
_STEPS = 25


def fit_for(n: int) -> Fit:
    """The regression that suits so many subjects."""
    return boosted if n >= BOOSTED_FROM else ridge


def ridge(values: Floats, outcome: Floats, weight: Floats | None = None) -> Predict:
    """A line through standardised values, its penalty by leave-one-out error."""
    spread = _Standard(values)
    root = np.sqrt(np.ones(len(outcome)) if weight is None else weight)
    x = spread(values)
    mean = float(np.average(outcome, weights=root**2)) if root.any() else 0.0
    centre = np.average(x, axis=0, weights=root**2) if x.size and root.any() else np.zeros(x.shape[1])
    left, singular, right = np.linalg.svd((x - centre) * root[:, None], full_matrices=False)
    target = (outcome - mean) * root
    shares = singular[None] ** 2 / (singular[None] ** 2 + _PENALTIES[:, None])
    turned = left.T @ target
    leverage = (left**2) @ shares.T + (root**2 / max(float((root**2).sum()), 1e-12))[:, None]
    missed = target[:, None] - left @ (shares * turned).T
    errors = ((missed / np.maximum(1 - leverage, 1e-3)) ** 2).sum(axis=0)
    penalty = _PENALTIES[int(np.argmin(errors))]
    slopes = right.T @ (singular / (singular**2 + penalty) * turned)

    def predict(new: Floats) -> Floats:
        said: Floats = mean + (spread(new) - centre) @ slopes
        return said

    return predict


def boosted(values: Floats, outcome: Floats, weight: Floats | None = None) -> Predict:
    """Small trees of LightGBM; LightGBM is loaded here and nowhere else."""
    from forestay.predictions.models.openmp import load_lightgbm

    lightgbm = load_lightgbm()
    parameters = {
        "objective": "regression", "num_leaves": 8, "learning_rate": 0.05, "min_data_in_leaf": max(30, len(outcome) // 100),
        "lambda_l2": 5.0, "feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 1, "verbose": -1,
        "num_threads": 1, "deterministic": True,
    }  # fmt: skip
    booster = lightgbm.train(parameters, lightgbm.Dataset(values, outcome, weight), num_boost_round=100)
    return lambda new: np.asarray(booster.predict(new), np.float64)


def logistic(values: Floats, happened: Floats, penalty: float = 1.0) -> Predict:
    """A chance from values: penalised logistic regression by Newton's steps."""
    spread = _Standard(values)
    x = np.column_stack([np.ones(len(values)), spread(values)])
    slopes, ridge_of = np.zeros(x.shape[1]), np.r_[1e-9, np.full(x.shape[1] - 1, penalty)]
    for _ in range(_STEPS):
        said = _sigmoid(x @ slopes)
        bend = (x * (said * (1 - said))[:, None]).T @ x + np.diag(ridge_of)
        step = np.linalg.solve(bend, x.T @ (happened - said) - ridge_of * slopes)
        slopes = slopes + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return lambda new: _sigmoid(np.column_stack([np.ones(len(new)), spread(new)]) @ slopes)


def folds(n: int, parts: int, seed: int) -> Ints:
    """A part for each of n subjects, evenly and by chance."""
    dealt: Ints = np.random.default_rng(seed).permutation(np.arange(n) % parts)
    return dealt


def _sigmoid(x: Floats) -> Floats:
    answered: Floats = 1 / (1 + np.exp(-np.clip(x, -30, 30)))
    return answered


class _Standard:
    """Values less their mean in their own spread; a flag where one is missing for some."""

    def __init__(self, values: Floats) -> None:
        known = ~np.isnan(values)
        counted = np.maximum(known.sum(axis=0), 1)
        self._mean = np.where(known, values, 0).sum(axis=0) / counted
        centred = np.where(known, values - self._mean, 0)
        spread = np.sqrt((centred**2).sum(axis=0) / counted)
        self._spread = np.where(spread > 0, spread, 1.0)
        self._flagged = np.flatnonzero((~known).any(axis=0) & known.any(axis=0))

    def __call__(self, values: Floats) -> Floats:
        is_missing = np.isnan(values)
        scaled = np.where(is_missing, 0.0, (np.where(is_missing, 0.0, values) - self._mean) / self._spread)
        return np.column_stack([scaled, is_missing[:, self._flagged].astype(np.float64)])
