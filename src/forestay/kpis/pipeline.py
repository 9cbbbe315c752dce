"""Revenue that comes up for renewal, month by month, and the accounts ready to grow.

Reads : accounts, account_states
Gives : pipeline(), Pipeline, Month, Cell
Source: REQUIREMENTS J; docs/workspace.md

An account counts in the month of its renewal, with its ARR. Accounts that left, were merged, or are paid in another
currency than the workspace's are left out; the last are counted, since no exchange rate is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, func, or_, select

from forestay.customers.words import Band
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import workspaces
from forestay.store.tables.scores import account_states as states

READY_FROM = 80.0
"""Readiness 0-100 from which an account counts as ready to grow, as the shipped trigger has it."""
NO_BAND = "none"
BANDS = (*(band.value for band in Band), NO_BAND)


@dataclass(frozen=True, slots=True)
class Cell:
    """Accounts of one month and band. arr: together; at_risk: sum of ARR x probability of churn; ready: those ready to
    grow, with their ARR."""

    band: str
    accounts: int
    arr: float
    at_risk: float
    ready: int
    ready_arr: float


@dataclass(frozen=True, slots=True)
class Month:
    """first: its first day."""

    first: date
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """months: every one of the period, also empty ones. undated: accounts without a day of renewal (cells by band);
    left_out: accounts in other currencies."""

    months: tuple[Month, ...]
    undated: tuple[Cell, ...]
    left_out: int
    currency: str


def pipeline(conn: Connection, workspace_id: int, today: date, months: int) -> Pipeline:
    """What is up for renewal from today on, in this month and those after it."""
    currency = str(conn.scalar(select(workspaces.c.currency).where(workspaces.c.id == workspace_id)))
    firsts = [_month(today, ahead) for ahead in range(months + 1)]
    table = accounts.c
    month = func.date_trunc("month", table.renews_on)
    band = func.coalesce(states.c.band, NO_BAND)
    arr = func.coalesce(table.arr, 0)
    ready = func.coalesce(states.c.readiness, 0) >= READY_FROM
    standing = and_(
        table.workspace_id == workspace_id, table.merged_into.is_(None),
        or_(table.churned_on.is_(None), table.churned_on > today),
    )  # fmt: skip
    ours = func.coalesce(table.currency, currency) == currency
    rows = conn.execute(
        select(
            month.label("month"), band.label("band"), func.count(), func.sum(arr),
            func.sum(arr * func.coalesce(states.c.churn_score, 0)), func.count().filter(ready),
            func.coalesce(func.sum(arr).filter(ready), 0),
        )
        .select_from(accounts.outerjoin(states, states.c.account_id == table.id))
        .where(standing, ours, or_(table.renews_on.is_(None), and_(table.renews_on >= today, table.renews_on < firsts[-1])))
        .group_by(month, band)
    ).all()  # fmt: skip
    found = {(None if row[0] is None else row[0].date(), str(row[1])): Cell(
        str(row[1]), int(row[2]), float(row[3]), float(row[4]), int(row[5]), float(row[6])
    ) for row in rows}  # fmt: skip
    others = conn.scalar(select(func.count()).select_from(accounts).where(standing, ~ours))
    return Pipeline(
        tuple(Month(first, _cells(found, first)) for first in firsts[:-1]), _cells(found, None), int(others or 0), currency
    )  # fmt: skip


def _cells(found: dict[tuple[date | None, str], Cell], month: date | None) -> tuple[Cell, ...]:
    return tuple(found.get((month, band), Cell(band, 0, 0.0, 0.0, 0, 0.0)) for band in BANDS)


def _month(today: date, ahead: int) -> date:
    number = today.year * 12 + today.month - 1 + ahead
    return date(number // 12, number % 12 + 1, 1)
