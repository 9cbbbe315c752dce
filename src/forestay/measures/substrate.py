"""What measures are read from: one interface online (the cube, now) and offline (the lake, any day).

Gives : Substrate, Floats, Values, spread()
Source: DESIGN section 4: online and offline values are one implementation; a measure definition only
        ever speaks to this protocol, so it cannot tell which side it is on.

Shapes: every method gives one value per account (and per as-of day where the substrate holds several):
float64 of `shape`, NaN = missing or undefined. Day windows are half-open on the left and end with the
as-of day, whole calendar days of the workspace: `days=7` is the as-of day and the six before it;
`ending_days_ago=7` moves the window's end seven days back.

Series names: 'any' (all product events), 'event:<Event Name>', 'role:<role>' (customers' own event
names by role: sign_in, invitation, workflow, core), 'feature:<key>', 'features:sticky', 'features:premium'.

Fact names are in measures.facts: sparse, dated numbers from business records (tickets, invoices,
interactions, surveys, subscriptions, contacts, account).
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[Any]
_One = TypeVar("_One", bound=np.generic)


class Substrate(Protocol):
    """Counts, users and facts of some accounts as of one or several days."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(accounts,) online, (accounts, days) offline."""
        ...

    @property
    def as_of_day(self) -> npt.NDArray[np.int32]:
        """Day numbers, broadcastable to `shape`."""
        ...

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Events of the series in the window, 0 when none."""
        ...

    def active_days(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Days in the window with at least one event of the series."""
        ...

    def used(self, series: str, days: int) -> npt.NDArray[np.bool_]:
        """Whether the series has an event in the window; cheaper than a count."""
        ...

    def distinct_users(self, days: int, ending_days_ago: int = 0) -> Floats:
        """Users with at least one event in the window. Online only windows that end today are exact from
        the histogram; a window that ends earlier is read from the day rollover's kept values."""
        ...

    def days_since_event(self, series: str) -> Floats:
        """Whole days from the last event on or before the as-of day; NaN when there never was one in reach."""
        ...

    def days_since_first_event(self, series: str) -> Floats:
        """Whole days from the first event ever, on or before the as-of day; NaN when there was none."""
        ...

    def fact_sum(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Sum of the fact's values dated in the window."""
        ...

    def fact_count(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """How many values of the fact are dated in the window."""
        ...

    def fact_total(self, fact: str) -> Floats:
        """Sum of all values dated on or before the as-of day: a balance, such as open tickets or MRR."""
        ...

    def days_since_fact(self, fact: str) -> Floats:
        """Whole days from the last value dated on or before the as-of day; NaN when none."""
        ...

    def trait(self, key: str) -> Values:
        """A trait of the account as of the day: float64 (NaN missing) for numbers and dates (day numbers),
        otherwise object array of str or None. Keys: columns of the account, then keys of its traits."""
        ...


def spread(values: npt.NDArray[_One], shape: tuple[int, ...]) -> npt.NDArray[_One]:
    """Values over a shape that they broadcast to. Nearly all have it already, and numpy would take longer to find that
    out than for many a measure of few accounts."""
    return values if values.shape == shape else np.broadcast_to(values, shape)
