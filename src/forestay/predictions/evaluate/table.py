"""A file as a table of texts, whatever its delimiter and encoding, and what had to be guessed.

Reads : CSV (comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows-1252) and Parquet
Gives : read_table(), RawTable, Unreadable
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from forestay.kit.errors import Invalid

DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 50
"""Lines by which delimiters are compared."""
RAGGED = 0.02
"""Share of rows with another number of fields than the header above which the file is not believed."""


class Unreadable(Invalid):
    """The file is no table that can be read; the sentence says what was found in it."""

    code = "unreadable_table"


@dataclass(frozen=True, slots=True)
class RawTable:
    """Columns of texts, all of one length; an empty text is a missing value. notes: what was guessed, as sentences."""

    names: tuple[str, ...]
    columns: tuple[list[str], ...]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.columns[0]) if self.columns else 0

    def column(self, name: str) -> list[str]:
        """One column's texts."""
        return self.columns[self.names.index(name)]


def read_table(path: Path) -> RawTable:
    """The table in a file. Raises Unreadable."""
    head = path.read_bytes()[:4] if path.is_file() else b""
    if not path.is_file():
        raise Unreadable(f"there is no file {path}")
    if head == b"PAR1" or path.suffix.lower() in (".parquet", ".pq"):
        return _checked(_read_parquet(path), path)
    return _checked(_read_csv(path.read_bytes(), path), path)


def _checked(table: RawTable, path: Path) -> RawTable:
    if not table.rows:
        raise Unreadable(f"{path.name} has no rows below its header")
    double = sorted({name for name in table.names if table.names.count(name) > 1})
    if double:
        raise Unreadable(f"{path.name} has two columns named '{double[0]}'; rename one of them")
    return table


def _read_csv(content: bytes, path: Path) -> RawTable:
    if not content.strip():
        raise Unreadable(f"{path.name} is empty")
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(f"{path.name} is no text; CSV and Parquet can be read (a spreadsheet can be saved as CSV)")
    text, notes = _decoded(content)
    delimiter = _delimiter(text, path)
    if delimiter != ",":
        notes.append(f"Fields are separated by {_named(delimiter)}.")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    rows = [row for row in rows if row]
    header, body = [name.strip() or f"column {n}" for n, name in enumerate(rows[0], 1)], rows[1:]
    whole = [row for row in body if len(row) == len(header)]
    if len(body) - len(whole) > RAGGED * len(body):
        first = next(n for n, row in enumerate(body, 2) if len(row) != len(header))
        raise Unreadable(
            f"{path.name}: the header has {len(header)} fields, but {len(body) - len(whole):,} of {len(body):,} rows do "
            f"not (row {first} has {len(body[first - 2])}); put texts that hold the delimiter in quotation marks"
        )
    if len(whole) < len(body):
        notes.append(f"{len(body) - len(whole)} rows with too many or too few fields were left out.")
    columns = tuple([text.strip() for text in column] for column in zip(*whole, strict=True))
    return RawTable(tuple(header), columns or tuple([] for _ in header), tuple(notes))


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), ["The file is UTF-16."]
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), ["The file is not UTF-8; it was read as Windows-1252."]


def _delimiter(text: str, path: Path) -> str:
    """The one that gives most columns while the rows agree on their number."""
    lines = text.splitlines()[:_LOOKED_AT]
    best, most = "", 1
    for delimiter in DELIMITERS:
        sizes = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        agreed = sum(size == sizes[0] for size in sizes) if sizes else 0
        if sizes and sizes[0] > most and agreed >= 0.8 * len(sizes):
            best, most = delimiter, sizes[0]
    if not best:
        sizes = [len(row) for row in csv.reader(lines) if row]
        if sizes and sizes[0] > 1:
            return ","
        raise Unreadable(
            f"{path.name} has a single column; fields may be separated by comma, semicolon, tab or bar, and the first "
            f"line names the columns (found: '{lines[0][:60]}')"
        )
    return best


def _named(delimiter: str) -> str:
    return {";": "semicolons", "\t": "tabs", "|": "bars"}[delimiter]


def _read_parquet(path: Path) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    left_out = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    kept = [name for name in table.column_names if name not in left_out]
    notes = (f"Columns that hold lists or structures were left out: {', '.join(left_out)}.",) if left_out else ()
    return RawTable(tuple(kept), tuple(_texts(table.column(name).to_pylist()) for name in kept), notes)


def _texts(values: Sequence[object]) -> list[str]:
    return [_text(value) for value in values]


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()
