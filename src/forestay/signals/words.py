"""Columns in words: label and unit of everything that a condition or an evidence may name.

Reads : definitions of measures
Gives : ColumnWords, Said
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forestay.health.registry import DIMENSIONS
from forestay.measures.definition import Definition


@dataclass(frozen=True, slots=True)
class Said:
    """How a column is called and counted."""

    label: str
    unit: str = ""


_FIXED: dict[str, Said] = {
    "health.score": Said("Health score", "of 100"),
    "health.band": Said("Health band"),
    "health.confidence": Said("Confidence of the health score", "share"),
    **{f"health.change_{days}d": Said(f"Change of health in {days} days", "points") for days in (7, 30, 90)},
    **{f"health.ratio_{days}d": Said(f"Health against {days} days ago", "quotient") for days in (7, 30, 90)},
    **{f"health.{dimension.key}": Said(dimension.name, "of 100") for dimension in DIMENSIONS},
    "churn.probability": Said("Risk of churn within 90 days", "share"),
    "churn.probability_30d": Said("Risk of churn within 30 days", "share"),
    "churn.probability_60d": Said("Risk of churn within 60 days", "share"),
    "churn.low": Said("Risk of churn, lower end of its interval", "share"),
    "churn.high": Said("Risk of churn, upper end of its interval", "share"),
    "churn.is_alert": Said("Risk of churn at or above the alert threshold", "yes_no"),
    "early_warning.probability": Said("Chance that the last activity falls soon", "share"),
    "expansion.probability": Said("Chance that an expansion succeeds", "share"),
    "expansion.readiness": Said("Readiness to expand (rule score)", "of 100"),
    "account.arr": Said("ARR", "money"),
    "account.seats": Said("Seats", "seats"),
    "account.plan": Said("Plan"),
    "account.lifecycle_stage": Said("Lifecycle stage"),
    "account.industry": Said("Industry"),
    "account.country": Said("Country"),
    "account.days_to_renewal": Said("Days to renewal", "days"),
    "account.is_churned": Said("Has churned", "yes_no"),
    "account.is_top_decile": Said("ARR in the top tenth", "yes_no"),
}


class ColumnWords:
    """Labels and units by column; a column that nobody named is called by its own key."""

    def __init__(self, definitions: Iterable[Definition] = ()) -> None:
        measured = {f"measure.{one.key}": Said(one.label or one.key, one.unit.value) for one in definitions}
        self._said = _FIXED | measured

    def __getitem__(self, column: str) -> Said:
        """Label and unit of a column."""
        return self._said.get(column) or Said(column.partition(".")[2].replace("_", " ") or column)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that has words of its own; traits answer beside these."""
        return tuple(self._said)
