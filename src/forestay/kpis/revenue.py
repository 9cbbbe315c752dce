"""Monthly recurring revenue of the accounts at the two ends of a period.

Reads : subscriptions, accounts, the workspace's currency
Gives : Ends, revenue_ends()
Source: the glossary's NRR and GRR

An account's MRR on a day is the sum of its subscriptions that have started by that day and not ended by it.
Only accounts that had MRR on the first day count: what a new account brings is not retention. Subscriptions in
another currency than the workspace's are left out and counted, since no exchange rate is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

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
    first = date_of(day_of(period.since, period.zone))
    last = date_of(day_of(period.until, period.zone))
    currency = conn.execute(select(workspaces.c.currency).where(workspaces.c.id == workspace_id)).scalar_one()
    ours = func.coalesce(subscriptions.c.currency, currency) == currency
    mine = subscriptions.c.workspace_id == workspace_id
    at_start, at_end = _mrr_on(first), _mrr_on(last)
    ends = (
        select(subscriptions.c.account_id, at_start.label("start"), at_end.label("end"))
        .where(mine, ours)
        .group_by(subscriptions.c.account_id)
        .having(at_start > 0)
        .cte("ends")
    )
    kept = func.least(ends.c.start, ends.c.end)
    sums = conn.execute(select(*(func.coalesce(func.sum(part), 0) for part in (ends.c.start, ends.c.end, kept)))).one()
    changed = (
        select(accounts.c.external_id)
        .join(ends, ends.c.account_id == accounts.c.id)
        .where(ends.c.start != ends.c.end)
        .order_by(func.abs(ends.c.start - ends.c.end).desc(), accounts.c.id)
        .limit(MOST_IDS)
    )
    behind = DrillDown(DrillKind.ACCOUNT, tuple(conn.execute(changed).scalars()))
    others = conn.execute(select(func.count()).select_from(subscriptions).where(mine, ~ours)).scalar_one()
    return Ends(float(sums[0]), float(sums[1]), float(sums[2]), behind, int(others))


def _mrr_on(day: date) -> ColumnElement[object]:
    table = subscriptions.c
    running = and_(table.started_on <= day, or_(table.ended_on.is_(None), table.ended_on > day))
    return func.coalesce(func.sum(case((running, table.mrr), else_=0)), 0)
