"""`/api/accounts/{id}/...`: how health moved, why it stands where it stands, and what happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection, Row, select

from forestay.api.account_shapes import number
from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.paging import Cursor, Limit, Page, Sorting, page_of
from forestay.api.queries import accounts as queries
from forestay.api.queries import health as drivers
from forestay.api.queries.explaining import explanation_of
from forestay.api.queries.timeline import KINDS, timeline_of
from forestay.api.shapes import Moment, Shape
from forestay.customers.words import Band
from forestay.governance.permissions import Permission
from forestay.health.registry import KEYS
from forestay.kit.errors import Invalid
from forestay.store.tables.scores import health_changes

router = APIRouter(prefix=f"/api/accounts/{ID_IN_PATH}", tags=["accounts"])
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
_MONTH = timedelta(days=30)


class HealthPoint(Shape):
    """The score from this moment on, until the next point."""

    at: datetime
    score: float | None
    band: Band | None
    confidence: float | None
    dimensions: dict[str, float | None]
    scorecard: str | None
    cause: str = Field(description="event, day, scorecard or history.")


class HealthHistory(Shape):
    """How health moved. before: what stood when the period began."""

    since: datetime
    until: datetime
    before: HealthPoint | None
    points: list[HealthPoint]


class FactorView(Shape):
    """One measure behind a dimension."""

    measure: str
    label: str
    unit: str
    value: float | None
    points: float | None
    usual: float | None
    weight: float
    why: str


class ExplainedContribution(Shape):
    """What one dimension gives and costs, in a sentence. change: of the points given, since the moment asked."""

    dimension: str
    name: str
    score: float | None
    weight: float
    share: float
    given: float
    lost: float
    change: float | None
    held: bool
    sentence: str
    factors: list[FactorView]


class HealthExplanation(Shape):
    """Why the account stands where it stands, and what moved it."""

    score: float | None
    band: Band | None
    confidence: float | None
    as_of: datetime | None
    since: datetime
    score_before: float | None
    change: float | None
    reasons: list[str] = Field(description="The dimensions that cost most, in words, at most three.")
    exception: str | None
    contributions: list[ExplainedContribution]


class TimelineItem(Shape):
    """One thing that happened. number: of the signal, task, ticket, ... where it has one."""

    at: datetime
    kind: str
    key: str
    number: int | None
    title: str | None
    detail: dict[str, Any]


@router.get("/health/history")
def health_history(
    external_id: str, call: Reader, since: Moment | None = None, until: Moment | None = None
) -> HealthHistory:
    """Every change of the score in a period, the last 90 days if none is given."""
    last = until or call.now()
    first = since or last - 3 * _MONTH
    if first > last:
        raise Invalid("since lies after until", place="since")
    table = health_changes.c
    with call.begin() as conn:
        account_id = queries.account_number(conn, call.workspace_id, external_id)
        rows = conn.execute(
            select(health_changes)
            .where(table.workspace_id == call.workspace_id, table.account_id == account_id)
            .where(table.at > first, table.at <= last)
            .order_by(table.at)
            .limit(10_000)
        ).all()
        before = drivers.change_before(conn, call.workspace_id, account_id, first)
    return HealthHistory(
        since=first, until=last, before=_point(before) if before else None, points=[_point(row) for row in rows]
    )


@router.get("/health/explanation")
def health_explanation(
    external_id: str,
    call: Reader,
    since: Annotated[Moment | None, Query(description="Compare with this moment; 30 days ago if left out.")] = None,
) -> HealthExplanation:
    """Contributions in words, and what moved the score since a moment."""
    moment = since or call.now() - _MONTH
    with call.begin() as conn:
        row = queries.one_account(conn, call.workspace_id, external_id)
        return _explained(conn, call, row, moment)


@router.get("/timeline")
def timeline(
    external_id: str,
    call: Reader,
    kind: Annotated[list[str] | None, Query(description=f"Only these: {', '.join(KINDS)}")] = None,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TimelineItem]:
    """Everything that happened at the account, the newest first."""
    unknown = sorted(set(kind or ()) - set(KINDS))
    if unknown:
        raise Invalid(f"'{unknown[0]}' is no kind; allowed are {', '.join(KINDS)}", place="kind")
    question = ("timeline", external_id, kind, since, until)
    with call.begin() as conn:
        account_id = queries.account_number(conn, call.workspace_id, external_id)
        wanted = timeline_of(call.workspace_id, account_id)
        at, key = wanted.selected_columns["at"], wanted.selected_columns["key"]
        if kind:
            wanted = wanted.where(wanted.selected_columns["kind"].in_(kind))
        if since is not None:
            wanted = wanted.where(at >= since)
        wanted = wanted.where(at < (until or call.now()))
        rows = conn.execute(Sorting(at, key, descending=True).of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.at, row.key), TimelineItem.model_validate)


def _point(row: Row[Any]) -> HealthPoint:
    return HealthPoint(
        at=row.at,
        score=number(row.score),
        band=row.band,
        confidence=number(row.confidence),
        dimensions={key: number(value) for key, value in zip(KEYS, row.dimensions, strict=False)},
        scorecard=row.scorecard_key,
        cause=row.cause,
    )


def _explained(conn: Connection, call: Call, row: Row[Any], moment: datetime) -> HealthExplanation:
    before = drivers.change_before(conn, call.workspace_id, row.id, moment)
    found = explanation_of(conn, call.workspace_id, row, before, call.now())
    score_before = number(before.score) if before else None
    score = number(row.score)
    change = None if score is None or score_before is None else round(score - score_before, 2)
    return HealthExplanation(
        score=score,
        band=row.band,
        confidence=number(row.confidence),
        as_of=row.as_of,
        since=moment,
        score_before=score_before,
        change=change,
        reasons=list(found.reasons) if found else [],
        exception=found.exception if found else None,
        contributions=[ExplainedContribution.model_validate(one) for one in found.contributions] if found else [],
    )
