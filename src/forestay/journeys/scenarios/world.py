"""The machine's World as a story tells it: columns that change, dates, events that came, one zone.

Gives : StoryWorld
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np

from forestay.conditions.columns import ColumnTable, Floats, Values
from forestay.conditions.document import Condition
from forestay.journeys.experiments.assignment import Allocation
from forestay.journeys.moves import NEVER, Batch, Ints
from forestay.journeys.run_columns import FAMILIES, own_families, own_moments
from forestay.kit.calendars import BusinessCalendar, CalendarDocument
from forestay.kit.clock import day_of, micros_of, number_of, start_of_day

_FAMILIES = ("measure", "health", "churn", "expansion", "account", "trait", "contact")


@dataclass
class StoryWorld:
    """journeys.moves.World. events: (moment, name) of everything that the story has told so far."""

    now: datetime
    zone: str
    columns: dict[str, Any] = field(default_factory=dict)
    dates: dict[str, date] = field(default_factory=dict)
    segments: dict[str, bool] = field(default_factory=dict)
    contacts_by_part: Mapping[str, int] = field(default_factory=dict)
    events: list[tuple[datetime, str]] = field(default_factory=list)

    def table(self, batch: Batch) -> ColumnTable:
        """The story's columns; those that it does not tell are missing."""
        n = len(batch)
        table = ColumnTable(
            (n,),
            families={**{family: _Told(self, family, n) for family in _FAMILIES}, **own_families(batch)},
            events=_StoryEvents(self, n),
        )
        for key, inside in self.segments.items():
            table.judged[key] = (np.full(n, inside), np.full(n, not inside))
        return table

    def zones(self, batch: Batch) -> Sequence[str]:
        """The subject's zone."""
        return [self.zone] * len(batch)

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        """The usual week, nine to five."""
        return BusinessCalendar(CalendarDocument(), zone)

    def moments(self, batch: Batch, field: str) -> Ints:
        """A date of the story."""
        if field.partition(".")[0] in FAMILIES:
            return own_moments(batch, field, self.zones(batch))
        day = self.dates.get(field)
        moment = NEVER if day is None else micros_of(start_of_day(number_of(day), self.zone))
        return np.full(len(batch), moment, np.int64)

    def allocation(self, journey: str, test: str) -> Allocation | None:
        """As the document says."""
        return None

    def contacts(self, batch: Batch, who: str, segment: Condition | None) -> Sequence[Ints]:
        """So many as the story says."""
        count = self.contacts_by_part.get(who, 0)
        return [np.arange(1, count + 1, dtype=np.int64) for _ in range(len(batch))]


@dataclass(frozen=True, slots=True)
class _Told:
    """Columns of a family."""

    world: StoryWorld
    family: str
    n: int

    def __call__(self, rest: str) -> Values:
        value = self.world.columns.get(f"{self.family}.{rest}")
        if isinstance(value, str):
            return np.full(self.n, value, object)
        return np.full(self.n, np.nan if value is None else float(value))


@dataclass(frozen=True, slots=True)
class _StoryEvents:
    """conditions.columns.Events over the events told so far."""

    world: StoryWorld
    n: int

    def _days_ago(self, series: str) -> list[int]:
        name = series.removeprefix("event:")
        today = day_of(self.world.now, self.world.zone)
        return [today - day_of(at, self.world.zone) for at, told in self.world.events if told == name]

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        inside = [ago for ago in self._days_ago(series) if ending_days_ago <= ago < ending_days_ago + days]
        return np.full(self.n, float(len(inside)))

    def days_since_event(self, series: str) -> Floats:
        return np.full(self.n, float(min(self._days_ago(series), default=np.nan)))
