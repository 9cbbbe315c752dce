"""Workspaces, members, sessions, keys, audit trail, consent, suppression, calendars, keys of repeated requests."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from forestay.store.tables.base import document, metadata, moment, number, workspace

workspaces = Table(
    "workspaces",
    metadata,
    number(),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False, server_default="UTC"),
    Column("currency", Text, nullable=False, server_default="USD"),
    document("settings"),
    moment("created_at", now=True),
)

members = Table(
    "members",
    metadata,
    number(),
    workspace(),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("zone", Text, nullable=False, server_default="UTC"),
    Column("calendar_key", Text, nullable=False, server_default="default"),
    Column("tasks_per_day", Integer, nullable=False, server_default="12"),
    moment("disabled_at"),
    moment("created_at", now=True),
    UniqueConstraint("workspace_id", "email"),
    CheckConstraint("role IN ('admin','ops','csm','viewer')", name="role"),
)

member_sessions = Table(
    "member_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    workspace(),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    moment("created_at", now=True),
    moment("expires_at", required=True),
    moment("last_used_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    number(),
    workspace(),
    Column("kind", Text, nullable=False),  # 'management' | 'write'
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False, server_default="{}"),
    Column("created_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    moment("created_at", now=True),
    moment("last_used_at"),
    moment("revoked_at"),
    CheckConstraint("kind IN ('management','write')", name="kind"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    workspace(primary=True),
    Column("seq", BigInteger, primary_key=True),
    moment("at", required=True),
    Column("actor", Text, nullable=False),  # 'member:7', 'key:3', 'system'
    Column("action", Text, nullable=False),  # 'trigger.published'
    Column("subject", Text, nullable=False),  # 'trigger:health-below-60'
    document("detail"),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    workspace(primary=True),
    Column("contact_id", BigInteger, ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),  # 'marketing' | 'success'
    Column("is_given", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    moment("at", now=True),
)

suppressions = Table(
    "suppressions",
    metadata,
    workspace(primary=True),
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    moment("at", now=True),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    workspace(primary=True),
    Column("key", Text, primary_key=True),
    Column("route", Text, nullable=False),  # 'POST /api/members'
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Integer),  # null while the first request is under way
    Column("answer", JSONB),
    moment("at", required=True),
)

calendars = Table(
    "calendars",
    metadata,
    workspace(primary=True),
    Column("key", Text, primary_key=True),
    document("body"),  # kit.calendars.CalendarDocument
    moment("updated_at", now=True),
)

Index("ix_member_sessions_member", member_sessions.c.workspace_id, member_sessions.c.member_id)
Index("ix_api_keys_live", api_keys.c.workspace_id, postgresql_where=text("revoked_at IS NULL"))
