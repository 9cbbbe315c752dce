"""Has the world moved since a model was trained? Feature by feature, and all features at once.

Gives : population_stability(), psi_noise(), domain_auc(), Auc
Source: PSI as in credit scoring (sum of (p - q) ln(p / q) over bins); a domain classifier asks whether 'then' and 'now'
        can be told apart (Rabanser et al. 2019, 'Failing loudly'). No labels are needed for either.

Pure: columns in, numbers out. Missing values are a bin, and a place in a tree, of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.models.openmp import load_lightgbm

Floats = npt.NDArray[np.floating]
Codes = npt.NDArray[np.intp]

BINS = 10
_HALF = 0.5
"""Added to every count, so that an empty bin is improbable and not impossible."""
_FOLDS = 3
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Auc:
    """Area under the ROC curve, 0-1, with its 95 % interval (Hanley and McNeil 1982)."""

    value: float
    low: float
    high: float


def population_stability(then: Floats, now: Floats, bins: int = BINS) -> float:
    """PSI of one column, 0 = the same; below 0.1 is usually called small, above 0.2 large.

    then, now: (n,) and (m,) values, NaN = missing; at least one each. Bins hold equal shares of `then`.

    >>> then = np.arange(100.0)
    >>> round(population_stability(then, then), 6), population_stability(then, then + 50) > 0.2
    (0.0, True)
    """
    edges = np.unique(np.quantile(then[~np.isnan(then)], np.arange(1, bins) / bins)) if _has_any(then) else np.empty(0)
    before, after = _shares(then, edges), _shares(now, edges)
    return float(np.sum((after - before) * np.log(after / before)))


def psi_noise(then: int, now: int, bins: int = BINS) -> float:
    """What PSI comes to by chance alone when nothing moved: its mean and two standard deviations above it.

    >>> round(psi_noise(1000, 1000), 3)
    0.038
    """
    scale = 1 / then + 1 / now
    return float((bins + 2 * np.sqrt(2 * bins)) * scale)


def domain_auc(then: Floats, now: Floats, seed: int = 0) -> Auc:
    """How well rows (n, k) of then and (m, k) of now can be told apart by what they hold; 0.5 = not at all.

    Small trees, asked only about rows that they did not learn from.
    """
    values = np.concatenate([then, now]).astype(np.float64)
    is_now = np.r_[np.zeros(len(then), bool), np.ones(len(now), bool)]
    fold = np.random.default_rng(seed).permutation(len(values)) % _FOLDS
    told = np.empty(len(values))
    for one in range(_FOLDS):
        told[fold == one] = _told_apart(values[fold != one], is_now[fold != one], values[fold == one], seed)
    by_fold = [_area(told[fold == one], is_now[fold == one]) for one in range(_FOLDS)]
    return _with_interval(float(np.mean(by_fold)), len(now), len(then))


def _told_apart(values: Floats, is_now: npt.NDArray[np.bool_], asked: Floats, seed: int) -> Floats:
    lightgbm = load_lightgbm()
    settings = {
        "objective": "binary", "num_leaves": 8, "min_data_in_leaf": 20, "learning_rate": 0.1, "verbosity": -1,
        "seed": seed, "deterministic": True, "num_threads": 1, "feature_fraction": 0.5,
    }  # fmt: skip
    trees = lightgbm.train(settings, lightgbm.Dataset(values, is_now.astype(np.float64)), num_boost_round=_ROUNDS)
    return np.asarray(trees.predict(asked), np.float64)


def _area(score: Floats, positive: npt.NDArray[np.bool_]) -> float:
    order = np.sort(score[~positive])
    above = np.searchsorted(order, score[positive], "left") + np.searchsorted(order, score[positive], "right")
    return float(above.sum() / (2 * positive.sum() * (~positive).sum()))


def _with_interval(auc: float, positives: int, negatives: int) -> Auc:
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (one - auc**2) + (negatives - 1) * (two - auc**2)
    half = 1.96 * float(np.sqrt(max(spread, 0.0) / (positives * negatives)))
    return Auc(auc, max(0.0, auc - half), min(1.0, auc + half))


def _has_any(values: Floats) -> bool:
    return bool((~np.isnan(values)).any())


def _shares(values: Floats, edges: Floats) -> Floats:
    """(bins + 1,) shares that sum to 1; the last bin holds what is missing."""
    missing = np.isnan(values)
    places = np.searchsorted(edges, values[~missing], "left")
    counts = np.r_[np.bincount(places, minlength=len(edges) + 1), missing.sum()] + _HALF
    return np.asarray(counts / counts.sum(), np.float64)
