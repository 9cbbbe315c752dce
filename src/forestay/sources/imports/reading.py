"""Reads a CSV, Parquet or JSON-lines file as a stream of raw column batches, whatever its habits.

Gives: open_source() -> Source with .header and .batches(); UnreadableFile
       CSV: separator and encoding are detected; every column is text; a line with the wrong number of
       cells becomes a bad line with its number, never an end of the import.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from forestay.kit.errors import ForestayError

BATCH_ROWS = 50_000
_CSV_BLOCK_BYTES = 8_000_000
_SNIFF_BYTES = 262_144
_NULLS = ["", "NULL", "null", "None", "NaN", "nan", "N/A", "n/a", "NaT", "-"]


class UnreadableFile(ForestayError):
    """The file is not what its name says, or is empty: convert it to CSV (UTF-8), Parquet or JSON lines."""

    code = "unreadable_file"
    http_status = 422

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} cannot be read: {why}. Send CSV, Parquet or JSON lines (.jsonl)")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that holds no row. number: 1-based data row where known, else 0."""

    number: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Some rows as they came. first_row: 0-based number of the first row in the file."""

    first_row: int
    columns: pa.RecordBatch
    bad_lines: list[BadLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read from any row on. rows: how many there are, or an estimate for text files."""

    path: Path
    format: str
    header: list[str]
    rows: int

    def batches(self, skip_rows: int = 0) -> Iterator[RawBatch]:
        """All rows from skip_rows on, in order."""
        readers = {"csv": _csv_batches, "parquet": _parquet_batches, "jsonl": _jsonl_batches}
        for batch in readers[self.format](self):
            end = batch.first_row + batch.columns.num_rows
            if end <= skip_rows and not batch.bad_lines:
                continue
            cut = max(0, min(skip_rows - batch.first_row, batch.columns.num_rows))
            yield RawBatch(batch.first_row + cut, batch.columns.slice(cut), batch.bad_lines)


def open_source(path: Path, format_: str | None = None) -> Source:
    """Look at the file's head. Raises UnreadableFile."""
    if not path.exists() or path.stat().st_size == 0:
        raise UnreadableFile(path.name, "it is empty" if path.exists() else "there is no such file")
    kind = format_ or _format_of(path)
    try:
        if kind == "parquet":
            file = pq.ParquetFile(path)
            return Source(path, kind, list(file.schema_arrow.names), file.metadata.num_rows)
        header = _csv_header(path) if kind == "csv" else _jsonl_header(path)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError, csv.Error, msgspec.DecodeError) as error:
        raise UnreadableFile(path.name, str(error).splitlines()[0]) from error
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise UnreadableFile(path.name, f"these columns appear twice: {', '.join(twice)}")
    return Source(path, kind, header, _estimate_rows(path))


def _format_of(path: Path) -> str:
    name = path.name.lower()
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"
    with path.open("rb") as file:
        head = file.read(4)
    return "parquet" if head == b"PAR1" else "jsonl" if head[:1] == b"{" else "csv"


def _estimate_rows(path: Path) -> int:
    with path.open("rb") as file:
        head = file.read(_SNIFF_BYTES)
    lines = max(1, head.count(b"\n"))
    return max(1, round(path.stat().st_size / (len(head) / lines)))


# --- CSV ---------------------------------------------------------------------------------------


def _encoding(path: Path) -> str:
    """UTF-8 unless the file says or proves otherwise; Windows exports are the usual exception."""
    with path.open("rb") as file:
        start = file.read(2)
        if start in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        file.seek(0)
        decoder_safe = all(_is_utf8(line) for line in islice(file, 200_000))
    return "utf-8" if decoder_safe else "cp1252"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _csv_header(path: Path) -> list[str]:
    with path.open("r", encoding=_encoding(path), errors="replace", newline="") as file:
        row = next(csv.reader(file, delimiter=_separator(path)), [])
    header = [cell.strip().lstrip("\ufeff") for cell in row]
    if not header or not any(header):
        raise csv.Error("it has no header line")
    return [name or f"column_{number + 1}" for number, name in enumerate(header)]


def _separator(path: Path) -> str:
    with path.open("r", encoding=_encoding(path), errors="replace", newline="") as file:
        first = file.readline()
    return max(",;\t|", key=first.count)


def _csv_batches(source: Source) -> Iterator[RawBatch]:
    bad: list[BadLine] = []

    def remember(row: pacsv.InvalidRow) -> str:
        reason = f"expected {row.expected_columns} cells, found {row.actual_columns}"
        bad.append(BadLine((row.number or 1) - 1, reason, row.text))
        return "skip"

    stream = pacsv.open_csv(
        source.path,
        read_options=pacsv.ReadOptions(
            block_size=_CSV_BLOCK_BYTES,
            encoding=_encoding(source.path),
            column_names=source.header,
            skip_rows=1,
            use_threads=False,
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=_separator(source.path), newlines_in_values=True, invalid_row_handler=remember
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(source.header, pa.string()),
            strings_can_be_null=True,
            null_values=_NULLS,
            quoted_strings_can_be_null=True,
        ),
    )
    first = 0
    for batch in stream:
        yield RawBatch(first, batch, bad.copy())
        bad.clear()
        first += batch.num_rows
    if bad:
        yield RawBatch(first, pa.RecordBatch.from_pylist([], schema=stream.schema), bad.copy())


# --- Parquet and JSON lines --------------------------------------------------------------------


def _parquet_batches(source: Source) -> Iterator[RawBatch]:
    first = 0
    for batch in pq.ParquetFile(source.path).iter_batches(batch_size=BATCH_ROWS):
        yield RawBatch(first, batch)
        first += batch.num_rows


def _jsonl_header(path: Path) -> list[str]:
    """Every key of the first thousand lines, in order of appearance."""
    keys: dict[str, None] = {}
    with path.open("rb") as file:
        for line in islice(file, 1000):
            row = _object(line)
            if row is not None:
                keys.update(dict.fromkeys(row))
    if not keys:
        raise csv.Error("no line of its first thousand holds a JSON object")
    return list(keys)


def _object(line: bytes) -> dict[str, object] | None:
    try:
        row = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return row if isinstance(row, dict) else None


def _jsonl_batches(source: Source) -> Iterator[RawBatch]:
    first = 0
    with source.path.open("rb") as file:
        while lines := list(islice(file, BATCH_ROWS)):
            rows, bad = [], []
            for number, line in enumerate(lines, first + 1):
                row = _object(line)
                if row is not None:
                    rows.append(row)
                elif line.strip():
                    bad.append(
                        BadLine(number, "the line is not a JSON object", line.decode("utf-8", "replace").rstrip())
                    )
            yield RawBatch(first, _columns(rows, source.header), bad)
            first += len(rows)


def _columns(rows: list[dict[str, object]], header: list[str]) -> pa.RecordBatch:
    arrays = [pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in header]
    return pa.RecordBatch.from_arrays(arrays, names=header)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else msgspec.json.encode(value).decode()
