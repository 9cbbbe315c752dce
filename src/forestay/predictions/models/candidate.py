"""What every candidate of the shelf promises: to learn a hazard from snapshots, and to be written down.

Gives : Candidate, Fitted, Document, TooLittle, NotInstalled
Source: DESIGN section 6; decision 'no pickle': a trained model is a JSON document, with LightGBM's own text in it
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import ForestayError, Invalid
from forestay.predictions.model_document import Document
from forestay.predictions.snapshots import Floats, Labels, Snapshots

Weights = npt.NDArray[np.floating]


class TooLittle(Invalid):
    """There are too few rows or events to learn from; wait for more history, the prior serves until then."""

    code = "too_little_to_learn_from"


class NotInstalled(ForestayError):
    """A library that this candidate needs is not installed here; the sentence says how to get it."""

    code = "library_not_installed"
    http_status = 501


class Fitted(Protocol):
    """A trained model; pure: the same values give the same hazard, on any machine."""

    @property
    def names(self) -> tuple[str, ...]:
        """(k,) columns, in the order in which `hazard` wants them."""
        ...

    def hazard(self, values: Floats) -> Floats:
        """(n, periods) chance 0-1 of the event in each 30-day period given none before; values (n, k), NaN missing."""
        ...

    def to_document(self) -> Document:
        """Everything needed to rebuild it with models.registry.fitted_from()."""
        ...


class Candidate(Protocol):
    """A way to learn. It never resamples or re-weights classes (DESIGN section 6)."""

    @property
    def key(self) -> str:
        """'rule' 'logistic' 'additive' 'lightgbm' 'catboost' 'average'."""
        ...

    def fit(self, x: Snapshots, y: Labels, *, periods: int, seed: int, rows_weight: Weights | None = None) -> Fitted:
        """A model of the hazard over `periods` periods. rows_weight: (n,) how often each row counts, for bootstraps
        by account; never to re-weight classes. Raises TooLittle, NotInstalled."""
        ...
