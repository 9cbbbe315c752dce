"""Lists of text and numbers as PostgreSQL arrays, several times faster than the driver's own way.

Gives : use_quick_arrays()
Source: PostgreSQL manual, 'Array Input and Output Syntax'; psycopg 3.3 tests every element against a pattern and
        escapes it with another, which for a JSON text takes longer than PostgreSQL needs to store it (measured: 14 ms
        against 1.5 ms for a thousand signals' evidence)
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.types.array import ListDumper

_NUMBERS: tuple[set[type], ...] = ({int}, {float})
_MOMENTS: tuple[set[type], ...] = ({datetime}, {date})


class QuickListDumper(ListDumper):
    """Writes lists of one plain type at once; anything else goes the driver's own way."""

    def dump(self, obj: list[Any]) -> Any:
        """The array in PostgreSQL's text form. Raises psycopg.DataError for a NUL in a text."""
        kinds = set(map(type, obj)) - {type(None)}
        if kinds == {str}:
            return _texts(obj)
        if kinds in _NUMBERS:
            return ("{" + ",".join(["NULL" if one is None else repr(one) for one in obj]) + "}").encode()
        if kinds in _MOMENTS:
            return ("{" + ",".join(["NULL" if one is None else f'"{one}"' for one in obj]) + "}").encode()
        return super().dump(obj)


def use_quick_arrays() -> None:
    """For every connection that this process makes from now on."""
    psycopg.adapters.register_dumper(list, QuickListDumper)


def _texts(texts: list[str | None]) -> bytes:
    quoted = ["NULL" if one is None else '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in texts]
    array = "{" + ",".join(quoted) + "}"
    if "\x00" in array:
        raise psycopg.DataError("PostgreSQL text cannot contain NUL (0x00) bytes")
    return array.encode()
