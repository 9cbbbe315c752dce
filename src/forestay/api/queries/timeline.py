"""Everything that happened at one account, in one list.

Reads: tickets, interactions, surveys, invoices, subscriptions, contacts, signals, tasks, messages, health_changes, runs of
       journeys, notes; live triggers and journeys for their names
Gives: timeline_of()
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Table,
    Text,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from forestay.store.documents import DocumentKind
from forestay.store.tables.actions import messages, tasks
from forestay.store.tables.config import documents
from forestay.store.tables.customers import (
    contacts,
    interactions,
    invoices,
    memberships,
    subscriptions,
    surveys,
    tickets,
)  # fmt: skip
from forestay.store.tables.desk import account_notes
from forestay.store.tables.governance import members
from forestay.store.tables.journeys import journey_runs, journeys
from forestay.store.tables.scores import health_changes
from forestay.store.tables.signals import signals

KINDS = (
    "ticket.opened", "ticket.escalated", "ticket.closed", "interaction", "survey.answered", "invoice.issued",
    "invoice.paid", "subscription.started", "subscription.ended", "contact.left", "signal.fired", "signal.closed",
    "task.opened", "task.done", "message.sent", "health.band_changed", "journey.entered", "journey.ended", "note.written",
)  # fmt: skip

LONGEST_NOTE = 300
"""Characters of a note that the list shows."""


def timeline_of(workspace_id: int, account_id: int) -> Select[Any]:
    """Columns at, kind, key (unique), number (of the thing), title and detail, of all that happened."""

    def of(table: Table, kind: str, at: ColumnElement[Any], title: ColumnElement[Any], **detail: Any) -> Select[Any]:
        return _part(table, kind, at, title, detail).where(
            table.c.workspace_id == workspace_id, table.c.account_id == account_id, at.is_not(None)
        )

    parts = [
        *_records(of),
        *_money(of),
        *_ours(of),
        *_desk(of),
        _bands(workspace_id, account_id),
        _leavers(workspace_id, account_id),
    ]
    together = union_all(*parts).subquery("timeline")
    return select(together)


def _records(of: Any) -> list[Select[Any]]:
    t, i, s = tickets.c, interactions.c, surveys.c
    return [
        of(tickets, "ticket.opened", t.opened_at, t.subject, priority=t.priority),
        of(tickets, "ticket.escalated", t.escalated_at, t.subject, priority=t.priority),
        of(tickets, "ticket.closed", t.closed_at, t.subject, csat=t.csat),
        of(interactions, "interaction", i.at, i.subject, channel=i.channel, direction=i.direction, minutes=i.minutes),
        of(surveys, "survey.answered", s.at, s.survey, score=s.score, comment=s.comment),
    ]


def _money(of: Any) -> list[Select[Any]]:
    i, s = invoices.c, subscriptions.c
    issued, paid = _midnight(i.issued_on), _midnight(i.paid_on)
    started, ended = _midnight(s.started_on), _midnight(s.ended_on)
    return [
        of(invoices, "invoice.issued", issued, i.external_id, amount=i.amount, currency=i.currency, due_on=i.due_on),
        of(invoices, "invoice.paid", paid, i.external_id, amount=i.amount, currency=i.currency),
        of(subscriptions, "subscription.started", started, func.coalesce(s.product, s.plan), mrr=s.mrr, seats=s.seats),
        of(subscriptions, "subscription.ended", ended, func.coalesce(s.product, s.plan), mrr=s.mrr, seats=s.seats),
    ]


def _ours(of: Any) -> list[Select[Any]]:
    g, t, m = signals.c, tasks.c, messages.c
    trigger = _name(signals, DocumentKind.TRIGGER, g.trigger_key)
    return [
        of(signals, "signal.fired", g.fired_at, trigger, trigger=g.trigger_key, tier=g.tier, risk_level=g.risk_level),
        of(signals, "signal.closed", g.closed_at, trigger, trigger=g.trigger_key, reason=g.closed_reason),
        of(tasks, "task.opened", t.created_at, t.title, risk_level=t.risk_level, due_at=t.due_at),
        of(tasks, "task.done", t.done_at, t.title, outcome=t.outcome, note=t.outcome_note),
        of(messages, "message.sent", m.created_at, m.subject, channel=m.channel, to=m.to_address),
    ]


def _desk(of: Any) -> list[Select[Any]]:
    """What people wrote down (deleted notes are left out), and the journeys that the account is or was in."""
    n, r = account_notes.c, journey_runs.c
    author = select(members.c.name).where(members.c.id == n.author_id).scalar_subquery()
    key = select(journeys.c.key).where(journeys.c.id == r.journey_id).correlate(journey_runs).scalar_subquery()
    journey = _name(journey_runs, DocumentKind.JOURNEY, key)
    said = of(account_notes, "note.written", n.created_at, func.left(n.text, LONGEST_NOTE), author=author)
    return [
        said.where(n.deleted_at.is_(None)),
        of(journey_runs, "journey.entered", r.entered_at, journey, journey=key),
        of(journey_runs, "journey.ended", r.ended_at, journey, journey=key, reason=r.reason),
    ]


def _name(table: Table, kind: DocumentKind, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The name of a live document, else its key."""
    live = documents.c.status.in_(("published", "paused"))
    body = documents.c.body
    found = select(func.coalesce(body["name"].astext, body["document"]["name"].astext)).where(
        documents.c.workspace_id == table.c.workspace_id, documents.c.kind == kind.value, documents.c.key == key, live
    )
    return func.coalesce(found.correlate(table).limit(1).scalar_subquery(), key)


def _bands(workspace_id: int, account_id: int) -> Select[Any]:
    """Changes of the band only: the score itself moves too often for a list."""
    table = health_changes.c
    before = func.lag(table.band).over(order_by=table.at)
    changes = (
        select(table.at, table.band, table.score, table.cause, before.label("before"))
        .where(table.workspace_id == workspace_id, table.account_id == account_id)
        .subquery()
    )
    row = changes.c
    return select(
        row.at.label("at"),
        literal("health.band_changed").label("kind"),
        func.concat("health.band_changed:", cast(row.at, Text)).label("key"),
        cast(null(), tickets.c.id.type).label("number"),
        func.concat_ws(" → ", func.coalesce(row.before, "none"), func.coalesce(row.band, "none")).label("title"),
        cast(func.jsonb_build_object("score", row.score, "band", row.band, "before", row.before, "cause", row.cause), JSONB)
        .label("detail"),
    ).where(row.band.is_distinct_from(row.before))  # fmt: skip


def _leavers(workspace_id: int, account_id: int) -> Select[Any]:
    at = _midnight(contacts.c.left_on)
    facts = {"title": contacts.c.title, "is_sponsor": contacts.c.is_sponsor}
    return (
        _part(contacts, "contact.left", at, func.coalesce(contacts.c.name, contacts.c.external_id), facts)
        .join(memberships, memberships.c.contact_id == contacts.c.id)
        .where(memberships.c.workspace_id == workspace_id, memberships.c.account_id == account_id, at.is_not(None))
    )


def _part(
    table: Table, kind: str, at: ColumnElement[Any], title: ColumnElement[Any], detail: dict[str, Any]
) -> Select[Any]:
    pairs = [part for name, column in detail.items() for part in (literal(name, Text), column)]
    return select(
        at.label("at"),
        literal(kind).label("kind"),
        func.concat(f"{kind}:", table.c.id).label("key"),
        table.c.id.label("number"),
        cast(title, Text).label("title"),
        cast(func.jsonb_build_object(*pairs), JSONB).label("detail"),
    )


def _midnight(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first moment of a date, in UTC."""
    return func.timezone("UTC", cast(cast(day, Date), TIMESTAMP()), type_=TIMESTAMP(timezone=True))
