"""Running sums over days for a block of accounts: any window as of any day by one difference.

Reads : lake.reads (partial sums by day, user-days, dated facts)
Gives : EventHistory, UserHistory, FactHistory, Axis
Source: DESIGN section 4: a user-day whose next active day is `nx` counts in a window of `w` days exactly for the
        as-of days d .. min(nx, d + w) - 1, so +1 and -1 at those ends and a running sum give every daily number
        without counting distinct users.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forestay.measures.ring import Ints
from forestay.measures.substrate import Floats

Days = npt.NDArray[np.int32]
_NOBODY = np.int64(-1)


@dataclass(frozen=True, slots=True)
class Axis:
    """A run of days first .. last."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def at(self, days: npt.NDArray[np.integer]) -> slice | Ints:
        """Where the days stand on the axis; a slice when they are consecutive."""
        places = days.astype(np.int64) - self.first
        if len(places) and places[-1] - places[0] == len(places) - 1:
            return slice(int(places[0]), int(places[-1]) + 1)
        return places


class EventHistory:
    """Daily counts of one series, int64 [account, day], from the axis's first day on."""

    def __init__(self, accounts: int, axis: Axis) -> None:
        self._axis, self._accounts = axis, accounts
        self._daily = np.zeros((accounts, len(axis)), np.int64)
        self._first = np.full(accounts, np.iinfo(np.int64).max)
        self._last_before = np.full(accounts, _NOBODY)

    def add(self, place: Ints, day: Days, events: Ints) -> None:
        """Add partial sums on days of the axis, before anything is asked."""
        cells = place * len(self._axis) + (day - self._axis.first)
        np.add.at(self._daily.reshape(-1), cells, events)

    def add_span(self, place: Ints, first: Days, last: Days) -> None:
        """Tell of the first and last day with events before the axis."""
        np.minimum.at(self._first, place, first.astype(np.int64))
        np.maximum.at(self._last_before, place, last.astype(np.int64))

    def count(self, days: Days, window: int) -> Floats:
        """Events of the `window` days that end with each day; (accounts, days)."""
        return self._difference(self._running, days, window)

    def active(self, days: Days, window: int) -> Floats:
        """Days with an event in the `window` days that end with each day."""
        return self._difference(self._running_active, days, window)

    def last(self, days: Days) -> Ints:
        """The last day with an event not after each day; -1 when none."""
        return self._latest[:, self._axis.at(days)]

    @cached_property
    def first(self) -> Ints:
        """The first day ever with an event, int64 (accounts, 1); far in the future when none."""
        used = self._daily > 0
        inside = np.where(used.any(axis=1), used.argmax(axis=1) + self._axis.first, np.iinfo(np.int64).max)
        first: Ints = np.minimum(self._first, inside)
        return first[:, None]

    @cached_property
    def _running(self) -> Ints:
        return _from_zero(np.cumsum(self._daily, axis=1))

    @cached_property
    def _running_active(self) -> Ints:
        return _from_zero(np.cumsum(self._daily > 0, axis=1, dtype=np.int64))

    @cached_property
    def _latest(self) -> Ints:
        days = np.arange(self._axis.first, self._axis.last + 1)
        seen = np.where(self._daily > 0, days, _NOBODY)
        seen[:, 0] = np.maximum(seen[:, 0], self._last_before)
        latest: Ints = np.maximum.accumulate(seen, axis=1)
        return latest

    def _difference(self, running: Ints, days: Days, window: int) -> Floats:
        high = running[:, self._axis.at(days + 1)]
        low = running[:, self._axis.at(np.maximum(days + 1 - window, self._axis.first))]
        return (high - low).astype(np.float64)


class UserHistory:
    """User-days of a block of accounts; any repetition is harmless."""

    def __init__(self, accounts: int, axis: Axis, place: Ints, user: Ints, day: Days) -> None:
        self._axis, self._accounts = axis, accounts
        self._place, self._day, self._next = _next_days(axis, place, user, day)
        self._running: dict[int, Ints] = {}

    def distinct(self, days: Days, window: int) -> Floats:
        """Distinct users of the `window` days that end with each day; (accounts, days)."""
        if window not in self._running:
            ends = np.minimum(np.minimum(self._next, self._day + window), self._axis.last + 1)
            changes = np.zeros((self._accounts, len(self._axis) + 1), np.int32)
            flat, width = changes.reshape(-1), len(self._axis) + 1
            flat += np.bincount(self._place * width + self._day - self._axis.first, minlength=len(flat)).astype(
                np.int32
            )
            flat -= np.bincount(self._place * width + ends - self._axis.first, minlength=len(flat)).astype(np.int32)
            self._running[window] = np.cumsum(changes, axis=1, dtype=np.int32)
        return self._running[window][:, self._axis.at(days)].astype(np.float64)


class FactHistory:
    """One fact's dated values for a block of accounts, as of days of the axis."""

    def __init__(self, accounts: int, axis: Axis, place: Ints, day: Days, value: Floats, count: Ints) -> None:
        self._axis, self._accounts = axis, accounts
        self._place, self._day, self._value, self._count = place, day.astype(np.int64), value, count

    def sum(self, days: Days, window: int | None) -> Floats:
        """Sum of the values dated in the `window` days that end with each day (None: since ever)."""
        return np.round(self._spread(self._value, window)[:, self._axis.at(days)], 6) + 0.0

    def count(self, days: Days, window: int) -> Floats:
        """How many values are dated in the window."""
        return np.round(self._spread(self._count.astype(np.float64), window)[:, self._axis.at(days)]) + 0.0

    def last(self, days: Days) -> Ints:
        """The day of the last value dated on or before each day; far in the past (< -10**6) when none."""
        seen = np.full((self._accounts, len(self._axis)), -(10**9), np.int64)
        said = (self._count > 0) & (self._day <= self._axis.last)
        at = np.maximum(self._day[said] - self._axis.first, 0)
        np.maximum.at(seen.reshape(-1), self._place[said] * len(self._axis) + at, self._day[said])
        latest: Ints = np.maximum.accumulate(seen, axis=1)
        return latest[:, self._axis.at(days)]

    def _spread(self, values: Floats, window: int | None) -> Floats:
        """Each value from its day on, and taken off again after the window."""
        width = len(self._axis) + 1
        end = self._axis.last + 1 if window is None else np.minimum(self._day + window, self._axis.last + 1)
        counts = (self._day <= self._axis.last) & (end > self._axis.first)
        place, value = self._place[counts] * width, values[counts]
        start = np.maximum(self._day[counts], self._axis.first) - self._axis.first
        stop = np.broadcast_to(end, self._day.shape)[counts] - self._axis.first
        size = self._accounts * width
        changes = np.bincount(place + start, value, size) - np.bincount(place + stop, value, size)
        running: Floats = np.cumsum(changes.reshape(self._accounts, width), axis=1)
        return running


def _from_zero(running: Ints) -> Ints:
    return np.concatenate((np.zeros((len(running), 1), running.dtype), running), axis=1)


def _next_days(axis: Axis, place: Ints, user: Ints, day: Days) -> tuple[Ints, Ints, Ints]:
    """Distinct user-days with the user's next active day in the account (far ahead when none)."""
    day_bits = len(axis).bit_length()
    user_bits = int(user.max()).bit_length() if len(user) else 0
    if day_bits + user_bits + (int(place.max()).bit_length() if len(place) else 0) > 62:
        user = np.unique(user, return_inverse=True)[1].astype(np.int64)
        user_bits = int(user.max()).bit_length()
    keys = (((place << user_bits) | user) << day_bits) | (day - axis.first).astype(np.int64)
    keys.sort()
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))] if len(keys) else keys
    days = keys & ((1 << day_bits) - 1)
    same = (keys[1:] >> day_bits) == (keys[:-1] >> day_bits)
    following = np.full(len(keys), np.iinfo(np.int64).max // 2)
    following[:-1][same] = days[1:][same] + axis.first
    return keys >> (day_bits + user_bits), days + axis.first, following
