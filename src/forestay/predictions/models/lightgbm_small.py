"""Small trees of several columns each: the candidate 'lightgbm'.

Gives : SmallTrees, TreeHazard, KIND
Source: DESIGN section 6; models/boosting.py grows, models/trees.py scores
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from forestay.predictions.model_document import Document
from forestay.predictions.models.boosting import Binned, Boosting, boost, filled
from forestay.predictions.models.candidate import Weights
from forestay.predictions.models.trees import Trees
from forestay.predictions.snapshots import Floats, Labels, Snapshots

KIND = "lightgbm"


class TreesDocument(BaseModel):
    """text: LightGBM's own. medians: where training saw no missing value, what stands for one; null elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["lightgbm"] = "lightgbm"
    names: tuple[str, ...]
    periods: int
    medians: tuple[float | None, ...]
    text: str


@dataclass(frozen=True)
class TreeHazard:
    """A trained model of trees; the last column of the trees is the period, when there are several."""

    document: TreesDocument

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in order."""
        return self.document.names

    @cached_property
    def trees(self) -> Trees:
        """The trees as tables of bits."""
        return Trees.from_text(self.document.text)

    @cached_property
    def medians(self) -> Floats:
        """(k,) what stands for a value that is missing where none was in training; NaN elsewhere."""
        return np.array([np.nan if one is None else one for one in self.document.medians], np.float64)

    def log_odds(self, values: Floats) -> Floats:
        """Log-odds (n, periods) of the hazard."""
        known = filled(values, self.medians)
        periods = np.arange(self.document.periods, dtype=np.float64)
        if len(periods) == 1:
            return self.trees.raw(known)[:, None]
        return self.trees.raw_by(known, len(self.names), periods)

    def hazard(self, values: Floats) -> Floats:
        """(n, periods) chance in each period given none before."""
        result: Floats = 1 / (1 + np.exp(-self.log_odds(values)))
        return result

    def to_document(self) -> Document:
        """JSON with LightGBM's text inside."""
        document: Document = self.document.model_dump(mode="json")
        return document

    @classmethod
    def from_document(cls, document: Document) -> TreeHazard:
        """The model of a document. Raises pydantic.ValidationError."""
        return cls(TreesDocument.model_validate(document))


@dataclass(frozen=True, slots=True)
class SmallTrees:
    """Few trees of a handful of leaves. binned: the same snapshots in bins, for many fits; trees: their number, found on
    accounts held back when left out."""

    how: Boosting = field(default_factory=Boosting)
    key: str = KIND
    binned: Binned | None = None
    trees: int | None = None

    def fit(
        self, x: Snapshots, y: Labels, *, periods: int, seed: int, rows_weight: Weights | None = None
    ) -> TreeHazard:
        """Learn. Raises TooLittle, LightgbmUnusable."""
        grown = boost(
            self.how, x, y, periods=periods, seed=seed, rows_weight=rows_weight, binned=self.binned, trees=self.trees
        )
        medians = tuple(None if np.isnan(one) else float(one) for one in grown.medians)
        return TreeHazard(TreesDocument(names=x.names, periods=periods, medians=medians, text=grown.text))
