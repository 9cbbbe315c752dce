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


class KpiView(KpiShape):
    """A number with what is behind it."""

    behind: Behind


@router.get("")
def list_kpis(call: Reader, since: Since = None, until: Until = None) -> Page[KpiShape]:
    """Every KPI over a period."""
    with call.begin() as conn:
        period = _period(conn, call, since, until)
        found = [_view(conn, call, kpi, period) for kpi in KPIS]
    return Page(items=[KpiShape(**one.model_dump(exclude={"behind"})) for one in found])


@router.get("/{key}")
def get_kpi(key: str, call: Reader, since: Since = None, until: Until = None) -> KpiView:
    """One KPI with the ids behind it."""
    kpi = kpi_of(key)
    with call.begin() as conn:
        return _view(conn, call, kpi, _period(conn, call, since, until))


def _period(conn: Connection, call: Call, since: datetime | None, until: datetime | None) -> Period:
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
        behind=Behind(kind=found.behind.kind, ids=list(found.behind.ids)),
    )
