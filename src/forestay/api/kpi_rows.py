"""`/api/kpis/{key}/rows`: the signals, accounts or interventions behind a number, all of them, in pages.

Reads: what each KPI says is behind it (kpis.kpi.Rows), accounts, tasks, impact_reports
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection, Select, func, select

from forestay.api.calls import Call, needs
from forestay.api.kpis import Since, Until, period_of
from forestay.api.paging import Cursor, Limit, Page, Sorting, page_of
from forestay.api.shapes import Shape
from forestay.customers.words import Band
from forestay.governance.permissions import Permission
from forestay.kpis.kpi import DrillKind, Kpi, Period, Side
from forestay.kpis.registry import kpi_of
from forestay.kpis.revenue import changed_accounts
from forestay.outcomes.impact import read_reports
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.scores import account_states as states
from forestay.store.tables.signals import signals

router = APIRouter(prefix="/api/kpis", tags=["kpis"])
Reader = Annotated[Call, needs(Permission.KPIS_READ)]


class KpiRow(Shape):
    """One thing behind a number; what does not belong to its kind is null."""

    kind: DrillKind
    account: str | None
    account_name: str | None
    band: Band | None = Field(description="Of the account now.")
    arr: float | None = Field(description="Of the account now, in its currency.")
    currency: str | None
    signal: int | None = Field(None, description="Number of the signal.")
    task: int | None = Field(None, description="Number of the newest task that it led to.")
    trigger: str | None = None
    tier: str | None = None
    fired_at: datetime | None = None
    hours: float | None = Field(
        None, description="From the event to the first touch; null: nobody has reached out yet."
    )
    outcome: str | None = None
    mrr_before: float | None = Field(None, description="At the start of the period, in the workspace's currency.")
    mrr_after: float | None = Field(None, description="At its end.")
    intervention: str | None = Field(None, description="kind:key, as `/api/impact` has it.")
    words: str | None = None


@router.get("/{key}/rows")
def get_rows(
    key: str, call: Reader, since: Since = None, until: Until = None,
    side: Annotated[Side, Query(description="counted: in the numerator; others: in the denominator alone.")] = Side.COUNTED,
    limit: Limit = 50, cursor: Cursor = None,
) -> Page[KpiRow]:  # fmt: skip
    """What is behind one KPI: signals by the newest, accounts by the largest change, interventions as they stand. Give
    `until` when asking for more pages, so that all are of the same period."""
    kpi = kpi_of(key)
    with call.begin() as conn:
        period = period_of(conn, call, since, until)
        question = ("kpi-rows", key, since, until, side.value)
        if kpi.rows(call.workspace_id, period, side) is not None:
            return _signals(conn, call, kpi, period, side, question, limit, cursor)
        if kpi.compute(conn, call.workspace_id, period).behind.kind is DrillKind.ACCOUNT:
            return _accounts(conn, call, period, side, question, limit, cursor)
        return Page(items=_impacts(conn, call, kpi, period, side))


def _signals(
    conn: Connection, call: Call, kpi: Kpi, period: Period, side: Side, question: tuple[object, ...], limit: int,
    cursor: str | None,
) -> Page[KpiRow]:  # fmt: skip
    rows = kpi.rows(call.workspace_id, period, side)
    assert rows is not None
    task = select(func.max(tasks.c.id)).where(tasks.c.signal_id == signals.c.id).scalar_subquery()
    hours = func.extract("epoch", signals.c.first_touch_at - signals.c.event_at) / 3600
    wanted: Select[Any] = (
        select(
            signals.c.id.label("signal"), signals.c.trigger_key.label("trigger"), signals.c.tier, signals.c.fired_at,
            signals.c.outcome, hours.label("hours"), task.label("task"), *_ACCOUNT,
        )
        .join(accounts, accounts.c.id == signals.c.account_id)
        .outerjoin(states, states.c.account_id == accounts.c.id)
        .where(*rows.conditions)
    )  # fmt: skip
    sorting = Sorting(signals.c.fired_at, signals.c.id, descending=True)
    found = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(found, limit, question, lambda row: (row.fired_at, row.signal), _row_of(DrillKind.SIGNAL))


def _accounts(
    conn: Connection,
    call: Call,
    period: Period,
    side: Side,
    question: tuple[object, ...],
    limit: int,
    cursor: str | None,
) -> Page[KpiRow]:
    ends = changed_accounts(conn, call.workspace_id, period)
    moved = ends.c.mrr_before != ends.c.mrr_after
    wanted: Select[Any] = (
        select(ends.c.mrr_before, ends.c.mrr_after, ends.c.size, accounts.c.id, *_ACCOUNT)
        .join(accounts, accounts.c.id == ends.c.account_id)
        .outerjoin(states, states.c.account_id == accounts.c.id)
        .where(moved if side is Side.COUNTED else ~moved)
    )
    sorting = Sorting(ends.c.size, accounts.c.id, descending=True)
    found = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(found, limit, question, lambda row: (row.size, row.id), _row_of(DrillKind.ACCOUNT))


def _impacts(conn: Connection, call: Call, kpi: Kpi, period: Period, side: Side) -> list[KpiRow]:
    """Interventions of which it can be said (counted), or those of which it cannot (others)."""
    known = set(kpi.compute(conn, call.workspace_id, period).behind.ids)
    items = []
    for stored in read_reports(conn, call.workspace_id):
        name = f"{stored.report.kind}:{stored.report.key}"
        if stored.report.kind != "arm" and (name in known) is (side is Side.COUNTED):
            items.append(
                KpiRow(kind=DrillKind.IMPACT, account=None, account_name=None, band=None, arr=None, currency=None,
                       intervention=name, words=stored.report.words)
            )  # fmt: skip
    return items


def _row_of(kind: DrillKind) -> Any:
    def build(row: Any) -> KpiRow:
        return KpiRow.model_validate({**row._mapping, "kind": kind})

    return build


_ACCOUNT = (
    accounts.c.external_id.label("account"), accounts.c.name.label("account_name"), states.c.band, accounts.c.arr,
    accounts.c.currency,
)  # fmt: skip
