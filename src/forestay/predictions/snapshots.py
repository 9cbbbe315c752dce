"""Accounts as they were known at the end of a day, and what happened to them after it.

Gives : Snapshots, Labels, Floats, Ints, Flags, PERIOD_DAYS
Source: DESIGN section 6 (point-in-time snapshots, censoring); one row = one account on one day

These are the two tables that every model is trained on and judged by. They hold no text and no dates of people,
only numbers; a value that is not known is NaN and never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.integer] | npt.NDArray[np.bool_] | slice

PERIOD_DAYS = 30
"""Length of a period of the hazard: period j of a snapshot is the days (30 j, 30 (j + 1)] after it."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What was known of n accounts-on-a-day.

    account_ids: (n,) int64. as_of_days: (n,) days since 1970-01-01, the workspace's calendar, at whose end it was
    known. names: (k,) columns as conditions name them ('measure.seat_use_30d'). values: (n, k) float32 or float64,
    NaN = missing. arr: (n,) yearly revenue in the workspace's currency, NaN = unknown.
    """

    account_ids: Ints
    as_of_days: Ints
    names: tuple[str, ...]
    values: Floats
    arr: Floats

    def __len__(self) -> int:
        return len(self.account_ids)

    def take(self, rows: Rows) -> Snapshots:
        """The rows asked for, by number or flag, in that order."""
        return Snapshots(self.account_ids[rows], self.as_of_days[rows], self.names, self.values[rows], self.arr[rows])

    def column(self, name: str) -> Floats:
        """Values (n,) of one column, all NaN when there is no such column."""
        if name not in self.names:
            return np.full(len(self), np.nan)
        column: Floats = self.values[:, self.names.index(name)]
        return column

    def only(self, names: tuple[str, ...]) -> Snapshots:
        """The same rows with these columns in this order; a column that is not there is all missing."""
        if names == self.names:
            return self
        values = np.column_stack([self.column(name) for name in names]) if names else self.values[:, :0]
        return Snapshots(self.account_ids, self.as_of_days, names, values.astype(self.values.dtype), self.arr)


@dataclass(frozen=True, slots=True)
class Labels:
    """What happened after each of n snapshots.

    event_in_days: (n,) days from the snapshot to the event, +inf when it did not happen within what is known.
    observed_days: (n,) days from the snapshot to the end of what is known (censoring), WHETHER OR NOT the event came
    before: usually last known day - as-of day. An event counts only when it lies within them. Where follow-up ends
    with the event itself (survival tables), give +inf to the rows with an event.

    Why so: rows that are watched for 20 days of a horizon of 30 must not count only when they left within them, or
    every rate comes out too high.
    """

    event_in_days: Floats
    observed_days: Floats

    def __len__(self) -> int:
        return len(self.event_in_days)

    @property
    def seen(self) -> Flags:
        """(n,) whether the event was seen at all."""
        return np.asarray(np.isfinite(self.event_in_days) & (self.event_in_days <= self.observed_days), bool)

    def within(self, horizon: float | Floats) -> tuple[Flags, Flags]:
        """(happened, known), each (n,): whether it happened within `horizon` days, and whether the row was watched for
        all of them; happened is told of known rows only."""
        known = np.asarray(self.observed_days >= horizon, bool)
        return known & self.seen & (self.event_in_days <= horizon), known

    def until(self, days_left: Floats) -> Labels:
        """The same labels as somebody knew them who saw only `days_left` (n,) days after each snapshot."""
        observed = np.minimum(self.observed_days, days_left)
        return Labels(np.where(self.event_in_days <= observed, self.event_in_days, np.inf), observed)

    def take(self, rows: Rows) -> Labels:
        """The rows asked for."""
        return Labels(self.event_in_days[rows], self.observed_days[rows])
