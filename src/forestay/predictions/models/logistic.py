"""Logistic regression over person-periods: the candidate 'logistic'.

Gives : Logistic, LogisticHazard, KIND
Source: DESIGN section 6: discrete-time hazard, one slope a column and one intercept a period

Columns are drawn together at both ends (values beyond the 0.5 and 99.5 % quantile count as those), long tails are
shortened by asinh, then standardised; a missing value counts as the mean, with a column of its own that says so. The
penalty on the squares of slopes is found on accounts held back. All periods share the rows, so the cost grows with
snapshots and not with person-periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from forestay.predictions.hazard import happened_in
from forestay.predictions.model_document import Document
from forestay.predictions.models.blas import on_one_core
from forestay.predictions.models.candidate import TooLittle, Weights
from forestay.predictions.snapshots import Flags, Floats, Labels, Snapshots

KIND = "logistic"
PENALTIES = (1.0, 10.0, 100.0)
SMALL = 20_000
_FOLDS, _STEPS, _ROWS = 4, 30, 65_536
Array = npt.NDArray[np.float64]


class LogisticDocument(BaseModel):
    """low, high, centre, width, mean, scale: per column, how its value is prepared; flagged: columns with an indicator
    of being missing; slopes: per column, then per indicator; intercepts: per period; penalty: that was found best."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["logistic"] = "logistic"
    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    centre: tuple[float, ...]
    width: tuple[float, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    flagged: tuple[int, ...]
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]
    penalty: float


@dataclass(frozen=True)
class LogisticHazard:
    """A trained logistic regression."""

    document: LogisticDocument

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in order."""
        return self.document.names

    @cached_property
    def _preparing(self) -> Preparing:
        return Preparing.of(self.document)

    @cached_property
    def _slopes(self) -> Array:
        return np.array(self.document.slopes)

    def log_odds(self, values: Floats) -> Floats:
        """Log-odds (n, periods) of the hazard."""
        total = np.empty(len(values))
        for start in range(0, len(values), _ROWS):
            part = slice(start, start + _ROWS)
            total[part] = self._preparing.rows(values[part]) @ self._slopes
        result: Floats = total[:, None] + np.array(self.document.intercepts)
        return result

    def contributions(self, values: Floats) -> Floats:
        """What each column adds to the log-odds (n, k), its indicator included."""
        parts = self._preparing.rows(values) * self._slopes
        width = len(self.names)
        found: Floats = parts[:, :width].copy()
        for at, column in enumerate(self.document.flagged):
            found[:, column] += parts[:, width + at]
        return found

    def hazard(self, values: Floats) -> Floats:
        """(n, periods) chance in each period given none before."""
        result: Floats = 1 / (1 + np.exp(-self.log_odds(values)))
        return result

    def to_document(self) -> Document:
        """JSON."""
        document: Document = self.document.model_dump(mode="json")
        return document

    @classmethod
    def from_document(cls, document: Document) -> LogisticHazard:
        """The model of a document. Raises pydantic.ValidationError."""
        return cls(LogisticDocument.model_validate(document))


@dataclass(frozen=True, slots=True)
class Preparing:
    """How values become standardised rows, all per column (k,); flagged: columns with an indicator."""

    low: Array
    high: Array
    centre: Array
    width: Array
    mean: Array
    scale: Array
    flagged: npt.NDArray[np.intp]

    @classmethod
    def learned(cls, values: Floats) -> Preparing:
        """From the training rows; a column that is always missing or constant becomes 0."""
        empty = np.asarray(np.isnan(values).all(axis=0), bool)
        some = np.where(empty, 0.0, values[:: max(1, len(values) // 20_000)])
        some[:, np.isnan(some).all(axis=0)] = 0.0
        low, first, middle, third, high = np.nanquantile(some, [0.005, 0.25, 0.5, 0.75, 0.995], axis=0)
        spread = np.where(third > first, third - first, np.nanstd(some, axis=0))
        flagged = np.flatnonzero(np.isnan(values).any(axis=0) & ~empty)
        ones = np.ones(len(low))
        first_pass = cls(low, high, middle, np.where(spread > 0, spread, 1.0), 0 * ones, ones, flagged)
        shaped = first_pass.shaped(some)
        mean, scale = np.nanmean(shaped, axis=0), np.nanstd(shaped, axis=0)
        return cls(low, high, middle, first_pass.width, mean, np.where(scale > 1e-9, scale, np.inf), flagged)

    @classmethod
    def of(cls, document: LogisticDocument) -> Preparing:
        """As written down; scale 0 there means a constant column."""
        scale = np.array(document.scale)
        return cls(
            np.array(document.low),
            np.array(document.high),
            np.array(document.centre),
            np.array(document.width),
            np.array(document.mean),
            np.where(scale > 0, scale, np.inf),
            np.array(document.flagged, np.intp),
        )

    def shaped(self, values: Floats) -> Array:
        """Drawn together at the ends and in the tails, NaN kept."""
        return np.arcsinh((np.clip(values, self.low, self.high) - self.centre) / self.width)

    def rows(self, values: Floats) -> Array:
        """(n, k + indicators) standardised, NaN as the mean."""
        standard = (self.shaped(values) - self.mean) / self.scale
        flags = np.isnan(standard[:, self.flagged])
        return np.hstack([np.nan_to_num(standard, copy=False), flags])


@dataclass(frozen=True, slots=True)
class Logistic:
    """Penalised logistic regression; penalties: those tried on small data (the middle one serves large data)."""

    penalties: Sequence[float] = PENALTIES
    key: str = KIND

    def fit(
        self, x: Snapshots, y: Labels, *, periods: int, seed: int, rows_weight: Weights | None = None
    ) -> LogisticHazard:
        """Learn. Raises TooLittle."""
        happened, known = happened_in(y, periods)
        weight = known * (np.ones(len(x)) if rows_weight is None else np.asarray(rows_weight, float))[:, None]
        if not (happened & known).any() or not (known & ~happened).any():
            raise TooLittle("there is nothing to tell apart: the event happened never or always in what is known")
        used = np.asarray(weight.any(axis=1), bool)
        x, happened, weight = x.take(used), happened[used], weight[used]
        preparing = Preparing.learned(x.values)
        rows = np.empty((len(x), len(x.names) + len(preparing.flagged)), np.float32)
        for start in range(0, len(x), _ROWS):
            rows[start : start + _ROWS] = preparing.rows(x.values[start : start + _ROWS])
        with on_one_core():
            penalty = self._penalty(rows, happened, weight, x, seed)
            slopes, intercepts = _fitted(rows, happened, weight, penalty)
        return LogisticHazard(_document(x.names, preparing, slopes, intercepts, penalty))

    def _penalty(self, rows: npt.NDArray[np.float32], happened: Flags, weight: Array, x: Snapshots, seed: int) -> float:
        """The penalty with the least loss on accounts held back; the middle one when there are many rows."""
        middle = self.penalties[len(self.penalties) // 2]
        if len(rows) > SMALL or len(self.penalties) == 1:
            return middle
        _, place = np.unique(x.account_ids, return_inverse=True)
        fold = np.random.default_rng(seed).permutation(np.arange(int(place.max()) + 1) % _FOLDS)[place]
        losses = [
            sum(_loss(rows, happened, weight, penalty, fold == out) for out in range(_FOLDS))
            for penalty in self.penalties
        ]
        return self.penalties[int(np.argmin(losses))]


def _loss(rows: npt.NDArray[np.float32], happened: Flags, weight: Array, penalty: float, out: Flags) -> float:
    if not (happened & (weight > 0))[~out].any():
        return 0.0
    slopes, intercepts = _fitted(rows[~out], happened[~out], weight[~out], penalty)
    odds = (rows[out] @ slopes)[:, None] + intercepts
    return float((weight[out] * np.logaddexp(0, np.where(happened[out], -odds, odds))).sum())


def _fitted(rows: npt.NDArray[np.float32], happened: Flags, weight: Array, penalty: float) -> tuple[Array, Array]:
    """(slopes, intercepts) by Newton's steps; the curve is summed over blocks of rows.

    An intercept has a faint penalty of its own towards the overall rate, so that a period without events stays finite.
    """
    width, periods = rows.shape[1], weight.shape[1]
    mean = float((weight * happened).sum() / weight.sum())
    start = np.log(mean / (1 - mean))
    theta = np.concatenate([np.zeros(width), np.full(periods, start)])
    pull = np.concatenate([np.full(width, penalty), np.full(periods, 0.1)])
    anchor = np.concatenate([np.zeros(width), np.full(periods, start)])
    for _ in range(_STEPS):
        slope, curve = _gradient(rows, happened, weight, theta)
        slope -= pull * (theta - anchor)
        curve[np.diag_indices_from(curve)] += pull
        step = np.linalg.solve(curve, slope)
        theta = theta + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-3:
            break
    return theta[:width], theta[width:]


def _gradient(rows: npt.NDArray[np.float32], happened: Flags, weight: Array, theta: Array) -> tuple[Array, Array]:
    """(slope, curve) of the log-likelihood at theta."""
    width, periods = rows.shape[1], weight.shape[1]
    slope, curve = np.zeros(width + periods), np.zeros((width + periods, width + periods))
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        sure = 1 / (1 + np.exp(-((part @ theta[:width].astype(np.float32))[:, None] + theta[width:])))
        heavy = weight[start : start + _ROWS]
        miss, bend = heavy * (happened[start : start + _ROWS] - sure), heavy * sure * (1 - sure)
        slope[:width] += part.T @ miss.sum(axis=1).astype(np.float32)
        slope[width:] += miss.sum(axis=0)
        curve[:width, :width] += part.T @ (part * bend.sum(axis=1).astype(np.float32)[:, None])
        curve[:width, width:] += part.T @ bend.astype(np.float32)
        curve[width:, width:] += np.diag(bend.sum(axis=0))
    curve[width:, :width] = curve[:width, width:].T
    return slope, curve


def _document(
    names: tuple[str, ...], preparing: Preparing, slopes: Array, intercepts: Array, penalty: float
) -> LogisticDocument:
    def told(values: Array) -> tuple[float, ...]:
        return tuple(float(value) for value in values)

    return LogisticDocument(
        names=names,
        low=told(preparing.low),
        high=told(preparing.high),
        centre=told(preparing.centre),
        width=told(preparing.width),
        mean=told(preparing.mean),
        scale=told(np.where(np.isfinite(preparing.scale), preparing.scale, 0.0)),
        flagged=tuple(int(column) for column in preparing.flagged),
        slopes=told(slopes),
        intercepts=told(intercepts),
        penalty=penalty,
    )
