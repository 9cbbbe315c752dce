"""Where each account stands, how it got there, and how far the worker has come."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, REAL

from forestay.store.tables.base import document, metadata, moment, workspace

account_states = Table(
    "account_states",
    metadata,
    workspace(),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    moment("as_of", required=True),
    Column("scorecard_key", Text),
    Column("score", REAL),  # 0-100, null without any evidence
    Column("band", Text),
    Column("confidence", REAL),  # 0-1
    Column("band_confidence", REAL),  # 0-1, P(band is right)
    Column("dimensions", ARRAY(REAL), nullable=False, server_default="{}"),  # 0-100 in scorecard order, NaN = missing
    Column(
        "trends", ARRAY(REAL), nullable=False, server_default="{}"
    ),  # change in points over 7, 30, 90 days and their half-widths
    Column("churn_score", REAL),  # 0-1, rule score until a model is live
    Column("churn_model", Integer),  # version of the model that gave it, null: the rule
    Column("readiness", REAL),  # 0-100
    Column("measures", ARRAY(REAL), nullable=False, server_default="{}"),  # in the order of measure_sets
    Column("measure_set", Integer),
    document("anomalies", empty="'[]'::jsonb"),
    postgresql_with={"fillfactor": "60"},
)
Index("ix_account_states_score", account_states.c.workspace_id, account_states.c.score)

measure_sets = Table(
    "measure_sets",
    metadata,
    workspace(primary=True),
    Column("number", Integer, primary_key=True),
    Column("keys", ARRAY(Text), nullable=False),
    Column("dimension_keys", ARRAY(Text), nullable=False, server_default="{}"),
    moment("at", now=True),
)

health_changes = Table(
    "health_changes",
    metadata,
    workspace(),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    moment("at", required=True),
    Column("score", REAL),
    Column("band", Text),
    Column("confidence", REAL),
    Column("dimensions", ARRAY(REAL), nullable=False, server_default="{}"),
    Column("scorecard_key", Text),
    Column("cause", Text, nullable=False),  # 'event', 'day', 'scorecard', 'history'
)
Index("ix_health_changes_account", health_changes.c.account_id, health_changes.c.at)

daily_counts = Table(
    "daily_counts",
    metadata,
    workspace(primary=True),
    Column("day", Date, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""What we did and saw a day: events.accepted, events.duplicate, events.late, ticks, ..."""

positions = Table(
    "positions",
    metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False, server_default="0"),
    moment("at", now=True),
)
