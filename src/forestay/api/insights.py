"""`/api/insights`: what is up for renewal, who carries how much, what came after interventions, and whether health was right.

Reads : kpis (pipeline, capacity, attribution, health_audit)
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select

from forestay.api.calls import Call, needs
from forestay.api.kpis import Since, Until, period_of
from forestay.api.shapes import Shape
from forestay.customers.words import Band
from forestay.governance.permissions import Permission
from forestay.kit.clock import date_of, day_of
from forestay.kpis import attribution, capacity, health_audit, pipeline
from forestay.predictions.threshold import wilson
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/insights", tags=["insights"])
Reader = Annotated[Call, needs(Permission.KPIS_READ)]
MOST_LEFT = 500


class CellShape(Shape):
    """Accounts of one band in one month."""

    band: str = Field(description="green, yellow, red or none.")
    accounts: int
    arr: float
    at_risk: float = Field(description="Sum of ARR x probability of churn.")
    ready: int = Field(description="Accounts ready to grow (readiness of 80 or more).")
    ready_arr: float


class MonthShape(Shape):
    """first: its first day."""

    first: date
    cells: list[CellShape]


class PipelineShape(Shape):
    """Renewals from today on. undated: accounts without a day of renewal; left_out: in other currencies."""

    months: list[MonthShape]
    undated: list[CellShape]
    left_out: int
    currency: str


class LoadShape(Shape):
    """What one member carries; member null: what nobody owns."""

    member: str | None
    name: str | None
    role: str | None
    accounts: int
    arr: float
    red: int
    yellow: int
    open: int
    overdue: int
    due_soon: int = Field(description="Due within 7 days.")
    done: int = Field(description="In the period.")
    median_hours: float | None = Field(description="From opening to done, in the period.")
    tasks_a_week: int | None = Field(description="What the member can do: tasks a day x 5.")
    load: float | None = Field(description="(overdue + due_soon) / tasks_a_week; 1 is a full week.")


class CapacityShape(Shape):
    """Everybody, the most loaded first."""

    items: list[LoadShape]
    since: datetime
    until: datetime


class AttributedShape(Shape):
    """What came after the interventions of one trigger, which is no effect."""

    trigger: str
    ended: int
    touched: int
    endings: dict[str, int]
    change: float = Field(description="Of ARR, each account's change shared out among its interventions.")
    won: float
    lost: float


class AttributionShape(Shape):
    """In the workspace's currency."""

    items: list[AttributedShape]
    currency: str
    since: datetime
    until: datetime


class StandingShape(Shape):
    """Health so many days before an account left; null: no score yet."""

    days: int
    score: float | None
    band: Band | None
    dimensions: dict[str, float]


class LeftShape(Shape):
    """An account that left."""

    account: str
    name: str | None
    churned_on: date
    mrr: float | None = Field(description="What it paid last, a month.")
    before: list[StandingShape]
    foreseen: float | None = Field(description="Probability of churn 60 days before, by what was in force then.")
    signals: int = Field(description="That fired in the 90 days before.")
    facts: list[str] = Field(description="What happened in those days.")
    looked_well: list[str] = Field(description="Dimensions at 80 or more at the moment that was judged.")
    was_missed: bool = Field(description="Green 60 days before (or as early as it had a score after that).")


class BecameShape(Shape):
    """Of the accounts that had this band when the period began; share with its 95 % interval."""

    band: Band
    accounts: int
    left: int
    share: float | None
    low: float
    high: float


class HealthAuditShape(Shape):
    """Whether health was right. items: newest first, at most 500; total: all that left; missed: green before."""

    items: list[LeftShape]
    total: int
    scored: int = Field(description="Of them, those with a score 60 or 30 days before.")
    missed: int
    became: list[BecameShape]
    currency: str
    since: datetime
    until: datetime


@router.get("/pipeline")
def get_pipeline(call: Reader, months: Annotated[int, Query(ge=1, le=36)] = 12) -> PipelineShape:
    """Revenue up for renewal by month and band, and the accounts among it that are ready to grow."""
    with call.begin() as conn:
        zone = str(conn.scalar(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)))
        found = pipeline.pipeline(conn, call.workspace_id, date_of(day_of(call.now(), zone)), months)
    return PipelineShape.model_validate(found)


@router.get("/capacity")
def get_capacity(call: Reader, since: Since = None, until: Until = None) -> CapacityShape:
    """What each CSM carries now, and did in the period."""
    with call.begin() as conn:
        period = period_of(conn, call, since, until)
        found = capacity.loads(conn, call.workspace_id, period, call.now())
    return CapacityShape(items=[LoadShape.model_validate(one) for one in found], since=period.since, until=period.until)


@router.get("/attribution")
def get_attribution(call: Reader, since: Since = None, until: Until = None) -> AttributionShape:
    """What came after interventions whose days were over in the period, by trigger."""
    with call.begin() as conn:
        period = period_of(conn, call, since, until)
        found = attribution.attribution(conn, call.workspace_id, period)
        currency = str(conn.scalar(select(workspaces.c.currency).where(workspaces.c.id == call.workspace_id)))
    items = [AttributedShape.model_validate(one) for one in found]
    return AttributionShape(items=items, currency=currency, since=period.since, until=period.until)


@router.get("/health-audit")
def get_health_audit(
    call: Reader, since: Since = None, until: Until = None,
    missed: Annotated[bool, Query(description="Only those that health missed.")] = False,
) -> HealthAuditShape:  # fmt: skip
    """Who left in the period, how health stood 90, 60 and 30 days before, and what became of each band."""
    with call.begin() as conn:
        period = period_of(conn, call, since, until)
        found = health_audit.health_audit(conn, call.workspace_id, period)
        currency = str(conn.scalar(select(workspaces.c.currency).where(workspaces.c.id == call.workspace_id)))
    shown = [one for one in found.left if one.was_missed or not missed][:MOST_LEFT]
    scored = sum(
        any(then.score is not None for then in one.before if then.days <= health_audit.JUDGED) for one in found.left
    )
    return HealthAuditShape(
        items=[LeftShape.model_validate(one) for one in shown], total=len(found.left), scored=scored,
        missed=sum(one.was_missed for one in found.left), became=[_became(one) for one in found.became],
        currency=currency, since=period.since, until=period.until,
    )  # fmt: skip


def _became(one: health_audit.Became) -> BecameShape:
    low, high = wilson(one.left, one.accounts)
    share = one.left / one.accounts if one.accounts else None
    return BecameShape(band=Band(one.band), accounts=one.accounts, left=one.left, share=share, low=low, high=high)
