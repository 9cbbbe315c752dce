"""Columns of numpy into PostgreSQL by binary COPY, without a Python object a value.

Gives : pour(), postgres_micros()
Source: PostgreSQL manual, COPY, 'Binary Format'; DESIGN section 9 (binary COPY built from numpy)
Every row has the same length, so nulls travel as NaN or as a code and are turned back by the statement that reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.sources.records import Connection

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_POSTGRES_EPOCH = 946_684_800_000_000
_REAL = 700

Column = npt.NDArray[Any]


def pour(connection: Connection, table: str, columns: Mapping[str, Column]) -> None:
    """COPY rows into `table` (a constant name). columns (n,) of int16, int32, int64, float32, float64 or (n, k) of
    float32, which becomes real[]; every array has the same n and k >= 1."""
    names = ", ".join(columns)
    with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_SIGNATURE + packed(columns) + _END)


def packed(columns: Mapping[str, Column]) -> bytes:
    """The rows in the binary format, without header and end."""
    fields: list[Any] = [("fields", ">i2")]
    for name, column in columns.items():
        fields += _layout(name, column)
    rows = np.zeros(len(next(iter(columns.values()))), np.dtype(fields))
    rows["fields"] = len(columns)
    for name, column in columns.items():
        _fill(rows, name, column)
    return rows.tobytes()


def postgres_micros(micros: npt.NDArray[np.int64] | int) -> npt.NDArray[np.int64]:
    """Microseconds since 1970 as a timestamptz column's int64."""
    return np.asarray(micros, np.int64) - _POSTGRES_EPOCH


def _layout(name: str, column: Column) -> list[Any]:
    kind = column.dtype.newbyteorder(">").str
    if column.ndim == 1:
        return [(f"{name}_length", ">i4"), (name, kind)]
    item = np.dtype([("length", ">i4"), ("value", ">f4")])
    return [(f"{name}_length", ">i4"), (f"{name}_head", ">i4", (5,)), (name, item, (column.shape[1],))]


def _fill(rows: npt.NDArray[Any], name: str, column: Column) -> None:
    if column.ndim == 1:
        rows[f"{name}_length"] = column.dtype.itemsize
        rows[name] = column
        return
    rows[f"{name}_length"] = 20 + 8 * column.shape[1]
    rows[f"{name}_head"] = (1, 0, _REAL, column.shape[1], 1)
    rows[name]["length"] = 4
    rows[name]["value"] = column
