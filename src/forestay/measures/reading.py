"""What a measure's definition may ask: the substrate, the customer's features, and other measures.

Reads : measures.substrate, measures.features
Gives : Reading, MeasureKind, RecordingSubstrate, Needs
Each question is asked of the substrate once and remembered, however many measures share it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from forestay.measures.features import MeasureContext
from forestay.measures.substrate import Floats, Substrate, Values, spread


class MeasureKind(Protocol):
    """The reading side of a definition: any kind in measures.definition."""

    def value(self, read: Reading) -> Floats:
        """The measure's value for every account (and day) of the substrate; NaN = missing."""
        ...


class Reading:
    """One evaluation over one substrate."""

    def __init__(self, substrate: Substrate, context: MeasureContext, kinds: Mapping[str, MeasureKind]) -> None:
        self._substrate, self.context, self._kinds = substrate, context, kinds
        self._known: dict[tuple[str | int, ...], Floats] = {}
        self._used: dict[tuple[str, int], npt.NDArray[np.bool_]] = {}
        self.shape = substrate.shape

    @property
    def as_of_day(self) -> npt.NDArray[np.int32]:
        """Day numbers, broadcastable to the shape."""
        return self._substrate.as_of_day

    def measure(self, key: str) -> Floats:
        """Another measure's value."""
        return self._once(("measure", key), lambda: self._kinds[key].value(self))

    def event_count(self, series: str, days: int, ago: int = 0) -> Floats:
        """Events in the window; NaN when no event name feeds the series."""
        return self._fed("count", series, days, ago, self._substrate.event_count)

    def used(self, series: str, days: int) -> npt.NDArray[np.bool_]:
        """Whether there was an event in the window; no event name, no use."""
        if (series, days) not in self._used:
            self._used[series, days] = self._substrate.used(series, days)
        return self._used[series, days]

    def active_days(self, series: str, days: int, ago: int = 0) -> Floats:
        """Days with an event in the window; NaN when no event name feeds the series."""
        return self._fed("active", series, days, ago, self._substrate.active_days)

    def distinct_users(self, days: int, ago: int = 0) -> Floats:
        """Distinct users in the window."""
        return self._once(("users", days, ago), lambda: self._substrate.distinct_users(days, ago))

    def days_since_event(self, series: str) -> Floats:
        """Days since the last event of the series."""
        return self._once(("last", series), lambda: self._substrate.days_since_event(series))

    def days_since_first_event(self, series: str) -> Floats:
        """Days since the first event of the series; NaN when there was none."""
        return self._once(("first", series), lambda: self._substrate.days_since_first_event(series))

    def fact_sum(self, fact: str, days: int, ago: int = 0) -> Floats:
        """Sum of the fact in the window."""
        return self._once(("sum", fact, days, ago), lambda: self._substrate.fact_sum(fact, days, ago))

    def fact_count(self, fact: str, days: int, ago: int = 0) -> Floats:
        """Count of the fact in the window."""
        return self._once(("facts", fact, days, ago), lambda: self._substrate.fact_count(fact, days, ago))

    def fact_total(self, fact: str) -> Floats:
        """The fact's balance as of the day."""
        return self._once(("total", fact), lambda: self._substrate.fact_total(fact))

    def days_since_fact(self, fact: str) -> Floats:
        """Days since the last value of the fact."""
        return self._once(("since", fact), lambda: self._substrate.days_since_fact(fact))

    def number(self, trait: str) -> Floats:
        """A trait that is a number or a date; NaN where it is missing or text."""
        return self._once(("trait", trait), lambda: _numeric(self._substrate.trait(trait), self.shape))

    def missing(self) -> Floats:
        """NaN for everybody."""
        return np.full(self.shape, np.nan)

    def _fed(self, name: str, series: str, days: int, ago: int, ask: Callable[[str, int, int], Floats]) -> Floats:
        def answer() -> Floats:
            return ask(series, days, ago) if self.context.feeds(series) else self.missing()

        return self._once((name, series, days, ago), answer)

    def _once(self, question: tuple[str | int, ...], ask: Callable[[], Floats]) -> Floats:
        if question not in self._known:
            self._known[question] = ask()
        return self._known[question]


def _numeric(values: Values, shape: tuple[int, ...]) -> Floats:
    numbers = values if values.dtype.kind == "f" else np.full(values.shape, np.nan)
    return spread(numbers, shape)


@dataclass(slots=True)
class Needs:
    """What some measures read, so that nothing else is loaded or kept."""

    series: set[str] = field(default_factory=set)
    first_and_last: set[str] = field(default_factory=set)
    """Series whose first or last day ever matters."""
    event_days: int = 1
    """The furthest day back of any window of events."""
    user_days: int = 0
    """The furthest day back of any window of users; 0 = none."""
    kept_windows: set[int] = field(default_factory=set)
    """Widths of user windows that end before the as-of day."""
    facts: set[str] = field(default_factory=set)
    traits: set[str] = field(default_factory=set)

    def __or__(self, other: Needs) -> Needs:
        """What both read together."""
        return Needs(
            self.series | other.series,
            self.first_and_last | other.first_and_last,
            max(self.event_days, other.event_days),
            max(self.user_days, other.user_days),
            self.kept_windows | other.kept_windows,
            self.facts | other.facts,
            self.traits | other.traits,
        )


class RecordingSubstrate:
    """A substrate of no accounts that notes what it is asked."""

    def __init__(self) -> None:
        self.needs = Needs()
        self._none: Floats = np.empty(0)

    @property
    def shape(self) -> tuple[int, ...]:
        """No accounts."""
        return (0,)

    @property
    def as_of_day(self) -> npt.NDArray[np.int32]:
        """No days."""
        return np.empty(0, np.int32)

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Note the window."""
        self.needs.series.add(series)
        self.needs.event_days = max(self.needs.event_days, days + ending_days_ago)
        return self._none

    def used(self, series: str, days: int) -> npt.NDArray[np.bool_]:
        """Note the window."""
        return self.event_count(series, days) > 0

    def active_days(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Note the window."""
        return self.event_count(series, days, ending_days_ago)

    def distinct_users(self, days: int, ending_days_ago: int = 0) -> Floats:
        """Note the window."""
        self.needs.user_days = max(self.needs.user_days, days + ending_days_ago)
        if ending_days_ago:
            self.needs.kept_windows.add(days)
        return self._none

    def days_since_event(self, series: str) -> Floats:
        """Note the series."""
        self.needs.series.add(series)
        self.needs.first_and_last.add(series)
        return self._none

    def days_since_first_event(self, series: str) -> Floats:
        """Note the series."""
        return self.days_since_event(series)

    def fact_sum(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Note the fact."""
        self.needs.facts.add(fact)
        return self._none

    def fact_count(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Note the fact."""
        return self.fact_sum(fact, days)

    def fact_total(self, fact: str) -> Floats:
        """Note the fact."""
        return self.fact_sum(fact, 0)

    def days_since_fact(self, fact: str) -> Floats:
        """Note the fact."""
        return self.fact_sum(fact, 0)

    def trait(self, key: str) -> Values:
        """Note the trait."""
        self.needs.traits.add(key)
        return self._none
