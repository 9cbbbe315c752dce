"""The columns that decoded messages travel in, from the decoder to identity, the cube and the lake.

Gives: EventColumns, Words, Told, MessageKind, BadBody, words_of(), no_words()

Rows stand in the order of the log (position, then part); n = number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Kinds = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_One = TypeVar("_One")
MISSING = -1
"""Code of a word that is not there."""


class MessageKind(IntEnum):
    """What a row is. Up to SCREEN it is use of the product and counts; above it tells who is who."""

    TRACK = 0
    PAGE = 1
    SCREEN = 2
    IDENTIFY = 3
    GROUP = 4
    ALIAS = 5


FIRST_CALL = int(MessageKind.IDENTIFY)


@dataclass(frozen=True, slots=True)
class Words:
    """A column of words, each distinct one held once.

    codes: int32 (n,), index into `values`, MISSING where the row has none. values: distinct, by first appearance.
    """

    codes: Int32s
    values: list[str]

    def texts(self) -> list[str | None]:
        """The words row by row, None where missing."""
        table: list[str | None] = [*self.values, None]
        return [table[code] for code in self.codes.tolist()]

    def take(self, rows: Mask | Int64s) -> Words:
        """The same words for some of the rows; `values` stays whole."""
        return Words(self.codes[rows], self.values)


@dataclass(frozen=True, slots=True)
class Told:
    """A column that Arrow holds: text or bytes that few rows are ever asked for one by one. No nulls."""

    column: pa.Array

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, row: int) -> Any:
        """One row's text (str) or bytes, as the column is."""
        return self.column[row].as_py()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """Decoded messages of one workspace, a row each, in the order of the log.

    position int64, part int32: the place in the log. kind uint8: MessageKind. message_hash uint64: xxh3 of the
    messageId. at, received int64: microseconds UTC, `at` corrected by the sender's clock and never after
    `received`. day int32: the workspace's calendar day of `at`. weight float64 >= 0: how many events a row stands
    for. value float64: NaN missing. user: 'u:<userId>' or 'a:<anonymousId>'. anonymous: 'a:<anonymousId>', only for
    identify calls that name both. account: external id, missing where the message names none. payload: JSON of
    properties (of traits for identify and group), b'' when none. previous: row -> previousId of alias calls.
    """

    workspace_id: int
    is_import: bool
    position: Int64s
    part: Int32s
    kind: Kinds
    message_hash: Hashes
    message_id: Sequence[str] | Told
    user: Words
    anonymous: Words
    account: Words
    name: Words
    at: Int64s
    received: Int64s
    day: Int32s
    weight: Floats
    value: Floats
    payload: Sequence[bytes] | Told
    previous: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.position)

    def keep(self, mask: Mask) -> EventColumns:
        """The rows where `mask` is true, in the same order; the table itself when that is all of them."""
        if bool(mask.all()):
            return self
        rows = np.flatnonzero(mask)
        place = {int(row): new for new, row in enumerate(rows)} if self.previous else {}
        return EventColumns(
            workspace_id=self.workspace_id,
            is_import=self.is_import,
            position=self.position[rows],
            part=self.part[rows],
            kind=self.kind[rows],
            message_hash=self.message_hash[rows],
            message_id=_taken(self.message_id, rows),
            user=self.user.take(rows),
            anonymous=self.anonymous.take(rows),
            account=self.account.take(rows),
            name=self.name.take(rows),
            at=self.at[rows],
            received=self.received[rows],
            day=self.day[rows],
            weight=self.weight[rows],
            value=self.value[rows],
            payload=_taken(self.payload, rows),
            previous={place[row]: key for row, key in self.previous.items() if row in place},
        )


@dataclass(frozen=True, slots=True)
class BadBody:
    """An accepted body that could not be read after all; it goes to the quarantine and the tick goes on."""

    workspace_id: int
    position: int
    received: int
    reason_code: str
    reason: str
    item: str


def words_of(texts: Sequence[str | None]) -> Words:
    """Code a column of words by first appearance; None and '' are missing.

    >>> words_of(["b", None, "a", "b"]).codes.tolist()
    [0, -1, 1, 0]
    """
    table: dict[str | None, int] = {None: MISSING, "": MISSING}
    codes = [table.setdefault(text, len(table) - 2) for text in texts]
    del table[None], table[""]
    return Words(np.array(codes, np.int32), [text for text in table if text is not None])


def _taken(told: Sequence[_One] | Told, rows: Int64s) -> Sequence[_One] | Told:
    if isinstance(told, Told):
        return Told(told.column.take(pa.array(rows)))
    return [told[row] for row in rows.tolist()]


def no_words(size: int) -> Words:
    """A column in which every row is missing."""
    return Words(np.full(size, MISSING, np.int32), [])
