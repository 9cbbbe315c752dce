"""Boosted trees of one column each: the candidate 'additive', whose every contribution is a look-up.

Gives : AdditiveTrees, shape_tables(), follow()
Source: DESIGN section 6: LightGBM with interaction constraints, tabulated; a column may act differently in each
        period, and with no other column

The trained model is no LightGBM model any more but predictions/additive.py's tables, which say the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forestay.predictions.additive import AdditiveModel, Shape
from forestay.predictions.hazard import PersonPeriods
from forestay.predictions.models.boosting import Binned, Boosted, Boosting, boost, filled, grow
from forestay.predictions.models.candidate import Weights
from forestay.predictions.models.trees import Trees
from forestay.predictions.snapshots import Flags, Floats, Labels, Snapshots

KIND = "additive"
Array = npt.NDArray[np.float64]
ALONE = Boosting(most_trees=500, leaves=4, rate=0.08, alone=True)


@dataclass(frozen=True, slots=True)
class AdditiveTrees:
    """Trees of one column (and the period) each, as tables. binned, trees: as for the candidate 'lightgbm'."""

    how: Boosting = ALONE
    key: str = KIND
    binned: Binned | None = None
    trees: int | None = None

    def fit(
        self, x: Snapshots, y: Labels, *, periods: int, seed: int, rows_weight: Weights | None = None
    ) -> AdditiveModel:
        """Learn. Raises TooLittle, LightgbmUnusable."""
        grown = boost(
            replace(self.how, alone=True),
            x,
            y,
            periods=periods,
            seed=seed,
            rows_weight=rows_weight,
            binned=self.binned,
            trees=self.trees,
        )
        return shape_tables(grown, x, periods).centred(x.values)


def follow(
    x: Snapshots, hazard: Floats, *, seed: int, how: Boosting = ALONE, trees: int = 150, binned: Binned | None = None
) -> AdditiveModel:
    """An additive model of another model's hazard (n, periods): the labelled surrogate that reasons are read from."""
    periods = hazard.shape[1]
    rows, period = np.divmod(np.arange(len(x) * periods), periods)
    every = PersonPeriods(rows, period, np.zeros(len(rows), bool))
    grown = grow(
        replace(how, alone=True, rows_share=1.0),
        x,
        every,
        hazard.reshape(-1).astype(np.float32),
        periods=periods,
        seed=seed,
        trees=trees,
        objective="cross_entropy",
        binned=binned,
    )
    return shape_tables(grown, x, periods).centred(x.values)


def shape_tables(grown: Boosted, x: Snapshots, periods: int) -> AdditiveModel:
    """The trees of Boosting(alone=True) as one table a column: bin edges, and log-odds by bin and period.

    A column that no tree reads has no edge and adds nothing.
    """
    trees, width = Trees.from_text(grown.text), len(x.names)
    own = [tree_columns - {width} for tree_columns in columns_of_trees(trees)]
    constant = np.array([not columns for columns in own])
    base = _sums(trees, constant, np.zeros((1, width)), periods)[0]
    shapes = []
    for column, name in enumerate(x.names):
        mine = np.array([column in columns for columns in own])
        edges = trees.edges_of(column)
        edges = edges[np.isfinite(edges)]  # a split of missing against all others has its threshold at infinity
        probes = np.zeros((len(edges) + 2, width))
        probes[:, column] = np.concatenate([edges, [np.inf, np.nan]])
        sums = _sums(trees, mine, filled(probes, grown.medians), periods)
        shapes.append(Shape(name, edges, sums[:-1], sums[-1]))
    return AdditiveModel(base, tuple(shapes))


def columns_of_trees(trees: Trees) -> list[set[int]]:
    """The columns that each tree reads."""
    found: list[set[int]] = [set() for _ in range(len(trees.leaves))]
    for split in trees.splits:
        found[split.tree].add(split.column)
    return found


def _sums(trees: Trees, chosen: Flags, values: Floats, periods: int) -> Array:
    """What the chosen trees add (n, periods)."""
    if not chosen.any():
        return np.zeros((len(values), periods))
    some = trees.only(chosen)
    if periods == 1:
        return np.asarray(some.raw(values)[:, None], np.float64)
    return np.asarray(some.raw_by(values, values.shape[1], np.arange(periods, dtype=np.float64)), np.float64)
