"""Small boosted trees over person-periods with LightGBM: what the candidates 'lightgbm' and 'additive' share.

Reads : Snapshots, Labels
Gives : Boosting, Binned, Boosted, boost(), grow(), best_growth(), filled()
Source: DESIGN section 6: few and small trees, shrinkage, never re-weighted classes. The number of trees is found on
        accounts held back, then everything is learned from.

A leaf must hold a certain sum of p (1 - p), not of rows: at one event in a hundred, twenty rows say nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.predictions.hazard import PersonPeriods, person_periods
from forestay.predictions.models.candidate import TooLittle, Weights
from forestay.predictions.models.openmp import load_lightgbm
from forestay.predictions.snapshots import Flags, Floats, Ints, Labels, Snapshots

FOLDS = 5
_BINS_FROM = 50_000
SMALL = 40_000
"""Up to so many person-periods the number of trees is found by five-fold cross-validation, above by one fold."""
LARGE = 100_000
"""Person-periods from which on the rate is doubled."""


@dataclass(frozen=True, slots=True)
class Boosting:
    """How trees are grown. most_trees: upper bound; leaf_weight: least sum of p (1 - p) in a leaf; alone: every column
    in trees of its own (with the period), so that the model adds up over columns; rising: column -> 1 or -1 where the
    hazard may only rise or fall with it."""

    most_trees: int = 300
    leaves: int = 6
    rate: float = 0.05
    leaf_weight: float = 4.0
    least_rows: int = 20
    l2: float = 5.0
    columns_share: float = 0.5
    rows_share: float = 0.8
    bins: int = 63
    alone: bool = False
    rising: Mapping[str, int] = field(default_factory=dict)
    threads: int = min(8, os.cpu_count() or 1)

    def for_rows(self, count: int) -> Boosting:
        """With many person-periods half the trees at twice the rate: as good there, at half the cost."""
        if count <= LARGE:
            return self
        return replace(self, rate=2 * self.rate, most_trees=max(self.most_trees // 2, 5))

    def bolder(self) -> Boosting:
        """Larger trees, for data in which columns act together."""
        return replace(self, leaves=16, leaf_weight=self.leaf_weight / 2, l2=2.0, columns_share=0.7)

    def parameters(self, names: tuple[str, ...], periods: int, seed: int, objective: str) -> dict[str, Any]:
        """LightGBM's own words for it."""
        last = len(names)
        found: dict[str, Any] = {
            "objective": objective,
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_sum_hessian_in_leaf": self.leaf_weight,
            "min_data_in_leaf": self.least_rows,
            "lambda_l2": self.l2,
            "feature_fraction": self.columns_share,
            "bagging_fraction": self.rows_share,
            "bagging_freq": 1,
            "max_bin": self.bins,
            "num_threads": self.threads,
            "seed": seed,
            "deterministic": True,
            "force_col_wise": True,
            "feature_pre_filter": False,
            "verbose": -1,
        }
        if self.alone:
            found["interaction_constraints"] = [[at, last] if periods > 1 else [at] for at in range(last)]
        if any(name in self.rising for name in names):
            found["monotone_constraints"] = [self.rising.get(name, 0) for name in names] + [0] * (periods > 1)
        return found


class Binned:
    """The snapshots times the periods, put into LightGBM's bins once, for many fits on parts of the same rows.

    learned_on: (n,) rows that the bins' edges are taken from; all when left out.
    """

    def __init__(self, x: Snapshots, periods: int, bins: int, learned_on: Flags | None = None) -> None:
        self.x, self.periods = x, periods
        rows = np.arange(len(x)) if learned_on is None or not learned_on.any() else np.flatnonzero(learned_on)
        lightgbm, settings = load_lightgbm(), {"max_bin": bins, "verbose": -1, "feature_pre_filter": False}
        some = rows[:: max(1, len(rows) * periods // _BINS_FROM)]
        edges = lightgbm.Dataset(self._rows(some), np.zeros(len(some) * periods), params=settings)
        self._data = lightgbm.Dataset(
            self._rows(np.arange(len(x))), np.zeros(len(x) * periods), reference=edges, params=settings
        ).construct()

    def part(self, rows: PersonPeriods) -> Any:
        """LightGBM's Dataset of these person-periods, in their order (ascending); labels are set afterwards, since a
        part that is not yet made takes over those of the whole."""
        return self._data.subset((rows.rows * self.periods + rows.period).astype(np.int32)).construct()

    def _rows(self, rows: Ints) -> npt.NDArray[np.float32]:
        width = len(self.x.names)
        values = np.empty((len(rows) * self.periods, width + (self.periods > 1)), np.float32)
        for period in range(self.periods):
            values[period :: self.periods, :width] = self.x.values[rows]
            if self.periods > 1:
                values[period :: self.periods, width] = period
        return values


@dataclass(frozen=True, slots=True)
class Boosted:
    """What came out: LightGBM's text, how many trees, and the medians (k,) put in place of NaN where training saw none
    (NaN where it saw some: the trees know what to do)."""

    text: str
    trees: int
    medians: Floats


def best_growth(
    how: Boosting, x: Snapshots, y: Labels, *, periods: int, seed: int, binned: Binned | None = None
) -> tuple[Boosting, int]:
    """How to grow and how many trees, by the least loss on accounts held back; on small data bolder trees are tried as
    well. Raises TooLittle, LightgbmUnusable."""
    rows = _at_risk(y, periods)
    data = _data(how, x, rows, periods, binned)
    data.set_label(rows.happened.astype(np.float32))
    return _best_growth(how, data, x.names, x.account_ids[rows.rows], periods, seed, "binary")


def boost(
    how: Boosting,
    x: Snapshots,
    y: Labels,
    *,
    periods: int,
    seed: int,
    rows_weight: Weights | None = None,
    binned: Binned | None = None,
    trees: int | None = None,
) -> Boosted:
    """Trees of the log-odds of the hazard. Raises TooLittle without events or with events only."""
    rows = _at_risk(y, periods)
    if rows_weight is not None:
        counted = np.asarray(rows_weight)[rows.rows] > 0
        rows = PersonPeriods(rows.rows[counted], rows.period[counted], rows.happened[counted])
    target = rows.happened.astype(np.float32)
    return grow(how, x, rows, target, periods=periods, seed=seed, rows_weight=rows_weight, binned=binned, trees=trees)


def grow(
    how: Boosting,
    x: Snapshots,
    rows: PersonPeriods,
    target: Floats,
    *,
    periods: int,
    seed: int,
    rows_weight: Weights | None = None,
    trees: int | None = None,
    objective: str = "binary",
    binned: Binned | None = None,
) -> Boosted:
    """Trees towards `target` (0-1) of the person-periods; `trees` fixed, or found on accounts held back."""
    lightgbm = load_lightgbm()
    data = _data(how, x, rows, periods, binned)
    data.set_label(target)
    if rows_weight is not None:
        data.set_weight(np.asarray(rows_weight, np.float32)[rows.rows])
    if trees is None:
        accounts = x.account_ids[rows.rows]
        how, trees = _best_growth(how.for_rows(len(accounts)), data, x.names, accounts, periods, seed, objective)
    booster = lightgbm.train(how.parameters(x.names, periods, seed, objective), data, num_boost_round=trees)
    return Boosted(booster.model_to_string(), trees, _medians(x.values))


def _at_risk(y: Labels, periods: int) -> PersonPeriods:
    rows = person_periods(y, periods)
    if not rows.happened.any() or rows.happened.all():
        raise TooLittle("there is nothing to tell apart: the event happened never or always in what is known")
    return rows


def _data(how: Boosting, x: Snapshots, rows: PersonPeriods, periods: int, binned: Binned | None) -> Any:
    """LightGBM's Dataset of the rows, a part of `binned` where that holds the same snapshots."""
    if binned is not None and binned.x is x:
        return binned.part(rows)
    used, place = np.unique(rows.rows, return_inverse=True)
    return Binned(x.take(used), periods, how.bins).part(PersonPeriods(place, rows.period, rows.happened))


def _best_growth(
    how: Boosting, data: Any, names: tuple[str, ...], accounts: Ints, periods: int, seed: int, objective: str
) -> tuple[Boosting, int]:
    tried = (how,) if how.alone or len(accounts) > SMALL else (how, how.bolder())
    found = [
        _held_out(data, one.parameters(names, periods, seed, objective), accounts, one.most_trees) for one in tried
    ]
    best = min(range(len(tried)), key=lambda at: found[at][0])
    return tried[best], found[best][1]


def _held_out(data: Any, parameters: dict[str, Any], accounts: Ints, most: int) -> tuple[float, int]:
    """(least loss on accounts held back, number of trees there, at least 5)."""
    fold, lightgbm = _fold_of(accounts, int(parameters["seed"])), load_lightgbm()
    held = [fold == at for at in range(FOLDS)][: FOLDS if len(accounts) <= SMALL else 1]
    folds = [(np.flatnonzero(~out), np.flatnonzero(out)) for out in held if out.any() and not out.all()]
    if not folds:
        return 0.0, min(most, 50)
    losses = lightgbm.cv(
        parameters, data, num_boost_round=most, folds=folds, stratified=False,
        callbacks=[lightgbm.early_stopping(30, verbose=False)],
        metrics="cross_entropy" if parameters["objective"] == "cross_entropy" else "binary_logloss",
    )  # fmt: skip
    loss = next(values for name, values in losses.items() if name.endswith("-mean"))
    return float(np.min(loss)), max(5, int(np.argmin(loss)) + 1)


def _fold_of(accounts: Ints, seed: int) -> Ints:
    """The fold of each row, the same for all rows of an account."""
    _, place = np.unique(accounts, return_inverse=True)
    count = int(place.max()) + 1 if len(place) else 0
    folds: Ints = np.random.default_rng(seed).permutation(np.arange(count) % FOLDS)[place]
    return folds


def _medians(values: Floats) -> Floats:
    missing = np.asarray(np.isnan(values).any(axis=0), bool)
    medians = np.full(values.shape[1], np.nan)
    if len(values) and not missing.all():
        medians[~missing] = np.median(values[:, ~missing], axis=0)
    return medians


def filled(values: Floats, medians: Floats) -> Floats:
    """The values with the median where one is missing that never was in training."""
    gaps = np.isnan(values) & ~np.isnan(medians)
    return np.where(gaps, medians, values).astype(np.float32) if gaps.any() else values
