"""A world for the machine that says what it was told: columns by account, one zone, a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from forestay.conditions.columns import ColumnTable, Values
from forestay.conditions.document import Condition
from forestay.journeys.experiments.assignment import Allocation
from forestay.journeys.moves import NEVER, Batch, Ints
from forestay.kit.calendars import BusinessCalendar, CalendarDocument


@dataclass
class StillWorld:
    """columns: name -> account -> value."""

    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)
    columns: dict[str, dict[int, float]] = field(default_factory=dict)
    people: dict[int, list[int]] = field(default_factory=dict)
    dates: dict[int, int] = field(default_factory=dict)

    def table(self, batch: Batch) -> ColumnTable:
        def column(name: str) -> Values:
            told = self.columns.get(name, {})
            return np.array([told.get(account, np.nan) for account in batch.account.tolist()])

        def value(family: str, name: str) -> Values:
            of = [values if family == "run" else values.get(family, {}) for values in batch.values]
            woken = batch.woken or []
            if family == "event" and any(wake.what == "event" for wake in woken):
                of = [wake.body for wake in woken]
            return _as_column([one.get(name) for one in of])

        return ColumnTable(
            (len(batch),),
            {name: column(name) for name in self.columns},
            families={
                family: lambda name, family=family: value(family, name)  # type: ignore[misc]
                for family in ("run", "event", "signal")
            },
        )

    def zones(self, batch: Batch) -> Sequence[str]:
        return ["UTC"] * len(batch)

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        return BusinessCalendar(CalendarDocument(), zone)

    def moments(self, batch: Batch, field: str) -> Ints:
        return np.array([self.dates.get(account, NEVER) for account in batch.account.tolist()], np.int64)

    def contacts(self, batch: Batch, who: str, segment: Condition | None) -> Sequence[Ints]:
        return [np.array(self.people.get(account, []), np.int64) for account in batch.account.tolist()]

    def allocation(self, journey: str, test: str) -> Allocation | None:
        return None


def _as_column(values: list[Any]) -> Values:
    if any(isinstance(value, str) for value in values):
        return np.array([value if isinstance(value, str) else None for value in values], object)
    return np.array([np.nan if value is None else float(value) for value in values])
