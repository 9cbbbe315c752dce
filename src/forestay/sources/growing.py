"""Arrays that grow at the end, and a set of pairs of numbers that costs eight bytes each.

Gives: Growing, Pairs
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.sources.columns import Int64s, Mask

_FIRST_ROOM = 64


class Growing:
    """A one-dimensional array with room to spare at its end; `fill` stands in new places."""

    __slots__ = ("_room", "_size", "fill")

    def __init__(self, dtype: npt.DTypeLike, fill: int, values: npt.NDArray[Any] | None = None) -> None:
        self.fill = fill
        self._size = 0 if values is None else len(values)
        self._room: npt.NDArray[Any] = np.full(max(_FIRST_ROOM, self._size), fill, dtype)
        if values is not None:
            self._room[: self._size] = values

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> npt.NDArray[Any]:
        """A view of what is there; writing to it writes here, until the next growth."""
        return self._room[: self._size]

    def grow_to(self, size: int) -> None:
        """Make it at least `size` long."""
        if size > len(self._room):
            room = np.full(max(size, 2 * len(self._room)), self.fill, self._room.dtype)
            room[: self._size] = self.values
            self._room = room
        self._size = max(self._size, size)

    def __getitem__(self, place: int) -> int:
        return int(self._room[place])

    def __setitem__(self, place: int, value: int) -> None:
        self._room[place] = value


class Pairs:
    """A set of (left, right), both 0 <= number < 2**31, in sorted runs that merge as they grow."""

    __slots__ = ("_runs",)

    def __init__(self, packed: Int64s | None = None) -> None:
        self._runs: list[Int64s] = [] if packed is None or not len(packed) else [packed]

    def add(self, left: Int64s, right: Int64s) -> Int64s:
        """Put pairs in; gives the places of those that were new (the first of equals), in ascending order."""
        packed = (left.astype(np.int64) << 32) | right.astype(np.int64)
        distinct, first = np.unique(packed, return_index=True)
        fresh = ~self._known(distinct)
        if fresh.any():
            self._runs.append(distinct[fresh])
            while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
                self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]), kind="stable")]
        places: Int64s = np.sort(first[fresh])
        return places

    def rights_of(self, left: int) -> list[int]:
        """What is paired with one left number, ascending."""
        found: list[int] = []
        for run in self._runs:
            low, high = np.searchsorted(run, [left << 32, (left + 1) << 32])
            found += (run[low:high] & 0xFFFFFFFF).tolist()
        return sorted(found)

    def lefts_of(self, right: int) -> list[int]:
        """What is paired with one right number, ascending; reads the whole set."""
        packed = self.packed()
        lefts: list[int] = (packed[(packed & 0xFFFFFFFF) == right] >> 32).tolist()
        return lefts

    def packed(self) -> Int64s:
        """All pairs as left * 2**32 + right, ascending."""
        return np.sort(np.concatenate(self._runs)) if self._runs else np.empty(0, np.int64)

    def _known(self, distinct: Int64s) -> Mask:
        known = np.zeros(len(distinct), bool)
        for run in self._runs:
            places = np.searchsorted(run, distinct)
            places[places == len(run)] = 0
            known |= run[places] == distinct
        return known
