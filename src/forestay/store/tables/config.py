"""Configuration as documents: versions of measures, scorecards, triggers, segments, templates, roles of events."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from forestay.store.tables.base import document, metadata, moment, number, workspace

documents = Table(
    "documents",
    metadata,
    number(),
    workspace(),
    Column("kind", Text, nullable=False),  # measure, scorecard, trigger, segment, template, event_roles, journey
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    document("body"),
    Column("hash", Text, nullable=False),  # sha256 of the canonical JSON: the ETag
    Column("note", Text),
    Column("author_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    moment("created_at", now=True),
    moment("published_at"),
    UniqueConstraint("workspace_id", "kind", "key", "version"),
    CheckConstraint("status IN ('draft','published','paused','archived')", name="status"),
)
Index(
    "ix_documents_live",
    documents.c.workspace_id,
    documents.c.kind,
    documents.c.key,
    unique=True,
    postgresql_where=text("status IN ('published','paused')"),
)
