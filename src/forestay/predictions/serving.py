"""The models that are in service in a workspace, ready to answer: what the tick, backtests and the API predict with.

Reads : table `models` (through the register)
Gives : Serving, Served, NO_MODELS, OF_EVENTS, load_serving(), served_of()

A document is read once a process, however often it is asked for: its hash names it. One that cannot be read here (a newer
Forestay wrote it) is told in the log and left out; the rule score answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy import Connection

from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.predictions import registry
from forestay.predictions.model_document import ModelDocument, Purpose

if TYPE_CHECKING:
    from forestay.predictions.live import LiveModel

_log = get_logger(__name__)
_ONE = Lock()
_KEPT = 16
OF_EVENTS = frozenset({Purpose.CHURN, Purpose.EARLY_WARNING, Purpose.EXPANSION})
"""The others give no chance of an event: predictions.health_serving answers for them."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model at work. version: as the register counts; id: the row of `models`."""

    model: LiveModel
    version: int
    id: int
    purpose: Purpose

    @property
    def alert(self) -> float:
        """Probability from which accounts are alerted: by capacity and value, 0.8 where that is not known."""
        thresholds = self.model.document.thresholds
        return 0.8 if thresholds is None else thresholds.recommended.probability

    @property
    def alert_days(self) -> int:
        """The horizon that the alert threshold is about."""
        thresholds = self.model.document.thresholds
        return self.longest if thresholds is None else thresholds.recommended.horizon_days

    @property
    def longest(self) -> int:
        """The last of its horizons, in days: 90 as it ships."""
        return self.model.document.horizons[-1]


@dataclass(frozen=True, slots=True)
class Serving:
    """By purpose, what is live."""

    by_purpose: Mapping[Purpose, Served] = field(default_factory=dict)

    @property
    def churn(self) -> Served | None:
        """None: the rule score answers."""
        return self.by_purpose.get(Purpose.CHURN)

    def get(self, purpose: Purpose) -> Served | None:
        """The live model of a purpose."""
        return self.by_purpose.get(purpose)


NO_MODELS = Serving()


def load_serving(connection: Connection, workspace_id: int) -> Serving:
    """Everything that is live now."""
    made = (served_of(connection, workspace_id, *mark) for mark in registry.live_marks(connection, workspace_id))
    return Serving({one.purpose: one for one in made if one is not None})


def served_of(
    connection: Connection, workspace_id: int, model_id: int, purpose: str, version: int, content_hash: str
) -> Served | None:
    """One version, live or not; None when it cannot be read here or foresees no event."""
    if purpose not in OF_EVENTS:
        return None
    try:
        with _ONE:  # two threads of the server need not read the same document at once
            model = _MODELS.get(content_hash) or _remember(registry.document_of(connection, workspace_id, model_id))
    except (ForestayError, ValidationError) as reason:
        _log.error("model_unreadable", purpose=purpose, version=version, reason=str(reason)[:300])
        return None
    return Served(model, version, model_id, Purpose(purpose))


_MODELS: dict[str, LiveModel] = {}
"""The last few documents by their hash, the oldest first."""


def _remember(document: ModelDocument) -> LiveModel:
    from forestay.predictions.live import LiveModel  # a company without models starts without it

    model = LiveModel.from_document(document)
    while len(_MODELS) >= _KEPT:
        del _MODELS[next(iter(_MODELS))]
    _MODELS[document.signature] = model
    return model
