"""Triggers' states, signals, requests to act, watched events, feedback."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from forestay.store.tables.base import document, metadata, moment, number, workspace

trigger_states = Table(
    "trigger_states",
    metadata,
    workspace(primary=True),
    Column("trigger_key", Text, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("is_on", Boolean, nullable=False),
    moment("since", required=True),
    moment("last_fired_at"),
)

signals = Table(
    "signals",
    metadata,
    number(),
    workspace(),
    Column("trigger_key", Text, nullable=False),
    Column("trigger_version", Integer, nullable=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("tier", Text, nullable=False),
    Column("risk_level", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="open"),
    document("evidence", empty="'[]'::jsonb"),  # list of signals.Evidence
    document("cause"),  # {"position": .., "event": .., "message_id": ..} or {"clock": "day"}
    Column("is_holdout", Boolean, nullable=False, server_default=text("false")),
    Column("held_back", Text),  # why it asked for no action: 'holdout', 'cap', 'paused', 'cooldown', ...
    Column("updates", Integer, nullable=False, server_default="0"),
    moment("event_at", required=True),
    moment("detected_at", required=True),
    moment("fired_at", required=True),
    moment("decided_at"),
    moment("task_at"),
    moment("first_touch_at"),
    moment("outcome_at"),
    Column("outcome", Text),
    moment("updated_at", now=True),
    moment("closed_at"),
    Column("closed_reason", Text),
)
Index(
    "ix_signals_one_open",
    signals.c.workspace_id,
    signals.c.trigger_key,
    signals.c.account_id,
    unique=True,
    postgresql_where=text("status = 'open'"),
)
Index("ix_signals_fired", signals.c.workspace_id, signals.c.fired_at)
Index("ix_signals_account", signals.c.account_id, signals.c.fired_at)

requests = Table(
    "requests",
    metadata,
    number(),
    Column("workspace_id", BigInteger, nullable=False),  # unchecked, as the account: docs/decisions/0004
    Column("account_id", BigInteger),
    Column(
        "cause", Text(collation="C"), nullable=False
    ),  # 'signal:<id>:<update>' | 'run:...' | 'api:<idempotency key>'
    Column("slot", Text, nullable=False),  # which of the cause's actions: 'task', 'email', ...
    Column("token_id", BigInteger),  # the token of a journey that asks, and is told what became of it
    Column("journey_id", BigInteger),
    Column("step", SmallInteger),
    document("body"),  # actions.request.ActionRequest
    moment("created_at", now=True),
    moment("not_before"),
    moment("drained_at"),
    Column("refusal", Text),
    UniqueConstraint("workspace_id", "cause", "slot"),
)
Index(
    "ix_requests_flow",
    requests.c.workspace_id,
    func.coalesce(requests.c.journey_id, text("0")),
    func.coalesce(requests.c.not_before, text("'-infinity'::timestamptz")),
    requests.c.id,
    postgresql_where=text("drained_at IS NULL"),
)

recent_events = Table(
    "recent_events",
    metadata,
    workspace(),
    Column("account_id", BigInteger, nullable=False),
    Column("contact_key", Text),
    Column("name", Text, nullable=False),
    moment("at", required=True),
    Column("day", Date, nullable=False),
    Column("message_id", Text),
    document("properties"),
)
Index(
    "ix_recent_events_account",
    recent_events.c.workspace_id,
    recent_events.c.account_id,
    recent_events.c.name,
    recent_events.c.at,
)

feedback = Table(
    "feedback",
    metadata,
    number(),
    workspace(),
    Column("signal_id", BigInteger, ForeignKey("signals.id", ondelete="CASCADE"), nullable=False),
    Column("task_id", BigInteger),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("actor", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("note", Text),
    moment("at", now=True),
    UniqueConstraint("workspace_id", "signal_id", "actor"),
)
