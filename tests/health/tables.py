"""Small column tables with every measure that health reads, an account a row."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from forestay.conditions.columns import ColumnTable, Floats
from forestay.customers.words import Feed
from forestay.health.dimension import Factor
from forestay.health.feeds import FeedState, FeedStates
from forestay.health.score import HealthTable, score
from forestay.health.scorecard import DEFAULT_SCORECARD, Scorecard

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FACTORS: dict[str, Factor] = {
    factor.measure: factor for dimension in DEFAULT_SCORECARD.resolved() for factor in dimension.factors
}
LIVE = FeedStates({feed: FeedState(True, NOW) for feed in Feed})

THRIVING = {
    "seat_use_30d": 1.0, "active_days_28d": 20, "usage_change_28d": 1.2, "days_since_activity": 0,
    "days_since_interaction": 0, "interactions_90d": 12, "meetings_90d": 3, "nps_180d": 10, "open_tickets": 0,
    "escalations_30d": 0, "csat_90d": 5, "response_hours_90d": 1, "invoices_overdue": 0, "late_payments_180d": 0,
    "payment_delay_days_180d": 0, "feature_adoption_30d": 1, "unused_features_45d": 0, "sticky_change_7d": 1,
}  # fmt: skip
GONE_QUIET = {
    "seat_use_30d": 0.0, "active_days_28d": 0, "usage_change_28d": 0.0, "days_since_activity": 60,
    "feature_adoption_30d": 0, "unused_features_45d": 6, "sticky_change_7d": np.nan,
}  # fmt: skip


def accounts(*rows: dict[str, float], **columns: Floats) -> ColumnTable:
    """A table of thriving accounts with what differs."""
    whole = [THRIVING | row for row in rows]
    measures = {f"measure.{key}": np.array([float(row[key]) for row in whole]) for key in THRIVING}
    named = {name.replace("__", "."): values for name, values in columns.items()}
    return ColumnTable((len(rows),), {"account.is_churned": np.zeros(len(rows))} | measures | named)


def feeds(*absent: Feed, silent: dict[Feed, datetime] | None = None) -> FeedStates:
    """All feeds live but those named; the silent ones were last heard at the moment given."""
    states = {feed: FeedState(True, NOW) for feed in Feed if feed not in absent}
    return FeedStates(states | {feed: FeedState(True, at) for feed, at in (silent or {}).items()})


def health_of(table: ColumnTable, states: FeedStates = LIVE, *cards: Scorecard) -> HealthTable:
    """Health without a past."""
    return score(cards or (DEFAULT_SCORECARD,), table, states, None, NOW)
