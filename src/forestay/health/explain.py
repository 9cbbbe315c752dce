"""Health in words: what each dimension gives, what it costs, and the measures behind it.

Reads : HealthTable, the table of measures, what is usual for the account
Gives : explain(), Explanation, Contribution, FactorReading
Source: REQUIREMENTS B4 (per-factor contributions)

'Product usage 41 of 100: seats in use 35 % (usually 72 %), last activity 9 days ago'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forestay.conditions.columns import ColumnTable, Floats
from forestay.health.dimension import Dimension, Factor, curve
from forestay.health.score import HealthTable
from forestay.health.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class FactorReading:
    """One measure of one account: its value, the points it earned and what is usual for this account."""

    measure: str
    label: str
    unit: str
    value: float | None
    points: float | None
    usual: float | None
    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """One dimension of one account. given + lost = share x 100; change: of `given` since before, None if unknown."""

    dimension: str
    name: str
    score: float | None
    weight: float
    share: float
    given: float
    lost: float
    change: float | None
    held: bool
    sentence: str
    factors: tuple[FactorReading, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one account stands where it stands; contributions from the most lost to the least."""

    contributions: tuple[Contribution, ...]
    exception: str | None
    """The reason of the exception that was applied."""
    adjustment: float

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences of the dimensions that cost most, at most three."""
        return tuple(one.sentence for one in self.contributions if one.lost >= 1)[:3]


def explain(
    health: HealthTable,
    card: Scorecard,
    table: ColumnTable,
    row: int,
    *,
    usual: Mapping[str, Floats] | None = None,
    given_before: Floats | None = None,
) -> Explanation:
    """Explain one row of a health table (n,) made by `card`.

    usual: measure key -> the account's usual values (n,). given_before: contributions (5,) to compare with.
    """
    parts = [
        _contribution(health, dimension, at, table, row, usual or {}, given_before)
        for at, dimension in enumerate(card.resolved())
    ]
    rule = int(health.exception[row])
    return Explanation(
        tuple(sorted(parts, key=lambda part: -part.lost)),
        card.exceptions[rule].reason if rule >= 0 else None,
        float(health.adjustment[row]),
    )


def _contribution(
    health: HealthTable, dimension: Dimension, at: int, table: ColumnTable, row: int,
    usual: Mapping[str, Floats], before: Floats | None,
) -> Contribution:  # fmt: skip
    readings = tuple(_reading(factor, table, row, usual) for factor in dimension.factors)
    points, share = float(health.dimensions[row, at]), float(health.shares[row, at])
    given = float(health.contributions[row, at])
    held = bool(health.held[row, at])
    return Contribution(
        dimension.key, dimension.name, _known(points), dimension.weight, share, given, 100 * share - given,
        None if before is None or np.isnan(before[at]) else given - float(before[at]), held,
        _sentence(dimension.name, points, held, readings), readings,
    )  # fmt: skip


def _reading(factor: Factor, table: ColumnTable, row: int, usual: Mapping[str, Floats]) -> FactorReading:
    value = table.floats(f"measure.{factor.measure}")[row : row + 1]
    before = usual[factor.measure][row] if factor.measure in usual else np.nan
    return FactorReading(
        factor.measure, factor.label, factor.unit, _known(float(value[0])), _known(float(curve(factor, value)[0])),
        _known(float(before)), factor.weight, factor.why,
    )  # fmt: skip


def _sentence(name: str, points: float, held: bool, readings: tuple[FactorReading, ...]) -> str:
    if np.isnan(points):
        return f"{name}: no evidence"
    known = [one for one in readings if one.value is not None and one.points is not None]
    worst = sorted(known, key=lambda one: -one.weight * (100 - (one.points or 0)))[:2]
    facts = ", ".join(_fact(one) for one in worst) or "nothing measured"
    kept = " (kept: its source has fallen silent)" if held else ""
    return f"{name} {points:.0f} of 100{kept}: {facts}"


def _fact(one: FactorReading) -> str:
    assert one.value is not None
    usually = "" if one.usual is None else f" (usually {say(one.usual, one.unit)})"
    return f"{one.label[0].lower()}{one.label[1:]} {say(one.value, one.unit)}{usually}"


def say(value: float, unit: str) -> str:
    """A number as people write it.

    >>> say(0.35, "share"), say(12.0, "tickets"), say(4.25, "of 5"), say(0.8, "quotient")
    ('35 %', '12', '4.2 of 5', '80 %')
    """
    if unit in ("share", "ratio", "quotient"):
        return f"{100 * value:.0f} %"
    number = f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.1f}"
    return f"{number} {unit}" if unit.startswith("of ") else number


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
