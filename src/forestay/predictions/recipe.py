"""What a training is told, what it leaves behind when interrupted, and what it says at the end.

Gives : Recipe, Checkpoint, Progress, TrainingReport, Trained, Late
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from forestay.predictions.leakage import Refused
from forestay.predictions.model_document import Document, ModelDocument, Purpose
from forestay.predictions.models.candidate import Candidate
from forestay.predictions.models.registry import CANDIDATES
from forestay.predictions.threshold import Capacity

FEWEST_EVENTS = 25
Progress = Callable[[float, str], None]
"""Called with the share done (0-1) and what is being done."""


class Checkpoint(Protocol):
    """Keeps the results of steps, so that a training that was interrupted goes on where it was. One checkpoint belongs to
    one training: the same rows, labels and recipe."""

    def get(self, step: str) -> Document | None:
        """What the step left, None when it has not run."""
        ...

    def put(self, step: str, result: Document) -> None:
        """Keep it."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made.

    key: the model's name in the workspace. horizons: days. periods: of 30 days that the hazard is learned for. origins:
    how many times it is judged out of time. refits: on accounts drawn anew, for the interval. fewest_events: accounts
    with an event below which there is no model. known_set: name of a public data set, for its ceiling of AUC.
    measure_hashes: of the definitions behind the columns. parent: signature of the model before.
    """

    purpose: Purpose = Purpose.CHURN
    key: str = "churn"
    horizons: tuple[int, ...] = (30, 60, 90)
    periods: int = 3
    seed: int = 0
    origins: int = 3
    refits: int = 4
    fewest_events: int = FEWEST_EVENTS
    capacity: Capacity = field(default_factory=Capacity)
    candidates: tuple[Candidate, ...] = CANDIDATES
    known_set: str = ""
    measure_hashes: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None

    @property
    def alert_horizon(self) -> int:
        """The horizon that thresholds are made for: the middle one."""
        return sorted(self.horizons)[len(self.horizons) // 2]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What happened. words: a paragraph for people. comparison: candidate -> figure -> value, out of time.
    refused: columns that were left out; left_out: candidates that could not be tried, and why. seconds: by step."""

    words: str
    live: str | None
    comparison: Mapping[str, Mapping[str, float]]
    refused: tuple[Refused, ...]
    left_out: Mapping[str, str]
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Late:
    """The last window, out of time: rows (m,) of the snapshots, and the calibrated hazard (m, periods) that the winner
    gave them when it had seen nothing of it. The figures of the document are of these; a card's curves are drawn from
    them, and another model is compared on them."""

    rows: npt.NDArray[np.int64]
    hazard: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trained:
    """The model and what is to be said of it. late: None when there was not enough data."""

    document: ModelDocument
    report: TrainingReport
    late: Late | None = None
