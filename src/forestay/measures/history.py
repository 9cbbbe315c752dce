"""Running sums over days for a block of accounts: any window as of any day by one difference.

Reads : lake.reads (partial sums by day, user-days, dated facts)
Gives : DailyCounts, EventHistory, UserHistory, FactHistory, Axis
Source: DESIGN section 4: a user-day whose next active day is `nx` counts in a window of `w` days exactly for the
        as-of days d .. min(nx, d + w) - 1, so +1 and -1 at those ends and a running sum give every daily number
        without counting distinct users.

Everything lies day by day, [day, account]: running sums and windows then work on whole days of accounts at a time,
several times as fast as along the days of one account. Answers are given turned, (accounts, days).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from forestay.measures.ring import Ints
from forestay.measures.substrate import Floats

Days = npt.NDArray[np.int32]
_NOBODY = np.int64(-1)
_Number = TypeVar("_Number", np.float64, np.int64, np.int32)
_MANY_ROWS = 4_000_000


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


class DailyCounts:
    """Events by code, account and day, added up from partial sums in any order.

    Rows wait until there are many and are then counted at once, which is several times as fast as one by one.
    """

    def __init__(self, codes: int, accounts: int, axis: Axis) -> None:
        self._axis, self._shape = axis, (codes, len(axis), accounts)
        self._counts = np.zeros(codes * accounts * len(axis))
        self._cells: list[Ints] = []
        self._events: list[Ints] = []
        self._waiting = 0

    def add(self, code: Ints, place: Ints, day: Days, events: Ints) -> None:
        """Partial sums (arrays (n,)) on days of the axis."""
        _, days, accounts = self._shape
        self._cells.append((code * days + (day - self._axis.first)) * accounts + place)
        self._events.append(events)
        self._waiting += len(code)
        if self._waiting > _MANY_ROWS:
            self._settle()

    def by_code(self) -> Floats:
        """All counts, float64 (codes, days, accounts)."""
        self._settle()
        return self._counts.reshape(self._shape)

    def _settle(self) -> None:
        if self._waiting:
            cells, events = np.concatenate(self._cells), np.concatenate(self._events)
            self._counts += np.bincount(cells, events, len(self._counts))
            self._cells, self._events, self._waiting = [], [], 0


class EventHistory:
    """Daily counts of one series, float64 [day of the axis, account] (whole numbers)."""

    def __init__(self, axis: Axis, daily: Floats) -> None:
        self._axis, self._daily = axis, daily
        self._first = np.full(daily.shape[1], np.iinfo(np.int64).max)
        self._last_before = np.full(daily.shape[1], _NOBODY)

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
        return self._latest[self._axis.at(days)].T

    @cached_property
    def first(self) -> Ints:
        """The first day ever with an event, int64 (accounts, 1); far in the future when none."""
        used = self._daily > 0
        inside = np.where(used.any(axis=0), used.argmax(axis=0) + self._axis.first, np.iinfo(np.int64).max)
        first: Ints = np.minimum(self._first, inside)
        return first[:, None]

    @cached_property
    def _running(self) -> Floats:
        return _from_zero(self._daily)

    @cached_property
    def _running_active(self) -> Floats:
        return _from_zero(self._daily > 0)

    @cached_property
    def _latest(self) -> Ints:
        days = np.arange(self._axis.first, self._axis.last + 1)
        seen = np.where(self._daily > 0, days[:, None], _NOBODY)
        seen[0] = np.maximum(seen[0], self._last_before)
        return _accumulated(np.maximum, seen)

    def _difference(self, running: Floats, days: Days, window: int) -> Floats:
        high = running[self._axis.at(days + 1)]
        low = running[self._axis.at(np.maximum(days + 1 - window, self._axis.first))]
        return np.subtract(high, low).T


class UserHistory:
    """User-days of a block of accounts; any repetition is harmless."""

    def __init__(self, accounts: int, axis: Axis, place: Ints, user: Ints, day: Days) -> None:
        self._axis, self._accounts = axis, accounts
        self._place, self._day, self._next = _next_days(axis, place, user, day)
        self._running: dict[int, npt.NDArray[np.int32]] = {}

    def distinct(self, days: Days, window: int) -> Floats:
        """Distinct users of the `window` days that end with each day; (accounts, days)."""
        if window not in self._running:
            ends = np.minimum(np.minimum(self._next, self._day + window), self._axis.last + 1)
            changes = self._starts - self._binned(ends)
            self._running[window] = _accumulated(np.add, changes)
        return self._running[window][self._axis.at(days)].astype(np.float64).T

    @cached_property
    def _starts(self) -> npt.NDArray[np.int32]:
        return self._binned(self._day)

    def _binned(self, day: Ints) -> npt.NDArray[np.int32]:
        """How many user-days each account has at each day of the axis and the one after it: [day, account]."""
        shape = len(self._axis) + 1, self._accounts
        cells = (day - self._axis.first) * self._accounts + self._place
        return np.bincount(cells, minlength=shape[0] * shape[1]).astype(np.int32).reshape(shape)


class FactHistory:
    """One fact's dated values for a block of accounts, as of days of the axis."""

    def __init__(self, accounts: int, axis: Axis, place: Ints, day: Days, value: Floats, count: Ints) -> None:
        self._axis, self._accounts = axis, accounts
        self._place, self._day, self._value, self._count = place, day.astype(np.int64), value, count

    def sum(self, days: Days, window: int | None) -> Floats:
        """Sum of the values dated in the `window` days that end with each day (None: since ever)."""
        return (np.round(self._spread(self._value, window)[self._axis.at(days)], 6) + 0.0).T

    def count(self, days: Days, window: int) -> Floats:
        """How many values are dated in the window."""
        return self._spread(self._count.astype(np.float64), window)[self._axis.at(days)].T

    def last(self, days: Days) -> Ints:
        """The day of the last value dated on or before each day; far in the past (< -10**6) when none."""
        seen = np.full((len(self._axis), self._accounts), -(10**9), np.int64)
        said = (self._count > 0) & (self._day <= self._axis.last)
        at = np.maximum(self._day[said] - self._axis.first, 0)
        np.maximum.at(seen.reshape(-1), at * self._accounts + self._place[said], self._day[said])
        return _accumulated(np.maximum, seen)[self._axis.at(days)].T

    def _spread(self, values: Floats, window: int | None) -> Floats:
        """Each value from its day on, and taken off again after the window."""
        end = self._axis.last + 1 if window is None else np.minimum(self._day + window, self._axis.last + 1)
        counts = (self._day <= self._axis.last) & (end > self._axis.first)
        place, value = self._place[counts], values[counts]
        start = np.maximum(self._day[counts], self._axis.first) - self._axis.first
        stop = np.broadcast_to(end, self._day.shape)[counts] - self._axis.first
        shape = len(self._axis) + 1, self._accounts
        cells = np.concatenate((start * self._accounts + place, stop * self._accounts + place))
        changes = np.bincount(cells, np.concatenate((value, -value)), shape[0] * shape[1])
        return _accumulated(np.add, changes.astype(np.float64, copy=False).reshape(shape))


def _from_zero(daily: npt.NDArray[np.generic]) -> Floats:
    """Running sums along the days with a 0 before the first."""
    running = np.zeros((daily.shape[0] + 1, daily.shape[1]))
    running[1:] = daily
    return _accumulated(np.add, running)


def _accumulated(combine: np.ufunc, daily: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """Each day combined with all days before it, in place. (ufunc.accumulate goes account by account: far slower.)"""
    for day in range(1, len(daily)):
        combine(daily[day - 1], daily[day], out=daily[day])
    return daily


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
