"""Is an order of accounts by expected gain worth anything? The Qini curve and its coefficient with an interval.

Reads : scores by which a policy would choose, doubly robust effects of the same subjects
Gives : QiniCurve, qini(), curve_of(), parts_of(), Part
Source: Radcliffe, 'Using control groups to target on predicted lift' (2007): area between the curve of gains and the
        straight line of chance; gains by doubly robust scores (Yadlowsky et al., 'Evaluating treatment prioritization
        rules', JASA 2024), which need fewer subjects; percentile and normal intervals by a bootstrap over subjects

coefficient = mean over k of [gain of the best k by score / n  -  k/n x gain of all / n], in the outcome's unit per
subject. 0: the order is worth nothing; above 0: treating those who stand first gains more than treating by chance.
Subjects with the same score stand in no order: they share their mean gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from forestay.outcomes.subjects import Floats, Ints

RESAMPLES = 400
_ROWS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class QiniCurve:
    """coefficient with its interval [low, high] at confidence 1 - alpha; n: subjects; top: gain per subject of the best
    fifth (mean effect), all: of everybody."""

    coefficient: float
    low: float
    high: float
    alpha: float
    n: int
    top: float
    all: float

    @property
    def ships(self) -> bool:
        """Whether the interval excludes zero on the good side: only then may a policy act."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Part:
    """A fifth of the subjects by score. from_score, to_score: which scores; effect: mean with its interval."""

    number: int
    from_score: float
    to_score: float
    effect: float
    low: float
    high: float
    n: int


def qini(scores: Floats, gains: Floats, alpha: float = 0.05, seed: int = 1, resamples: int = RESAMPLES) -> QiniCurve:
    """scores, gains: (n,). alpha: chance of an interval that excludes the truth (both sides together)."""
    places, sizes, gain = _tied(scores, gains)
    coefficient = float(_coefficients(sizes[None].astype(np.float64), (sizes * gain)[None])[0])
    drawn = _resampled(places, gains, len(sizes), seed, resamples)
    wide = NormalDist().inv_cdf(1 - alpha / 2) * float(drawn.std(ddof=1))
    best = gains[np.argsort(-scores, kind="stable")[: max(len(gains) // 5, 1)]]
    return QiniCurve(
        coefficient, coefficient - wide, coefficient + wide, alpha, len(gains), float(best.mean()), float(gains.mean())
    )


def curve_of(scores: Floats, gains: Floats, points: int = 20) -> list[tuple[float, float]]:
    """(share of subjects treated, gain per subject) of the best by score, from nobody to everybody."""
    summed = np.r_[0.0, np.cumsum(gains[np.argsort(-scores, kind="stable")])] / max(len(gains), 1)
    at = np.linspace(0, len(gains), points + 1).astype(int)
    return [(float(place / max(len(gains), 1)), float(summed[place])) for place in at]


def parts_of(scores: Floats, gains: Floats, parts: int = 5, alpha: float = 0.05) -> list[Part]:
    """Fifths by score, the least first: what those accounts gained, held against their score."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    found = []
    for number, rows in enumerate(np.array_split(np.argsort(scores, kind="stable"), parts)):
        if len(rows) < 2:
            continue
        mean, half = float(gains[rows].mean()), z * float(gains[rows].std(ddof=1)) / float(np.sqrt(len(rows)))
        edges = float(scores[rows].min()), float(scores[rows].max())
        found.append(Part(number, *edges, mean, mean - half, mean + half, len(rows)))
    return found


def _tied(scores: Floats, gains: Floats) -> tuple[Ints, Ints, Floats]:
    """Groups of one score, the best first: each subject's group, their sizes and mean gains."""
    _, places, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    return places, sizes, np.bincount(places, gains, len(sizes)) / sizes


def _coefficients(sizes: Floats, sums: Floats) -> Floats:
    """(draws, groups) of counts and summed gains, the best group first -> (draws,). Within a group a straight line."""
    n = sizes.sum(axis=1, keepdims=True)
    before = np.cumsum(sizes, axis=1) - sizes
    passed = 1 - (before + sizes / 2) / n  # share of all k at which this group's gain is already in
    coefficients: Floats = (sums * (passed - 0.5)).sum(axis=1) / n[:, 0]
    return coefficients


def _resampled(places: Ints, gains: Floats, groups: int, seed: int, resamples: int) -> Floats:
    random, n = np.random.default_rng(seed), len(gains)
    at_once = max(1, _ROWS_AT_ONCE // max(n, 1))
    drawn: list[Floats] = []
    for start in range(0, resamples, at_once):
        rows = random.integers(0, n, (min(at_once, resamples - start), n))
        lines = np.arange(len(rows))[:, None] * groups
        flat = (places[rows] + lines).reshape(-1)
        size = np.bincount(flat, minlength=len(rows) * groups).reshape(len(rows), groups)
        total = np.bincount(flat, gains[rows].reshape(-1), len(rows) * groups).reshape(len(rows), groups)
        drawn.append(_coefficients(size.astype(np.float64), total.astype(np.float64)))
    return np.concatenate(drawn)
