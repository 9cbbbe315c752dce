"""Monthly recurring revenue of the accounts at the two ends of a period.

Reads : subscriptions, accounts, the workspace's currency
Gives : Ends, revenue_ends(), changed_accounts()
Source: the glossary's NRR and GRR

An account's MRR on a day is the sum of its subscriptions that have started by that day and not ended by it.
Only accounts that had MRR on the first day count: what a new account brings is not retention. Subscriptions in
another currency than the workspace's are left out and counted, since no exchange rate is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, and_, case, func, or_, select

from forestay.kit.clock import date_of, day_of
from forestay.kpis.kpi import MOST_IDS, DrillDown, DrillKind, Period
from forestay.store.tables.customers import accounts, subscriptions
from forestay.store.tables.governance import workspaces


@dataclass(frozen=True, slots=True)
class Ends:
    """MRR in the workspace's currency. start: of all accounts on the first day; end: of the same accounts on the
    last; kept: the same, but no account counts for more than it had at the start. left_out: subscriptions."""

    start: float
    end: float
    kept: float
    behind: DrillDown
    left_out: int

    @property
    def note(self) -> str:
        """What was left out, in words."""
        return f"{self.left_out} subscriptions in other currencies are left out" if self.left_out else ""


def revenue_ends(conn: Connection, workspace_id: int, period: Period) -> Ends:
    """The two ends of a period; behind are the accounts whose MRR changed most."""
    ends = changed_accounts(conn, workspace_id, period)
    before, after = ends.c.mrr_before, ends.c.mrr_after
    kept = func.least(before, after)
    sums = conn.execute(select(*(func.coalesce(func.sum(part), 0) for part in (before, after, kept)))).one()
    changed = (
        select(accounts.c.external_id)
        .join(ends, ends.c.account_id == accounts.c.id)
        .where(before != after)
        .order_by(ends.c.size.desc(), accounts.c.id)
        .limit(MOST_IDS)
    )
    behind = DrillDown(DrillKind.ACCOUNT, tuple(conn.execute(changed).scalars()))
    mine, ours = _scope(conn, workspace_id)
    others = conn.execute(select(func.count()).select_from(subscriptions).where(mine, ~ours)).scalar_one()
    return Ends(float(sums[0]), float(sums[1]), float(sums[2]), behind, int(others))


def changed_accounts(conn: Connection, workspace_id: int, period: Period) -> CTE:
    """Columns account_id, mrr_before, mrr_after and size (of the change) of every account that had MRR at the start."""
    first, last = (date_of(day_of(moment, period.zone)) for moment in (period.since, period.until))
    at_start, at_end = _mrr_on(first), _mrr_on(last)
    return (
        select(
            subscriptions.c.account_id, at_start.label("mrr_before"), at_end.label("mrr_after"),
            func.abs(at_start - at_end).label("size"),
        )
        .where(*_scope(conn, workspace_id))
        .group_by(subscriptions.c.account_id)
        .having(at_start > 0)
        .cte("ends")
    )  # fmt: skip


def _scope(conn: Connection, workspace_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The workspace's subscriptions, and those in its own currency."""
    currency = conn.execute(select(workspaces.c.currency).where(workspaces.c.id == workspace_id)).scalar_one()
    return subscriptions.c.workspace_id == workspace_id, func.coalesce(subscriptions.c.currency, currency) == currency


def _mrr_on(day: date) -> ColumnElement[Any]:
    table = subscriptions.c
    running = and_(table.started_on <= day, or_(table.ended_on.is_(None), table.ended_on > day))
    return func.coalesce(func.sum(case((running, table.mrr), else_=0)), 0)
