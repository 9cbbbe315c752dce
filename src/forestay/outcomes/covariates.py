"""What is known of an account before an intervention, as it stood then: health, revenue, the chance to leave, every measure.

Gives : COVARIATES, MEASURES, FROM_STORE, covariates_sql(), carried_sql(), values_of(), in_places()
Source: health_changes, prediction_changes and dated subscriptions tell any past moment; measures come out of the lake, as
        of the end of the day before (outcomes/known_before.py); seats and contract dates tell the present only, so they are
        taken when an intervention is noted (the same day) and left out of one that is noted later

The expressions speak of an account `x` (account_id, at) of the workspace `w`, and of its row `a` in accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forestay.health.registry import KEYS
from forestay.health.trend import HORIZONS
from forestay.journeys.experiments.readings import ARR_BEFORE, HEALTH_BEFORE
from forestay.outcomes.subjects import Floats

_OTHERS = tuple(days for days in HORIZONS if days != 30)
FROM_STORE = (
    "health.score", "health.change_30d", "account.log_arr", "account.tenure_days", "account.days_to_renewal",
    "account.seats", *(f"health.{key}" for key in KEYS), "health.confidence",
    *(f"health.change_{days}d" for days in _OTHERS), *(f"health.ratio_{days}d" for days in HORIZONS), "churn.probability",
)  # fmt: skip
_KEYS = """
    active_users_7d active_users_30d seat_use_30d active_days_28d events_7d events_30d usage_change_28d days_since_activity
    sign_ins_30d seat_use_change_60d sticky_change_7d premium_events_14d features_used_30d feature_adoption_30d
    unused_features_45d premium_first_60d invitations_14d workflow_events_30d workflows_first_30d open_tickets tickets_30d
    escalations_14d escalations_30d csat_90d response_hours_90d ticket_sentiment_90d days_since_interaction interactions_90d
    meetings_90d inbound_90d nps_180d sponsor_left_90d contacts_left_90d invoices_overdue overdue_amount late_payments_180d
    payment_delay_days_180d mrr mrr_change_90d"""
MEASURES = tuple(f"measure.{key}" for key in _KEYS.split())
"""The default measures but for those that FROM_STORE tells already (tenure, renewal, seats)."""
COVARIATES = (*FROM_STORE, *MEASURES)
"""Values are stored by their place here: a new one goes to the end, none is taken away."""

_RENEWAL, _SEATS = (FROM_STORE.index(f"account.{name}") + 1 for name in ("days_to_renewal", "seats"))
_TODAY = "(x.at AT TIME ZONE w.zone)::date"
_HEALTH = "FROM health_changes AS h WHERE h.account_id = x.account_id AND h.at <= x.at ORDER BY h.at DESC LIMIT 1"
_CONFIDENCE = f"(SELECT h.confidence {_HEALTH})"
_DIMENSIONS = f"""coalesce((SELECT ARRAY[{", ".join(f"h.dimensions[{n + 1}]" for n in range(len(KEYS)))}]::real[] {_HEALTH}),
    array_fill(NULL::real, ARRAY[{len(KEYS)}]))"""
_CHANCE = """(SELECT p.probability FROM prediction_changes AS p
    WHERE p.account_id = x.account_id AND p.at <= x.at ORDER BY p.at DESC LIMIT 1)"""


def covariates_sql(fresh: str) -> str:
    """A real[] in the order of FROM_STORE. fresh: an expression that is true where the present tells of then."""
    return _sql(f"CASE WHEN {fresh} THEN a.renews_on - {_TODAY} END", f"CASE WHEN {fresh} THEN a.seats END")


def carried_sql(stored: str) -> str:
    """The same, read later: what only the present told then is taken from `stored`, the array of then."""
    return _sql(f"{stored}[{_RENEWAL}]", f"{stored}[{_SEATS}]")


def values_of(rows: Sequence[Sequence[float | None] | None]) -> Floats:
    """(n, k) in the order of COVARIATES out of stored arrays, NaN where one is missing or shorter."""
    made = np.full((len(rows), len(COVARIATES)), np.nan)
    for line, row in zip(made, rows, strict=True):
        given = [np.nan if value is None else value for value in (row or ())][: len(line)]
        line[: len(given)] = given
    return made


def in_places(found: Mapping[str, Floats], n: int) -> Floats:
    """(n, k) in the order of COVARIATES out of columns (n,) by name; NaN where there is none, others are left out."""
    missing = np.full(n, np.nan)
    return np.column_stack([found.get(name, missing) for name in COVARIATES]).astype(np.float64)


def _sql(renewal: str, seats: str) -> str:
    before = {days: HEALTH_BEFORE.replace("x.at", f"x.at - interval '{days} days'") for days in HORIZONS}
    changes = [f"{HEALTH_BEFORE} - {before[days]}" for days in _OTHERS]
    ratios = [f"{HEALTH_BEFORE} / CASE WHEN {before[days]} > 0 THEN {before[days]} END" for days in HORIZONS]
    return f"""(ARRAY[{HEALTH_BEFORE}, {HEALTH_BEFORE} - {before[30]}, ln(1 + {ARR_BEFORE}), {_TODAY} - a.customer_since,
        {renewal}, {seats}]::real[] || {_DIMENSIONS} || ARRAY[{", ".join((_CONFIDENCE, *changes, *ratios, _CHANCE))}]::real[])"""
