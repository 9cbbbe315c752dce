"""A model and its refits asked at once: a value is looked up for all of them together, so that the interval costs little.

Reads : trained models
Gives : asked_together(), Hazards
Source: issue 'The predictive engine' (touched account -> new prediction within the tick)

Additive models become one table, trees one forest, averages one of each; other kinds are asked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from forestay.predictions.additive import AdditiveModel
from forestay.predictions.models.average import AverageHazard
from forestay.predictions.models.boosting import filled
from forestay.predictions.models.candidate import Fitted
from forestay.predictions.models.lightgbm_small import TreeHazard
from forestay.predictions.models.trees import Trees
from forestay.predictions.snapshots import Floats

Hazards = Callable[[Floats], list[npt.NDArray[np.float64]]]
"""Values (n, k) -> of each model its hazards (n, periods)."""


def asked_together(models: Sequence[Fitted]) -> Hazards:
    """What each of the models says, at the least cost."""
    additive = [one for one in models if isinstance(one, AdditiveModel)]
    trees = [one for one in models if isinstance(one, TreeHazard)]
    averages = [one for one in models if isinstance(one, AverageHazard)]
    alike = len(models) > 1 and len({one.names for one in models}) == 1
    if alike and len(additive) == len(models):
        return _of_additive(additive)
    if alike and len(trees) == len(models) and _same_rows(trees):
        return _of_trees(trees)
    if alike and len(averages) == len(models):
        return _of_averages(averages)
    return lambda values: [np.asarray(one.hazard(values), np.float64) for one in models]


def _of_additive(models: Sequence[AdditiveModel]) -> Hazards:
    one, ends = AdditiveModel.stacked(models), list(accumulate(model.periods for model in models))
    return lambda values: np.split(np.asarray(one.hazard(values), np.float64), ends[:-1], axis=1)


def _of_trees(models: Sequence[TreeHazard]) -> Hazards:
    forest = Trees.joined([one.trees for one in models])
    starts = tuple(accumulate((len(one.trees.leaves) for one in models[:-1]), initial=0))
    medians, width = models[0].medians, len(models[0].names)
    periods = np.arange(models[0].document.periods, dtype=np.float64)

    def hazards(values: Floats) -> list[npt.NDArray[np.float64]]:
        odds = np.asarray(forest.raw_each(filled(values, medians), width, periods, starts), np.float64)
        return list(1 / (1 + np.exp(-odds)))

    return hazards


def _same_rows(models: Sequence[TreeHazard]) -> bool:
    """Whether a row of values reads the same to all: as many periods, the same stand-ins for missing values."""
    first = models[0]
    return all(
        one.document.periods == first.document.periods and np.array_equal(one.medians, first.medians, equal_nan=True)
        for one in models
    )


def _of_averages(models: Sequence[AverageHazard]) -> Hazards:
    parts = asked_together([one.logistic for one in models]), asked_together([one.trees for one in models])
    return lambda values: [(one + other) / 2 for one, other in zip(*(part(values) for part in parts), strict=True)]
