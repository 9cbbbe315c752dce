"""Journeys at work: runs, tokens, the inbox of what wakes them, history, counts, exposures.

The documents themselves stand in `documents` (kind 'journey'). The hot tables have no foreign keys but the
workspace's: a million waiting runs pay for every index, and a run whose account is gone ends by itself.
Status and state are numbers (journeys.words).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from forestay.store.tables.base import document, metadata, moment, number, workspace

journeys = Table(
    "journeys",
    metadata,
    number(),
    workspace(),
    Column("key", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="active"),  # 'active' | 'paused' | 'stopped'
    moment("since", now=True),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("work", JSONB),  # what an operator began and the worker carries on (runtime/whole.py)
    UniqueConstraint("workspace_id", "key"),
)

journey_steps = Table(
    "journey_steps",
    metadata,
    workspace(),
    Column("journey_id", BigInteger, ForeignKey("journeys.id", ondelete="CASCADE"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("step_id", Text, nullable=False),
    UniqueConstraint("journey_id", "step_id"),
)
"""A step id keeps its number through all versions, so that counts and waiting tokens survive edits."""

journey_runs = Table(
    "journey_runs",
    metadata,
    number(),
    Column("workspace_id", BigInteger, nullable=False),
    Column("journey_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("contact_id", BigInteger, nullable=False, server_default=text("0")),
    Column("parent_token", BigInteger),
    moment("entered_at", required=True),
    moment("ended_at"),
    moment("paused_at"),
    Column("version", Integer, nullable=False),
    Column("serial", Integer, nullable=False, server_default=text("1")),
    Column("status", SmallInteger, nullable=False, server_default=text("0")),
    Column("entry_key", LargeBinary, nullable=False),
    Column("reason", Text),
    Column("run_values", JSONB),
    postgresql_with={"fillfactor": "45"},  # who ends finds room beside itself: no index is touched
)
Index("ix_journey_runs_entry", journey_runs.c.workspace_id, journey_runs.c.entry_key, unique=True)
Index("ix_journey_runs_subject", journey_runs.c.account_id, journey_runs.c.journey_id)
Index("ix_journey_runs_journey", journey_runs.c.journey_id, journey_runs.c.id)
Index("ix_journey_runs_contact", journey_runs.c.contact_id, postgresql_where=text("contact_id <> 0"))
Index("ix_journey_runs_parent", journey_runs.c.parent_token, postgresql_where=text("parent_token IS NOT NULL"))

journey_tokens = Table(
    "journey_tokens",
    metadata,
    number(),
    Column("workspace_id", BigInteger, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("journey_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    moment("due_at"),
    moment("since", required=True),
    Column("version", Integer, nullable=False),
    Column("passed", Integer, nullable=False, server_default=text("1")),
    Column("step", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("fork_step", SmallInteger),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("is_paused", Boolean, nullable=False, server_default=text("false")),
    Column("wakes", JSONB),
    postgresql_with={"fillfactor": "85"},
)
Index("ix_journey_tokens_due", journey_tokens.c.due_at, postgresql_where=text("due_at IS NOT NULL AND NOT is_paused"))
Index("ix_journey_tokens_run", journey_tokens.c.run_id)
Index(
    "ix_journey_tokens_waiting",
    journey_tokens.c.account_id,
    journey_tokens.c.state,
    postgresql_where=text("state IN (2, 3, 7) OR attempts > 0"),
)

Index(
    "ix_journey_tokens_asleep",
    journey_tokens.c.id,
    postgresql_where=text("due_at IS NULL AND state IN (0, 1, 7) AND NOT is_paused"),
)
Index("ix_journey_tokens_still", journey_tokens.c.id, postgresql_where=text("is_paused"))
Index("ix_journey_tokens_joins", journey_tokens.c.id, postgresql_where=text("state = 6"))

journey_inbox = Table(
    "journey_inbox",
    metadata,
    number(),
    workspace(),
    Column("kind", Text, nullable=False),  # 'enter' | 'event' | 'outcome' | 'child' | 'touch'
    Column("journey_id", BigInteger),
    Column("account_id", BigInteger),
    Column("contact_key", Text),
    Column("contact_id", BigInteger),
    Column("token_id", BigInteger),
    Column("name", Text),
    Column("entry_key", Text),
    Column("refused", Text),  # why a turn failed for it; taken up again when an operator says so
    moment("at", required=True),
    document("body"),
    moment("created_at", now=True),
)

journey_history = Table(
    "journey_history",
    metadata,
    Column("workspace_id", BigInteger, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    moment("at", required=True),
    Column("step", SmallInteger),
    Column("happening", SmallInteger, nullable=False),
    Column("port", Text),
    Column("detail", JSONB),
    postgresql_partition_by="RANGE (at)",
)
Index("ix_journey_history_run", journey_history.c.run_id)

journey_counts = Table(
    "journey_counts",
    metadata,
    workspace(),
    Column("journey_id", BigInteger, ForeignKey("journeys.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("step", SmallInteger, nullable=False),  # -1: the journey itself
    Column("day", Date, nullable=False),
    Column(
        "name", Text, nullable=False
    ),  # 'arrived', 'port:<name>', 'asked', 'ended:<status>:<reason>', 'entered', ...
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("journey_id", "version", "step", "day", "name"),
)
"""Under the day 1970-01-01: how many runs there are now, 'now:<status>' (runtime/counting.py)."""
Index("ix_journey_counts_now", journey_counts.c.workspace_id, postgresql_where=text("day = '1970-01-01'"))
Index(
    "ix_journey_counts_whole", journey_counts.c.workspace_id, journey_counts.c.day, postgresql_where=text("step = -1")
)

journey_exposures = Table(
    "journey_exposures",
    metadata,
    workspace(),
    Column("journey_id", BigInteger, ForeignKey("journeys.id", ondelete="CASCADE"), nullable=False),
    Column("test", Text, nullable=False),  # id of the split step
    Column("bucket_version", Integer, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("contact_id", BigInteger, nullable=False, server_default=text("0")),
    Column("run_id", BigInteger, nullable=False),
    Column("arm", Text, nullable=False),
    moment("at", required=True),
    Column("shares", JSONB),  # what the arms' shares were: propensities
    PrimaryKeyConstraint("journey_id", "test", "bucket_version", "run_id"),
)
Index(
    "ix_journey_exposures_at", journey_exposures.c.workspace_id, journey_exposures.c.journey_id, journey_exposures.c.at
)

journey_clocks = Table(
    "journey_clocks",
    metadata,
    workspace(),
    Column("journey_id", BigInteger, ForeignKey("journeys.id", ondelete="CASCADE"), nullable=False),
    Column("entry", Text, nullable=False),  # hash of an entry by date or by schedule
    moment("looked_at", required=True),
    PrimaryKeyConstraint("journey_id", "entry"),
)
"""Until when entries by date and by schedule were let in: what fell due in between comes in once, also after a rest."""

journey_alarms = Table(
    "journey_alarms",
    metadata,
    number(),
    workspace(),
    Column("journey_id", BigInteger, ForeignKey("journeys.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),  # 'ends': runs end otherwise than they used to
    Column("day", Date, nullable=False),
    moment("at", now=True),
    document("detail"),
    UniqueConstraint("journey_id", "kind", "day"),
)

journey_arms = Table(
    "journey_arms",
    metadata,
    workspace(),
    Column("journey_id", BigInteger, ForeignKey("journeys.id", ondelete="CASCADE"), nullable=False),
    Column("test", Text, nullable=False),
    Column("bucket_version", Integer, nullable=False, server_default=text("1")),
    document("shares"),  # arm -> percent, as allocated now; a stopped arm keeps its place in it
    document("stopped"),  # arm -> reason
    moment("updated_at", now=True),
    PrimaryKeyConstraint("journey_id", "test"),
)
"""Shares that differ from the document's: moved by Thompson allocation, or an arm stopped by a guard rail."""

journey_outcomes = Table(
    "journey_outcomes",
    metadata,
    workspace(),
    Column("journey_id", BigInteger, ForeignKey("journeys.id", ondelete="CASCADE"), primary_key=True),
    Column("test", Text, primary_key=True),
    Column("bucket_version", Integer, primary_key=True),
    Column("run_id", BigInteger, primary_key=True),
    Column("outcome", Text, primary_key=True),  # name of the outcome with its horizon: 'goal:30', 'revenue:kept:90'
    moment("due_at", required=True),  # when its horizon is over
    Column("start", Double),  # what it was at the exposure, where the outcome compares with that
    Column("before", Double),  # what was known before the exposure and tells of the outcome (CUPED)
    Column("value", Double),  # the outcome; null where the subject had none
    moment("settled_at"),
)
Index("ix_journey_outcomes_due", journey_outcomes.c.due_at, postgresql_where=text("settled_at IS NULL"))
"""What became of the subjects of tests: read once when the horizon is over, then kept."""

test_reports = Table(
    "test_reports",
    metadata,
    workspace(primary=True),
    Column("journey", Text, primary_key=True),  # key; '*' for the workspace's own holdout
    Column("test", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),  # name of the outcome that decides
    Column("seen", Text, nullable=False),  # what the look was made from (journeys/experiments/kept.py)
    Column("body", Text, nullable=False),  # the report as JSON, arms in their order
    moment("computed_at", required=True),
)
"""What each test said at the last look."""
