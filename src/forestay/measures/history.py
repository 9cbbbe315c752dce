"""What happened to a block of accounts on a run of days, so that any window as of any day is one pass over numbers.

Reads : lake.reads (partial sums by day, user-days, dated facts)
Gives : EventHistory, UserHistory, FactHistory, Axis
Source: DESIGN section 4: a user-day whose next active day is `nx` counts in a window of `w` days exactly for the
        as-of days d .. min(nx, d + w) - 1, so +1 and -1 at those ends and a running sum give every daily number
        without counting distinct users.

Everything lies account by account, [account, day], as health and conditions read it, in blocks that stay in the
processor's cache. Events are many and become running sums; facts are few, so their levels are found at the days on
which they change and repeated in between, which costs an eighth of a running sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forestay.measures.ring import Ints
from forestay.measures.substrate import Floats

Days = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
_FAR = np.iinfo(np.int64).max
_DECIMALS = 6
"""Sums of facts are rounded here, as in measures.facts."""


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
        if len(places) and (np.diff(places) == 1).all():
            return slice(int(places[0]), int(places[-1]) + 1)
        return places


class EventHistory:
    """Events of one series, from partial sums (place, day, events) in any order; days lie on the axis."""

    def __init__(self, accounts: int, axis: Axis, place: Ints, day: Ints, events: Floats) -> None:
        self._axis, self._accounts = axis, accounts
        size = accounts * len(axis)
        daily = np.bincount(place * len(axis) + (day - axis.first), events, size)
        self._daily = daily.astype(np.float64, copy=False).reshape(accounts, len(axis))
        self._first, self._last_before = np.full(accounts, _FAR), np.full(accounts, np.nan)

    def add_span(self, place: Ints, first: Days, last: Days) -> None:
        """Tell of the first and last day with events before the axis."""
        np.minimum.at(self._first, place, first.astype(np.int64))
        np.fmax.at(self._last_before, place, last.astype(np.float64))

    def count(self, days: Days, window: int) -> Floats:
        """Events of the `window` days that end with each day; (accounts, days)."""
        return self._difference(self._running, days, window)

    def active(self, days: Days, window: int) -> Floats:
        """Days with an event in the `window` days that end with each day."""
        return self._difference(self._running_active, days, window)

    def used(self, days: Days, window: int) -> Flags:
        """Whether there was an event in the window; doubling what is covered is faster than counting."""
        covered, width = self._used, 1
        while width < window:
            step = min(width, window - width)
            wider = covered.copy()
            np.logical_or(covered[:, step:], covered[:, :-step], out=wider[:, step:])
            covered, width = wider, width + step
        return covered[:, self._axis.at(days)]

    def last(self, days: Days) -> Floats:
        """The last day with an event not after each day; NaN when none."""
        return self._latest[:, self._axis.at(days)]

    @cached_property
    def first(self) -> Floats:
        """The first day ever with an event, (accounts, 1); infinite when none."""
        inside = np.where(self._used.any(axis=1), self._used.argmax(axis=1) + self._axis.first, _FAR)
        first = np.minimum(self._first, inside)
        return np.where(first == _FAR, np.inf, first)[:, None]

    @cached_property
    def _used(self) -> Flags:
        return self._daily > 0

    @cached_property
    def _running(self) -> Floats:
        return _from_zero(self._daily)

    @cached_property
    def _running_active(self) -> Floats:
        return _from_zero(self._used)

    @cached_property
    def _latest(self) -> Floats:
        cells = np.flatnonzero(self._used)
        days = cells % len(self._axis) + self._axis.first
        return _levels(cells, days.astype(np.float64), self._last_before, len(self._axis))

    def _difference(self, running: Floats, days: Days, window: int) -> Floats:
        high = running[:, self._axis.at(days + 1)]
        low = running[:, self._axis.at(np.maximum(days + 1 - window, self._axis.first))]
        return high - low


class UserHistory:
    """User-days of a block of accounts; any repetition is harmless."""

    def __init__(self, accounts: int, axis: Axis, place: Ints, user: Ints, day: Ints) -> None:
        self._axis, self._accounts = axis, accounts
        self._place, self._day, self._next = _next_days(axis, place, user, day)
        self._running: dict[int, Floats] = {}

    def distinct(self, days: Days, window: int) -> Floats:
        """Distinct users of the `window` days that end with each day; (accounts, days)."""
        if window not in self._running:
            ends = np.minimum(np.minimum(self._next, self._day + window), self._axis.last + 1)
            self._running[window] = np.cumsum(self._starts - self._binned(ends), axis=1, dtype=np.float64)
        return self._running[window][:, self._axis.at(days)]

    @cached_property
    def _starts(self) -> Ints:
        return self._binned(self._day)

    def _binned(self, day: Ints) -> Ints:
        """How many user-days each account has at each day of the axis and the one after it."""
        shape = self._accounts, len(self._axis) + 1
        cells = self._place * shape[1] + (day - self._axis.first)
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


class FactHistory:
    """One fact's dated values for a block of accounts, as of days of the axis; sorted by place and day."""

    def __init__(self, accounts: int, axis: Axis, place: Ints, day: Days, value: Floats, count: Ints) -> None:
        self._axis, self._accounts = axis, accounts
        self._place, self._day, self._value, self._count = place, day.astype(np.int64), value, count
        self._spreads: dict[tuple[str, int | None], Floats] = {}

    def sum(self, days: Days, window: int | None) -> Floats:
        """Sum of the values dated in the `window` days that end with each day (None: since ever)."""
        return self._spread("value", self._value, window)[:, self._axis.at(days)]

    def count(self, days: Days, window: int) -> Floats:
        """How many values are dated in the window."""
        return self._spread("count", self._count.astype(np.float64), window)[:, self._axis.at(days)]

    def last(self, days: Days) -> Floats:
        """The day of the last value dated on or before each day; NaN when none."""
        said = (self._count > 0) & (self._day <= self._axis.last)
        day = self._day[said]
        cells = self._place[said] * len(self._axis) + np.maximum(day - self._axis.first, 0)
        nothing = np.full(self._accounts, np.nan)
        return _levels(cells, day.astype(np.float64), nothing, len(self._axis))[:, self._axis.at(days)]

    def _spread(self, what: str, values: Floats, window: int | None) -> Floats:
        """Each value from its day on, and taken off again after the window: (accounts, days of the axis and one)."""
        if (what, window) not in self._spreads:
            self._spreads[what, window] = self._spread_out(values, window)
        return self._spreads[what, window]

    def _spread_out(self, values: Floats, window: int | None) -> Floats:
        width = len(self._axis) + 1
        end = self._axis.last + 1 if window is None else np.minimum(self._day + window, self._axis.last + 1)
        counts = (self._day <= self._axis.last) & (end > self._axis.first)
        place, value = self._place[counts], values[counts]
        start = np.maximum(self._day[counts], self._axis.first) - self._axis.first
        stop = np.broadcast_to(end, self._day.shape)[counts] - self._axis.first
        cells = np.concatenate((place * width + start, place * width + stop))
        order = np.argsort(cells, kind="stable")
        cells, changes = cells[order], np.concatenate((value, -value))[order]
        return _levels(cells, _running_by_row(cells // width, changes), np.zeros(self._accounts), width)


def _running_by_row(row: Ints, changes: Floats) -> Floats:
    """Sums of the changes (n,) so far within each row; rows ascending."""
    if not len(row):
        return changes
    running = np.cumsum(changes)
    starts = np.flatnonzero(np.concatenate(([True], row[1:] != row[:-1])))
    before = np.concatenate(([0.0], running[starts[1:] - 1]))
    sums: Floats = np.round(running - np.repeat(before, np.diff(np.append(starts, len(row)))), _DECIMALS) + 0.0
    return sums


def _levels(cells: Ints, levels: Floats, at_first: Floats, width: int) -> Floats:
    """Rows (n, width) that start with `at_first` (n,) and take each level from its cell (row * width + column,
    ascending) until the next; of several at one cell the last counts."""
    rows = len(at_first)
    if not len(cells):
        return np.broadcast_to(at_first[:, None], (rows, width))
    starts = np.arange(rows, dtype=np.int64) * width
    order = np.argsort(np.concatenate((starts, cells)), kind="stable")
    ordered = np.concatenate((starts, cells))[order]
    lengths = np.diff(np.append(ordered, rows * width))
    return np.repeat(np.concatenate((at_first, levels))[order], lengths).reshape(rows, width)


def _from_zero(daily: npt.NDArray[np.generic]) -> Floats:
    """Running sums along the days with a 0 before the first."""
    running = np.zeros((daily.shape[0], daily.shape[1] + 1))
    np.cumsum(daily, axis=1, out=running[:, 1:])
    return running


def _next_days(axis: Axis, place: Ints, user: Ints, day: Ints) -> tuple[Ints, Ints, Ints]:
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
