"""Who was active where: one pair for each user in each account, found without a hash.

Reads : dense user numbers and rows of one workspace
Gives : Pairs
Source: DESIGN section 4 (`last_active_day[user]`).

A user's pairs hang in a chain that starts at `first[user]`; nearly every user has one account, so a look-up of
any number of users is one or two numpy steps. Each pair keeps its last active day and one bit for each day of
the ring (13 bytes), which make late events, joins of users and account merges exact.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.measures.ring import RING_DAYS, Ints

_NONE = -1
GONE = -2
"""Row of a pair whose account or user was merged away."""
Bits = npt.NDArray[np.uint8]
_Numbers = npt.NDArray[np.int32]


class Pairs:
    """Columns of (user, account) pairs: user, row, last active day (-1 = never), bits of the ring's days."""

    def __init__(self, ring_days: int = RING_DAYS) -> None:
        self.count = 0
        self._first: _Numbers = np.full(0, _NONE, np.int32)
        self._next: _Numbers = np.full(0, _NONE, np.int32)
        self.user: _Numbers = np.full(0, _NONE, np.int32)
        self.row: _Numbers = np.full(0, GONE, np.int32)
        self.last: _Numbers = np.full(0, _NONE, np.int32)
        self.bits: Bits = np.zeros((0, (ring_days + 7) // 8), np.uint8)
        self._ring_days = ring_days

    @property
    def nbytes(self) -> int:
        """Bytes of the pairs in use."""
        return self.count * (4 * 4 + int(self.bits.shape[1])) + int(self._first.nbytes)

    def find(self, users: Ints, rows: Ints) -> Ints:
        """The pairs of users (n,) in rows (n,); -1 where there is none."""
        pair = np.full(len(users), _NONE, np.int64)
        known = np.flatnonzero(users < len(self._first))
        pair[known] = self._first[users[known]]
        while True:
            wrong = np.flatnonzero(pair >= 0)
            wrong = wrong[self.row[pair[wrong]] != rows[wrong]]
            if not len(wrong):
                return pair
            pair[wrong] = self._next[pair[wrong]]

    def find_or_make(self, users: Ints, rows: Ints) -> Ints:
        """The pairs of users (n,) in rows (n,), made where missing."""
        pair = self.find(users, rows)
        missing = np.flatnonzero(pair < 0)
        if not len(missing):
            return pair
        keys = (users[missing] << 32) | rows[missing]
        fresh, place = np.unique(keys, return_inverse=True)
        pair[missing] = self.count + place
        self._append(fresh >> 32, fresh & 0xFFFF_FFFF)
        return pair

    def of_row(self, row: int) -> Ints:
        """All pairs of an account."""
        return np.flatnonzero(self.row[: self.count] == row)

    def of_user(self, user: int) -> Ints:
        """All living pairs of a user."""
        found: list[int] = []
        pair = int(self._first[user]) if user < len(self._first) else _NONE
        while pair != _NONE:
            if self.row[pair] != GONE:
                found.append(pair)
            pair = int(self._next[pair])
        return np.array(found, np.int64)

    def test(self, pairs: Ints, days: Ints) -> npt.NDArray[np.bool_]:
        """Whether the pair is already known as active on the day (inside the ring)."""
        slot = days % self._ring_days
        shifted: Bits = self.bits[pairs, slot >> 3] >> (slot & 7).astype(np.uint8)
        return (shifted & 1) > 0

    def mark(self, pairs: Ints, days: Ints) -> None:
        """Note pairs as active on days inside the ring."""
        slot = days % self._ring_days
        np.bitwise_or.at(self.bits, (pairs, slot >> 3), np.left_shift(1, slot & 7).astype(np.uint8))

    def active(self, pairs: Ints, oldest: int) -> npt.NDArray[np.int8]:
        """Activity as 0 and 1, int8 [pair, day], from the ring's oldest day on."""
        slots = np.unpackbits(self.bits[pairs], axis=1, count=self._ring_days, bitorder="little")
        first = oldest % self._ring_days
        return np.concatenate((slots[:, first:], slots[:, :first]), axis=1).view(np.int8)

    def forget_day(self, day: int) -> None:
        """Clear the bit that a new day takes over."""
        slot = day % self._ring_days
        self.bits[: self.count, slot >> 3] &= np.uint8(0xFF ^ (1 << (slot & 7)))

    def rehang(self, pairs: Ints, user: int) -> None:
        """Give pairs to another user who has none in those rows."""
        self._room_for_user(user)
        for pair in pairs:
            copy = self.count
            self._append(np.array([user]), self.row[[pair]].astype(np.int64))
            self.last[copy], self.bits[copy] = self.last[pair], self.bits[pair]
        self.row[pairs] = GONE

    def dump(self, folder: Path) -> None:
        """Write the columns as numpy files."""
        for name, column in self._columns().items():
            np.save(folder / f"pairs-{name}.npy", column, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, ring_days: int = RING_DAYS) -> Pairs:
        """Read back what dump() wrote."""
        pairs = cls(ring_days)
        for name in pairs._columns():
            setattr(pairs, name, np.load(folder / f"pairs-{name}.npy", allow_pickle=False))
        pairs.count = len(pairs.user)
        return pairs

    def _columns(self) -> dict[str, npt.NDArray[np.generic]]:
        n = self.count
        return {
            "_first": self._first,
            "_next": self._next[:n],
            "user": self.user[:n],
            "row": self.row[:n],
            "last": self.last[:n],
            "bits": self.bits[:n],
        }

    def _append(self, users: Ints, rows: Ints) -> None:
        """New pairs, sorted by user, chained before the user's earlier ones."""
        start, self.count = self.count, self.count + len(users)
        self._room_for_pairs()
        self._room_for_user(int(users[-1]))
        new = np.arange(start, self.count, dtype=np.int32)
        self.user[start : self.count], self.row[start : self.count] = users, rows
        again = np.concatenate(([False], users[1:] == users[:-1]))
        self._next[start : self.count] = np.where(again, new - 1, self._first[users])
        ends = np.concatenate((users[1:] != users[:-1], [True]))
        self._first[users[ends]] = new[ends]

    def _room_for_pairs(self) -> None:
        if self.count <= len(self.user):
            return
        room = max(1024, self.count + self.count // 2)
        self._next = _longer(self._next, room, _NONE)
        self.user = _longer(self.user, room, _NONE)
        self.row = _longer(self.row, room, GONE)
        self.last = _longer(self.last, room, _NONE)
        bits = np.zeros((room, self.bits.shape[1]), np.uint8)
        bits[: len(self.bits)] = self.bits
        self.bits = bits

    def _room_for_user(self, user: int) -> None:
        if user >= len(self._first):
            self._first = _longer(self._first, max(1024, user + user // 2 + 1), _NONE)


def _longer(column: _Numbers, room: int, empty: int) -> _Numbers:
    longer = np.full(room, empty, np.int32)
    longer[: len(column)] = column
    return longer
