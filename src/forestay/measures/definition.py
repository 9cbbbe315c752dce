"""A measure as a document: one number about one account as of a day.

Reads : measures.event_kinds, measures.fact_kinds
Gives : Definition (discriminated by `kind`), DOCUMENT, schema(), references(), Ratio, Difference
Source: DESIGN section 4; docs/architecture.md 'Default measures'.

Every kind says in `value()` what it is, in terms of the substrate alone, so that it means the same online and
offline.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from forestay.measures.event_kinds import (
    ActiveDays,
    Change,
    Count,
    DaysSince,
    DistinctUsers,
    FeaturesUsed,
    FirstSeenWithin,
    PerSeat,
    SeatUseChange,
    ShareOfFeatures,
    UnusedFeatures,
)  # fmt: skip
from forestay.measures.fact_kinds import DaysSinceFact, FactCount, FactMean, FactSum, FactTotal, FactTotalChange, Trait
from forestay.measures.measure import Key, Measure, over
from forestay.measures.reading import Reading
from forestay.measures.substrate import Floats


class Ratio(Measure):
    """One measure over another."""

    kind: Literal["ratio"] = "ratio"
    of: Key
    over: Key

    def value(self, read: Reading) -> Floats:
        """Quotient; missing when the divisor is 0."""
        return over(read.measure(self.of), read.measure(self.over))


class Difference(Measure):
    """One measure less another."""

    kind: Literal["difference"] = "difference"
    of: Key
    minus: Key

    def value(self, read: Reading) -> Floats:
        """Difference; missing when either is."""
        return read.measure(self.of) - read.measure(self.minus)


Definition = Annotated[
    Count | ActiveDays | DistinctUsers | DaysSince | FirstSeenWithin | Change | FeaturesUsed | ShareOfFeatures
    | UnusedFeatures | FactSum | FactCount | FactMean | FactTotal | FactTotalChange | DaysSinceFact | Trait | PerSeat
    | SeatUseChange | Ratio | Difference,
    Field(discriminator="kind"),
]  # fmt: skip
"""Any measure."""

DOCUMENT: TypeAdapter[Definition] = TypeAdapter(Definition)
"""Reads a measure from its document (validate_python, validate_json) and writes it (dump_python)."""


def schema() -> dict[str, Any]:
    """JSON Schema of a measure's document."""
    return DOCUMENT.json_schema()


def references(definition: Definition) -> tuple[str, ...]:
    """Keys of the measures that a measure reads."""
    match definition:
        case PerSeat(of=of, seats=seats):
            return (of, seats)
        case SeatUseChange(seats=seats):
            return (seats,)
        case Ratio(of=of, over=divisor):
            return (of, divisor)
        case Difference(of=of, minus=minus):
            return (of, minus)
        case _:
            return ()
