"""Where every trigger stands for every account, in columns, in memory.

Gives: TriggerStates, StateColumns, StateRows, OpenRows
Truth is the store (`trigger_states`, `signals`), written in the tick's transaction; restore() reads it back.
About 12 bytes a trigger and account: flags, since and last firing in seconds, day of the last update, level.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Seconds = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ON, OPEN, CAPPED, SEEN = np.uint8(1), np.uint8(2), np.uint8(4), np.uint8(8)
"""The condition holds; a signal is open; its action waits for tomorrow's cap; the account was judged before."""


@dataclass(slots=True)
class StateColumns:
    """One trigger's accounts, by row. since, fired: seconds since the epoch, 0 = never."""

    flags: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    since: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    fired: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    updated_day: npt.NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16))
    level: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def grow(self, rows: int) -> None:
        """Make room for rows 0 .. rows - 1."""
        if rows > len(self.flags):
            more = max(rows, min(2 * len(self.flags), len(self.flags) + 65_536)) - len(self.flags)
            for name in StateColumns.__slots__:
                column = getattr(self, name)
                setattr(self, name, np.concatenate((column, np.zeros(more, column.dtype))))


@dataclass(frozen=True, slots=True)
class StateRows:
    """What the store keeps of one trigger, row for row; seconds since the epoch, 0 = never."""

    rows: Rows
    is_on: Flags
    since: Seconds
    fired: Seconds


@dataclass(frozen=True, slots=True)
class OpenRows:
    """What the open signals of one trigger say, row for row. is_capped: waits for tomorrow's cap; updated_day: day since
    1970-01-01 on which its evidence was last written; level: code of its risk level."""

    rows: Rows
    is_capped: Flags
    updated_day: Rows
    level: npt.NDArray[np.uint8]


class TriggerStates:
    """The states of one workspace's triggers, by trigger key; a new version of a trigger keeps its states."""

    def __init__(self) -> None:
        self._by_key: dict[str, StateColumns] = {}
        self._known_at_first: dict[str, int] = {}
        self.cap_day = -1
        self.cap_counts: dict[int, int] = {}
        """Assisted signals of `cap_day` by owner, for daily caps."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Triggers that have been judged at least once."""
        return tuple(self._by_key)

    def of(self, key: str, rows: int) -> StateColumns:
        """The columns of a trigger with room for so many rows."""
        columns = self._by_key.setdefault(key, StateColumns())
        columns.grow(rows)
        return columns

    def known_at_first(self, key: str, rows_now: int) -> int:
        """How many accounts there were when the trigger was first judged; remembered by the first call."""
        return self._known_at_first.setdefault(key, rows_now)

    def close(self, key: str, row: int) -> None:
        """A signal was closed by hand: it is no longer open, and the episode does not fire again."""
        columns = self.of(key, row + 1)
        columns.flags[row] &= ~(OPEN | CAPPED)

    def forget(self, key: str) -> None:
        """Drop a trigger that was archived."""
        self._by_key.pop(key, None)
        self._known_at_first.pop(key, None)

    def count_for_cap(self, owner: int, day: int) -> int:
        """Assisted signals of the owner on the day so far; a new day starts at zero."""
        if day != self.cap_day:
            self.cap_day, self.cap_counts = day, {}
        return self.cap_counts.get(owner, 0)

    def stored(self, key: str, rows: Rows) -> StateRows:
        """What the store shall keep for these rows."""
        columns = self.of(key, int(rows.max(initial=-1)) + 1)
        return StateRows(
            rows,
            (columns.flags[rows] & ON) > 0,
            columns.since[rows].astype(np.int64),
            columns.fired[rows].astype(np.int64),
        )

    def restore(self, key: str, kept: StateRows, signals: OpenRows, all_rows: int) -> None:
        """Read a trigger's states back from the store; every one of `all_rows` accounts counts as judged before."""
        columns = self._by_key[key] = StateColumns()
        columns.grow(all_rows)
        columns.flags[:] = SEEN
        columns.flags[kept.rows] |= np.where(kept.is_on, ON, np.uint8(0))
        columns.since[kept.rows], columns.fired[kept.rows] = kept.since, kept.fired
        columns.flags[signals.rows] |= OPEN | np.where(signals.is_capped, CAPPED, np.uint8(0))
        columns.updated_day[signals.rows], columns.level[signals.rows] = signals.updated_day, signals.level
        self._known_at_first[key] = all_rows

    def dump(self, folder: Path) -> None:
        """Write all columns into a folder, without pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {
            f"{key}/{name}": getattr(c, name) for key, c in self._by_key.items() for name in StateColumns.__slots__
        }
        first = np.array([self._known_at_first.get(key, 0) for key in self._by_key], np.int64)
        owners = np.array([[owner, count] for owner, count in self.cap_counts.items()], np.int64).reshape(-1, 2)
        keys = np.array(list(self._by_key), np.str_)
        np.savez(
            folder / "trigger-states.npz", allow_pickle=False, **arrays,
            _keys=keys, _first=first, _owners=owners, _cap_day=np.array(self.cap_day),
        )  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> TriggerStates:
        """Read back what dump() wrote."""
        states = cls()
        with np.load(folder / "trigger-states.npz", allow_pickle=False) as kept:
            for key, first in zip(kept["_keys"].tolist(), kept["_first"].tolist(), strict=True):
                states._by_key[key] = StateColumns(*(kept[f"{key}/{name}"] for name in StateColumns.__slots__))
                states._known_at_first[key] = first
            states.cap_day = int(kept["_cap_day"])
            states.cap_counts = {int(owner): int(count) for owner, count in kept["_owners"]}
        return states
