"""Accounts of which an import is just speaking: their triggers wait until it has said all.

Gives: Settling, SETTLE_MICROS, OLD_DAYS

An export arrives as one file after the other: accounts, then tickets, then a year of events. Judged after each of
them, every account would be red before its usage is known, and each CSM would find a task for it. So an account
named by imported rows is scored at once, but its triggers are judged when nothing more was imported about it for a
few seconds; and when it brought history, the scores of the days before are made then, once. Live events about other accounts do not wait. Who waits is part of the snapshot and of the replay.
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

OLD_DAYS = 7
ENOUGH_OLD_ROWS = 200
"""An export's worth of rows that happened more than OLD_DAYS before they came; a few late events are no history."""

_CALM = 0


class Settling:
    """until: by account row, when its triggers may be judged, microseconds UTC; 0 when they may now."""

    def __init__(self) -> None:
        self._until = Growing(np.int64, _CALM)
        self._waiting: set[int] = set()
        self.old_rows = 0
        self._old_at = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def tell_old(self, rows: int, at: int) -> None:
        """So many rows came at a moment that happened long before."""
        if rows:
            self.old_rows, self._old_at = self.old_rows + rows, at

    @property
    def has_history(self) -> bool:
        """Whether enough of the past came in that the scores of the days before are worth making."""
        return self.old_rows >= ENOUGH_OLD_ROWS

    def take_history(self, at: int) -> bool:
        """True once when history came in and nothing more of it for a while."""
        ready = self.has_history and not self._waiting and at - self._old_at >= SETTLE_MICROS
        if ready:
            self.old_rows = 0
        return ready

    def dump(self, folder: Path) -> None:
        """Write who waits, and until when, under folder."""
        rows = np.array(sorted(self._waiting), np.int64)
        until = self._until.values[rows] if len(rows) else rows
        np.save(folder / "settling.npy", np.stack((rows, until)), allow_pickle=False)
        np.save(folder / "settling-old.npy", np.array([self.old_rows, self._old_at]), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Settling:
        """Read back what dump() wrote."""
        settling = cls()
        rows, until = np.load(folder / "settling.npy", allow_pickle=False)
        if len(rows):
            settling._until.grow_to(int(rows.max()) + 1)
            settling._until.values[rows] = until
            settling._waiting.update(rows.tolist())
        settling.old_rows, settling._old_at = np.load(folder / "settling-old.npy", allow_pickle=False).tolist()
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
