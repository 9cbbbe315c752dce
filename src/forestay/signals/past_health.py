"""Health as it was at the end of each of many days, by today's scorecards, from the lake.

Reads : an AccountHistory (as backtests do)
Gives : past_health() -> PastHealth by block of accounts
Source: DESIGN section 4 ('online and offline values are one implementation'); the columns are columns.build_columns'

It fills the time before Forestay was there: after an import of history, trends have something to compare with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import Floats
from forestay.customers.words import RiskLevel, Tier
from forestay.measures.evaluate import MeasureSet
from forestay.signals.columns import Making
from forestay.signals.past_columns import AccountHistory, PastColumns, PastQuestion, over_past
from forestay.signals.reach import reach_of
from forestay.signals.trigger import read_trigger

_ASKED = read_trigger(
    {
        "key": "past-health",
        "name": "Past health",
        "condition": {"column": "health.score", "is": "present"},
        "tier": Tier.ASSISTED.value,
        "risk_level": RiskLevel.LOW.value,
        "actions": [],
    }
)
"""A condition that reads health and nothing else: what it reaches is what health is made of."""


@dataclass(frozen=True, slots=True)
class PastHealth:
    """Some accounts (n,) at the ends of days (m,): score 0-100 (NaN = none), band code, confidence 0-1,
    dimensions (n, m, 5) 0-100 (NaN = without evidence), scorecard index."""

    account_ids: npt.NDArray[np.int64]
    score: Floats
    band: npt.NDArray[np.int8]
    confidence: Floats
    dimensions: Floats
    scorecard: npt.NDArray[np.int8]


def past_health(
    history: AccountHistory, making: Making, measures: MeasureSet, first: int, last: int
) -> Iterator[PastHealth]:
    """Health of every account at the ends of the days first .. last (not after history.last_day)."""
    days = np.arange(first, min(last, history.last_day) + 1, dtype=np.int32)
    if not len(days):
        return
    reach = reach_of(_ASKED, making, measures)
    asked = PastQuestion(reach, days, days, making, measures)
    yield from over_past(history, asked, _health_of)


def _health_of(past: PastColumns) -> PastHealth:
    health = past.columns.health
    score = np.where(past.known, health.score, np.nan)
    return PastHealth(
        past.account_ids,
        score,
        np.where(np.isnan(score), -1, health.band).astype(np.int8),
        health.confidence,
        health.dimensions,
        health.scorecard.astype(np.int8),
    )
