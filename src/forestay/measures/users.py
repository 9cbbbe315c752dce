"""Distinct users of an account over any window, without ever scanning users.

Reads : measures.pairs, measures.ring
Gives : UserActivity
Source: DESIGN section 4: a histogram of last active days per account; the sum of its last w cells is the number
        of distinct users of the last w days. For windows that end earlier (`kept` widths only, 30 days by
        default) the number of every past day is kept beside it and corrected when a late event, a join of users
        or an account merge changes it.

A past day's number is exact while its whole window lies in the ring: up to ring_days - width days ago; further
back it is unknown (-1).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.measures.pairs import GONE, Pairs
from forestay.measures.ring import CHUNK_ROWS, RING_DAYS, FutureDay, Ints, RingCounts, RowParts

KEPT_WINDOWS = (30,)
_BLOCK = 16_384
_TURNS = 16
Marks = npt.NDArray[np.int8]


class UserActivity:
    """Users by last active day per account, and kept daily numbers of the windows in `kept`.

    >>> users = UserActivity(today=20_000)
    >>> users.touch(np.array([7, 7, 8]), np.array([0, 0, 0]), np.array([19_990, 20_000, 19_980]))
    >>> [int(users.distinct(RowParts.of(slice(0, 1)), days, 20_000)[0]) for days in (1, 7, 30)]
    [1, 1, 2]
    """

    def __init__(
        self,
        today: int,
        *,
        kept: Sequence[int] = KEPT_WINDOWS,
        ring_days: int = RING_DAYS,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        self.kept = tuple(kept)
        self._pairs = Pairs(ring_days)
        self._ring = RingCounts(1 + len(self.kept), today, ring_days=ring_days, chunk_rows=chunk_rows)

    @property
    def today(self) -> int:
        """The workspace's day to which the memory was rolled."""
        return self._ring.today

    @property
    def nbytes(self) -> int:
        """Bytes of the histogram (200 an account)."""
        return self._ring.nbytes // self._ring.lanes

    @property
    def nbytes_kept(self) -> int:
        """Bytes of the kept daily numbers (200 an account and window)."""
        return self._ring.nbytes - self.nbytes

    @property
    def nbytes_pairs(self) -> int:
        """Bytes of the pairs (about 33 a user and account)."""
        return self._pairs.nbytes

    def grow(self, rows: int) -> None:
        """Make room for rows 0 .. rows - 1."""
        self._ring.grow(rows)

    def touch(
        self, users: npt.NDArray[np.integer], rows: npt.NDArray[np.integer], days: npt.NDArray[np.integer]
    ) -> None:
        """Note users (n,) as active in accounts (n,) on days (n,); repetitions cost little.

        Raises:
            FutureDay: a day lies after `today`.
        """
        who, where, when = (a.astype(np.int64, copy=False) for a in (users, rows, days))
        if not len(who):
            return
        if when.max() > self.today:
            raise FutureDay(int(when.max()), self.today)
        self._ring.grow(int(where.max()) + 1)
        pairs = self._pairs.find_or_make(who, where)
        inside = when >= self._ring.oldest
        self._note_old(pairs[~inside], when[~inside])
        pairs, when = pairs[inside], when[inside]
        new = ~self._pairs.test(pairs, when)
        self._note_new(pairs[new], when[new])

    def distinct(self, parts: RowParts, window: int, until: int) -> Ints:
        """Distinct users of the `window` days that end with `until`; -1 where no longer known; int64 (n,)."""
        if until == self.today:
            return self._ring.window(parts, 0, until - window + 1, until)
        if window not in self.kept or until > self.today or until - window + 1 < self._ring.oldest:
            return np.full(parts.size, -1, np.int64)
        return self._ring.window(parts, 1 + self.kept.index(window), until, until)

    def only(self, parts: RowParts) -> UserActivity:
        """The numbers of these rows alone, in their order; it answers distinct() and nothing else."""
        copy = UserActivity(self.today, kept=self.kept, ring_days=self._ring.ring_days)
        copy._ring = self._ring.copied(parts)
        return copy

    def roll_to(self, day: int) -> None:
        """Turn to the workspace's new day and keep the numbers of the days that ended; never turns back."""
        for turn in range(max(self.today + 1, day - self._ring.ring_days + 1), day + 1):
            self._ring.roll_to(turn)
            self._pairs.forget_day(turn)
            self._start_kept(turn)

    def move_user(self, gone: int, into: int) -> Ints:
        """Join two users: all that `gone` did was done by `into`. Gives the rows of the accounts concerned."""
        theirs = self._pairs.of_user(gone)
        if gone == into or not len(theirs):
            return np.empty(0, np.int64)
        rows = self._pairs.row[theirs].astype(np.int64)
        twins = self._pairs.find(np.full(len(theirs), into, np.int64), rows)
        alone = twins < 0
        self._pairs.rehang(theirs[alone], into)
        self._unite(theirs[~alone], twins[~alone])
        return rows

    def merge_account(self, gone: int, into: int) -> None:
        """Give the users of the account `gone` to `into`."""
        theirs = self._pairs.of_row(gone)
        if gone == into or not len(theirs):
            return
        self._ring.grow(max(gone, into) + 1)
        users = self._pairs.user[theirs].astype(np.int64)
        twins = self._pairs.find(users, np.full(len(theirs), into, np.int64))
        alone = theirs[twins < 0]
        marks = self._marks(alone)
        self._apply(np.full(len(alone), gone), -marks)
        self._pairs.row[alone] = into
        self._apply(np.full(len(alone), into), marks)
        self._unite(theirs[twins >= 0], twins[twins >= 0])

    def keep(self, windows: Sequence[int]) -> None:
        """Keep the daily numbers of other widths from now on; those of the ring's days are made up for."""
        if tuple(windows) == self.kept:
            return
        self.kept = tuple(windows)
        old = self._ring
        size = {"ring_days": old.ring_days, "chunk_rows": old.chunk_rows}
        self._ring = RingCounts(1 + len(self.kept), old.today, **size)
        self._ring.grow(old.rows)
        living = np.flatnonzero(self._pairs.row[: self._pairs.count] != GONE)
        for low in range(0, len(living), _BLOCK):
            block = living[low : low + _BLOCK]
            self._apply(self._pairs.row[block], self._marks(block))

    def dump(self, folder: Path) -> None:
        """Write everything under folder as numpy files."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "users-kept.json").write_text(json.dumps(self.kept))
        self._ring.dump(folder, "users")
        self._pairs.dump(folder)

    @classmethod
    def load(cls, folder: Path) -> UserActivity:
        """Read back what dump() wrote."""
        ring = RingCounts.load(folder, "users")
        kept = tuple(json.loads((folder / "users-kept.json").read_text()))
        users = cls(ring.today, kept=kept, ring_days=ring.ring_days, chunk_rows=ring.chunk_rows)
        users._ring, users._pairs = ring, Pairs.load(folder, ring.ring_days)
        return users

    def _note_old(self, pairs: Ints, days: Ints) -> None:
        np.maximum.at(self._pairs.last, pairs, days.astype(np.int32))

    def _note_new(self, pairs: Ints, days: Ints) -> None:
        """User-days that were not known; each pair's part of the counts is taken out and put back renewed."""
        both = np.sort((pairs << 32) | days)  # one number a user-day: values sort faster than places
        both = both[np.concatenate(([True], both[1:] != both[:-1]))] if len(both) else both
        pairs, days = both >> 32, both & 0xFFFF_FFFF
        starts = np.flatnonzero(np.concatenate(([True], pairs[1:] != pairs[:-1]))) if len(both) else both
        each = pairs[starts]
        bounds = np.append(starts, len(pairs))
        for low in range(0, len(each), _BLOCK):
            block = each[low : low + _BLOCK]
            here = slice(bounds[low], bounds[low + len(block)])
            known = np.flatnonzero(self._pairs.last[block] >= self._ring.oldest)
            before = self._marks(block[known])
            self._pairs.mark(pairs[here], days[here])
            np.maximum.at(self._pairs.last, pairs[here], days[here].astype(np.int32))
            marks = self._marks(block)
            marks[known] -= before
            self._apply(self._pairs.row[block], marks)

    def _marks(self, pairs: Ints) -> Marks:
        """What each pair adds to its account: int8 [pair, lane, day], days from the ring's oldest on."""
        active = self._pairs.active(pairs, self._ring.oldest)
        marks = np.zeros((len(pairs), self._ring.lanes, active.shape[1]), np.int8)
        place = self._pairs.last[pairs] - self._ring.oldest
        recent = np.flatnonzero(place >= 0)
        marks[recent, 0, place[recent]] = 1
        for lane, window in enumerate(self.kept, start=1):
            marks[:, lane] = _within(active, window)
        return marks

    def _apply(self, rows: npt.NDArray[np.integer], marks: Marks) -> None:
        """Add the marks of pairs to their rows; the cells are many and lie together, so whole rows are added."""
        if not len(rows):
            return
        placed = np.sort((rows.astype(np.int64) << 32) | np.arange(len(rows)))
        order, ordered = placed & 0xFFFF_FFFF, placed >> 32
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        self._ring.add_rows(ordered[starts], _summed(marks, order, starts))

    def _unite(self, gone: Ints, into: Ints) -> None:
        """Pairs that turn out to be the same user in the same account become one."""
        before_gone, before_into = self._marks(gone), self._marks(into)
        self._pairs.bits[into] |= self._pairs.bits[gone]
        self._pairs.last[into] = np.maximum(self._pairs.last[into], self._pairs.last[gone])
        self._apply(self._pairs.row[gone], -before_gone)
        self._pairs.row[gone] = GONE
        self._apply(self._pairs.row[into], self._marks(into) - before_into)

    def _start_kept(self, day: int) -> None:
        """The new day's number of each kept window, before anybody was active on it."""
        if not self._ring.rows:
            return
        every = RowParts.of(slice(0, self._ring.rows), self._ring.chunk_rows)
        for lane, window in enumerate(self.kept, start=1):
            known = self._ring.window(every, 0, day - window + 1, day - 1)
            rows = np.flatnonzero(known)
            self._ring.add(rows, np.full(len(rows), lane), np.full(len(rows), day), known[rows])


def _within(active: Marks, window: int) -> Marks:
    """Whether any of the `window` days that end with each day was active; by doubling, each day is looked at few times."""
    covered, width = active.copy(), 1
    while width < min(window, active.shape[1]):
        step = min(width, window - width)
        covered[:, step:] |= covered[:, :-step].copy()
        width += step
    return covered


def _summed(marks: Marks, order: Ints, starts: Ints) -> npt.NDArray[np.int32]:
    """Sums of marks over the parts of `order` that begin at `starts`. Most accounts have a few users in a batch: their
    first are taken together, then their second, and so on; what then is left are few accounts with many."""
    counts = np.diff(np.append(starts, len(order)))
    total = marks[order[starts]].astype(np.int32)
    for turn in range(1, min(int(counts.max()), _TURNS)):
        more = np.flatnonzero(counts > turn)
        total[more] += marks[order[starts[more] + turn]]
    for place in np.flatnonzero(counts > _TURNS).tolist():
        rest = order[starts[place] + _TURNS : starts[place] + counts[place]]
        total[place] += marks[rest].sum(axis=0, dtype=np.int32)
    return total
