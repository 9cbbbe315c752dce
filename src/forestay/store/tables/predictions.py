"""Models and what they say: the registry, predictions of accounts, whole days of predictions, drift."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL

from forestay.store.tables.base import document, metadata, moment, number, workspace

models = Table(
    "models",
    metadata,
    number(),
    workspace(),
    Column("purpose", Text, nullable=False),  # 'churn', 'early_warning', 'expansion', ...
    Column("version", Integer, nullable=False),  # 1, 2, ... within workspace and purpose
    Column("status", Text, nullable=False, server_default="draft"),
    Column("candidate", Text, nullable=False),  # which learner: 'rule', 'logistic', 'additive', ...
    Column("document", Text, nullable=False),  # ModelDocument as JSON; trees of LightGBM are text inside
    Column("hash", Text, nullable=False),  # sha256 of the document
    Column("trained_since", Date),  # first and last day of the snapshots
    Column("trained_until", Date),
    document("measure_hashes"),  # measure -> hash of its definition when it was trained
    document("metrics"),  # out of time: auc, log_loss, ... with intervals
    document("card"),  # what the card shows: calibration, lift, candidates, thresholds, words
    document("signature"),  # names of features, what is answered
    Column("reference", LargeBinary),  # a sample of the training rows (predictions.reference), for drift
    Column("parent", Integer),  # version it was compared with, or was rolled back to
    Column("job_id", BigInteger),
    Column("created_by", Text, nullable=False, server_default="system"),
    moment("created_at", now=True),
    Column("asked_by", Text),  # who asked for it to go live, where another must approve
    Column("approved_by", Text),
    moment("live_since"),
    moment("retired_at"),
    Column("note", Text),
    UniqueConstraint("workspace_id", "purpose", "version"),
    CheckConstraint("status IN ('draft','shadow','live','retired')", name="status"),
)
Index("ix_models_live", models.c.workspace_id, models.c.purpose, unique=True, postgresql_where=text("status = 'live'"))
Index(
    "ix_models_shadow", models.c.workspace_id, models.c.purpose, unique=True, postgresql_where=text("status = 'shadow'")
)

predictions = Table(
    "predictions",
    metadata,
    workspace(),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    moment("as_of", required=True),
    Column("model_version", Integer, nullable=False),
    Column("state", Text, nullable=False),  # 'ok', 'not_enough_data'
    Column("horizons", ARRAY(REAL), nullable=False, server_default="{}"),  # P(churn <= 30, 60, 90 days), 0-1
    Column("low", REAL),  # interval of the last horizon
    Column("high", REAL),
    Column("reasons", JSONB),  # predictions.kept_reasons, of the accounts most at risk; null: computed when asked for
    moment("reasons_at"),
    postgresql_with={"fillfactor": "70"},
)
"""What the live churn model said last; the rule score alone stands in account_states."""

prediction_changes = Table(
    "prediction_changes",
    metadata,
    workspace(),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    moment("at", required=True),
    Column("model_version", Integer),  # null: the rule
    Column("probability", REAL),  # within 90 days, 0-1
    Column("low", REAL),
    Column("high", REAL),
    Column("readiness", REAL),
)
"""A line when the probability moved, another model spoke, or a week went by."""
Index("ix_prediction_changes_account", prediction_changes.c.account_id, prediction_changes.c.at)

prediction_days = Table(
    "prediction_days",
    metadata,
    workspace(),
    Column("model_id", BigInteger, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    Column("is_shadow", Boolean, nullable=False),
    Column("account_ids", ARRAY(BigInteger), nullable=False),
    Column("probability", ARRAY(REAL), nullable=False),
)
"""All accounts' predictions at the end of a day by a live or shadow model, place for place; parts of 10,000 accounts."""

drift_reports = Table(
    "drift_reports",
    metadata,
    number(),
    workspace(),
    Column("model_id", BigInteger, ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    moment("at", now=True),
    Column("is_alarm", Boolean, nullable=False),
    document("report"),  # learning.drift.DriftReport
    UniqueConstraint("model_id", "day"),
)

measures_before = Table(
    "measures_before",
    metadata,
    workspace(),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, nullable=False),  # or the first since which they stood so
    document("measures"),  # column -> value at the end of that day, for what scenarios ask back
)
"""What an account's measures were a quarter ago, looked at every day while a trajectory is live, written where it changed."""
Index("ix_measures_before_workspace", measures_before.c.workspace_id)
