"""Facts: sparse, dated numbers of business records, summed over any window as of any day.

Reads : measures.record_facts (what a record says)
Gives : FactTable
Source: docs/architecture.md 'Two memories of measures' (facts).

Per fact name a few sorted runs of (row, day) keys with prefix sums; each run is at least three times as large
as the next, so that adding costs O(log) amortised and a question is a handful of binary searches. A record
that is corrected adds its old value with the sign turned: sums, counts and last days come out as if it had
never been said. Values dated after the as-of day do not count yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.measures.ring import Ints
from forestay.measures.substrate import Floats

DAY_BITS = 20
DAY_OFFSET = 1 << 19
_LAST_DAY = DAY_OFFSET - 1
_GROWTH = 3
_DECIMALS = 6
"""Sums are rounded here, so that what was taken back leaves exactly nothing behind."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Keys ascending and each once; `values` and `counts` are prefix sums with a leading 0."""

    keys: Ints
    values: Floats
    counts: Ints

    @classmethod
    def of(cls, keys: Ints, values: Floats, counts: Ints) -> _Run:
        if not len(keys):
            return cls(keys, np.zeros(1), np.zeros(1, np.int64))
        order = np.argsort(keys, kind="stable")
        keys, values, counts = keys[order], values[order], counts[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        keys, values, counts = keys[starts], np.add.reduceat(values, starts), np.add.reduceat(counts, starts)
        kept = (counts != 0) | (np.abs(values) > 1e-9)
        sums = np.concatenate(([0.0], np.cumsum(values[kept])))
        return cls(keys[kept], sums, np.concatenate(([0], np.cumsum(counts[kept]))))

    def joined(self, other: _Run) -> _Run:
        values = np.concatenate((np.diff(self.values), np.diff(other.values)))
        counts = np.concatenate((np.diff(self.counts), np.diff(other.counts)))
        return _Run.of(np.concatenate((self.keys, other.keys)), values, counts)


@dataclass(frozen=True, slots=True)
class DatedValues:
    """One fact's values of `size` accounts, taken out once for many questions; sorted by place and day, netted."""

    size: int
    place: Ints
    day: Ints
    value: Floats
    count: Ints

    def sum(self, since: int, until: int) -> Floats:
        """Sum of the values dated since .. until, both counted; (size,)."""
        inside = (self.day >= since) & (self.day <= until)
        sums = np.bincount(self.place[inside], self.value[inside], self.size).astype(np.float64, copy=False)
        return np.round(sums, _DECIMALS) + 0.0

    def number(self, since: int, until: int) -> Floats:
        """How many values are dated since .. until; (size,)."""
        inside = (self.day >= since) & (self.day <= until)
        return np.bincount(self.place[inside], self.count[inside], self.size).astype(np.float64)

    def last(self, until: int) -> Floats:
        """Day of the last value not after `until`; NaN when none; (size,)."""
        said = (self.count > 0) & (self.day <= until)
        last = np.full(self.size, np.nan)
        last[self.place[said]] = self.day[said]
        return last


class FactTable:
    """All facts of one workspace, by name.

    Rows are dense account numbers. As-of days may be one number or an array that broadcasts with the rows
    (for example rows[:, None] and days[None, :]); answers are float64 of the broadcast shape.

    >>> facts = FactTable()
    >>> facts.add("mrr", np.array([0, 0]), np.array([10, 40]), np.array([500.0, -500.0]))
    >>> facts.total("mrr", np.array([0]), np.array([9, 10, 39, 40])).tolist()
    [0.0, 500.0, 500.0, 0.0]
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[_Run]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Facts that have had a value."""
        return tuple(self._runs)

    @property
    def nbytes(self) -> int:
        """Bytes of keys and prefix sums."""
        return sum(run.keys.nbytes * 3 for runs in self._runs.values() for run in runs)

    def add(
        self,
        fact: str,
        rows: npt.NDArray[np.integer],
        days: npt.NDArray[np.integer],
        values: npt.NDArray[np.floating],
        counts: npt.NDArray[np.integer] | None = None,
    ) -> None:
        """Add dated values (arrays (n,)). counts: +1 for a value said, -1 for one taken back with its sign turned."""
        if not len(rows):
            return
        said = np.ones(len(rows), np.int64) if counts is None else counts.astype(np.int64)
        runs = self._runs.setdefault(fact, [])
        runs.append(_Run.of(_keys(rows.astype(np.int64), days.astype(np.int64)), values.astype(np.float64), said))
        while len(runs) > 1 and len(runs[-2].keys) < _GROWTH * max(1, len(runs[-1].keys)):
            last = runs.pop()
            runs[-1] = runs[-1].joined(last)

    def sum(self, fact: str, rows: Ints, as_of: npt.ArrayLike, days: int, ending_days_ago: int = 0) -> Floats:
        """Sum of the values dated in the window."""
        return self._window(fact, rows, as_of, days, ending_days_ago)[0]

    def count(self, fact: str, rows: Ints, as_of: npt.ArrayLike, days: int, ending_days_ago: int = 0) -> Floats:
        """How many values are dated in the window."""
        return self._window(fact, rows, as_of, days, ending_days_ago)[1]

    def total(self, fact: str, rows: Ints, as_of: npt.ArrayLike) -> Floats:
        """Sum of all values dated on or before the as-of day."""
        return self._window(fact, rows, as_of, None, 0)[0]

    def last_day(self, fact: str, rows: Ints, as_of: npt.ArrayLike) -> Floats:
        """Day of the last value dated on or before the as-of day; NaN when none."""
        where, until = np.broadcast_arrays(np.asarray(rows, np.int64), np.asarray(as_of, np.int64))
        bound, first = _keys(where, until).ravel(), _keys(where, np.full(where.shape, -DAY_OFFSET)).ravel()
        found = np.full(bound.shape, np.nan)
        open_ = np.arange(len(bound))
        while len(open_):
            key = self._last_key(fact, bound[open_])
            inside = key >= first[open_]
            open_, key = open_[inside], key[inside]
            held = self._count_at(fact, key) > 0
            found[open_[held]] = (key[held] & ((1 << DAY_BITS) - 1)) - DAY_OFFSET
            bound[open_] = key - 1
            open_ = open_[~held]
        return found.reshape(where.shape)

    def values(self, fact: str, rows: Ints | slice) -> DatedValues:
        """The values of the fact in rows (n,), any order, or of a slice of rows."""
        size = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        parts = [_taken(run, rows) for run in self._runs.get(fact, ())]
        parts = [part for part in parts if len(part[0])]
        if not parts:
            return DatedValues(size, *(np.empty(0, np.int64),) * 2, np.empty(0), np.empty(0, np.int64))
        keys, values, counts = parts[0]
        if len(parts) > 1:
            net = _Run.of(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            keys, values, counts = net.keys, np.diff(net.values), np.diff(net.counts)
        return DatedValues(size, keys >> DAY_BITS, (keys & ((1 << DAY_BITS) - 1)) - DAY_OFFSET, values, counts)

    def merge_account(self, gone: int, into: int) -> None:
        """Give all facts of the account `gone` to `into`."""
        if gone == into:
            return
        for fact, (rows, days, values, counts) in {name: self.entries(name, gone) for name in self.names}.items():
            self.add(fact, rows, days, -values, -counts)
            self.add(fact, np.full(len(rows), into), days, values, counts)

    def entries(self, fact: str, row: int | None = None) -> tuple[Ints, Ints, Floats, Ints]:
        """Rows, days, values and counts of one account or of all; corrections already netted."""
        parts: list[tuple[Ints, Floats, Ints]] = []
        for run in self._runs.get(fact, ()):
            low, high = 0, len(run.keys)
            if row is not None:
                low, high = (int(n) for n in np.searchsorted(run.keys, [row << DAY_BITS, (row + 1) << DAY_BITS]))
            values, counts = np.diff(run.values[low : high + 1]), np.diff(run.counts[low : high + 1])
            parts.append((run.keys[low:high], values, counts))
        if not sum(len(keys) for keys, _, _ in parts):
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
        net = _Run.of(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        days = (net.keys & ((1 << DAY_BITS) - 1)) - DAY_OFFSET
        return net.keys >> DAY_BITS, days, np.diff(net.values), np.diff(net.counts)

    def dump(self, folder: Path) -> None:
        """Write every fact as numpy files under folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for n, fact in enumerate(self.names):
            columns = ("rows", "days", "values", "counts")
            for name, column in zip(columns, self.entries(fact), strict=True):
                np.save(folder / f"facts-{n:03}-{name}.npy", column, allow_pickle=False)
        (folder / "facts.json").write_text(json.dumps(self.names))

    @classmethod
    def load(cls, folder: Path) -> FactTable:
        """Read back what dump() wrote."""
        table = cls()
        for n, fact in enumerate(json.loads((folder / "facts.json").read_text())):
            columns = ("rows", "days", "values", "counts")
            stored = [np.load(folder / f"facts-{n:03}-{name}.npy", allow_pickle=False) for name in columns]
            table.add(fact, *stored)
        return table

    def _window(
        self, fact: str, rows: Ints, as_of: npt.ArrayLike, days: int | None, ending_days_ago: int
    ) -> tuple[Floats, Floats]:
        until = np.asarray(as_of, np.int64) - ending_days_ago
        where, until = np.broadcast_arrays(np.asarray(rows, np.int64), until)
        after_keys = _keys(where, until)
        before_keys = (where << DAY_BITS) - 1 if days is None else _keys(where, until - days)
        sums, counts = np.zeros(where.shape), np.zeros(where.shape)
        for run in self._runs.get(fact, ()):
            high = np.searchsorted(run.keys, after_keys, side="right")
            low = np.searchsorted(run.keys, before_keys, side="right")
            sums += run.values[high] - run.values[low]
            counts += run.counts[high] - run.counts[low]
        return np.round(sums, _DECIMALS) + 0.0, counts

    def _last_key(self, fact: str, bound: Ints) -> Ints:
        """The greatest key not above bound in any run; -1 when none."""
        best = np.full(len(bound), -1, np.int64)
        for run in self._runs.get(fact, ()):
            if len(run.keys):
                at = np.searchsorted(run.keys, bound, side="right") - 1
                best = np.maximum(best, np.where(at >= 0, run.keys[at], -1))
        return best

    def _count_at(self, fact: str, keys: Ints) -> Ints:
        """Net count of values at exactly these keys."""
        total = np.zeros(len(keys), np.int64)
        for run in self._runs.get(fact, ()):
            high = np.searchsorted(run.keys, keys, side="right")
            low = np.searchsorted(run.keys, keys, side="left")
            total += run.counts[high] - run.counts[low]
        return total


def _keys(rows: Ints, days: Ints) -> Ints:
    """row << 20 | day + offset: sorted by account, then by day."""
    return (rows << DAY_BITS) | (np.clip(days, -DAY_OFFSET, _LAST_DAY) + DAY_OFFSET)


def _taken(run: _Run, rows: Ints | slice) -> tuple[Ints, Floats, Ints]:
    """The run's entries of the rows, with the row in the key replaced by its place among the rows."""
    if isinstance(rows, slice):
        low, high = (int(n) for n in np.searchsorted(run.keys, [rows.start << DAY_BITS, rows.stop << DAY_BITS]))
        keys = run.keys[low:high] - (rows.start << DAY_BITS)
        return keys, np.diff(run.values[low : high + 1]), np.diff(run.counts[low : high + 1])
    lows = np.searchsorted(run.keys, rows << DAY_BITS)
    sizes = np.searchsorted(run.keys, (rows + 1) << DAY_BITS) - lows
    at = np.repeat(lows - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    keys = run.keys[at] + np.repeat((np.arange(len(rows)) - rows) << DAY_BITS, sizes)
    return keys, run.values[at + 1] - run.values[at], run.counts[at + 1] - run.counts[at]
