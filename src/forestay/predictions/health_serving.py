"""The live trajectory and the live success signature, ready to answer; numpy only.

Reads : table `models` (through the register)
Gives : LiveTrajectory, LiveSignature, live_trajectory(), live_signature()

A document is read once a process; its hash names it. One that cannot be read here (a newer Forestay wrote it) is told in the
log and left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from forestay.kit.logs import get_logger
from forestay.predictions import registry
from forestay.predictions.model_document import Document, Purpose
from forestay.predictions.registry import ModelEntry
from forestay.predictions.signature import Signature
from forestay.predictions.trajectory import TrajectoryModel

_log = get_logger(__name__)
_KEPT = 16
Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class LiveTrajectory:
    """The version that answers."""

    model: TrajectoryModel
    entry: ModelEntry

    def figure(self, name: str, days: int) -> float | None:
        """What the training measured out of time at a horizon ('coverage', 'mae', ...), None where it could not."""
        found = self.entry.metrics.get(f"{name}_{days}")
        return float(found) if isinstance(found, int | float) else None


@dataclass(frozen=True, slots=True)
class LiveSignature:
    """The version that answers."""

    model: Signature
    entry: ModelEntry


def live_trajectory(connection: Connection, workspace_id: int) -> LiveTrajectory | None:
    """None: no trajectory is live."""
    entry = registry.live(connection, workspace_id, Purpose.TRAJECTORY)
    model = None if entry is None else _TRAJECTORIES.of(connection, workspace_id, entry)
    return None if entry is None or model is None else LiveTrajectory(model, entry)


def live_signature(connection: Connection, workspace_id: int) -> LiveSignature | None:
    """None: no signature is live."""
    entry = registry.live(connection, workspace_id, Purpose.SIGNATURE)
    model = None if entry is None else _SIGNATURES.of(connection, workspace_id, entry)
    return None if entry is None or model is None else LiveSignature(model, entry)


@dataclass(slots=True)
class _Shelf(Generic[Model]):
    """The last few models by the hash of their documents, the oldest first."""

    read: Callable[[Document], Model]
    models: dict[str, Model] = field(default_factory=dict)
    one: Lock = field(default_factory=Lock)

    def of(self, connection: Connection, workspace_id: int, entry: ModelEntry) -> Model | None:
        """The model of an entry, None when it cannot be read here."""
        with self.one:
            if entry.hash not in self.models:
                try:
                    fitted = registry.document_of(connection, workspace_id, entry.id).fitted
                except ValidationError as reason:
                    _log.error(
                        "model_unreadable", purpose=entry.purpose, version=entry.version, reason=str(reason)[:300]
                    )
                    return None
                if fitted is None:
                    return None
                while len(self.models) >= _KEPT:
                    del self.models[next(iter(self.models))]
                self.models[entry.hash] = self.read(fitted)
            return self.models[entry.hash]


_TRAJECTORIES = _Shelf(TrajectoryModel.from_document)
_SIGNATURES = _Shelf(Signature.from_document)
