"""Calibration: after it, of a hundred accounts with 30 % about thirty leave.

Reads : p (n,) probabilities that a model gave to rows it was not trained on, y (n,) whether it happened
Gives : Beta, VennAbers, Calibration, calibrate(), fit_beta(), fit_venn_abers(), calibration_from()
Source: Kull et al. 2017 (beta calibration); Vovk and Petej 2014, Vovk et al. 2015 (inductive Venn-Abers)

A hazard is calibrated period by period, so probabilities within a horizon stay monotone in it. Which method serves is
asked of accounts held back: with few events the identity or beta wins, with many beta followed by Venn-Abers.
Every map is monotone: it never changes the order of accounts (Venn-Abers may tie them; a thousandth of the beta value
is kept so that it does not).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from forestay.predictions.hazard import happened_in
from forestay.predictions.isotonic import isotonic_with_one_more
from forestay.predictions.metrics import log_losses
from forestay.predictions.model_document import Document
from forestay.predictions.snapshots import Flags, Floats, Ints, Labels

Array = npt.NDArray[np.float64]
_EDGE = 1e-7
_KEPT = 1e-3
MOST_KNOTS, MOST_POINTS = 128, 500
FEW, MANY = 10, 100
"""Below FEW events a period is left as it is; from MANY on Venn-Abers is tried."""

_frozen = ConfigDict(frozen=True, extra="forbid")


class Beta(BaseModel):
    """log-odds = a log(p) - b log(1 - p) + c, with a and b >= 0. (1, 1, 0) changes nothing."""

    model_config = _frozen
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def apply(self, p: Floats) -> Array:
        """(n,) calibrated."""
        sure = np.clip(np.asarray(p, np.float64), _EDGE, 1 - _EDGE)
        odds = self.a * np.log(sure) - self.b * np.log1p(-sure) + self.c
        return np.asarray(1 / (1 + np.exp(-odds)), np.float64)


class VennAbers(BaseModel):
    """knots ascending p; low, high: the calibrated value at each knot if one more row there had not, or had, the event."""

    model_config = _frozen
    knots: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def interval(self, p: Floats) -> tuple[Array, Array]:
        """(p0, p1), each (n,): between them lies the calibrated chance."""
        place = np.clip(np.searchsorted(self.knots, np.asarray(p), side="right") - 1, 0, len(self.knots) - 1)
        return np.array(self.low)[place], np.array(self.high)[place]

    def apply(self, p: Floats) -> Array:
        """(n,) p1 / (1 - p0 + p1), the value with the least regret in log-loss; between knots straight."""
        low, high = np.array(self.low), np.array(self.high)
        merged = np.maximum.accumulate(high / (1 - low + high))
        return np.asarray(np.interp(np.asarray(p, np.float64), self.knots, merged), np.float64)


class PeriodCalibration(BaseModel):
    """Beta, then Venn-Abers where there is one."""

    model_config = _frozen
    beta: Beta = Beta()
    venn_abers: VennAbers | None = None

    def apply(self, p: Floats) -> Array:
        """(n,) calibrated."""
        first = self.beta.apply(p)
        if self.venn_abers is None:
            return first
        return np.asarray((1 - _KEPT) * self.venn_abers.apply(first) + _KEPT * first, np.float64)


class Calibration(BaseModel):
    """One map a period. method: 'none', 'beta', 'beta and venn-abers', as the best on accounts held back."""

    model_config = _frozen
    kind: Literal["calibration"] = "calibration"
    periods: tuple[PeriodCalibration, ...]
    method: str

    def apply(self, hazard: Floats) -> Array:
        """Calibrated hazards (n, periods)."""
        return np.column_stack([one.apply(hazard[:, at]) for at, one in enumerate(self.periods)])

    def to_document(self) -> Document:
        """JSON."""
        document: Document = self.model_dump(mode="json")
        return document


@dataclass(frozen=True, slots=True)
class _Period:
    """One period's rows: hazard, outcome, fold."""

    p: Array
    y: Flags
    fold: Ints


def calibration_from(document: Document) -> Calibration:
    """The calibration of a document. Raises pydantic.ValidationError."""
    return Calibration.model_validate(document)


def calibrate(hazard: Floats, labels: Labels, accounts: Ints, *, seed: int = 0, folds: int = 5) -> Calibration:
    """Learn a map of each period from hazards (n, periods) of rows that the model was not trained on."""
    happened, known = happened_in(labels, hazard.shape[1])
    _, place = np.unique(accounts, return_inverse=True)
    count = int(place.max()) + 1 if len(place) else 0
    fold = np.random.default_rng(seed).permutation(np.arange(count) % folds)[place]
    periods = [
        _Period(np.asarray(hazard[known[:, at], at], np.float64), happened[known[:, at], at], fold[known[:, at]])
        for at in range(hazard.shape[1])
    ]
    methods: dict[str, float] = dict.fromkeys(_METHODS, 0.0)
    for name, most in _METHODS.items():
        methods[name] = sum(_held_out_loss(period, most, folds) for period in periods)
    best = min(methods, key=lambda name: methods[name])
    return Calibration(periods=tuple(_fit(period.p, period.y, _METHODS[best]) for period in periods), method=best)


_METHODS = {"none": 0, "beta": 1, "beta and venn-abers": 2}


def _held_out_loss(period: _Period, most: int, folds: int) -> float:
    total = 0.0
    for out in range(folds):
        held = period.fold == out
        fitted = _fit(period.p[~held], period.y[~held], most)
        total += float(log_losses(fitted.apply(period.p[held]), period.y[held]).sum())
    return total


def _fit(p: Array, y: Flags, most: int) -> PeriodCalibration:
    events = int(y.sum())
    if most == 0 or events < FEW or events == len(y):
        return PeriodCalibration() if most == 0 else PeriodCalibration(beta=fit_beta(p, y, only_level=True))
    beta = fit_beta(p, y)
    if most == 1 or events < MANY:
        return PeriodCalibration(beta=beta)
    return PeriodCalibration(beta=beta, venn_abers=fit_venn_abers(beta.apply(p), y))


def fit_beta(p: Floats, y: npt.ArrayLike, *, only_level: bool = False) -> Beta:
    """The beta map with the greatest likelihood, with a faint pull towards the identity; a and b are never negative.

    only_level: a and b stay 1, for when there are too few events to learn more than the level.
    """
    sure, happened = np.clip(np.asarray(p, np.float64), _EDGE, 1 - _EDGE), np.asarray(y, np.float64)
    if not len(sure):
        return Beta()
    rows = np.column_stack([np.log(sure), -np.log1p(-sure), np.ones(len(sure))])
    free = [2] if only_level else [0, 1, 2]
    theta = _climb(rows, happened, free, np.array([1.0, 1.0, 0.0]))
    if not only_level and min(theta[0], theta[1]) < 0:
        at = int(np.argmin(theta[:2]))
        start = np.array([1.0, 1.0, 0.0])
        start[at] = 0.0
        theta = _climb(rows, happened, [1 - at, 2], start)
        theta[:2] = np.maximum(theta[:2], 0)
    return Beta(a=float(theta[0]), b=float(theta[1]), c=float(theta[2]))


def _climb(rows: Array, happened: Array, free: Sequence[int], start: Array) -> Array:
    """Newton's steps over the free parameters, half a pseudo-count of pull towards the start."""
    theta, some = start.copy(), np.asarray(free)
    columns = [np.ascontiguousarray(rows[:, at]) for at in range(rows.shape[1])]
    for _ in range(60):
        odds = sum(column * value for column, value in zip(columns, theta, strict=True))
        sure = 1 / (1 + np.exp(-np.clip(odds, -40, 40)))
        miss, bend = happened - sure, sure * (1 - sure)
        slope = np.array([(columns[at] * miss).sum() for at in some]) - 0.5 * (theta - start)[some]
        curve = np.array([[(columns[a] * columns[b] * bend).sum() for b in some] for a in some]) + 0.5 * np.eye(
            len(some)
        )
        step = np.linalg.solve(curve, slope)
        theta[some] += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return theta


def _pooled(p: Array) -> Array:
    """The same values drawn together to at most MOST_POINTS, so that the cost no longer grows with the rows."""
    points = np.unique(p)
    if len(points) <= MOST_POINTS:
        return p
    edges = np.unique(np.quantile(p, np.linspace(0, 1, MOST_POINTS + 1)[1:-1]))
    group = np.searchsorted(edges, p, side="right")
    sizes = np.maximum(np.bincount(group, minlength=len(edges) + 1), 1)
    pooled: Array = (np.bincount(group, p, minlength=len(edges) + 1) / sizes)[group]
    return pooled


def fit_venn_abers(p: Floats, y: npt.ArrayLike, *, knots: int = MOST_KNOTS) -> VennAbers:
    """Inductive Venn-Abers: at each knot (quantiles of p) the isotonic fit with one more row, without and with event."""
    sure = _pooled(np.asarray(p, np.float64))
    at = np.unique(np.quantile(sure, np.linspace(0, 1, min(knots, max(len(sure), 1)))))
    low, high = isotonic_with_one_more(sure, np.asarray(y, np.float64), at)
    told = [tuple(float(value) for value in values) for values in (at, low, high)]
    return VennAbers(knots=told[0], low=told[1], high=told[2])
