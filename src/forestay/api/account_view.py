"""The account 360: one answer with everything that is known of an account.

Gives: AccountView, view_of()
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from math import isnan
from typing import Any

from pydantic import Field
from sqlalchemy import Connection, Row, select

from forestay.actions.tasks.opening import STILL_OPEN
from forestay.actions.tasks.queue import TaskFilter, list_tasks
from forestay.api import signals as signal_routes
from forestay.api.account_shapes import (
    AccountItem,
    ChurnView,
    Contribution,
    HealthView,
    ReasonShape,
    basics_of,
    churn_source,
    health_item,
    number,
)  # fmt: skip
from forestay.api.calls import Call
from forestay.api.queries import account_parts as parts
from forestay.api.queries import health as drivers
from forestay.api.queries.columns import stored_columns
from forestay.api.queries.foreseen import foreseen_of
from forestay.api.queries.signals import SignalFilter, signals_where
from forestay.api.shapes import Shape
from forestay.api.task_shapes import TaskShape
from forestay.conditions.columns import ColumnTable
from forestay.customers.words import Feed, SignalStatus
from forestay.health.explain import say
from forestay.kit.clock import day_of
from forestay.predictions.rule_score import Reason, churn_by_rule
from forestay.signals.words import ColumnWords
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import workspaces
from forestay.store.tables.scores import measure_sets
from forestay.store.tables.signals import signals

_REASONS = 5
_ROUNDING = 0.1


class ContactView(Shape):
    """A contact of the account with their roles."""

    id: int
    external_id: str
    name: str | None
    email: str | None
    title: str | None
    phone: str | None
    zone: str | None
    is_sponsor: bool
    is_champion: bool
    is_primary: bool
    left_on: date | None


class SubscriptionView(Shape):
    """A subscription; mrr in its currency."""

    external_id: str
    product: str | None
    plan: str | None
    seats: float | None
    mrr: float | None
    currency: str | None
    started_on: date
    ended_on: date | None
    renews_on: date | None


class TicketsView(Shape):
    """Tickets in figures. csat_90d: mean of 1 to 5, null without ratings."""

    open: int
    escalated: int
    opened_30d: int
    csat_90d: float | None
    last_opened_at: datetime | None


class InvoicesView(Shape):
    """Invoices in figures; overdue_amount in the account's currency."""

    unpaid: int
    overdue: int
    overdue_amount: float
    last_issued_on: date | None


class InteractionView(Shape):
    """One e-mail, meeting, call or note."""

    external_id: str
    channel: str
    direction: str | None
    at: datetime
    subject: str | None
    minutes: float | None


class MeasureView(Shape):
    """One number of the account; null = missing."""

    key: str
    label: str
    unit: str
    value: float | None
    higher_is_better: bool | None
    description: str


class FeedView(Shape):
    """A source as this account sees it."""

    feed: Feed
    status: str = Field(description="not_connected, no_data (live, nothing of this account), fresh or stale.")
    connected_at: datetime | None
    last_at: datetime | None
    stale_since: datetime | None


class AccountView(AccountItem):
    """Everything about one account. health is null without any evidence."""

    health: HealthView | None
    churn: ChurnView | None
    parent: str | None = Field(description="External id of the parent account.")
    merged_into: str | None = Field(description="External id of the account that it became part of.")
    zone: str | None
    traits: dict[str, Any]
    first_seen_at: datetime
    updated_at: datetime
    contacts: list[ContactView]
    subscriptions: list[SubscriptionView]
    signals: list[signal_routes.SignalShape] = Field(description="Open signals.")
    tasks: list[TaskShape] = Field(description="Tasks still to do.")
    tickets: TicketsView
    invoices: InvoicesView
    interactions: list[InteractionView] = Field(description="The latest five.")
    measures: list[MeasureView]
    feeds: list[FeedView]


def view_of(conn: Connection, call: Call, row: Row[Any]) -> AccountView:
    """The 360 view of a row of queries.accounts, in the same transaction."""
    at, number_ = call.workspace_id, row.id
    today = day_of(call.now(), _zone(conn, at))
    day = date.fromordinal(date(1970, 1, 1).toordinal() + today)
    measures = _measures(conn, at, row)
    return AccountView(
        **basics_of(row),
        health=_health(conn, at, row),
        churn=_churn(conn, at, row, call.now()),
        parent=_ref(conn, at, row.parent_id),
        merged_into=_ref(conn, at, row.merged_into),
        zone=row.zone,
        traits=row.traits,
        first_seen_at=row.first_seen_at,
        updated_at=row.updated_at,
        contacts=[ContactView.model_validate(one) for one in parts.contacts_of(conn, at, number_)],
        subscriptions=[SubscriptionView.model_validate(one) for one in parts.subscriptions_of(conn, at, number_)],
        signals=_signals(conn, at, row.external_id),
        tasks=_tasks(conn, at, row.external_id),
        tickets=TicketsView.model_validate(parts.ticket_counts(conn, at, number_, call.now())),
        invoices=InvoicesView.model_validate(parts.invoice_counts(conn, at, number_, day)),
        interactions=[InteractionView.model_validate(one) for one in parts.interactions_of(conn, at, number_)],
        measures=measures,
        feeds=_feeds(conn, call, row, measures),
    )


def _health(conn: Connection, workspace_id: int, row: Row[Any]) -> HealthView | None:
    item = health_item(row)
    if item is None:
        return None
    shares = drivers.shares_of(drivers.scorecard_of(conn, workspace_id, row.scorecard_key), row.dimensions)
    return HealthView(
        **item.model_dump(),
        scorecard=row.scorecard_key,
        contributions=[contribution(share) for share in shares],
        adjustment=adjustment_of(row.score, shares),
        anomalies=row.anomalies,
    )


def adjustment_of(score: float, shares: Sequence[drivers.Share]) -> float:
    """What an exception added or took; less than a tenth of a point is rounding of what was stored."""
    found = score - sum(share.points for share in shares)
    return round(found, 2) if abs(found) >= _ROUNDING else 0.0


def contribution(share: drivers.Share) -> Contribution:
    """A share as the API shows it."""
    return Contribution(
        dimension=share.key,
        name=share.name,
        value=None if share.value is None else round(share.value, 2),
        weight=round(share.weight, 4),
        share=round(share.share, 4),
        points=round(share.points, 2),
        points_lost=round(share.lost, 2),
    )


def _churn(conn: Connection, workspace_id: int, row: Row[Any], now: datetime) -> ChurnView | None:
    probability = number(row.churn_score)
    if probability is None:
        return None
    if row.churn_model is not None:
        found = foreseen_of(conn, workspace_id, row, now)
        told = [ReasonShape.model_validate(one) for one in found.reasons]
        return ChurnView(probability=probability, reasons=told, **churn_source(row))
    columns = stored_columns(conn, workspace_id, day_of(now, _zone(conn, workspace_id)), account_id=row.id)
    reasons = churn_by_rule(columns.table).reasons(0, _REASONS) if len(columns.ids) else []
    words = ColumnWords(parts.definitions(conn, workspace_id).values())
    return ChurnView(probability=probability, reasons=[_reason(one, columns.table, words) for one in reasons])


def _reason(reason: Reason, table: ColumnTable, words: ColumnWords) -> ReasonShape:
    """'A sponsor left: sponsors left, 90 days 1'."""
    known = [(words[name], float(table.floats(name)[0])) for name in reason.columns]
    facts = [
        f"{said.label[0].lower()}{said.label[1:]} {say(value, said.unit)}" for said, value in known if not isnan(value)
    ]
    sentence = f"{reason.label}: {', '.join(facts)}" if facts else reason.label
    return ReasonShape(key=reason.key, label=reason.label, sentence=sentence, strength=round(reason.strength, 3))


def _signals(conn: Connection, workspace_id: int, external_id: str) -> list[signal_routes.SignalShape]:
    wanted = SignalFilter(account=external_id, status=SignalStatus.OPEN)
    rows = conn.execute(signals_where(workspace_id, wanted).order_by(signals.c.fired_at.desc()).limit(parts.SHOWN))
    return [signal_routes.shape(one) for one in rows]


def _tasks(conn: Connection, workspace_id: int, external_id: str) -> list[TaskShape]:
    page = list_tasks(conn, workspace_id, TaskFilter(account=external_id, statuses=STILL_OPEN), limit=parts.SHOWN)
    return [TaskShape.model_validate(one) for one in page.items]


def _measures(conn: Connection, workspace_id: int, row: Row[Any]) -> list[MeasureView]:
    if row.measure_set is None:
        return []
    mine = (measure_sets.c.workspace_id == workspace_id) & (measure_sets.c.number == row.measure_set)
    keys = conn.execute(select(measure_sets.c["keys"]).where(mine)).scalar_one_or_none() or []
    known = parts.definitions(conn, workspace_id)
    return [
        MeasureView(
            key=key,
            label=known[key].label or key if key in known else key,
            unit=known[key].unit.value if key in known else "number",
            value=number(value),
            higher_is_better=known[key].higher_is_better if key in known else None,
            description=known[key].description if key in known else "",
        )
        for key, value in zip(keys, row.measures, strict=False)
    ]


def _feeds(conn: Connection, call: Call, row: Row[Any], measures: list[MeasureView]) -> list[FeedView]:
    told = parts.feeds_with_records(conn, call.workspace_id, row.id)
    if any(measure.key == "days_since_activity" and measure.value is not None for measure in measures):
        told.add(Feed.TELEMETRY)
    return [_feed(seen, seen.feed in told, call.now()) for seen in parts.feeds_seen(conn, call.workspace_id)]


def _feed(seen: parts.FeedSeen, has_data: bool, now: datetime) -> FeedView:
    stale = seen.is_stale(now)
    if seen.connected_at is None:
        status = "not_connected"
    elif stale:
        status = "stale"
    else:
        status = "fresh" if has_data else "no_data"
    return FeedView(
        feed=seen.feed,
        status=status,
        connected_at=seen.connected_at,
        last_at=seen.last_at,
        stale_since=seen.last_at if stale else None,
    )


def _ref(conn: Connection, workspace_id: int, account_id: int | None) -> str | None:
    mine = (accounts.c.workspace_id == workspace_id) & (accounts.c.id == account_id)
    return conn.execute(select(accounts.c.external_id).where(mine)).scalar_one_or_none()


def _zone(conn: Connection, workspace_id: int) -> str:
    return str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == workspace_id)).scalar_one())
