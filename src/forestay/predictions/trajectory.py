"""Where health is heading: the score 30, 60 and 90 days ahead with a band, and what it would be if something changed.

Reads : Snapshots with `health.score` and what else is known then; scores so many days later
Gives : TrajectoryModel, Forecast, fit_trajectory(), future_scores(), HORIZONS, SCORE
Source: DESIGN section 6 ('persistence is hard to beat'); REQUIREMENTS B3, C3; measured in
        docs/trajectory-and-anomalies.md

One model for all accounts and each horizon learns the *change* of the score (absolute error, so the median), and is
then pulled towards 'nothing changes' as far as the newest outcomes say. The bands are conformal, from the newest
outcomes alone. Scoring needs numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from forestay.kit.errors import ForestayError
from forestay.predictions.conformal import COVERAGE, Bands, fit_bands
from forestay.predictions.models.trees import Trees
from forestay.predictions.snapshots import Snapshots

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Document = dict[str, JsonValue]

SCORE = "health.score"
HORIZONS = (30, 60, 90)
KIND = "trajectory"
FEWEST_ROWS = 500
"""Snapshots with a known outcome, in training and again to calibrate on, below which nothing is learned."""
CALIBRATION_SHARE = 0.3
"""Of the time that is known: its newest part lays the bands and says how far the model may be believed."""

_SHRINKS = np.linspace(0, 1, 21)
_TREES = 250
_LEARNING = {
    "objective": "regression_l1", "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": 200,
    "feature_fraction": 0.5, "bagging_fraction": 0.5, "bagging_freq": 1, "max_bin": 127, "verbose": -1,
    "deterministic": True, "force_col_wise": True,
}  # fmt: skip


class TooFewOutcomes(ForestayError):
    """The past holds too few scores with a later score beside them: wait, or import history."""

    code = "too_few_outcomes"
    http_status = 409

    def __init__(self, rows: int) -> None:
        super().__init__(f"a trajectory needs {FEWEST_ROWS} scores whose later score is known, twice; there are {rows}")


@dataclass(frozen=True, slots=True)
class Forecast:
    """Scores ahead, 0-100: level, low, high (n, horizons); NaN for accounts without a score."""

    horizons: tuple[int, ...]
    level: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Ahead:
    """One horizon: days; text: LightGBM's; trees: the same as numpy reads it; belief: 0 (nothing changes) to 1."""

    days: int
    text: str
    trees: Trees
    belief: float
    bands: Bands


@dataclass(frozen=True, slots=True)
class TrajectoryModel:
    """names: columns, in the order that the trees know them."""

    names: tuple[str, ...]
    ahead: tuple[Ahead, ...]

    def forecast(self, x: Snapshots) -> Forecast:
        """Where the score of each row is heading. Columns that are not there count as missing."""
        values, score = _values(x, self.names), x.column(SCORE).astype(np.float64)
        level, low, high = (np.full((len(x), len(self.ahead)), np.nan) for _ in range(3))
        for at, one in enumerate(self.ahead):
            middle = score + one.belief * one.trees.raw(values)
            below, above = one.bands.around(middle, score)
            level[:, at], low[:, at], high[:, at] = np.clip(middle, below, above), below, above
        return Forecast(tuple(one.days for one in self.ahead), *(_within(part, score) for part in (level, low, high)))

    def to_document(self) -> Document:
        """JSON, LightGBM's text inside."""
        ahead: list[JsonValue] = [
            {"days": one.days, "belief": one.belief, "trees": one.text, "bands": one.bands.to_document()}
            for one in self.ahead
        ]
        return {"kind": KIND, "names": list(self.names), "ahead": ahead}

    @classmethod
    def from_document(cls, document: Document) -> TrajectoryModel:
        """Read what to_document() gave."""
        written = cast(list[dict[str, Any]], document["ahead"])
        ahead = tuple(
            Ahead(
                one["days"],
                one["trees"],
                Trees.from_text(one["trees"]),
                one["belief"],
                Bands.from_document(one["bands"]),
            )
            for one in written
        )
        return cls(tuple(cast(list[str], document["names"])), ahead)


def future_scores(x: Snapshots, horizons: Sequence[int] = HORIZONS) -> Floats:
    """Scores of the same accounts so many days later, (n, horizons), out of the snapshots themselves; NaN where there is
    none on that day (the grid of days should have steps that divide the horizons)."""
    score = x.column(SCORE).astype(np.float64)
    key = x.account_ids.astype(np.int64) * 1_000_000 + x.as_of_days
    order = np.argsort(key)
    ahead = []
    for days in horizons:
        place = np.minimum(np.searchsorted(key[order], key + days), len(key) - 1)
        found = order[place]
        ahead.append(np.where(key[found] == key + days, score[found], np.nan))
    return np.stack(ahead, axis=1)


def fit_trajectory(
    x: Snapshots, future: Floats, *, horizons: Sequence[int] = HORIZONS, seed: int = 0, coverage: float = COVERAGE
) -> TrajectoryModel:
    """Learn from snapshots (n,) and the scores after them (n, horizons), NaN = not known. Needs LightGBM.

    Trees learn from the older part, the rest is kept for belief and bands; between them lies a gap of the horizon, so
    that no outcome reaches into the other part. Raises TooFewOutcomes.
    """
    names = tuple(name for name in x.names if np.isfinite(x.column(name)).any())
    values, score = _values(x, names), x.column(SCORE).astype(np.float64)
    ahead = []
    for at, days in enumerate(horizons):
        change = future[:, at] - score
        known = np.flatnonzero(~np.isnan(change))
        old, new = _parted(x.as_of_days[known], days) if len(known) else (known, known)
        if min(len(old), len(new)) < FEWEST_ROWS:
            raise TooFewOutcomes(len(known))
        text = _grow(values[known[old]], change[known[old]], seed)
        ahead.append(_judged(days, text, values[known[new]], score[known[new]], future[known[new], at], coverage))
    return TrajectoryModel(names, tuple(ahead))


def _judged(days: int, text: str, values: Floats, score: Floats, later: Floats, coverage: float) -> Ahead:
    """How far to believe the trees, and the bands, by the newest outcomes."""
    trees = Trees.from_text(text)
    told = trees.raw(values)
    losses = [np.abs(later - np.clip(score + belief * told, 0, 100)).mean() for belief in _SHRINKS]
    belief = float(round(_SHRINKS[int(np.argmin(losses))], 2))
    errors = later - np.clip(score + belief * told, 0, 100)
    return Ahead(days, text, trees, belief, fit_bands(errors, score, coverage=coverage))


def _parted(days: npt.NDArray[np.integer], horizon: int) -> tuple[Ints, Ints]:
    """Places of the older and the newer rows, `horizon` days apart."""
    first, last = int(days.min()), int(days.max())
    begin = last - max(1, round((last - first) * CALIBRATION_SHARE))
    return np.flatnonzero(days <= begin - horizon), np.flatnonzero(days > begin)


def _grow(values: Floats, change: Floats, seed: int) -> str:
    from forestay.predictions.models.openmp import load_lightgbm

    lightgbm = load_lightgbm()
    booster = lightgbm.train({**_LEARNING, "seed": seed}, lightgbm.Dataset(values, change), _TREES)
    return str(booster.model_to_string())


def _values(x: Snapshots, names: tuple[str, ...]) -> Floats:
    """Columns as the trees read them (float32)."""
    return x.only(names).values.astype(np.float32).astype(np.float64)


def _within(part: Floats, score: Floats) -> Floats:
    return np.where(np.isnan(score)[:, None], np.nan, np.clip(part, 0, 100))
