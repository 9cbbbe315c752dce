"""What became of interventions, what they were worth, and how triggers were tuned by it.

Owners: outcomes (interventions, impact_reports, account_uplifts), learning (trigger_tunings, trigger_moves).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, REAL

from forestay.store.tables.base import document, metadata, moment, number, workspace

interventions = Table(
    "interventions",
    metadata,
    number(),
    workspace(),
    Column("trigger_key", Text, nullable=False),
    Column("trigger_version", Integer, nullable=False),
    Column("signal_id", BigInteger, ForeignKey("signals.id", ondelete="CASCADE")),  # null: explored in silence
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("arm", Text, nullable=False),  # 'treated' | 'holdout' | 'withheld' | 'explored'
    Column("propensity", REAL),  # chance of 'treated' as it was dealt, 0-1; null where nobody dealt
    Column("aim", Text, nullable=False),  # 'churned' | 'renewed' | 'expanded', as the trigger says
    moment("at", required=True),
    moment("due_at", required=True),
    Column("value", Double),  # of the tuned column then
    Column("segments", ARRAY(Text), nullable=False, server_default="{}"),
    Column("covariates", ARRAY(REAL), nullable=False, server_default="{}"),  # outcomes.covariates, before `at`
    Column("arr_before", Double),  # the workspace's currency
    Column("arr_after", Double),
    Column("renewals", Integer),  # subscriptions up for renewal in the window
    moment("touched_at"),
    Column("churned", Boolean),
    Column("renewed", Boolean),  # null without a renewal in the window
    Column("expanded", Boolean),
    Column("recovered", Boolean),  # null without a health score before or after
    Column("ending", Text),  # 'churned' | 'renewed' | 'expanded' | 'recovered' | 'retained'
    moment("settled_at"),
    UniqueConstraint("workspace_id", "signal_id"),
)
Index("ix_interventions_due", interventions.c.due_at, postgresql_where=text("settled_at IS NULL"))
Index("ix_interventions_trigger", interventions.c.workspace_id, interventions.c.trigger_key, interventions.c.at)
Index("ix_interventions_account", interventions.c.account_id)

impact_reports = Table(
    "impact_reports",
    metadata,
    workspace(primary=True),
    Column("kind", Text, primary_key=True),  # 'trigger' | 'journey' | 'arm'
    Column("key", Text, primary_key=True),  # of an arm: journey/step/arm
    document("body"),  # outcomes.report.ImpactReport
    Column("looks", Integer, nullable=False, server_default=text("0")),  # at the uplift, each with its part of alpha
    Column("looked_at", Integer, nullable=False, server_default=text("0")),  # known outcomes at the last of them
    moment("computed_at", now=True),
)

account_uplifts = Table(
    "account_uplifts",
    metadata,
    workspace(primary=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("effect", REAL, nullable=False),  # on the chance of a good outcome, -1 to 1
    Column("low", REAL, nullable=False),
    Column("high", REAL, nullable=False),
    Column("part", SmallInteger, nullable=False),  # 0: the fifth that gains least ... 4: that gains most
    moment("at", now=True),
)
Index("ix_account_uplifts_account", account_uplifts.c.account_id)

trigger_tunings = Table(
    "trigger_tunings",
    metadata,
    workspace(primary=True),
    Column("trigger_key", Text, primary_key=True),
    Column("segment", Text, primary_key=True),  # '': every account without a threshold of its segment's own
    Column("version", Integer, nullable=False),  # of the trigger from which on firings count
    Column("anchor", Double),  # the threshold as a person published it last; null: nothing to tune
    Column("threshold", Double),
    Column("step", Double),  # of the threshold's own unit
    Column(
        "direction", SmallInteger, nullable=False, server_default=text("0")
    ),  # of the last move: 1 tighter, -1 looser
    Column("reversals", SmallInteger, nullable=False, server_default=text("0")),
    moment("moved_at"),
    document("findings"),  # learning.findings.Findings: precision by segment, suggestion
    moment("updated_at", now=True),
)

trigger_moves = Table(
    "trigger_moves",
    metadata,
    number(),
    workspace(),
    Column("trigger_key", Text, nullable=False),
    Column("segment", Text, nullable=False, server_default=text("''")),
    moment("at", now=True),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),  # 'tighten' | 'loosen' | 'advise_only' | 'act_again'
    Column("threshold_before", Double),
    Column("threshold_after", Double),
    Column("version_before", Integer, nullable=False),
    Column("version_after", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    moment("undone_at"),
    Column("undone_by", Text),
)
Index("ix_trigger_moves_trigger", trigger_moves.c.workspace_id, trigger_moves.c.trigger_key, trigger_moves.c.at)
