"""Events of users who have no account yet, kept apart until one is named.

Gives : Orphans, Waiting
Source: docs/architecture.md, 'Identity' (orphans)

Counts by (user, event name, day) in sorted runs that merge as they grow, about 20 bytes each: a million visitors
of a web site cost megabytes. Days that have left the ring are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forestay.sources.columns import Int32s, Int64s

MOST_NAMES = 60_000
"""Distinct event names that orphans remember; later ones count, but without their name."""

_Run = tuple[Int64s, Int64s]
"""Keys (user << 36 | name << 20 | day + 2**19), ascending and distinct, and their weights."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts that found their account; row for row. names: event names, None where it was not remembered."""

    users: Int64s
    names: list[str | None]
    days: Int32s
    weights: Int64s


class Orphans:
    """The counts of one workspace's users without an account."""

    def __init__(self) -> None:
        self._names: dict[str | None, int] = {None: 0}
        self._listed: list[str | None] = [None]
        self._runs: list[_Run] = []

    def add(self, users: Int64s, names: Sequence[str | None], codes: Int32s, days: Int32s, weights: Int64s) -> None:
        """Count events (n,): name of row i is names[codes[i]], none where the code is -1."""
        if not len(users):
            return
        own = np.array([self._code(name) for name in names] + [0], np.int64)
        keys = (users << 36) | (own[codes] << 20) | (days.astype(np.int64) + (1 << 19))
        self._runs.append(_summed(keys, weights))
        while len(self._runs) > 1 and len(self._runs[-2][0]) <= 2 * len(self._runs[-1][0]):
            newer, older = self._runs.pop(), self._runs.pop()
            self._runs.append(_summed(np.concatenate((older[0], newer[0])), np.concatenate((older[1], newer[1]))))

    def take(self, users: Sequence[int]) -> Waiting:
        """What waits for some users; it waits no longer."""
        keys: list[Int64s] = []
        weights: list[Int64s] = []
        wanted = np.array(sorted(set(users)), np.int64)
        for at, (run, counts) in enumerate(self._runs):
            low, high = np.searchsorted(run, wanted << 36), np.searchsorted(run, (wanted + 1) << 36)
            if not (high > low).any():
                continue
            places = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
            keys.append(run[places])
            weights.append(counts[places])
            self._runs[at] = (np.delete(run, places), np.delete(counts, places))
        self._runs = [run for run in self._runs if len(run[0])]
        found, summed = _summed(np.concatenate(keys), np.concatenate(weights)) if keys else _NOTHING
        names = [self._listed[code] for code in ((found >> 20) & 0xFFFF).tolist()]
        return Waiting(found >> 36, names, _days_of(found), summed)

    def join(self, gone: int, kept: int) -> None:
        """Two users are one: what waits for `gone` waits for `kept`."""
        theirs = self.take([gone])
        if len(theirs.users):
            codes = np.arange(len(theirs.names), dtype=np.int32)
            self.add(np.full(len(theirs.users), kept, np.int64), theirs.names, codes, theirs.days, theirs.weights)

    def forget_before(self, day: int) -> None:
        """Drop days before `day`."""
        kept = [(run[0][(old := _days_of(run[0]) >= day)], run[1][old]) for run in self._runs]
        self._runs = [run for run in kept if len(run[0])]

    def __len__(self) -> int:
        return sum(len(run[0]) for run in self._runs)

    def entries(self) -> list[tuple[int, str | None, int, int]]:
        """Everything as (user, name, day, weight), sorted; for comparing two."""
        keys, weights = self._whole()
        names = [self._listed[code] for code in ((keys >> 20) & 0xFFFF).tolist()]
        rows = zip((keys >> 36).tolist(), names, _days_of(keys).tolist(), weights.tolist(), strict=True)
        return sorted(rows, key=lambda row: (row[0], row[1] or "", row[2]))

    def dump(self, folder: Path) -> None:
        """Write everything under folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "orphans.npy", np.stack(self._whole()), allow_pickle=False)
        (folder / "orphans.json").write_text(json.dumps(self._listed))

    @classmethod
    def load(cls, folder: Path) -> Orphans:
        """Read back what dump() wrote."""
        orphans = cls()
        keys, weights = np.load(folder / "orphans.npy", allow_pickle=False)
        orphans._runs = [(keys, weights)] if len(keys) else []
        orphans._listed = json.loads((folder / "orphans.json").read_text())
        orphans._names = {name: code for code, name in enumerate(orphans._listed)}
        return orphans

    def _whole(self) -> _Run:
        if not self._runs:
            return _NOTHING
        keys, weights = (np.concatenate(parts) for parts in zip(*self._runs, strict=True))
        return _summed(keys, weights)

    def _code(self, name: str | None) -> int:
        code = self._names.get(name)
        if code is None:
            if len(self._listed) >= MOST_NAMES:
                return 0
            code = self._names[name] = len(self._listed)
            self._listed.append(name)
        return code


def _summed(keys: Int64s, weights: Int64s) -> _Run:
    order = np.argsort(keys, kind="stable")
    keys, weights = keys[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else order
    return keys[starts], (np.add.reduceat(weights, starts) if len(keys) else weights)


def _days_of(keys: Int64s) -> Int32s:
    days: Int32s = ((keys & 0xFFFFF) - (1 << 19)).astype(np.int32)
    return days


_NOTHING: _Run = (np.empty(0, np.int64), np.empty(0, np.int64))
