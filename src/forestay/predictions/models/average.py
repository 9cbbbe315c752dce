"""The mean of a logistic regression and small trees: the candidate 'average', steady where events are few.

Gives : Average, AverageHazard, KIND
Source: DESIGN section 6 ('above 25 events: average of logistic and small LightGBM')
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forestay.predictions.model_document import Document
from forestay.predictions.models.candidate import Fitted, Weights
from forestay.predictions.models.lightgbm_small import SmallTrees, TreeHazard
from forestay.predictions.models.logistic import Logistic, LogisticHazard
from forestay.predictions.snapshots import Floats, Labels, Snapshots

KIND = "average"


@dataclass(frozen=True)
class AverageHazard:
    """Two trained models of the same columns; the hazard is the mean of theirs."""

    logistic: Fitted
    trees: Fitted

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in order."""
        return self.logistic.names

    def hazard(self, values: Floats) -> Floats:
        """(n, periods) chance in each period given none before."""
        result: Floats = np.asarray((self.logistic.hazard(values) + self.trees.hazard(values)) / 2)
        return result

    def to_document(self) -> Document:
        """JSON of both."""
        return {"kind": KIND, "logistic": self.logistic.to_document(), "trees": self.trees.to_document()}

    @classmethod
    def from_document(cls, document: Document) -> AverageHazard:
        """The model of a document. Raises KeyError, pydantic.ValidationError."""
        logistic, trees = document["logistic"], document["trees"]
        assert isinstance(logistic, dict)
        assert isinstance(trees, dict)
        return cls(LogisticHazard.from_document(logistic), TreeHazard.from_document(trees))


@dataclass(frozen=True, slots=True)
class Average:
    """Logistic regression and small trees, half each."""

    logistic: Logistic = field(default_factory=Logistic)
    trees: SmallTrees = field(default_factory=SmallTrees)
    key: str = KIND

    def fit(
        self, x: Snapshots, y: Labels, *, periods: int, seed: int, rows_weight: Weights | None = None
    ) -> AverageHazard:
        """Learn both. Raises TooLittle, LightgbmUnusable."""
        return AverageHazard(
            self.logistic.fit(x, y, periods=periods, seed=seed, rows_weight=rows_weight),
            self.trees.fit(x, y, periods=periods, seed=seed, rows_weight=rows_weight),
        )
