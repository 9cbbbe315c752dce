"""`/api/kpis`: numbers about the business, each with its formula and what is behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection, select

from forestay.api.calls import Call, needs
from forestay.api.paging import Page
from forestay.api.shapes import Moment, Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid
from forestay.kpis.kpi import DrillKind, Kpi, Period, Unit
from forestay.kpis.registry import KPIS, kpi_of
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/kpis", tags=["kpis"])
Reader = Annotated[Call, needs(Permission.KPIS_READ)]
Since = Annotated[Moment | None, Query(description="90 days before until if left out.")]
Until = Annotated[Moment | None, Query(description="Now if left out.")]
_USUAL = timedelta(days=90)


class Behind(Shape):
    """What is behind the number, at most 500: numbers of signals, external ids of accounts, interventions (kind:key)."""

    kind: DrillKind
    ids: list[str]


class KpiShape(Shape):
    """One number over a period. value is null when there is nothing to divide by."""

    key: str
    name: str
    value: float | None
    unit: Unit
    higher_is_better: bool
    formula: str
    numerator: float
    numerator_is: str
    denominator: float
    denominator_is: str
    since: datetime
    until: datetime
    note: str = Field(description="What was left out, empty when nothing was.")
    has_course: bool = Field(description="Whether it is told of any period; else always of the last daily look.")
    behind_is: DrillKind = Field(description="What its rows are (`/rows`): signals, accounts or interventions.")


class CoursePoint(Shape):
    """The number over one part of the period."""

    since: datetime
    until: datetime
    value: float | None
    numerator: float
    denominator: float


class Course(Shape):
    """How a number moved. points: empty where it can only be told of the last daily look (`has_course` false)."""

    key: str
    unit: Unit
    has_course: bool
    points: list[CoursePoint]


class KpiView(KpiShape):
    """A number with what is behind it."""

    behind: Behind


@router.get("")
def list_kpis(call: Reader, since: Since = None, until: Until = None) -> Page[KpiShape]:
    """Every KPI over a period."""
    with call.begin() as conn:
        period = period_of(conn, call, since, until)
        found = [_view(conn, call, kpi, period) for kpi in KPIS]
    return Page(items=[KpiShape(**one.model_dump(exclude={"behind"})) for one in found])


@router.get("/{key}")
def get_kpi(key: str, call: Reader, since: Since = None, until: Until = None) -> KpiView:
    """One KPI with the ids behind it."""
    kpi = kpi_of(key)
    with call.begin() as conn:
        return _view(conn, call, kpi, period_of(conn, call, since, until))


@router.get("/{key}/course")
def get_course(
    key: str, call: Reader, since: Since = None, until: Until = None, parts: Annotated[int, Query(ge=2, le=60)] = 12
) -> Course:
    """One KPI over equal parts of the period, the oldest first."""
    kpi = kpi_of(key)
    with call.begin() as conn:
        period = period_of(conn, call, since, until)
        step = (period.until - period.since) / parts
        pieces = [Period(period.since + at * step, period.since + (at + 1) * step, period.zone) for at in range(parts)]
        found = [(one, kpi.compute(conn, call.workspace_id, one)) for one in pieces if kpi.has_course]
    points = [
        CoursePoint(since=one.since, until=one.until, value=value.value, numerator=value.numerator,
                    denominator=value.denominator)
        for one, value in found
    ]  # fmt: skip
    return Course(key=key, unit=kpi.unit, has_course=kpi.has_course, points=points)


def period_of(conn: Connection, call: Call, since: datetime | None, until: datetime | None) -> Period:
    """The period that was asked for; the 90 days before `until` without a beginning, until now without an end."""
    last = until or call.now()
    first = since or last - _USUAL
    if first >= last:
        raise Invalid("since lies at or after until", place="since")
    zone = conn.execute(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)).scalar_one()
    return Period(first, last, str(zone))


def _view(conn: Connection, call: Call, kpi: Kpi, period: Period) -> KpiView:
    found = kpi.compute(conn, call.workspace_id, period)
    return KpiView(
        key=kpi.key,
        name=kpi.name,
        value=None if found.value is None else round(found.value, 6),
        unit=kpi.unit,
        higher_is_better=kpi.higher_is_better,
        formula=kpi.formula,
        numerator=found.numerator,
        numerator_is=kpi.numerator_is,
        denominator=found.denominator,
        denominator_is=kpi.denominator_is,
        since=period.since,
        until=period.until,
        note=found.note,
        has_course=kpi.has_course,
        behind_is=found.behind.kind,
        behind=Behind(kind=found.behind.kind, ids=list(found.behind.ids)),
    )
