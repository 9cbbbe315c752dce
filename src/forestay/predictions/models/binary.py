"""The same candidates for tables without time: one row a customer, one answer yes or no.

Gives : fit_binary(), BinaryModel, keys()
Source: `forestay evaluate --csv`, public data sets; one period stands for all time
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.models.candidate import Fitted, Weights
from forestay.predictions.models.catboost_extra import is_installed
from forestay.predictions.models.registry import CANDIDATES, candidate
from forestay.predictions.snapshots import PERIOD_DAYS, Floats, Labels, Snapshots


@dataclass(frozen=True)
class BinaryModel:
    """A trained model of one period."""

    fitted: Fitted

    def predict_proba(self, values: Floats) -> Floats:
        """(n,) chance of yes, 0-1; values (n, k), NaN = missing."""
        result: Floats = self.fitted.hazard(values)[:, 0]
        return result


def keys() -> tuple[str, ...]:
    """Candidates that can be tried on any table here: all but the rules, and CatBoost only where it is installed."""
    return tuple(one.key for one in CANDIDATES if one.key != "rule" and (one.key != "catboost" or is_installed()))


def fit_binary(
    key: str,
    values: Floats,
    names: tuple[str, ...],
    labels: npt.ArrayLike,
    *,
    seed: int = 0,
    rows_weight: Weights | None = None,
) -> BinaryModel:
    """Learn yes or no (n,) from values (n, k) with the candidate of that key. Raises UnknownModel, TooLittle,
    NotInstalled, LightgbmUnusable."""
    yes, count = np.asarray(labels, bool), len(values)
    x = Snapshots(np.arange(count), np.zeros(count, np.int32), names, values, np.full(count, np.nan))
    y = Labels(np.where(yes, 1.0, np.inf), np.full(count, float(PERIOD_DAYS)))
    return BinaryModel(candidate(key).fit(x, y, periods=1, seed=seed, rows_weight=rows_weight))
