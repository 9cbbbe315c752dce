"""Was health right? Who churned while green, what it missed, and what became of each band.

Reads : accounts, health_changes, prediction_changes, signals, contacts, tickets, invoices, subscriptions
Gives : health_audit(), HealthAudit, Left, Standing, Became
Source: REQUIREMENTS J; B (outcome-audited health)

Every account that left in the period is looked at as it stood 90, 60 and 30 days before. It was *missed* when it was green
60 days before, or as early as it had a score after that. What happened in those 90 days is told beside it, so that one sees
what a scorecard could have read. And of every account with a band at the beginning of the period it is told how many left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, cast, func, or_, select, true
from sqlalchemy.types import Date

from forestay.customers.words import Band
from forestay.health.registry import DIMENSIONS
from forestay.kit.clock import date_of, day_of
from forestay.kpis.kpi import Period
from forestay.store.tables.customers import accounts, contacts, invoices, memberships, subscriptions, tickets
from forestay.store.tables.predictions import prediction_changes
from forestay.store.tables.scores import health_changes
from forestay.store.tables.signals import signals

HORIZONS = (90, 60, 30)
"""Days before an account left."""
JUDGED = 60
"""Days before, at which green means missed."""
WELL = 80.0
"""Points from which a dimension said that all was well."""
_LOOK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Standing:
    """Health so many days before; None where there was no score yet. dimensions: by key."""

    days: int
    score: float | None
    band: str | None
    dimensions: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Left:
    """An account that left. mrr: what it paid last, a month; foreseen: probability of churn 60 days before, by what was in
    force then; signals: that fired in the 90 days before; facts: what happened in those days, in words; looked_well: names
    of dimensions that stood at 80 or more at the moment that was judged; was_missed: green then."""

    account: str
    name: str | None
    churned_on: date
    mrr: float | None
    before: tuple[Standing, ...]
    foreseen: float | None
    signals: int
    facts: tuple[str, ...]
    looked_well: tuple[str, ...]
    was_missed: bool


@dataclass(frozen=True, slots=True)
class Became:
    """Of the accounts that had this band when the period began: how many there were, and how many left in it."""

    band: str
    accounts: int
    left: int


@dataclass(frozen=True, slots=True)
class HealthAudit:
    """left: newest first. became: red, yellow, green."""

    left: tuple[Left, ...]
    became: tuple[Became, ...]


def health_audit(conn: Connection, workspace_id: int, period: Period) -> HealthAudit:
    """Everybody who left within the period's days, and what became of the bands."""
    first, last = (date_of(day_of(moment, period.zone)) for moment in (period.since, period.until))
    gone = and_(
        accounts.c.workspace_id == workspace_id, accounts.c.merged_into.is_(None),
        accounts.c.churned_on >= first, accounts.c.churned_on <= last,
    )  # fmt: skip
    wanted: Select[Any] = (
        select(accounts.c.id, accounts.c.external_id, accounts.c.name, accounts.c.churned_on)
        .where(gone)
        .order_by(accounts.c.churned_on.desc(), accounts.c.id)
    )
    stood = {days: _stood(conn, gone, days) for days in HORIZONS}
    facts = _Facts(conn, gone)
    left = tuple(
        _left(row, {days: stood[days].get(row.id) for days in HORIZONS}, facts) for row in conn.execute(wanted)
    )
    return HealthAudit(left, _became(conn, workspace_id, period, first, last))


class _Facts:
    """What happened to those who left, by account number."""

    def __init__(self, conn: Connection, gone: ColumnElement[bool]) -> None:
        table = prediction_changes.c
        before = accounts.c.churned_on - timedelta(days=JUDGED)
        newest = (
            select(table.account_id, table.probability)
            .join(accounts, accounts.c.id == table.account_id)
            .where(gone, table.workspace_id == accounts.c.workspace_id, cast(table.at, Date) <= before)
            .distinct(table.account_id).order_by(table.account_id, table.at.desc())
        )  # fmt: skip
        self.foreseen = {row[0]: row[1] for row in conn.execute(newest)}
        self.signals = _counted(conn, gone, signals, cast(signals.c.fired_at, Date))
        self.escalations = _counted(conn, gone, tickets, cast(tickets.c.escalated_at, Date))
        overdue = and_(~invoices.c.is_void, or_(invoices.c.paid_on.is_(None), invoices.c.paid_on > invoices.c.due_on))
        self.overdue = _counted(conn, gone, invoices, invoices.c.due_on, overdue)
        self.people, self.sponsors = (_people(conn, gone, only) for only in (False, True))
        self.mrr = _mrr(conn, gone)

    def words(self, account: int) -> tuple[str, ...]:
        """One after the other, what a person would want to know first, first."""
        told = (
            (self.sponsors, "sponsor left", "sponsors left"), (self.people, "contact left", "contacts left"),
            (self.escalations, "ticket escalated", "tickets escalated"),
            (self.overdue, "invoice paid late or not at all", "invoices paid late or not at all"),
        )  # fmt: skip
        return tuple(
            f"{found[account]} {one if found[account] == 1 else many}"
            for found, one, many in told
            if found.get(account)
        )


def _left(row: Row[Any], stood: Mapping[int, Row[Any] | None], facts: _Facts) -> Left:
    before = tuple(_standing(days, stood[days]) for days in HORIZONS)
    judged = next((one for one in before if one.days <= JUDGED and one.score is not None), None)
    well = () if judged is None else tuple(
        one.name for one in DIMENSIONS if judged.dimensions.get(one.key, 0.0) >= WELL
    )  # fmt: skip
    foreseen = facts.foreseen.get(row.id)
    return Left(
        row.external_id, row.name, row.churned_on, facts.mrr.get(row.id), before,
        None if foreseen is None else float(foreseen), facts.signals.get(row.id, 0), facts.words(row.id), well,
        judged is not None and judged.band == Band.GREEN.value,
    )  # fmt: skip


def _standing(days: int, row: Row[Any] | None) -> Standing:
    if row is None or row.score is None:
        return Standing(days, None, None, {})
    dimensions = {
        one.key: float(value)
        for one, value in zip(DIMENSIONS, row.dimensions, strict=False)
        if value is not None and value == value  # NaN: without evidence
    }
    return Standing(days, float(row.score), row.band, dimensions)


def _stood(conn: Connection, gone: ColumnElement[bool], days: int) -> dict[int, Row[Any]]:
    """The last score at the end of that day, by account number."""
    table = health_changes.c
    wanted: Select[Any] = (
        select(table.account_id, table.score, table.band, table.dimensions)
        .join(accounts, accounts.c.id == table.account_id)
        .where(gone, table.workspace_id == accounts.c.workspace_id)
        .where(cast(table.at, Date) <= accounts.c.churned_on - timedelta(days=days))
        .distinct(table.account_id)
        .order_by(table.account_id, table.at.desc())
    )
    return {row.account_id: row for row in conn.execute(wanted)}


def _within(at: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(at <= accounts.c.churned_on, at > accounts.c.churned_on - _LOOK)


def _counted(
    conn: Connection, gone: ColumnElement[bool], table: Table, at: ColumnElement[Any], *more: ColumnElement[bool]
) -> dict[int, int]:
    rows = conn.execute(
        select(table.c.account_id, func.count())
        .join(accounts, accounts.c.id == table.c.account_id)
        .where(gone, table.c.workspace_id == accounts.c.workspace_id, _within(at), *more)
        .group_by(table.c.account_id)
    ).all()  # fmt: skip
    return {row[0]: int(row[1]) for row in rows}


def _people(conn: Connection, gone: ColumnElement[bool], sponsors: bool) -> dict[int, int]:
    rows = conn.execute(
        select(memberships.c.account_id, func.count())
        .join(accounts, accounts.c.id == memberships.c.account_id)
        .join(contacts, contacts.c.id == memberships.c.contact_id)
        .where(gone, memberships.c.workspace_id == accounts.c.workspace_id, memberships.c.is_primary)
        .where(contacts.c.is_sponsor.is_(sponsors), _within(contacts.c.left_on))
        .group_by(memberships.c.account_id)
    ).all()  # fmt: skip
    return {row[0]: int(row[1]) for row in rows}


def _mrr(conn: Connection, gone: ColumnElement[bool]) -> dict[int, float]:
    """What was paid the day before the last subscription ended, or now where none has."""
    table = subscriptions.c
    ended = func.max(table.ended_on).over(partition_by=table.account_id).label("last")
    each = (
        select(table.account_id, table.mrr, table.ended_on, ended)
        .join(accounts, accounts.c.id == table.account_id)
        .where(gone, table.workspace_id == accounts.c.workspace_id)
        .subquery()
    )
    to_the_end = or_(each.c.ended_on.is_(None), each.c.ended_on == each.c.last)
    rows = conn.execute(select(each.c.account_id, func.sum(each.c.mrr)).where(to_the_end).group_by(each.c.account_id))
    return {row[0]: float(row[1]) for row in rows if row[1] is not None}


def _became(conn: Connection, workspace_id: int, period: Period, first: date, last: date) -> tuple[Became, ...]:
    table = health_changes.c
    then = (  # one step into an index for each account, however long its history
        select(table.band)
        .where(table.account_id == accounts.c.id, table.at <= period.since)
        .order_by(table.at.desc()).limit(1)
        .lateral()
    )  # fmt: skip
    left = and_(accounts.c.churned_on > first, accounts.c.churned_on <= last)
    wanted: Select[Any] = (
        select(then.c.band, func.count().label("all"), func.count().filter(left).label("left"))
        .select_from(accounts.join(then, true()))
        .where(accounts.c.workspace_id == workspace_id, then.c.band.is_not(None), accounts.c.merged_into.is_(None))
        .where(or_(accounts.c.churned_on.is_(None), accounts.c.churned_on > first))
        .group_by(then.c.band)
    )
    found = {row.band: Became(row.band, row[1], row[2]) for row in conn.execute(wanted)}
    return tuple(found.get(band.value, Became(band.value, 0, 0)) for band in reversed(Band))
