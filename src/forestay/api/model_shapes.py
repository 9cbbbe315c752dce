"""How models read: in the list, as a card, and their drift.

Gives: ModelItem, ModelCard, DriftShape and their parts, item_of(), card_of()
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from pydantic import Field
from sqlalchemy import Connection

from forestay.api.calls import Call
from forestay.api.queries.model_decisions import decisions_of
from forestay.api.queries.predictions import DriftRow, agreement_with_live, changed_measures, drift_of
from forestay.api.shapes import Ask, Shape
from forestay.predictions import registry
from forestay.predictions.model_document import ModelDocument, Purpose
from forestay.predictions.policy import policy_of
from forestay.predictions.registry import ModelEntry


class ModelItem(Shape):
    """One version in the register."""

    id: int
    purpose: str = Field(description="churn, early_warning, expansion, ...")
    version: int
    status: str = Field(description="draft, shadow, live or retired.")
    candidate: str = Field(description="Which learner: rule, logistic, additive, lightgbm, average, ..., or prior.")
    trained_since: date | None
    trained_until: date | None
    metrics: dict[str, float | None] = Field(description="Out of time: auc, log_loss, brier, ece, ...")
    parent: int | None = Field(description="The version that it was compared with.")
    created_at: datetime
    created_by: str
    asked_by: str | None = Field(description="Who wants it live, where another member must approve.")
    approved_by: str | None
    live_since: datetime | None
    retired_at: datetime | None
    note: str | None
    hash: str
    has_alarm: bool = Field(description="Whether the newest look at its drift raised an alarm.")


class AlarmShape(Shape):
    """What moved, and what it means."""

    kind: str = Field(description="source_silent, inputs_moved, predictions_moved or performance_fell.")
    sentence: str


class FeatureShape(Shape):
    """One column in training and now. psi above 0.2, and above what chance brings (noise), counts as moved."""

    name: str
    label: str
    psi: float
    noise: float
    has_moved: bool
    median_then: float | None
    median_now: float | None
    missing_then: float
    missing_now: float


class OutlookShape(Shape):
    """What the probabilities promise, without waiting for outcomes."""

    accounts: int
    auc: float | None
    log_loss: float | None
    events: float
    alerts: int
    precision: float | None


class DriftShape(Shape):
    """One day's look at a model."""

    day: date
    is_alarm: bool
    alarms: list[AlarmShape]
    features: list[FeatureShape] = Field(description="The most moved first.")
    predictions_psi: float
    predictions_noise: float
    domain: list[float] | None = Field(description="AUC by which then and now can be told apart, with 95 % interval.")
    then: OutlookShape
    now: OutlookShape


class WindowShape(Shape):
    """The past that was learned from; days are first and last as-of day and until when outcomes are known."""

    first_day: date
    last_day: date
    known_until: date
    rows: int
    accounts: int
    events: int


class LineageItem(Shape):
    """A version that this one descends from."""

    id: int
    version: int
    status: str
    candidate: str
    created_at: datetime
    metrics: dict[str, float | None]


class AgreementShape(Shape):
    """A shadow beside the live model, over the same accounts on the same day."""

    day: date
    accounts: int
    correlation: float | None = Field(description="Spearman, -1 to 1.")
    mean_shadow: float
    mean_live: float


class DecisionShape(Shape):
    """What somebody did with a version, and why (api.queries.model_decisions.Decision)."""

    at: datetime
    actor: str
    name: str | None = Field(description="Of the member; null for a key, or for who is gone.")
    deed: str = Field(description="promoted, promotion_asked, approved, shadowed, retired or rolled_back.")
    version: int | None = Field(description="Which one; null where a roll-back left the rule score.")
    before: int | None = Field(description="The version whose place a roll-back took.")
    note: str | None


class ModelCard(ModelItem):
    """Everything that is known of a version."""

    window: WindowShape | None
    features: list[str]
    horizons: list[int] = Field(description="Days.")
    thresholds: dict[str, Any] | None = Field(
        description="recommended (capacity and value) and fixed (0.8), with promises."
    )
    comparison: dict[str, Any] = Field(description="Every candidate on the same out-of-time rows.")
    card: dict[str, Any] = Field(
        description="What the training reported: calibration curve, lift, against the live one."
    )
    notes: list[str]
    prior: float = Field(description="Chance 0-1 in one period of 30 days, before anything is known of an account.")
    has_surrogate: bool = Field(description="Whether reasons of most accounts come from an additive model beside it.")
    changed_measures: list[str] = Field(description="Measures whose definition is another than when it was trained.")
    lineage: list[LineageItem]
    drift: DriftShape | None = Field(description="The newest look.")
    agreement: AgreementShape | None
    approval: str | None = Field(description="Role whose member, not the one who asked, must approve a promotion.")
    decisions: list[DecisionShape] = Field(description="Of all versions of the purpose, the newest first, at most 50.")


class TrainAsk(Ask):
    """What is to be learned."""

    purpose: Purpose = Purpose.CHURN
    until: date | None = Field(None, description="As if the history ended on this day; yesterday if left out.")


class LookAsk(Ask):
    """Which days are looked at: from `since` on, a week apart; yesterday alone if left out."""

    since: date | None = None


class DecisionAsk(Ask):
    """Why, for the history and the audit trail."""

    note: str | None = Field(None, max_length=1000)


class RollBackAsk(DecisionAsk):
    """Of which purpose, and why."""

    purpose: Purpose = Purpose.CHURN


class RolledBack(Shape):
    """What answers now; null: the rule score."""

    live: ModelItem | None


def item_of(entry: ModelEntry, alarmed: set[int]) -> ModelItem:
    """A version as the list shows it."""
    return ModelItem(**_basics(entry), has_alarm=entry.id in alarmed)


def card_of(conn: Connection, call: Call, entry: ModelEntry) -> ModelCard:
    """A version with everything that is known of it."""
    at = call.workspace_id
    document = registry.document_of(conn, at, entry.id)
    drift = drift_of(conn, at, entry.id, limit=1)
    thresholds = document.thresholds
    return ModelCard(
        **_basics(entry),
        has_alarm=bool(drift and drift[0].is_alarm),
        window=_window(document),
        features=list(document.names),
        horizons=list(document.horizons),
        thresholds=None if thresholds is None else thresholds.model_dump(mode="json"),
        comparison=dict(document.comparison),
        card=dict(entry.card),
        notes=list(document.notes),
        prior=document.prior.mean,
        has_surrogate=document.surrogate is not None,
        changed_measures=changed_measures(conn, at, entry.measure_hashes),
        lineage=[_ancestor(one) for one in registry.lineage(conn, at, entry)[1:]],
        drift=drift_shape(drift[0]) if drift else None,
        agreement=_agreement(conn, at, entry),
        approval=policy_of(conn, at).approval,
        decisions=[DecisionShape.model_validate(one) for one in decisions_of(conn, at, entry.purpose)],
    )


def drift_shape(row: DriftRow) -> DriftShape:
    """A look as the API answers it."""
    return DriftShape.model_validate({"day": row.day, "is_alarm": row.is_alarm, **msgspec.to_builtins(row.report)})


def _basics(entry: ModelEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ModelItem.model_fields if name != "has_alarm"}


def _window(document: ModelDocument) -> WindowShape | None:
    data = document.data
    if not data.rows:
        return None
    first, last, known = (date.fromordinal(_EPOCH + day) for day in (data.first_day, data.last_day, data.known_until))
    return WindowShape(
        first_day=first, last_day=last, known_until=known, rows=data.rows, accounts=data.accounts, events=data.events
    )


def _ancestor(entry: ModelEntry) -> LineageItem:
    return LineageItem.model_validate({name: getattr(entry, name) for name in LineageItem.model_fields})


def _agreement(conn: Connection, workspace_id: int, entry: ModelEntry) -> AgreementShape | None:
    if entry.status != registry.ModelStatus.SHADOW:
        return None
    found = agreement_with_live(conn, workspace_id, entry)
    return None if found is None else AgreementShape.model_validate(found)


_EPOCH = date(1970, 1, 1).toordinal()
