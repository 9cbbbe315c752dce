"""What a trigger reads, all the way down: measures, events, days of history, and what the past cannot tell.

Reads : the trigger, scorecards, segments, definitions of measures
Gives : Reach, reach_of(), reach_of_columns()
A trait has no history, since only its present value is kept; so whatever reads one is unknown in the past
(never guessed), and a backtest says so. Exceptions are those that never change (`customer_since`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forestay.conditions.document import EventWithin
from forestay.conditions.needs import columns_of, events_of, leaves_of
from forestay.health.trend import HORIZONS
from forestay.kit.clock import date_of
from forestay.measures.evaluate import MeasureSet
from forestay.measures.offline import unreconstructible_traits
from forestay.predictions.model_document import Purpose
from forestay.predictions.rule_score import CHURN_TERMS, EXPANSION_TERMS
from forestay.signals.columns import FURTHER, Making
from forestay.signals.trigger import Trigger

_TRAIT_COLUMNS = ("plan", "lifecycle_stage", "industry", "country")
_CHURNED = "account.is_churned"


@dataclass(frozen=True, slots=True)
class Lost:
    """A column that the past does not tell, and why."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reach:
    """columns: every column that is read, also through health and predictions. health_days: how far back
    scores are compared, 0 when they are not. series: inline events; event_days: their longest window."""

    columns: frozenset[str]
    measures: tuple[str, ...]
    series: frozenset[str]
    traits: frozenset[str]
    event_days: int
    health_days: int
    not_reconstructible: tuple[Lost, ...]

    @property
    def reads_health(self) -> bool:
        """Whether any score has to be made."""
        return any(column.startswith("health.") for column in self.columns)


def reach_of(trigger: Trigger, making: Making, measures: MeasureSet) -> Reach:
    """What the trigger's condition and `until` read."""
    asked = [trigger.condition] if trigger.until is None else [trigger.condition, trigger.until]
    named = frozenset[str]().union(*(columns_of(part, making.segments) for part in asked))
    series = frozenset[str]().union(*(events_of(part, making.segments) for part in asked))
    windows = [
        leaf.within_days
        for part in (*asked, *making.segments.values())
        for leaf in leaves_of(part)
        if isinstance(leaf, EventWithin)
    ]
    return reach_of_columns(named, making, measures, series=series, event_days=max(windows, default=1))


def reach_of_columns(
    named: Iterable[str],
    making: Making,
    measures: MeasureSet,
    *,
    series: frozenset[str] = frozenset(),
    event_days: int = 1,
) -> Reach:
    """What columns by name read; series, event_days: inline events beside them."""
    columns = _closure(frozenset(named), making)
    keys = tuple(sorted(key for key in _measures_of(columns) if key in measures.by_key))
    traits = frozenset(trait for column in columns for trait in _traits(column, measures))
    lost = (Lost(column, _reason(_traits(column, measures)) or _learned(column, making)) for column in sorted(columns))
    return Reach(
        columns,
        keys,
        series,
        traits,
        event_days,
        _health_days(columns),
        tuple(one for one in lost if one.reason),
    )


def _closure(columns: frozenset[str], making: Making) -> frozenset[str]:
    """The columns and all that they are made from."""
    known: set[str] = set()
    waiting = list(columns)
    while waiting:
        column = waiting.pop()
        if column not in known:
            known.add(column)
            waiting.extend(_made_from(column, making))
    return frozenset(known)


def _made_from(column: str, making: Making) -> set[str]:
    if column.startswith("health."):
        return _health_inputs(making)
    if column.startswith("churn.") or column in FURTHER:
        served = making.serving.get(FURTHER.get(column, Purpose.CHURN))
        if served is not None:
            return {*served.model.names, _CHURNED}
    if column.startswith("churn.") or column == "expansion.readiness":
        terms = CHURN_TERMS if column.startswith("churn") else EXPANSION_TERMS
        return {name for term in terms for name in term.columns} | {_CHURNED, "health.score"}
    return {
        "account.arr": {"measure.mrr"},
        "account.is_top_decile": {"account.arr"},
        "account.seats": {"measure.seats_contracted"},
        "account.days_to_renewal": {"measure.days_to_renewal"},
    }.get(column, set())


def _health_inputs(making: Making) -> set[str]:
    found = {"measure.tenure_days"}
    for card in making.scorecards:
        factors = [factor for dimension in card.resolved() if dimension.weight > 0 for factor in dimension.factors]
        found |= {f"measure.{factor.measure}" for factor in factors}
        conditions = [exception.when for exception in card.exceptions]
        conditions += [card.applies_to] if card.applies_to is not None else []
        found = found.union(*(columns_of(condition, making.segments) for condition in conditions))
    return found


def _measures_of(columns: frozenset[str]) -> set[str]:
    return {column.removeprefix("measure.") for column in columns if column.startswith("measure.")}


def _traits(column: str, measures: MeasureSet) -> frozenset[str]:
    """Traits that the column itself reads, through its measure or directly."""
    family, _, key = column.partition(".")
    if family == "measure" and key in measures.by_key:
        return frozenset(measures.needs_of([key]).traits)
    if family == "trait" or column.removeprefix("account.") in _TRAIT_COLUMNS:
        return frozenset({key})
    return frozenset({"account.arr": {"arr"}, "account.seats": {"seats"}}.get(column, set()))


def _reason(traits: frozenset[str]) -> str:
    """Why the past does not tell, empty when it does."""
    lost = unreconstructible_traits(traits)
    if not lost:
        return ""
    names = " and ".join(f"'{name}'" for name in lost)
    return f"reads the trait {names}, of which only the present value is kept; unknown where no dated record tells it"


def _learned(column: str, making: Making) -> str:
    """A live model has seen the days that it learned from; empty for what is no prediction of one."""
    if not column.startswith("churn.") and column not in FURTHER:
        return ""
    served = making.serving.get(FURTHER.get(column, Purpose.CHURN))
    if served is None:
        return ""
    until = date_of(served.model.document.data.known_until).isoformat()
    return f"is that of model version {served.version}, which learned from the days up to {until}: figures of these flatter it"


def _health_days(columns: frozenset[str]) -> int:
    wanted = [days for days in HORIZONS if {f"health.ratio_{days}d", f"health.change_{days}d"} & columns]
    return max(wanted, default=0)
