"""Accounts that only imports touched, while more bodies wait: they are scored once, when the worker has caught up.

Gives: PutOff, LONGEST_MICROS
Reads: nothing; who is put off is also marked as stale (app/standing.py), which snapshots and replays know, so that a
       crash in between loses nobody

A file of a year's events names every account in every tick. Scored each time, most of the store's work would be
scores that the next tick replaces; and nobody can act on them, since triggers wait until an import has said all
(app/settling.py). What live events touch is scored in the same tick as ever.
"""

from __future__ import annotations

import numpy as np

from forestay.measures.ring import Ints

LONGEST_MICROS = 3_000_000
"""A long import's scores are shown this often at least."""

MOST = 20_000
"""Accounts that one tick scores of those that were put off: about half a second of work at most."""


class PutOff:
    """Account rows that wait, and since when the first of them does."""

    def __init__(self) -> None:
        self._waiting: list[Ints] = []
        self._since = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def hold(self, rows: Ints, at: int) -> None:
        """Score these rows (n,) later; at: the tick's moment, microseconds UTC."""
        if len(rows):
            self._since = self._since if self._waiting else at
            self._waiting.append(rows)

    def take(self, at: int, *, is_behind: bool) -> Ints:
        """The rows that are to be scored now, each once, ascending; is_behind: more bodies wait in the log."""
        if not self._waiting or (is_behind and at - self._since < LONGEST_MICROS):
            return np.empty(0, np.int64)
        rows = np.unique(np.concatenate(self._waiting))
        self._waiting, self._since = [], at
        self.hold(rows[MOST:], at)
        return rows[:MOST]
