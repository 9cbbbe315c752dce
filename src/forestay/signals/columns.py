"""Every column of some accounts: measures, health, predictions, account, traits, events. One place, used by
the tick and by the backtest alike.

Reads : a Substrate (cube or lake), measures, scorecards, feeds, earlier scores
Gives : build_columns(), Columns, Making
Source: docs/architecture.md, 'Columns'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

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
from forestay.measures.substrate import Substrate, spread
from forestay.predictions.model_document import Purpose
from forestay.predictions.rule_score import RuleScore, churn_by_rule, readiness_by_rule
from forestay.predictions.serving import NO_MODELS, Served, Serving

if TYPE_CHECKING:
    from forestay.predictions.live import Predictions

Measures = Mapping[str, Floats]
"""Measure key -> values of the substrate's shape; may compute a value when it is first asked for."""

RULE_ALERT = 0.8
"""The rule score from which an account is alerted (D2)."""
PREDICTED = ("probability", "probability_30d", "probability_60d", "low", "high", "is_alert")
"""Columns of churn; those beside `probability` and `is_alert` are known from a model only."""
FURTHER = {"early_warning.probability": Purpose.EARLY_WARNING, "expansion.probability": Purpose.EXPANSION}
"""Columns of the other models, missing while none is live."""
_TEXTS = ("plan", "lifecycle_stage", "industry", "country")


@dataclass(frozen=True, slots=True)
class Making:
    """How a workspace makes its columns: published documents and figures of the whole workspace.

    scorecards: in the order of scorecard.in_order. top_decile_arr: ARR from which an account belongs to
    the workspace's top tenth, infinite when there are too few accounts to say. serving: the live models.
    """

    scorecards: Sequence[Scorecard] = (DEFAULT_SCORECARD,)
    segments: Mapping[str, Condition] = field(default_factory=dict)
    top_decile_arr: float = float("inf")
    serving: Serving = NO_MODELS


@dataclass(frozen=True, slots=True)
class Churn:
    """Risk of churn as it counts now. value: (*shape) 0-1 within the longest horizon, NaN = unknown or gone; alert: from
    which chance within served.alert_days (else `value`) accounts are alerted. predictions, served: of the live model, None while the rule score answers."""

    value: Floats
    alert: float
    rule: RuleScore | None
    predictions: Predictions | None = None
    served: Served | None = None

    def part(self, name: str) -> Floats:
        """One of PREDICTED."""
        if name == "probability":
            return self.value
        if name == "is_alert":
            return np.where(np.isnan(self.value), np.nan, self._alerting >= self.alert)
        if self.predictions is None:
            return np.full(self.value.shape, np.nan)
        if name in ("low", "high"):
            ends: Floats = self.predictions.low if name == "low" else self.predictions.high
            return ends[..., -1]
        return self.predictions.within(float(name.removeprefix("probability_").removesuffix("d")))

    @property
    def _alerting(self) -> Floats:
        if self.predictions is None or self.served is None:
            return self.value
        return self.predictions.within(float(self.served.alert_days))


class Columns:
    """The table that conditions are asked of, and the parts that are stored, each made when first asked for.

    Row order is the substrate's; shapes (n,) online, (n, days) offline.
    """

    def __init__(
        self,
        table: ColumnTable,
        make_health: Callable[[], HealthTable],
        earlier: Earlier | None,
        serving: Serving = NO_MODELS,
    ) -> None:
        self.table, self.serving = table, serving
        self._make_health = make_health
        self._earlier = earlier
        _add_health(table, self)
        for name in PREDICTED:
            table.lazily(f"churn.{name}", partial(_part_of_churn, self, name))
        for column, purpose in FURTHER.items():
            table.lazily(column, partial(_further, self, purpose))
        table.lazily("expansion.readiness", lambda: self.readiness.value)

    @cached_property
    def health(self) -> HealthTable:
        """Score, band, confidence, dimensions."""
        return self._make_health()

    @cached_property
    def earlier(self) -> Earlier:
        """Scores some days ago."""
        return self._earlier or MatrixHistory(self.health.score)

    @cached_property
    def churn(self) -> Churn:
        """Risk of churn 0-1: the live model's, else the rule's."""
        served = self.serving.churn
        if served is None:
            rule = churn_by_rule(self.table)
            return Churn(rule.value, RULE_ALERT, rule)
        predictions = served.model.predict(self.table)
        return Churn(predictions.at(served.longest), served.alert, None, predictions, served)

    @cached_property
    def readiness(self) -> RuleScore:
        """Readiness to expand 0-100 with its reasons."""
        return readiness_by_rule(self.table)


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
    the grid are each other's past. known: False where the account did not exist yet: no health there.
    """
    table = ColumnTable(
        substrate.shape,
        lazy={**_measure_columns(measures), **_account_columns(substrate, measures, making)},
        families={"trait": substrate.trait},
        events=substrate,
        events_known=feeds.freshness(Feed.TELEMETRY, as_of).connected,
        segments=making.segments,
    )

    def make_health() -> HealthTable:
        return _before_birth(score(making.scorecards, table, feeds, previous, as_of), table, known)

    return Columns(table, make_health, earlier, making.serving)


def _measure_columns(measures: Measures) -> dict[str, Callable[[], Values]]:
    return {f"measure.{key}": partial(measures.__getitem__, key) for key in measures}


def _account_columns(substrate: Substrate, measures: Measures, making: Making) -> dict[str, Callable[[], Values]]:
    def arr() -> Floats:
        told = _number(substrate, "arr")
        return np.where(np.isnan(told), 12 * _measure(measures, "mrr", told), told)

    def seats() -> Floats:
        told = _number(substrate, "seats")
        return np.where(np.isnan(told), _measure(measures, "seats_contracted", told), told)

    columns: dict[str, Callable[[], Values]] = {f"account.{key}": partial(_text, substrate, key) for key in _TEXTS}
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
        health.score[absent] = np.nan
        if health.band_confidence.flags.writeable:
            health.band_confidence[absent] = np.nan
        health.dimensions[absent] = np.nan
        health.adjustment[absent] = 0.0
        health.confidence[absent] = 0.0
        health.band[absent] = -1
    return health


def _add_health(table: ColumnTable, columns: Columns) -> None:
    for name in ("score", "confidence"):
        table.lazily(f"health.{name}", partial(_part_of_health, columns, name))
    table.lazily("health.band", lambda: band_names(columns.health.band))
    for at, key in enumerate(KEYS):
        table.lazily(f"health.{key}", partial(_dimension_of_health, columns, at))
    for days in HORIZONS:
        table.lazily(f"health.change_{days}d", partial(_change, columns, days))
        table.lazily(f"health.ratio_{days}d", partial(_ratio, columns, days))


def _part_of_health(columns: Columns, name: str) -> Values:
    part: Values = getattr(columns.health, name)
    return part


def _dimension_of_health(columns: Columns, at: int) -> Values:
    return columns.health.dimensions[..., at]


def _part_of_churn(columns: Columns, name: str) -> Values:
    return columns.churn.part(name)


def _further(columns: Columns, purpose: Purpose) -> Values:
    served = columns.serving.get(purpose)
    if served is None:
        return np.full(columns.table.shape, np.nan)
    return served.model.predict(columns.table, intervals=False).at(served.longest)


def _change(columns: Columns, days: int) -> Values:
    return columns.health.score - columns.earlier.at(days)


def _ratio(columns: Columns, days: int) -> Values:
    return ratio(columns.health.score, columns.earlier.at(days))


def _number(substrate: Substrate, key: str) -> Floats:
    values = substrate.trait(key)
    if values.dtype == object:
        return np.full(substrate.shape, np.nan)
    return spread(values, substrate.shape).astype(np.float64)


def _text(substrate: Substrate, key: str) -> Values:
    values = substrate.trait(key)
    return values if values.dtype == object else np.full(substrate.shape, None, object)


def _measure(measures: Measures, key: str, like: Floats) -> Floats:
    return measures[key] if key in measures else np.full(like.shape, np.nan)
