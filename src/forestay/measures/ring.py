"""Counts of accounts over a ring of days: small integers, exact whatever their size.

Reads : rows (dense account numbers of one workspace), lanes, days on the workspace's calendar
Gives : RingCounts, RowParts, Ints, FutureDay
Source: DESIGN section 4 (dense uint16 with an exact overflow table over about 100 days).

The cells are uint16 [row, lane, day % ring] in chunks of rows, contiguous per account: growth adds a chunk and
copies nothing, and the memory of an account is read in one piece. A cell that reaches 65,535 goes on in a table
of overflows, so that sums stay exact. Days older than the ring are not kept here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import ForestayError

Ints = npt.NDArray[np.int64]
Cells = npt.NDArray[np.uint16]
Where = slice | Ints

RING_DAYS = 100
CHUNK_ROWS = 16_384
FULL = 65_535


class FutureDay(ForestayError):
    """An event was dated after the memory's day: roll to the present day first, and date no event ahead of it."""

    code = "future_day"

    def __init__(self, day: int, today: int) -> None:
        self.day, self.today = day, today
        super().__init__(f"day {day} lies after day {today}, to which the activity cube was rolled")


@dataclass(frozen=True, slots=True)
class RowParts:
    """Rows sorted out by chunk: for each part the chunk, the rows inside it, and their places in the answer."""

    size: int
    parts: tuple[tuple[int, Where, Where], ...]
    rows: Ints | slice

    @classmethod
    def of(cls, rows: Ints | slice, chunk_rows: int = CHUNK_ROWS) -> RowParts:
        """Parts of rows (n,), any order, or of a slice with start and stop."""
        if isinstance(rows, slice):
            return cls(rows.stop - rows.start, tuple(_slice_parts(rows.start, rows.stop, chunk_rows)), rows)
        chunk = rows // chunk_rows
        present = np.unique(chunk)
        if len(present) == 1:
            only = int(present[0])
            return cls(len(rows), ((only, rows - only * chunk_rows, slice(0, len(rows))),), rows)
        places = [(int(c), np.flatnonzero(chunk == c)) for c in present]
        return cls(len(rows), tuple((c, rows[at] - c * chunk_rows, at) for c, at in places), rows)


def _slice_parts(start: int, stop: int, chunk_rows: int) -> list[tuple[int, Where, Where]]:
    parts: list[tuple[int, Where, Where]] = []
    at = start
    while at < stop:
        chunk, local = divmod(at, chunk_rows)
        end = min(stop, (chunk + 1) * chunk_rows)
        parts.append((chunk, slice(local, local + end - at), slice(at - start, end - start)))
        at = end
    return parts


class RingCounts:
    """uint16 counts [row, lane, day] of the last `ring_days` days up to and with `today`, exact by overflow.

    today only moves forward: a clock that steps back never brings cleared days back.
    """

    def __init__(self, lanes: int, today: int, *, ring_days: int = RING_DAYS, chunk_rows: int = CHUNK_ROWS) -> None:
        self.lanes, self.today, self.ring_days, self.chunk_rows = lanes, today, ring_days, chunk_rows
        self.rows = 0
        self._chunks: list[Cells] = []
        self._overflow: dict[int, int] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the rows in use (a chunk's untouched pages take no memory)."""
        return self.rows * self.lanes * self.ring_days * 2 + 100 * len(self._overflow)

    @property
    def oldest(self) -> int:
        """The first day that the ring still holds."""
        return self.today - self.ring_days + 1

    def grow(self, rows: int) -> None:
        """Make room for rows 0 .. rows - 1; never copies what is there."""
        self.rows = max(self.rows, rows)
        while len(self._chunks) * self.chunk_rows < self.rows:
            self._chunks.append(np.zeros((self.chunk_rows, self.lanes, self.ring_days), np.uint16))

    def widen(self, lanes: int) -> None:
        """Add empty lanes behind those there are; copies every chunk, one after the other."""
        if lanes <= self.lanes:
            return
        for n, old in enumerate(self._chunks):
            wider = np.zeros((self.chunk_rows, lanes, self.ring_days), np.uint16)
            wider[: self._used(n), : self.lanes] = old[: self._used(n)]
            self._chunks[n] = wider
        self._overflow = {self._widened(cell, lanes): extra for cell, extra in self._overflow.items()}
        self.lanes = lanes

    def add(self, rows: Ints, lanes: Ints, days: Ints, amounts: Ints | None = None) -> None:
        """Add amounts (1 each if None; may be negative where a cell stays >= 0) to cells inside the ring."""
        cells = (rows * self.lanes + lanes) * self.ring_days + days % self.ring_days
        if amounts is None:
            found, counted = np.unique(cells, return_counts=True)
            self._add_cells(found, counted.astype(np.int64))
            return
        order = np.argsort(cells, kind="stable")
        cells = cells[order]
        starts = np.flatnonzero(np.concatenate(([True], cells[1:] != cells[:-1]))) if len(cells) else order
        if len(cells):
            self._add_cells(cells[starts], np.add.reduceat(amounts[order], starts))

    def add_rows(self, rows: Ints, amounts: npt.NDArray[np.signedinteger]) -> None:
        """Add to whole rows: rows (n,) ascending and each once, amounts [row, lane, day] from the oldest day on."""
        turned = np.roll(amounts, self.oldest % self.ring_days, axis=2)
        bounds = np.searchsorted(rows, np.arange(len(self._chunks) + 1) * self.chunk_rows)
        for n in np.flatnonzero(np.diff(bounds)):
            here = slice(bounds[n], bounds[n + 1])
            chunk, local = self._chunks[n], rows[here] - n * self.chunk_rows
            total = chunk[local] + turned[here].astype(np.int32, copy=False)
            if self._overflow or total.max() >= FULL:
                row, lane, slot = np.nonzero(turned[here])
                cells = (rows[here][row] * self.lanes + lane) * self.ring_days + slot
                self._add_cells(cells, turned[here][row, lane, slot].astype(np.int64))
            else:
                chunk[local] = total

    def copied(self, parts: RowParts) -> RingCounts:
        """A ring of these rows alone, in their order: scattered rows are fetched from memory once."""
        copy = RingCounts(self.lanes, self.today, ring_days=self.ring_days, chunk_rows=max(1, parts.size))
        cells = np.empty((parts.size, self.lanes, self.ring_days), np.uint16)
        for chunk, local, at in parts.parts:
            cells[at] = self._chunks[chunk][local]
        copy._chunks, copy.rows = [cells], parts.size
        size, rows = self.lanes * self.ring_days, _listed(parts.rows)
        for cell, extra in self._overflow.items():
            row, rest = divmod(cell, size)
            copy._overflow.update({int(n) * size + rest: extra for n in np.flatnonzero(rows == row)})
        return copy

    def window(self, parts: RowParts, lane: int, since: int, until: int) -> Ints:
        """Sum of the lane over the days since .. until (both counted, clipped to the ring); int64 (n,)."""
        out = np.zeros(parts.size, np.int64)
        for cut in self._cuts(since, until):
            for chunk, local, at in parts.parts:
                out[at] += self._chunks[chunk][local, lane, cut].sum(axis=1, dtype=np.uint32)
        if self._overflow:
            self._add_overflow(out, parts, lane, since, until)
        return out

    def days_used(self, parts: RowParts, lane: int, since: int, until: int) -> Ints:
        """Days since .. until on which the lane is not 0; int64 (n,)."""
        out = np.zeros(parts.size, np.int64)
        for cut in self._cuts(since, until):
            for chunk, local, at in parts.parts:
                out[at] += np.count_nonzero(self._chunks[chunk][local, lane, cut], axis=1)
        return out

    def last_used(self, parts: RowParts, lane: int, until: int) -> Ints:
        """The last day in the ring, not after `until`, on which the lane is not 0; -1 when none; int64 (n,)."""
        out = np.full(parts.size, -1, np.int64)
        days = np.arange(self.oldest, min(until, self.today) + 1)
        for chunk, local, at in parts.parts if len(days) else ():
            used = self._chunks[chunk][local, lane][:, days % self.ring_days] > 0
            latest = days[len(days) - 1 - used[:, ::-1].argmax(axis=1)]
            out[at] = np.where(used.any(axis=1), latest, -1)
        return out

    def roll_to(self, day: int) -> None:
        """Let the ring turn to `day`; the cells of the days that come are cleared. An earlier day does nothing."""
        if day <= self.today:
            return
        first = max(self.today + 1, day - self.ring_days + 1)
        self.today = day
        for cut in self._cuts(first, day):
            for n, chunk in enumerate(self._chunks):
                chunk[: self._used(n), :, cut] = 0
        cleared = {d % self.ring_days for d in range(first, day + 1)}
        self._overflow = {c: x for c, x in self._overflow.items() if c % self.ring_days not in cleared}

    def take_out(self, row: int) -> Ints:
        """The row's exact counts, int64 [lane, slot], and leave it empty."""
        self.grow(row + 1)
        chunk, local = divmod(row, self.chunk_rows)
        counts: Ints = self._chunks[chunk][local].astype(np.int64)
        first = row * self.lanes * self.ring_days
        for cell in [c for c in self._overflow if first <= c < first + counts.size]:
            counts.reshape(-1)[cell - first] += self._overflow.pop(cell)
        self._chunks[chunk][local] = 0
        return counts

    def put_in(self, row: int, counts: Ints) -> None:
        """Add exact counts, int64 [lane, slot], to the row."""
        self.grow(row + 1)
        flat = counts.reshape(-1)
        cells = np.flatnonzero(flat)
        self._add_cells(cells + row * flat.size, flat[cells])

    def dump(self, folder: Path, name: str) -> None:
        """Write the cells as numpy files (no pickle) under folder."""
        for n, chunk in enumerate(self._chunks):
            np.save(folder / f"{name}-{n:05}.npy", chunk[: self._used(n)], allow_pickle=False)
        overflow = np.array(list(self._overflow.items()), np.int64).reshape(-1, 2)
        np.save(folder / f"{name}-overflow.npy", overflow, allow_pickle=False)
        shape = {key: getattr(self, key) for key in ("lanes", "today", "ring_days", "chunk_rows", "rows")}
        (folder / f"{name}.json").write_text(json.dumps(shape))

    @classmethod
    def load(cls, folder: Path, name: str) -> RingCounts:
        """Read back what dump() wrote."""
        shape = json.loads((folder / f"{name}.json").read_text())
        ring = cls(shape["lanes"], shape["today"], ring_days=shape["ring_days"], chunk_rows=shape["chunk_rows"])
        ring.grow(shape["rows"])
        for n, chunk in enumerate(ring._chunks):
            chunk[: ring._used(n)] = np.load(folder / f"{name}-{n:05}.npy", allow_pickle=False)
        overflow = np.load(folder / f"{name}-overflow.npy", allow_pickle=False)
        ring._overflow = {int(cell): int(extra) for cell, extra in overflow}
        return ring

    def _used(self, chunk: int) -> int:
        return min(self.chunk_rows, self.rows - chunk * self.chunk_rows)

    def _widened(self, cell: int, lanes: int) -> int:
        row, rest = divmod(cell, self.lanes * self.ring_days)
        return row * lanes * self.ring_days + rest

    def _cuts(self, since: int, until: int) -> list[slice]:
        """The one or two runs of slots that hold the days since .. until."""
        since, until = max(since, self.oldest), min(until, self.today)
        if until < since:
            return []
        start, length = since % self.ring_days, until - since + 1
        if start + length <= self.ring_days:
            return [slice(start, start + length)]
        return [slice(start, self.ring_days), slice(0, start + length - self.ring_days)]

    def _add_cells(self, cells: Ints, amounts: Ints) -> None:
        """Cells sorted and each once; amounts of any size."""
        size = self.chunk_rows * self.lanes * self.ring_days
        bounds = np.searchsorted(cells, np.arange(len(self._chunks) + 1) * size)
        for n in np.flatnonzero(np.diff(bounds)):
            here = slice(bounds[n], bounds[n + 1])
            flat, local = self._chunks[n].reshape(-1), cells[here] - n * size
            total = flat[local] + amounts[here]
            if self._overflow or total.max() >= FULL:
                self._settle_overflow(cells[here], flat[local], total)
            flat[local] = np.minimum(total, FULL)

    def _settle_overflow(self, cells: Ints, before: Cells, total: Ints) -> None:
        """Bring in what the cells hold beyond the brim, and put away what they hold beyond it now."""
        for place in np.flatnonzero(before == FULL):
            total[place] += self._overflow.pop(int(cells[place]), 0)
        for place in np.flatnonzero(total > FULL):
            self._overflow[int(cells[place])] = int(total[place]) - FULL

    def _add_overflow(self, out: Ints, parts: RowParts, lane: int, since: int, until: int) -> None:
        since, until = max(since, self.oldest), min(until, self.today)
        extra: dict[int, int] = {}
        for cell, more in self._overflow.items():
            rest, slot = divmod(cell, self.ring_days)
            row, at_lane = divmod(rest, self.lanes)
            day = self.today - (self.today - slot) % self.ring_days
            if at_lane == lane and since <= day <= until:
                extra[row] = extra.get(row, 0) + more
        for chunk, local, at in parts.parts:
            _spread(out, extra, chunk * self.chunk_rows, local, at)


def _listed(rows: Ints | slice) -> Ints:
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _spread(out: Ints, extra: dict[int, int], first: int, local: Where, at: Where) -> None:
    inside = np.arange(local.start, local.stop) if isinstance(local, slice) else local
    places = np.arange(at.start, at.stop) if isinstance(at, slice) else at
    for row, more in extra.items():
        out[places[inside == row - first]] += more
