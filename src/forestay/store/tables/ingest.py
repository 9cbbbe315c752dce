"""What comes in: quarantine, imports' mappings and files, machine jobs, feeds' heartbeats."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Float, Index, Integer, Table, Text, text

from forestay.store.tables.base import document, metadata, moment, number, workspace

quarantine = Table(
    "quarantine",
    metadata,
    number(),
    workspace(),
    moment("received_at", required=True),
    Column("source", Text, nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="waiting"),  # waiting | replayed | discarded
    moment("settled_at"),
    Column("position", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
)
Index("ix_quarantine_place", quarantine.c.workspace_id, quarantine.c.position, quarantine.c.part, unique=True)

import_mappings = Table(
    "import_mappings",
    metadata,
    workspace(primary=True),
    Column("kind", Text, primary_key=True),
    Column("header_hash", Text, primary_key=True),
    document("mapping"),
    moment("updated_at", now=True),
)

import_files = Table(
    "import_files",
    metadata,
    workspace(primary=True),
    Column("kind", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("job_id", BigInteger),
    Column("name", Text, nullable=False),
    moment("at", now=True),
)

jobs = Table(
    "jobs",
    metadata,
    number(),
    workspace(),
    Column("kind", Text, nullable=False),  # import, backtest, history, ...
    Column("status", Text, nullable=False, server_default="queued"),
    document("params"),
    document("progress"),  # {"done":, "total":, "what":}
    document("checkpoint"),
    document("result"),
    Column("error", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_by", Text, nullable=False, server_default="system"),
    moment("created_at", now=True),
    moment("started_at"),
    moment("heartbeat_at"),
    moment("finished_at"),
    CheckConstraint("status IN ('queued','running','done','failed','cancelled')", name="status"),
)
Index("ix_jobs_waiting", jobs.c.id, postgresql_where=text("status IN ('queued','running')"))

feeds = Table(
    "feeds",
    metadata,
    workspace(primary=True),
    Column("feed", Text, primary_key=True),  # customers.words.Feed
    moment("connected_at", required=True),
    moment("last_at", required=True),
    Column("typical_gap_seconds", Float, nullable=False, server_default=text("3600")),  # between deliveries, lately
)
