"""The activity cube: what every account did on each of the last 100 days, event by event in its series.

Reads : rows (dense account numbers of a workspace), series of measures.series, calendar days
Gives : ActivityCube
Source: DESIGN section 4 (the activity cube); docs/architecture.md 'Two memories of measures'.

About 4.2 kB an account with 20 series: 20 x 100 counts of 2 bytes, and per series the first and the last
day ever seen (uint16 days since 1970, good until 2149), which also know of days before the ring.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.measures.ring import CHUNK_ROWS, RING_DAYS, FutureDay, Ints, RingCounts, RowParts

_NEVER = 65_535
_Days = npt.NDArray[np.uint16]


class ActivityCube:
    """Counts [row, series, day] of one workspace's accounts; series 0 is 'any'.

    Example: a late event inside the ring counts on its own day.

    >>> cube = ActivityCube(series=1, today=20_000)
    >>> cube.add(np.array([0, 0]), np.array([0, 0]), np.array([20_000, 19_990]))
    0
    >>> cube.count(RowParts.of(slice(0, 1)), 0, 19_985, 19_995)
    array([1])
    """

    def __init__(self, series: int, today: int, *, ring_days: int = RING_DAYS, chunk_rows: int = CHUNK_ROWS) -> None:
        self._counts = RingCounts(series, today, ring_days=ring_days, chunk_rows=chunk_rows)
        self._first: _Days = np.full((0, series), _NEVER, np.uint16)
        self._last: _Days = np.zeros((0, series), np.uint16)

    @property
    def today(self) -> int:
        """The workspace's day to which the cube was rolled."""
        return self._counts.today

    @property
    def series(self) -> int:
        """How many series an account has."""
        return self._counts.lanes

    @property
    def rows(self) -> int:
        """How many accounts have room."""
        return self._counts.rows

    @property
    def reach_days(self) -> int:
        """How many days back from today (with today) counts are known."""
        return self._counts.ring_days

    @property
    def nbytes(self) -> int:
        """Bytes of memory of the accounts in use."""
        return self._counts.nbytes + self.rows * self.series * 4

    def grow(self, rows: int) -> None:
        """Make room for rows 0 .. rows - 1."""
        self._counts.grow(rows)
        if rows > len(self._first):
            room = max(rows, min(2 * len(self._first), len(self._first) + CHUNK_ROWS))
            self._first = _grown(self._first, room, self.series, _NEVER)
            self._last = _grown(self._last, room, self.series, 0)

    def widen(self, series: int) -> None:
        """Add series behind those there are; they start empty."""
        if series > self.series:
            self._counts.widen(series)
            self._first = _grown(self._first, len(self._first), series, _NEVER)
            self._last = _grown(self._last, len(self._last), series, 0)

    def add(
        self,
        rows: npt.NDArray[np.integer],
        series: npt.NDArray[np.integer],
        days: npt.NDArray[np.integer],
        weights: npt.NDArray[np.integer] | None = None,
    ) -> int:
        """Count events (each array (n,); weights >= 0, 1 if None).

        Gives how many events of series 0 ('any') were older than the ring and so are in no count: the
        caller counts them as late_beyond_ring. First and last days know of them all the same.

        Raises:
            FutureDay: a day lies after `today`.
        """
        if not len(rows):
            return 0
        where, lane, day = (a.astype(np.int64, copy=False) for a in (rows, series, days))
        if day.max() > self.today:
            raise FutureDay(int(day.max()), self.today)
        self.grow(int(where.max()) + 1)
        self._note_first_and_last(where, lane, day)
        amounts = None if weights is None else weights.astype(np.int64, copy=False)
        late = day < self._counts.oldest
        if not late.any():
            self._counts.add(where, lane, day, amounts)
            return 0
        kept, lost = ~late, late & (lane == 0)
        self._counts.add(where[kept], lane[kept], day[kept], None if amounts is None else amounts[kept])
        return int(lost.sum() if amounts is None else amounts[lost].sum())

    def roll_to(self, day: int) -> None:
        """Turn the ring to the workspace's new day; an earlier day (a clock that stepped back) does nothing."""
        self._counts.roll_to(day)

    def merge_account(self, gone: int, into: int) -> None:
        """Give all that the account `gone` counted to `into`; `gone` starts again from nothing."""
        if gone == into:
            return
        self.grow(max(gone, into) + 1)
        self._counts.put_in(into, self._counts.take_out(gone))
        self._first[into] = np.minimum(self._first[into], self._first[gone])
        self._last[into] = np.maximum(self._last[into], self._last[gone])
        self._first[gone], self._last[gone] = _NEVER, 0

    def count(self, parts: RowParts, series: int, since: int, until: int) -> Ints:
        """Events on the days since .. until, both counted; int64 (n,)."""
        return self._counts.window(parts, series, since, until)

    def active_days(self, parts: RowParts, series: int, since: int, until: int) -> Ints:
        """Days since .. until with an event; int64 (n,)."""
        return self._counts.days_used(parts, series, since, until)

    def last_day(self, parts: RowParts, series: int, until: int) -> Ints:
        """Day of the last event not after `until`, also before the ring while nothing newer came; -1 = none."""
        last = self._gather(self._last, parts, series)
        last[last == 0] = -1
        newer = last > until
        return np.where(newer, self._counts.last_used(parts, series, until), last) if newer.any() else last

    def first_day(self, parts: RowParts, series: int) -> Ints:
        """Day of the first event ever told of; -1 = none; int64 (n,)."""
        first = self._gather(self._first, parts, series)
        first[first == _NEVER] = -1
        return first

    def only(self, parts: RowParts) -> ActivityCube:
        """A cube of these rows alone, in their order, for many questions about scattered rows."""
        copy = ActivityCube(self.series, self.today, ring_days=self.reach_days)
        copy._counts = self._counts.copied(parts)
        copy._first, copy._last = self._first[parts.rows], self._last[parts.rows]
        return copy

    def parts(self, rows: Ints | slice) -> RowParts:
        """Sort rows out by chunk, once for many questions; makes room for rows not seen yet."""
        top = rows.stop if isinstance(rows, slice) else int(rows.max()) + 1 if len(rows) else 0
        self.grow(top)
        return RowParts.of(rows, self._counts.chunk_rows)

    def dump(self, folder: Path) -> None:
        """Write everything under folder as numpy files."""
        folder.mkdir(parents=True, exist_ok=True)
        self._counts.dump(folder, "cube")
        np.save(folder / "cube-first.npy", self._first[: self.rows], allow_pickle=False)
        np.save(folder / "cube-last.npy", self._last[: self.rows], allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> ActivityCube:
        """Read back what dump() wrote."""
        counts = RingCounts.load(folder, "cube")
        cube = cls(counts.lanes, counts.today, ring_days=counts.ring_days, chunk_rows=counts.chunk_rows)
        cube._counts = counts
        cube._first = np.load(folder / "cube-first.npy", allow_pickle=False)
        cube._last = np.load(folder / "cube-last.npy", allow_pickle=False)
        return cube

    def _gather(self, table: _Days, parts: RowParts, series: int) -> Ints:
        out = np.empty(parts.size, np.int64)
        for chunk, local, at in parts.parts:
            first = chunk * self._counts.chunk_rows
            shifted = slice(local.start + first, local.stop + first) if isinstance(local, slice) else local + first
            out[at] = table[shifted, series]
        return out

    def _note_first_and_last(self, rows: Ints, lanes: Ints, days: Ints) -> None:
        cells = rows * self.series + lanes
        stamps = np.clip(days, 1, _NEVER - 1).astype(np.uint16)
        np.minimum.at(self._first.reshape(-1), cells, stamps)
        np.maximum.at(self._last.reshape(-1), cells, stamps)


def _grown(table: _Days, rows: int, series: int, empty: int) -> _Days:
    larger = np.full((rows, series), empty, np.uint16)
    larger[: table.shape[0], : table.shape[1]] = table
    return larger
