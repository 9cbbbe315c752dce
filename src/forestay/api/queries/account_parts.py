"""What surrounds one account: contacts, subscriptions, money, tickets, interactions, feeds and measures.

Reads: the records of the account, feeds, measure documents
Gives: contacts_of(), subscriptions_of(), ticket_counts(), invoice_counts(), interactions_of(), feeds_seen(), definitions()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from forestay.customers.words import Feed
from forestay.health.feeds import FeedState
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.definition import DOCUMENT, Definition
from forestay.store import documents
from forestay.store.documents import DocumentKind
from forestay.store.tables.customers import (
    contacts,
    interactions,
    invoices,
    memberships,
    subscriptions,
    surveys,
    tickets,
)  # fmt: skip
from forestay.store.tables.ingest import feeds

SHOWN = 200
"""Contacts, subscriptions at most in one answer."""


@dataclass(frozen=True, slots=True)
class FeedSeen:
    """One feed of the workspace. connected_at: None when it never was; typical_gap: as the worker has seen it."""

    feed: Feed
    connected_at: datetime | None
    last_at: datetime | None
    typical_gap: timedelta

    @property
    def state(self) -> FeedState:
        """As health sees it."""
        return FeedState(self.connected_at is not None, self.last_at, self.typical_gap)

    def is_stale(self, now: datetime) -> bool:
        """Whether it has gone silent, by the very rule of health."""
        return self.state.silent_for(self.feed, now) > timedelta(0)


def contacts_of(conn: Connection, workspace_id: int, account_id: int) -> Sequence[Row[Any]]:
    """Contacts of the account, sponsors and champions first, those who left last."""
    return conn.execute(
        select(contacts, memberships.c.is_primary, memberships.c.since)
        .join(memberships, memberships.c.contact_id == contacts.c.id)
        .where(
            memberships.c.workspace_id == workspace_id,
            memberships.c.account_id == account_id,
            memberships.c.until.is_(None),
        )
        .order_by(
            contacts.c.left_on.is_not(None),
            contacts.c.is_sponsor.desc(),
            contacts.c.is_champion.desc(),
            contacts.c.name,
        )
        .limit(SHOWN)
    ).all()


def subscriptions_of(conn: Connection, workspace_id: int, account_id: int) -> Sequence[Row[Any]]:
    """Subscriptions, running ones first, then the latest."""
    table = subscriptions.c
    mine = (table.workspace_id == workspace_id) & (table.account_id == account_id)
    newest = table.ended_on.is_not(None), table.started_on.desc()
    return conn.execute(select(subscriptions).where(mine).order_by(*newest).limit(SHOWN)).all()


def ticket_counts(conn: Connection, workspace_id: int, account_id: int, now: datetime) -> Row[Any]:
    """open, escalated (open and escalated), opened_30d, csat_90d (mean, 1-5), last_opened_at."""
    table = tickets.c
    is_open = table.closed_at.is_(None) & (table.opened_at <= now)
    recent = case((func.coalesce(table.closed_at, table.opened_at) >= now - timedelta(days=90), table.csat))
    return conn.execute(
        select(
            func.count().filter(is_open).label("open"),
            func.count().filter(is_open & table.escalated_at.is_not(None)).label("escalated"),
            func.count().filter(table.opened_at >= now - timedelta(days=30)).label("opened_30d"),
            func.avg(recent).label("csat_90d"),
            func.max(table.opened_at).label("last_opened_at"),
        ).where(table.workspace_id == workspace_id, table.account_id == account_id)
    ).one()


def invoice_counts(conn: Connection, workspace_id: int, account_id: int, today: date) -> Row[Any]:
    """unpaid, overdue, overdue_amount, last_issued_on; void invoices do not count."""
    table = invoices.c
    unpaid = table.paid_on.is_(None) & (table.issued_on <= today)
    overdue = unpaid & (table.due_on < today)
    return conn.execute(
        select(
            func.count().filter(unpaid).label("unpaid"),
            func.count().filter(overdue).label("overdue"),
            func.coalesce(func.sum(table.amount).filter(overdue), 0).label("overdue_amount"),
            func.max(table.issued_on).label("last_issued_on"),
        ).where(table.workspace_id == workspace_id, table.account_id == account_id, ~table.is_void)
    ).one()


def interactions_of(conn: Connection, workspace_id: int, account_id: int, limit: int = 5) -> Sequence[Row[Any]]:
    """The latest interactions."""
    table = interactions.c
    mine = (table.workspace_id == workspace_id) & (table.account_id == account_id)
    return conn.execute(select(interactions).where(mine).order_by(table.at.desc()).limit(limit)).all()


def feeds_seen(conn: Connection, workspace_id: int) -> list[FeedSeen]:
    """Every feed, connected or not."""
    rows = conn.execute(select(feeds).where(feeds.c.workspace_id == workspace_id)).all()
    seen = {row.feed: row for row in rows}
    return [_seen(feed, seen.get(feed)) for feed in Feed]


def _seen(feed: Feed, row: Row[Any] | None) -> FeedSeen:
    if row is None:
        return FeedSeen(feed, None, None, FeedState().typical_gap)
    return FeedSeen(feed, row.connected_at, row.last_at, timedelta(seconds=row.typical_gap_seconds))


def feeds_with_records(conn: Connection, workspace_id: int, account_id: int) -> set[Feed]:
    """Feeds of business records that ever said something of this account."""
    tables = {
        Feed.TICKETS: (tickets,),
        Feed.BILLING: (invoices, subscriptions),
        Feed.INTERACTIONS: (interactions,),
        Feed.SURVEYS: (surveys,),
    }
    asked = {
        feed: [
            select(table.c.id).where(table.c.workspace_id == workspace_id, table.c.account_id == account_id).exists()
            for table in members
        ]
        for feed, members in tables.items()
    }
    flat = [(feed, question) for feed, questions in asked.items() for question in questions]
    answers = conn.execute(select(*[question.label(f"q{at}") for at, (_, question) in enumerate(flat)])).one()
    return {feed for (feed, _), said in zip(flat, answers, strict=True) if said}


def definitions(conn: Connection, workspace_id: int) -> dict[str, Definition]:
    """Every measure of the workspace by key: ours, and its own documents over them."""
    shipped: dict[str, Definition] = {measure.key: measure for measure in DEFAULT_MEASURES}
    own = documents.list_live(conn, workspace_id, DocumentKind.MEASURE)
    return shipped | {document.key: DOCUMENT.validate_python(document.body) for document in own}
