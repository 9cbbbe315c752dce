"""Every column of some accounts: measures, health, predictions, account, traits, events. One place, used by
the tick and by the backtest alike.

Reads : a Substrate (cube or lake), measures, scorecards, feeds, earlier scores
Gives : build_columns(), Columns, Making, KNOWN_COLUMNS
Source: docs/architecture.md, 'Columns'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from forestay.conditions.columns import ColumnTable, Flags, Floats, Values
from forestay.conditions.document import Condition
from forestay.customers.words import Feed
from forestay.health.feeds import Feeds
from forestay.health.history import Earlier, MatrixHistory
from forestay.health.registry import KEYS
from forestay.health.score import HealthTable, PreviousHealth, band_names, score
from forestay.health.scorecard import DEFAULT_SCORECARD, Scorecard
from forestay.health.trend import HORIZONS, ratio
from forestay.measures.substrate import Substrate
from forestay.predictions.rule_score import RuleScore, churn_by_rule, readiness_by_rule

Measures = Mapping[str, Floats]
"""Measure key -> values of the substrate's shape; may compute a value when it is first asked for."""

_TEXTS = ("plan", "lifecycle_stage", "industry", "country")


@dataclass(frozen=True, slots=True)
class Making:
    """How a workspace makes its columns: published documents and figures of the whole workspace.

    scorecards: in the order of scorecard.in_order. top_decile_arr: ARR from which an account belongs to
    the workspace's top tenth, infinite when there are too few accounts to say.
    """

    scorecards: Sequence[Scorecard] = (DEFAULT_SCORECARD,)
    segments: Mapping[str, Condition] = field(default_factory=dict)
    top_decile_arr: float = float("inf")


@dataclass(frozen=True, slots=True)
class Columns:
    """The table that conditions are asked of, and the parts that are stored. Row order is the substrate's."""

    table: ColumnTable
    health: HealthTable
    churn: RuleScore
    readiness: RuleScore


def build_columns(
    substrate: Substrate,
    measures: Measures,
    making: Making,
    feeds: Feeds,
    as_of: datetime,
    *,
    previous: PreviousHealth | None = None,
    earlier: Earlier | None = None,
    known: Flags | None = None,
) -> Columns:
    """All columns of the substrate's accounts, (n,) or (n, days).

    previous, earlier: the health before, row for row (online); offline both are left out, and the days of
    the grid are each other's past. known: False where the account did not exist yet: no health, nothing.
    """
    telemetry = feeds.freshness(Feed.TELEMETRY, as_of).connected
    table = ColumnTable(
        substrate.shape,
        lazy={**_measure_columns(measures), **_account_columns(substrate, measures, making)},
        families={"trait": substrate.trait},
        events=substrate,
        events_known=telemetry,
        segments=making.segments,
    )
    health = _before_birth(score(making.scorecards, table, feeds, previous, as_of), table, known)
    _put_health(table, health, earlier or MatrixHistory(health.score))
    churn, readiness = churn_by_rule(table), readiness_by_rule(table)
    table.put("churn.probability", churn.value)
    table.put("expansion.readiness", readiness.value)
    return Columns(table, health, churn, readiness)


def _measure_columns(measures: Measures) -> dict[str, Callable[[], Values]]:
    return {f"measure.{key}": (lambda key=key: measures[key]) for key in measures}  # type: ignore[misc]


def _account_columns(substrate: Substrate, measures: Measures, making: Making) -> dict[str, Callable[[], Values]]:
    def arr() -> Floats:
        told = _number(substrate, "arr")
        return np.where(np.isnan(told), 12 * _measure(measures, "mrr", told), told)

    def seats() -> Floats:
        told = _number(substrate, "seats")
        return np.where(np.isnan(told), _measure(measures, "seats_contracted", told), told)

    columns: dict[str, Callable[[], Values]] = {
        f"account.{key}": (lambda key=key: _text(substrate, key))  # type: ignore[misc]
        for key in _TEXTS
    }
    return columns | {
        "account.arr": arr,
        "account.seats": seats,
        "account.days_to_renewal": lambda: _measure(measures, "days_to_renewal", _number(substrate, "arr")),
        "account.is_top_decile": lambda: (np.nan_to_num(arr()) >= making.top_decile_arr).astype(np.float64),
        "account.is_churned": lambda: (substrate.fact_total("account.churned") > 0).astype(np.float64),
    }


def _before_birth(health: HealthTable, table: ColumnTable, known: Flags | None) -> HealthTable:
    """Take the health away where the account is no customer yet (unknown there, or its tenure lies ahead)."""
    absent = np.zeros(table.shape, bool) if known is None else ~np.broadcast_to(known, table.shape)
    if "measure.tenure_days" in table:
        with np.errstate(invalid="ignore"):
            absent = absent | (table.floats("measure.tenure_days") < 0)
    if absent.any():
        for column in (health.score, health.band_confidence, health.dimensions):
            column[absent] = np.nan
        for column in (health.contributions, health.shares, health.adjustment, health.confidence):
            column[absent] = 0.0
        health.band[absent] = -1
    return health


def _put_health(table: ColumnTable, health: HealthTable, earlier: Earlier) -> None:
    table.put("health.score", health.score)
    table.put("health.confidence", health.confidence)
    table.put("health.band_confidence", health.band_confidence)
    table.lazily("health.band", lambda: band_names(health.band))
    for at, key in enumerate(KEYS):
        table.put(f"health.{key}", health.dimensions[..., at])
    for days in HORIZONS:
        table.lazily(f"health.change_{days}d", lambda days=days: health.score - earlier.at(days))  # type: ignore[misc]
        table.lazily(f"health.ratio_{days}d", lambda days=days: ratio(health.score, earlier.at(days)))  # type: ignore[misc]


def _number(substrate: Substrate, key: str) -> Floats:
    values = substrate.trait(key)
    if values.dtype == object:
        return np.full(substrate.shape, np.nan)
    return np.broadcast_to(values, substrate.shape).astype(np.float64)


def _text(substrate: Substrate, key: str) -> Values:
    values = substrate.trait(key)
    return values if values.dtype == object else np.full(substrate.shape, None, object)


def _measure(measures: Measures, key: str, like: Floats) -> Floats:
    return measures[key] if key in measures else np.full(like.shape, np.nan)
