"""Columns to and from PostgreSQL as binary arrays: thousands of rows in one statement, without a Python object each.

Gives : ask(), ask_if_new(), given(), Answer, longs(), words(), shorts(), reals(), moments(), flags(), texts(), blobs(), documents(), number(), whole(),
        word(), moment()
Source: PostgreSQL's binary array format (src/backend/utils/adt/arrayfuncs.c); DESIGN section 9
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import errors, pq

from forestay.journeys.moves import NEVER
from forestay.store.changes import note_change

Ints = npt.NDArray[np.int64]
Driver = psycopg.Connection[Any]
_EPOCH = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01."""
_HEAD = 20
_NULL = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Packed:
    """A parameter: its type's number and its bytes."""

    oid: int
    data: bytes | None


def longs(values: Ints) -> Packed:
    """bigint[]."""
    return _fixed(1016, 20, values, ">i8", 8)


def words(values: Ints) -> Packed:
    """integer[]."""
    return _fixed(1007, 23, values, ">i4", 4)


def shorts(values: Ints) -> Packed:
    """smallint[]."""
    return _fixed(1005, 21, values, ">i2", 2)


def moments(values: Ints) -> Packed:
    """timestamptz[] of microseconds UTC; NEVER becomes 'infinity'."""
    return _fixed(1185, 1184, np.where(values == NEVER, NEVER, values - _EPOCH), ">i8", 8)


def reals(values: npt.NDArray[np.floating]) -> Packed:
    """real[]; NaN stays NaN."""
    return _fixed(1021, 700, values, ">f4", 4)


def flags(values: npt.NDArray[np.bool_]) -> Packed:
    """boolean[]."""
    return _fixed(1000, 16, values.astype(np.uint8), "u1", 1)


def texts(values: Sequence[str | None]) -> Packed:
    """text[] with nulls."""
    return _varied(1009, 25, [None if value is None else value.encode() for value in values])


def blobs(values: Sequence[bytes]) -> Packed:
    """bytea[]."""
    return _varied(1001, 17, values)


def documents(values: Sequence[object | None]) -> Packed:
    """jsonb[] with nulls; a document that is bytes is JSON already."""
    if values.count(None) == len(values):
        return Packed(3807, _head(3802, len(values), has_null=True) + _NULL * len(values))
    encode = msgspec.json.encode
    return _varied(
        3807, 3802,
        [None if v is None else b"\x01" + (v if isinstance(v, bytes) else encode(v)) for v in values],
    )  # fmt: skip


def number(value: int) -> Packed:
    """One bigint."""
    return Packed(20, struct.pack(">q", value))


def moment(micros: int) -> Packed:
    """One timestamptz."""
    return Packed(1184, struct.pack(">q", micros - _EPOCH))


def whole(value: int) -> Packed:
    """One integer."""
    return Packed(23, struct.pack(">i", value))


def word(value: str) -> Packed:
    """One text."""
    return Packed(25, value.encode())


class Answer:
    """The rows of a statement; columns are read by place, as arrays that the statement aggregated."""

    def __init__(self, result: pq.abc.PGresult) -> None:
        self._result = result

    def __len__(self) -> int:
        return self._result.ntuples

    @property
    def changed(self) -> int:
        """How many rows the statement changed."""
        return int(self._result.command_tuples or 0)

    def longs(self, column: int) -> Ints:
        """A bigint[] without nulls; empty where the array is null."""
        return self._fixed(column, ">i8", 8)

    def words(self, column: int) -> Ints:
        """An integer[] without nulls."""
        return self._fixed(column, ">i4", 4)

    def shorts(self, column: int) -> Ints:
        """A smallint[] without nulls."""
        return self._fixed(column, ">i2", 2)

    def flags(self, column: int) -> npt.NDArray[np.bool_]:
        """A boolean[] without nulls."""
        return self._fixed(column, "u1", 1).astype(bool)

    def moments(self, column: int) -> Ints:
        """A timestamptz[] without nulls, microseconds UTC; 'infinity' is NEVER."""
        values = self._fixed(column, ">i8", 8)
        return np.where(values == NEVER, NEVER, values + _EPOCH)

    def texts(self, column: int) -> list[str | None]:
        """A text[] with nulls."""
        return [None if part is None else part.decode() for part in self._varied(column)]

    def documents(self, column: int) -> list[Any]:
        """A jsonb[] with nulls, decoded."""
        decode = msgspec.json.decode
        return [None if part is None else decode(part[1:]) for part in self._varied(column)]

    def _fixed(self, column: int, dtype: str, width: int) -> Ints:
        data = self._result.get_value(0, column)
        if data is None or len(data) <= _HEAD:
            return np.empty(0, np.int64)
        rows = np.frombuffer(data, np.dtype([("size", ">i4"), ("value", dtype)]), offset=_HEAD)
        return rows["value"].astype(np.int64)

    def _varied(self, column: int) -> list[bytes | None]:
        data = self._result.get_value(0, column)
        if data is None or len(data) <= _HEAD:
            return []
        (count,) = struct.unpack_from(">i", data, 12)
        parts: list[bytes | None] = []
        at = _HEAD
        for _ in range(count):
            (size,) = struct.unpack_from(">i", data, at)
            at += 4
            parts.append(None if size < 0 else data[at : at + size])
            at += max(size, 0)
        return parts


def ask(driver: Driver, statement: str, *parameters: Packed) -> Answer:
    """Execute one statement with $1, $2, ... in the connection's transaction. Raises psycopg's errors."""
    result = driver.pgconn.exec_params(
        statement.encode(), [one.data for one in parameters], [one.oid for one in parameters],
        [pq.Format.BINARY] * len(parameters), pq.Format.BINARY,
    )  # fmt: skip
    if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        raise errors.error_from_result(result, driver.info.encoding)
    answer = Answer(result)
    note_change(driver, statement, answer.changed)
    return answer


def ask_if_new(driver: Driver, statement: str, conflict: str, *parameters: Packed) -> Answer:
    """Execute an INSERT of rows that are nearly always new: without the conflict clause, which takes half as long again,
    and with it where a row turns out to be there."""
    driver.pgconn.exec_(b"SAVEPOINT if_new")
    try:
        return ask(driver, statement.format(conflict=""), *parameters)
    except errors.UniqueViolation:
        driver.pgconn.exec_(b"ROLLBACK TO SAVEPOINT if_new")
        return ask(driver, statement.format(conflict=conflict), *parameters)


def given(names: str) -> str:
    """Array parameters $1, $2, ... side by side as rows, for FROM. Arrays unnested in FROM itself would each be laid down
    as a table first, which takes twice as long.

    >>> given("id name")
    '(SELECT unnest($1) AS id, unnest($2) AS name OFFSET 0) AS u'
    """
    columns = ", ".join(f"unnest(${n}) AS {name}" for n, name in enumerate(names.split(), 1))
    return f"(SELECT {columns} OFFSET 0) AS u"


def _fixed(array: int, oid: int, values: npt.NDArray[Any], dtype: str, width: int) -> Packed:
    rows = np.empty(len(values), np.dtype([("size", ">i4"), ("value", dtype)]))
    rows["size"], rows["value"] = width, values
    return Packed(array, _head(oid, len(values), has_null=False) + rows.tobytes())


def _varied(array: int, oid: int, values: Sequence[bytes | None]) -> Packed:
    pack = struct.Struct(">i").pack
    parts = [_NULL if value is None else pack(len(value)) + value for value in values]
    return Packed(array, _head(oid, len(values), has_null=True) + b"".join(parts))


def _head(oid: int, count: int, *, has_null: bool) -> bytes:
    if not count:
        return struct.pack(">iii", 0, 0, oid)
    return struct.pack(">iiiii", 1, int(has_null), oid, count, 1)
