"""What is known of an account before an intervention, out of the store as it stood then.

Gives : COVARIATES, covariates_sql(), values_of()
Source: health_changes and dated subscriptions tell any past moment; seats, contract dates and traits tell the present
        only, so they are taken when an intervention is noted (the same day) and left out of one that is noted later

The expressions speak of an account `x` (account_id, at) of the workspace `w`, and of its row `a` in accounts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forestay.health.registry import KEYS
from forestay.journeys.experiments.readings import ARR_BEFORE, HEALTH_BEFORE
from forestay.outcomes.subjects import Floats

COVARIATES = (
    "health.score", "health.change_30d", "account.log_arr", "account.tenure_days", "account.days_to_renewal",
    "account.seats", *(f"health.{key}" for key in KEYS),
)  # fmt: skip

_MONTH_AGO = HEALTH_BEFORE.replace("x.at", "x.at - interval '30 days'")
_DIMENSIONS = """coalesce((SELECT h.dimensions FROM health_changes AS h
    WHERE h.account_id = x.account_id AND h.at <= x.at ORDER BY h.at DESC LIMIT 1), '{}')"""
_TODAY = "(x.at AT TIME ZONE w.zone)::date"


def covariates_sql(fresh: str) -> str:
    """A real[] in the order of COVARIATES. fresh: an expression that is true where the present tells of then."""
    return f"""(ARRAY[{HEALTH_BEFORE}, {HEALTH_BEFORE} - {_MONTH_AGO}, ln(1 + {ARR_BEFORE}),
        {_TODAY} - a.customer_since, CASE WHEN {fresh} THEN a.renews_on - {_TODAY} END, CASE WHEN {fresh} THEN a.seats END
        ]::real[] || {_DIMENSIONS})"""


def values_of(rows: Sequence[Sequence[float | None] | None]) -> Floats:
    """(n, k) in the order of COVARIATES out of stored arrays, NaN where one is missing or shorter."""
    made = np.full((len(rows), len(COVARIATES)), np.nan)
    for line, row in zip(made, rows, strict=True):
        given = [np.nan if value is None else value for value in (row or ())][: len(line)]
        line[: len(given)] = given
    return made
