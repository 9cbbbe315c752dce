"""The part of `forestay doctor` that asks the database.

Reads: the database, as its owner
Gives: examine_database()
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select, text

from forestay.app.findings import Finding, Grade
from forestay.customers.words import Feed
from forestay.health.feeds import FLOOR
from forestay.kit import clock
from forestay.store import schema
from forestay.store.database import Store
from forestay.store.roles import DatabaseRole
from forestay.store.tables.ingest import feeds

QUESTIONS = (
    ("SELECT count(*) FROM quarantine WHERE status = 'waiting'", "items wait in the quarantine",
     "GET /api/quarantine says why; fix and replay, or discard"),
    ("SELECT count(*) FROM effects WHERE status = 'unknown'", "effects ended unclear",
     "GET /api/effects?status=unknown; resolve each by hand"),
    ("SELECT count(*) FROM effects WHERE status = 'failed'", "effects failed",
     "GET /api/effects?status=failed says why; mend the cause and replay"),
    ("SELECT count(*) FROM accounts WHERE owner_id IS NULL AND merged_into IS NULL", "accounts have no owner",
     "import owner_email with the accounts, or their tasks go to the least loaded CSM"),
    ("SELECT count(*) FROM jobs WHERE status = 'failed' AND created_at > now() - interval '7 days'",
     "jobs failed in the last week", "GET /api/jobs?status=failed says why"),
)  # fmt: skip
"""Question, what it counts, how to mend it; one is worth a word."""

_FREE_ROLES = text(
    "SELECT rolname FROM pg_roles WHERE rolname IN ('forestay_api', 'forestay_worker')"
    " AND (rolsuper OR (rolbypassrls AND rolname = 'forestay_api')) ORDER BY rolname"
)


def examine_database(owner_dsn: str) -> Iterator[Finding]:
    """Version, schema, roles, then contents. Raises psycopg.Error or StoreUnavailable when it does not answer."""
    found = schema.current(owner_dsn)
    if not schema.is_current(owner_dsn):
        what = f"the database has schema {found or 'none'}, this Forestay works with {schema.HEAD}"
        newer = "run the newer Forestay that wrote it, or restore an older backup"
        is_newer = found is not None and found > schema.HEAD
        yield Finding(Grade.WRONG, what, newer if is_newer else "start `forestay up` of this version: it upgrades")
        return
    store = Store.connect(owner_dsn, pool_size=1, role=DatabaseRole.OWNER)
    try:
        with store.begin_worker() as connection:
            version = connection.execute(text("show server_version")).scalar_one()
            yield Finding(Grade.WELL, f"PostgreSQL {version} answers, its schema is current ({found})")
            yield from _roles(connection)
            yield from _contents(connection)
            yield from _feeds(connection)
    finally:
        store.close()


def _roles(connection: Connection) -> Iterator[Finding]:
    """Roles that row-level security does not bind could mix up workspaces."""
    for name in connection.execute(_FREE_ROLES).scalars():
        mend = f"ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS"
        yield Finding(Grade.WRONG, f"the database role {name} may pass over the walls between workspaces", mend)


def _contents(connection: Connection) -> Iterator[Finding]:
    for question, what, mend in QUESTIONS:
        count = int(connection.execute(text(question)).scalar_one())
        if count:
            yield Finding(Grade.WARNING, f"{count} {what}", mend)


def _feeds(connection: Connection) -> Iterator[Finding]:
    """Feeds that are silent for longer than their own patience: a survey has more of it than telemetry."""
    now = clock.now()
    mend = "look at the source: scores hold their last value while confidence falls"
    for row in connection.execute(select(feeds.c.feed, feeds.c.last_at).order_by(feeds.c.last_at)):
        silent = now - row.last_at
        if silent > FLOOR[Feed(row.feed)]:
            patience = FLOOR[Feed(row.feed)].days
            what = f"the feed {row.feed} has been silent for {silent.days} days; {patience} are usual at most"
            yield Finding(Grade.WARNING, what, mend)
