"""Accounts of which an import is just speaking: their triggers wait until it has said all.

Gives: Settling, SETTLE_MICROS

An export arrives as one file after the other: accounts, then tickets, then a year of events. Judged after each of
them, every account would be red before its usage is known, and each CSM would find a task for it. So an account
named by imported rows is scored at once, but its triggers are judged when nothing more was imported about it for a
few seconds. Live events about other accounts do not wait. Who waits is part of the snapshot and of the replay.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.measures.ring import Ints
from forestay.sources.growing import Growing

SETTLE_MICROS = 6_000_000
"""Longer than one file of an export takes to follow the other, shorter than a person's patience."""

_CALM = 0


class Settling:
    """until: by account row, when its triggers may be judged, microseconds UTC; 0 when they may now."""

    def __init__(self) -> None:
        self._until = Growing(np.int64, _CALM)
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def dump(self, folder: Path) -> None:
        """Write who waits, and until when, under folder."""
        rows = np.array(sorted(self._waiting), np.int64)
        until = self._until.values[rows] if len(rows) else rows
        np.save(folder / "settling.npy", np.stack((rows, until)), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Settling:
        """Read back what dump() wrote."""
        settling = cls()
        rows, until = np.load(folder / "settling.npy", allow_pickle=False)
        if len(rows):
            settling._until.grow_to(int(rows.max()) + 1)
            settling._until.values[rows] = until
            settling._waiting.update(rows.tolist())
        return settling

    def hold(self, rows: Iterable[int], at: int) -> None:
        """Imported rows spoke of these accounts at a moment."""
        held = [row for row in rows if row >= 0]
        if held:
            self._until.grow_to(max(held) + 1)
            self._until.values[held] = at + SETTLE_MICROS
            self._waiting.update(held)

    def is_calm(self, rows: Ints) -> npt.NDArray[np.bool_]:
        """Which of the rows may be judged now; (n,)."""
        calm = np.ones(len(rows), bool)
        if self._waiting:
            known = rows < len(self._until)
            calm[known] = self._until.values[rows[known]] == _CALM
        return calm

    def release(self, at: int) -> Ints:
        """The rows whose import has been silent long enough; they are judged from now on."""
        if not self._waiting:
            return np.empty(0, np.int64)
        waiting = np.fromiter(self._waiting, np.int64, len(self._waiting))
        ready = np.sort(waiting[self._until.values[waiting] <= at])
        self._until.values[ready] = _CALM
        self._waiting.difference_update(ready.tolist())
        return ready
