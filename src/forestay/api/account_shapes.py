"""How an account reads: in a list, and as the 360 view.

Gives: AccountItem, AccountView and their parts, item_of()
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import Field
from sqlalchemy import Row

from forestay.api.shapes import Shape
from forestay.customers.words import Band


class Trend(Shape):
    """A change of the score in points; a change within the half-width is noise (95 %)."""

    days: int
    change: float | None
    half_width: float | None


class HealthItem(Shape):
    """Health in a list. confidence: share of weight with fresh evidence; band_confidence: P(band is right)."""

    score: float = Field(ge=0, le=100)
    band: Band
    confidence: float
    band_confidence: float | None
    as_of: datetime
    trends: list[Trend]


class ChurnItem(Shape):
    """Risk of churn within 90 days. source: 'rule' is a documented rule score, 'model' the live model."""

    probability: float = Field(ge=0, le=1)
    source: str = "rule"
    model_version: int | None = None


class AccountItem(Shape):
    """An account in a list. health is null without any evidence."""

    id: int
    external_id: str
    name: str | None
    arr: float | None
    currency: str | None
    owner: str | None = Field(description="E-mail address of the owning member, or as an import named it.")
    owner_id: int | None
    owner_name: str | None
    lifecycle_stage: str | None
    plan: str | None
    industry: str | None
    country: str | None
    seats: float | None
    customer_since: date | None
    renews_on: date | None
    churned_on: date | None
    health: HealthItem | None
    churn: ChurnItem | None
    readiness: float | None
    open_signals: int
    open_tasks: int


class Contribution(Shape):
    """What one dimension gives to the score. The points of all and the adjustment sum to the score."""

    dimension: str
    name: str
    value: float | None = Field(description="0-100, null without evidence.")
    weight: float = Field(description="As the scorecard says, as a share of all.")
    share: float = Field(description="Weight it carries here, once dimensions without evidence lent theirs.")
    points: float = Field(description="share x value: points given.")
    points_lost: float = Field(description="share x (100 - value): what is missing to full health.")


class HealthView(HealthItem):
    """Health with what drives it."""

    scorecard: str | None
    contributions: list[Contribution]
    adjustment: float = Field(description="Points that an exception of the scorecard added or took.")
    anomalies: list[dict[str, Any]]


class ReasonShape(Shape):
    """One reason: what speaks for it, with the values behind. strength: what it added, for ordering."""

    key: str
    label: str
    sentence: str
    strength: float


class ChurnView(ChurnItem):
    """Risk of churn with its reasons, the weightiest first; they go with the risk, and may not cause it."""

    reasons: list[ReasonShape]


def item_of(row: Row[Any]) -> AccountItem:
    """A row of queries.accounts as a list shows it."""
    return AccountItem(**basics_of(row), health=health_item(row), churn=_churn(row))


def basics_of(row: Row[Any]) -> dict[str, Any]:
    """What list and view share, health and churn left out."""
    plain = ("id", "external_id", "name", "currency", "lifecycle_stage", "plan", "industry", "country", "seats",
             "customer_since", "owner_id", "owner_name", "renews_on", "churned_on", "open_signals", "open_tasks")  # fmt: skip
    shown = {name: getattr(row, name) for name in plain}
    owner = row.member_email or row.owner_email
    arr = None if row.arr is None else float(row.arr)
    return {**shown, "arr": arr, "owner": owner, "readiness": number(row.readiness)}


def health_item(row: Row[Any]) -> HealthItem | None:
    """Health of a row, None without any evidence."""
    if row.score is None or row.band is None:
        return None
    return HealthItem(
        score=round(row.score, 2),
        band=Band(row.band),
        confidence=round(row.confidence or 0.0, 4),
        band_confidence=number(row.band_confidence),
        as_of=row.as_of,
        trends=trends_of(row.trends),
    )


def trends_of(packed: Sequence[float | None]) -> list[Trend]:
    """account_states.trends: three changes, then three half-widths, over 7, 30 and 90 days."""
    padded = [*packed, *[None] * (6 - len(packed))]
    return [
        Trend(days=days, change=number(padded[at]), half_width=number(padded[at + 3]))
        for at, days in enumerate((7, 30, 90))
    ]


def number(value: float | None) -> float | None:
    """A number for JSON, rounded to what it can mean: missing is null."""
    return None if value is None or math.isnan(value) else round(float(value), 4)


def _churn(row: Row[Any]) -> ChurnItem | None:
    found = number(row.churn_score)
    return None if found is None else ChurnItem(probability=found, **churn_source(row))


def churn_source(row: Row[Any]) -> dict[str, Any]:
    """Whose probability it is."""
    return {"source": "rule" if row.churn_model is None else "model", "model_version": row.churn_model}
