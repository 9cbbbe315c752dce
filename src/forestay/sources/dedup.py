"""Which messages have been seen: exact for seven days by receipt, and for ever for imported rows.

Gives : MessageHashes (first_seen, save, load), KEPT_DAYS
Source: DESIGN section 4, 'Deduplication'

64-bit hashes in a log-structured set: sorted runs, new ones in memory, older ones memory-mapped, merged
while neighbours are of like size. A partition holds one day of receipt, or (FOREVER) the imports. About
8 bytes an event. Files are never changed once written; the snapshot names those it stands on, so a crash
between two snapshots loses nothing that replay does not bring back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.kit.logs import get_logger
from forestay.sources.columns import Hashes, Int64s, Mask

_log = get_logger(__name__)

KEPT_DAYS = 7
"""A copy is known as such up to this many days of receipt after the first."""

FOREVER = -1
"""The partition of imported rows."""

_SPILL = 1 << 20
"""Hashes of a partition kept in memory before they go to a file."""

_SIEVED = 1 << 18
"""From this size a run gets a sieve: half a byte to a byte a hash."""

_SIEVE_BITS = 2
_BLOCK_BITS = 24
"""A sieve is made 16 MB of memory at a time."""

_MANY = 1_000
"""So many hashes asked for at once are worth making it."""

_LARGEST_MERGE = 1 << 25
"""Runs above this size are left alone: rewriting 256 MB to save one search is no bargain."""


@dataclass(slots=True)
class _Run:
    """Sorted distinct hashes; `name` is the file they are mapped from, '' in memory.

    sieve: of a large run, one bit for each value of the first `64 - shift` bits of a hash, set where some hash has
    it. Most hashes that are not in the run find their bit unset, reading memory in order, and are not searched for.
    """

    hashes: Hashes
    name: str = ""
    sieve: npt.NDArray[np.uint8] | None = None
    shift: int = 0

    def contains(self, wanted: Hashes) -> Mask:
        """Which of the sorted `wanted` stand here."""
        if len(self.hashes) < _SIEVED or len(wanted) < _MANY:
            return _contains(self.hashes, wanted)
        if self.sieve is None:
            self._make_sieve()
        found = np.zeros(len(wanted), bool)
        maybe = self._sieved(wanted)
        found[maybe] = _contains(self.hashes, wanted[maybe])
        return found

    def _make_sieve(self) -> None:
        bits = int(len(self.hashes) - 1).bit_length() + _SIEVE_BITS
        self.shift = 64 - bits
        blocks = 1 << max(0, bits - _BLOCK_BITS)
        bounds = np.searchsorted(
            self.hashes, np.arange(1, blocks, dtype=np.uint64) << np.uint64(64 - bits + _BLOCK_BITS)
        )
        present = np.empty((1 << bits) // blocks, bool)
        sieves = []
        for n, some in enumerate(np.split(self.hashes, bounds)):
            present[:] = False
            present[(some >> np.uint64(self.shift)).view(np.int64) - n * len(present)] = True
            sieves.append(np.packbits(present, bitorder="little"))
        self.sieve = np.concatenate(sieves)

    def _sieved(self, wanted: Hashes) -> Int64s:
        """Places of the wanted hashes whose bit is set."""
        assert self.sieve is not None
        slots = (wanted >> np.uint64(self.shift)).view(np.int64)
        bits = self.sieve[slots >> 3] >> (slots & 7).astype(np.uint8)
        return np.flatnonzero(bits & 1)


@dataclass(slots=True)
class MessageHashes:
    """The hashes seen in one workspace. folder: where runs are spilled."""

    folder: Path
    _partitions: dict[int, list[_Run]] = field(default_factory=dict)
    _next_file: int = 0

    def first_seen(self, hashes: Hashes, received_day: int, *, forever: bool = False) -> Mask:
        """True for rows that have not been seen before, in this call or an earlier one; remembers them.

        hashes: uint64 (n,). received_day: days since 1970-01-01 UTC, the same for all rows. forever: an import's
        row keys, which are kept without limit. Either kind knows the other's.
        """
        distinct = np.sort(hashes)  # the values alone sort many times faster than with their places
        distinct = distinct[np.concatenate(([True], distinct[1:] != distinct[:-1]))] if len(distinct) else distinct
        known = self._known(distinct, received_day)
        if len(distinct) == len(hashes) and not known.any():
            fresh = np.ones(len(hashes), bool)
        else:
            distinct, first = np.unique(hashes, return_index=True)
            fresh = np.zeros(len(hashes), bool)
            fresh[first[~known]] = True
        self._add(FOREVER if forever else received_day, distinct[~known])
        self._drop_before(received_day - KEPT_DAYS)
        return fresh

    def _known(self, distinct: Hashes, received_day: int) -> Mask:
        known = np.zeros(len(distinct), bool)
        for day, runs in self._partitions.items():
            if day == FOREVER or day >= received_day - KEPT_DAYS:
                for run in runs:
                    known |= run.contains(distinct)
        return known

    def save(self) -> Mapping[str, Sequence[str]]:
        """Write what is in memory and give the files of each partition: all that `load` needs."""
        for day, runs in self._partitions.items():
            self._merge(day, runs, spilled=True)
            for run in runs:
                self._spill(day, run)
        return {str(day): [run.name for run in runs] for day, runs in self._partitions.items()}

    def prune(self, keep: Mapping[str, Sequence[str]]) -> None:
        """Delete the files that neither `keep` (the snapshot just made good) nor memory stands on."""
        wanted = {name for names in keep.values() for name in names}
        wanted |= {run.name for runs in self._partitions.values() for run in runs}
        for path in self.folder.glob("*.npy"):
            if path.name not in wanted:
                path.unlink()

    @classmethod
    def load(cls, folder: Path, files: Mapping[str, Sequence[str]]) -> MessageHashes:
        """The set as of a snapshot. Raises FileNotFoundError when a file of it is gone."""
        loaded = cls(folder)
        for day, names in files.items():
            loaded._partitions[int(day)] = [_Run(np.load(folder / name, mmap_mode="r"), name) for name in names]
        numbers = [int(path.stem.rpartition("-")[2]) for path in folder.glob("*.npy")]
        loaded._next_file = max(numbers, default=-1) + 1
        return loaded

    def __len__(self) -> int:
        return sum(len(run.hashes) for runs in self._partitions.values() for run in runs)

    def all_hashes(self) -> Hashes:
        """Every hash remembered, sorted; for comparing two sets."""
        runs = [run.hashes for runs in self._partitions.values() for run in runs]
        return np.unique(np.concatenate(runs)) if runs else np.empty(0, np.uint64)

    def _add(self, day: int, hashes: Hashes) -> None:
        if not len(hashes):
            return
        runs = self._partitions.setdefault(day, [])
        runs.append(_Run(hashes))
        self._merge(day, runs, spilled=False)
        if len(runs[-1].hashes) >= _SPILL:
            self._spill_if_possible(day, runs[-1])

    def _merge(self, day: int, runs: list[_Run], *, spilled: bool) -> None:
        """Merge the last two runs while they are of like size; runs in files only when `spilled`."""
        while len(runs) > 1 and len(runs[-2].hashes) <= 2 * len(runs[-1].hashes):
            older, newer = runs[-2], runs[-1]
            if (older.name and not spilled) or len(older.hashes) + len(newer.hashes) > _LARGEST_MERGE:
                return
            both = np.concatenate([older.hashes, newer.hashes])
            both.sort(kind="stable")  # two sorted halves: one pass
            runs[-2:] = [_Run(both)]

    def _spill_if_possible(self, day: int, run: _Run) -> None:
        """A full disk is no reason to lose a tick: the run stays in memory and is tried again with the next one."""
        try:
            self._spill(day, run)
        except OSError as reason:
            _log.warning("hashes_kept_in_memory", hashes=len(run.hashes), reason=str(reason))

    def _spill(self, day: int, run: _Run) -> None:
        """Raises OSError when it cannot be written; the run is then in memory as before."""
        if run.name:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{day}-{self._next_file:08d}.npy"
        self._next_file += 1
        try:
            with path.open("wb") as file:
                np.save(file, run.hashes)
                file.flush()
                os.fsync(file.fileno())
            run.hashes = np.load(path, mmap_mode="r")
        except OSError:
            path.unlink(missing_ok=True)
            raise
        run.name = path.name

    def _drop_before(self, day: int) -> None:
        for old in [kept for kept in self._partitions if kept != FOREVER and kept < day]:
            del self._partitions[old]


def _contains(run: Hashes, wanted: Hashes) -> Mask:
    """Which of the sorted `wanted` stand in the sorted `run`."""
    places: Int64s = np.searchsorted(run, wanted)
    places[places == len(run)] = 0
    found: Mask = run[places] == wanted
    return found
