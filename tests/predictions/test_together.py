"""A model and its refits asked at once say what each says alone."""

import numpy as np
import pytest

from forestay.predictions.models.additive_boosting import ALONE, AdditiveTrees
from forestay.predictions.models.average import Average
from forestay.predictions.models.boosting import Boosting
from forestay.predictions.models.candidate import Candidate, Fitted
from forestay.predictions.models.lightgbm_small import SmallTrees
from forestay.predictions.models.logistic import Logistic
from forestay.predictions.models.together import asked_together
from tests.predictions.past import wandering

FEW, MANY = Boosting(most_trees=20, threads=1), Boosting(most_trees=12, leaves=16, threads=1)
PAST = wandering()


def learned(kind: Candidate, seed: int, periods: int = 3) -> Fitted:
    weight = np.bincount(np.random.default_rng(seed).integers(0, len(PAST[0]), len(PAST[0])), minlength=len(PAST[0]))
    return kind.fit(*PAST, periods=periods, seed=seed, rows_weight=weight.astype(float))


@pytest.mark.parametrize(
    "models",
    [
        [learned(SmallTrees(FEW, trees=20), seed) for seed in range(3)],
        [learned(SmallTrees(FEW, trees=20), 1), learned(SmallTrees(MANY, trees=12), 2)],
        [learned(SmallTrees(FEW, trees=20), seed, periods=1) for seed in range(2)],
        [learned(AdditiveTrees(ALONE, trees=10), seed) for seed in range(3)],
        [learned(Average(trees=SmallTrees(FEW, trees=10)), seed) for seed in range(2)],
        [learned(SmallTrees(FEW, trees=20), 1), learned(SmallTrees(FEW, trees=20), 1, periods=1)],
        [learned(SmallTrees(FEW, trees=20), 1), learned(Logistic(), 2)],
    ],
    ids=["trees", "trees of two sizes", "one period", "additive", "average", "other periods", "other kinds"],
)
def test_models_asked_at_once_say_what_each_says_alone(models: list[Fitted]) -> None:
    values = PAST[0].values[:70].astype(np.float32)
    values[::5, 0] = np.nan
    for told, model in zip(asked_together(models)(values), models, strict=True):
        np.testing.assert_allclose(told, model.hazard(values), rtol=1e-6)
