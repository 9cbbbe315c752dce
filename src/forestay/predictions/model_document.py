"""A trained model, written down whole: what it predicts, from what, how well, and since when.

Gives : ModelDocument, Purpose, State, DataWindow, Thresholds, AlertThreshold, Prior, FeatureSummary, PeerGroup,
        content_hash()
Source: DESIGN section 6 (JSON and LightGBM text, no pickle); REQUIREMENTS C (life of a model)
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from forestay.predictions.groups import Group

Document = dict[str, JsonValue]
"""A JSON object; its 'kind' says which module reads it."""

_frozen = ConfigDict(frozen=True, extra="forbid")


class Purpose(StrEnum):
    """What a model is asked."""

    CHURN = "churn"
    EARLY_WARNING = "early_warning"
    EXPANSION = "expansion"
    TRAJECTORY = "trajectory"
    SIGNATURE = "signature"


class State(StrEnum):
    """Whether there was enough to learn from."""

    OK = "ok"
    NOT_ENOUGH_DATA = "not_enough_data"


class DataWindow(BaseModel):
    """The past that was learned from: first and last as-of day, and the day up to which outcomes were known (days since
    1970-01-01); how many snapshots, accounts and accounts with an event."""

    model_config = _frozen
    first_day: int
    last_day: int
    known_until: int
    rows: int = Field(ge=0)
    accounts: int = Field(ge=0)
    events: int = Field(ge=0)


class Prior(BaseModel):
    """Beta(alpha, beta) of the hazard of one 30-day period: what is believed before, or instead of, a model."""

    model_config = _frozen
    alpha: float = Field(gt=0)
    beta: float = Field(gt=0)

    @property
    def mean(self) -> float:
        """Chance 0-1 in one period."""
        return self.alpha / (self.alpha + self.beta)


class AlertThreshold(BaseModel):
    """A probability from which accounts are alerted, and what that promised out of time.

    probability 0-1 at `horizon_days`. alerts: alerts in the judged window, 0-; per_day: those a day. precision, recall:
    0-1, None when too few. low, high: 95 % interval of the precision. saved_arr: expected yearly revenue saved.
    words: what may be said of it.
    """

    model_config = _frozen
    name: str
    probability: float
    horizon_days: int
    alerts: int
    precision: float | None
    low: float | None
    high: float | None
    recall: float | None
    saved_arr: float | None
    words: str


class Thresholds(BaseModel):
    """recommended: from capacity and value; fixed: 0.8, whose promise is checked."""

    model_config = _frozen
    recommended: AlertThreshold
    fixed: AlertThreshold


class FeatureSummary(BaseModel):
    """How a column was spread in training: share missing 0-1, and its 0, 5, ... 100 % quantiles (21, empty when all are
    missing); what drift and peer percentiles compare with."""

    model_config = _frozen
    name: str
    missing: float
    quantiles: tuple[float, ...]


class PeerGroup(BaseModel):
    """Accounts of about one size, by yearly revenue in (over_arr, up_to_arr] (None: no bound), and how their columns
    were spread; what 'lower than 92 % of mid-market accounts' is read from."""

    model_config = _frozen
    name: str
    over_arr: float | None
    up_to_arr: float | None
    accounts: int = Field(ge=0)
    features: tuple[FeatureSummary, ...]


class ModelDocument(BaseModel):
    """One model of one workspace, whole.

    candidate: key on the shelf. fitted: read by models.registry.fitted_from(); None when there was not enough data.
    calibration: read by calibration.calibration_from(), of hazards per period; None = as they are. ensemble: fitted
    documents, refits on accounts drawn anew, for the interval. surrogate: fitted document of the additive kind that
    follows `fitted`; None when `fitted` is itself additive or there is no model. groups: columns explained together
    (groups.group_measures of the training rows). peers: by size (peers.peer_groups). metrics: out of time, by name.
    notes: sentences for the model card. signature: content_hash() of the rest. parent: signature of the model before.
    """

    model_config = _frozen
    purpose: Purpose
    key: str
    format: int = 1
    state: State
    data: DataWindow
    measure_hashes: dict[str, str]
    names: tuple[str, ...]
    horizons: tuple[int, ...] = (30, 60, 90)
    periods: int = 3
    candidate: str | None
    fitted: Document | None
    calibration: Document | None
    ensemble: tuple[Document, ...] = ()
    surrogate: Document | None = None
    metrics: dict[str, float]
    comparison: dict[str, dict[str, float]] = {}
    thresholds: Thresholds | None = None
    prior: Prior
    features: tuple[FeatureSummary, ...] = ()
    groups: tuple[Group, ...] = ()
    peers: tuple[PeerGroup, ...] = ()
    notes: tuple[str, ...] = ()
    signature: str = ""
    parent: str | None = None
    created_at: datetime

    def signed(self) -> ModelDocument:
        """The same with its signature set."""
        return self.model_copy(update={"signature": content_hash(self)})


def content_hash(document: ModelDocument) -> str:
    """SHA-256 (hex) of everything but the signature; a changed document no longer fits its signature."""
    content = document.model_dump(mode="json", exclude={"signature"})
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
