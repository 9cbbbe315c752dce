"""One raw batch into typed rows of a kind, and a reject with its reason for every row that cannot be one.

Reads: reading.RawBatch, mapping.ImportMapping
Gives: Converter.convert() -> Converted(rows, rejects); rows as in events.wire ('Arrow bodies')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forestay.customers.kinds import FIELDS, KEY, Field, FieldType, ImportKind
from forestay.events.wire import ARROW_KIND, ARROW_SOURCE
from forestay.sources.imports.mapping import NATURAL_KEYS, ImportMapping
from forestay.sources.imports.reading import RawBatch
from forestay.sources.imports.values import Mask, as_text, to_type

ARROW_TYPES: Mapping[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.NUMBER: pa.float64(),
    FieldType.MONEY: pa.float64(),
    FieldType.MOMENT: pa.timestamp("us", "UTC"),
    FieldType.DAY: pa.date32(),
    FieldType.FLAG: pa.bool_(),
    FieldType.JSON: pa.string(),
}
ORDERED = (
    ("started_on", "ended_on"), ("issued_on", "paid_on"), ("opened_at", "closed_at"),
    ("opened_at", "first_response_at"), ("opened_at", "escalated_at"), ("created_on", "left_on"),
    ("customer_since", "churned_on"),
)  # fmt: skip
"""Pairs of which the second cannot come before the first."""
RANGES: Mapping[str, tuple[float, float]] = {
    "weight": (0, 1e9),
    "seats": (0, 1e7),
    "score": (-100, 100),
    "csat": (0, 10),
}
LONGEST_TEXT = 100_000
LONGEST_KEY = 512


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was left out. row: 1-based data row of the file (0 unknown); original as JSON text."""

    row: int
    reason: str
    original: str


@dataclass(frozen=True, slots=True)
class Converted:
    """Typed rows of one batch, with the schema metadata of an Arrow body, and what was left out."""

    rows: pa.RecordBatch
    rejects: list[Reject] = field(default_factory=list)


@dataclass(slots=True)
class _Problems:
    """The first reason against each row. reasons: row -> words."""

    size: int
    bad: Mask = field(init=False)
    reasons: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bad = np.zeros(self.size, bool)

    def add(self, mask: Mask, reason: str) -> None:
        for row in np.flatnonzero(mask & ~self.bad):
            self.reasons[int(row)] = reason
        self.bad |= mask


class Converter:
    """Converts the batches of one file under one mapping. file_key: names the file's content (its hash)."""

    def __init__(self, kind: ImportKind, mapping: ImportMapping, *, source: str, file_key: str, zone: str) -> None:
        self.kind, self.mapping, self.zone, self.file_key = kind, mapping, zone, file_key
        self.fields = FIELDS[kind]
        self.metadata = {ARROW_KIND: kind.value.encode(), ARROW_SOURCE: source.encode()}

    def convert(self, batch: RawBatch) -> Converted:
        """Type every mapped column, judge each row, and keep the good ones."""
        raw, size = batch.columns, batch.columns.num_rows
        problems = _Problems(size)
        columns = {f.name: self._column(raw, f, problems) for f in self.fields}
        self._complete_key(columns)
        self._judge(columns, problems)
        columns["row_key"] = self._row_keys(columns, batch.first_row, size)
        columns["traits"] = self._unmapped(raw)
        self._fold_events(columns)
        wanted = self._wanted(raw)
        problems.reasons = {row: words for row, words in problems.reasons.items() if wanted[row]}
        good = pa.array(~problems.bad & wanted)
        rows = pa.RecordBatch.from_pydict({n: c for n, c in columns.items() if c is not None}).filter(good)
        rejects = [Reject(line.number, line.reason, line.text) for line in batch.bad_lines]
        rejects += [
            Reject(batch.first_row + row + 1, reason, _original(raw, row))
            for row, reason in sorted(problems.reasons.items())
        ]
        return Converted(rows.replace_schema_metadata(self.metadata), rejects)

    def _column(self, raw: pa.RecordBatch, spec: Field, problems: _Problems) -> pa.Array | None:
        if spec.name in self.mapping.constants:
            word = pa.array([self.mapping.constants[spec.name]], pa.string())
            values, bad = to_type(word, spec.type, self.zone)
            problems.add(np.full(raw.num_rows, bool(bad[0])), f"the constant for {spec.name} is no {spec.type}")
            return pa.repeat(values[0], raw.num_rows)
        name = self.mapping.columns.get(spec.name)
        if name is None:
            return None
        parts = [self._part(raw, spec, part, problems) for part in self.mapping.parts_of(spec.name)]
        given = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*map(as_text, parts), "/")
        values, bad = to_type(given, spec.type, self.zone)
        problems.add(bad, f"{spec.name}: the value of column '{name}' is no {spec.type}")
        return values

    def _part(self, raw: pa.RecordBatch, spec: Field, name: str, problems: _Problems) -> pa.Array:
        given = raw.column(name)
        if name not in self.mapping.lookups:
            return given
        found, unknown = _look_up(as_text(given), self.mapping.lookups[name])
        problems.add(unknown, f"{spec.name}: the value of column '{name}' is not in its lookup table")
        return found

    def _wanted(self, raw: pa.RecordBatch) -> Mask:
        """Rows that the mapping's filters let in; a row that they leave out is no reject."""
        wanted = np.ones(raw.num_rows, bool)
        for name, value in self.mapping.only.items():
            wanted &= _mask(pc.equal(as_text(raw.column(name)), value))
        for name, value in self.mapping.without.items():
            wanted &= ~_mask(pc.equal(as_text(raw.column(name)), value))
        return wanted

    def _complete_key(self, columns: dict[str, pa.Array | None]) -> None:
        key = KEY[self.kind]
        if columns.get(key) is not None or self.kind not in NATURAL_KEYS:
            return
        parts = [columns[name] for name in NATURAL_KEYS[self.kind] if columns.get(name) is not None]
        texts = [pc.fill_null(pc.cast(part, pa.string()), "") for part in parts]
        columns[key] = pc.binary_join_element_wise(*texts, "|") if texts else None

    def _judge(self, columns: dict[str, pa.Array | None], problems: _Problems) -> None:
        required = [f.name for f in self.fields if f.required]
        for name in required:
            problems.add(_absent(columns.get(name), problems.size), f"{name} is missing")
        if self.kind is ImportKind.EVENTS:
            nobody = _absent(columns.get("account_id"), problems.size) & _absent(columns.get("user_id"), problems.size)
            problems.add(nobody, "an event needs a user_id or an account_id")
        for name, (low, high) in RANGES.items():
            if (values := columns.get(name)) is not None and pa.types.is_floating(values.type):
                outside = pc.or_(pc.less(values, low), pc.greater(values, high))
                problems.add(_mask(outside), f"{name} is outside {low:g} to {high:g}")
        for before, after in ORDERED:
            if columns.get(before) is not None and columns.get(after) is not None:
                problems.add(_mask(pc.less(columns[after], columns[before])), f"{after} is before {before}")
        self._judge_texts(columns, problems)

    def _judge_texts(self, columns: dict[str, pa.Array | None], problems: _Problems) -> None:
        for name, values in columns.items():
            if values is None or not pa.types.is_string(values.type):
                continue
            longest = LONGEST_KEY if name.endswith("_id") else LONGEST_TEXT
            problems.add(
                _mask(pc.greater(pc.utf8_length(values), longest)), f"{name} is longer than {longest} characters"
            )
            problems.add(_mask(pc.match_substring(values, "\x00")), f"{name} holds a NUL character")

    def _row_keys(self, columns: dict[str, pa.Array | None], first_row: int, size: int) -> pa.Array:
        """The key of deduplication: the record's own, or the file's content hash and the row's number."""
        numbers = pc.cast(pa.array(np.arange(first_row, first_row + size)), pa.string())
        own = pc.binary_join_element_wise(pa.scalar(self.file_key), numbers, ":")
        if self.kind is not ImportKind.EVENTS or columns.get("message_id") is None:
            return own
        return pc.if_else(pc.is_valid(columns["message_id"]), columns["message_id"], own)

    def _unmapped(self, raw: pa.RecordBatch) -> pa.Array | None:
        """Columns that no field took, as one JSON object a row; nothing of the file is thrown away."""
        used = self.mapping.used
        names = [name for name in raw.schema.names if name not in used]
        if not names:
            return None
        texts = [as_text(raw.column(name)).to_pylist() for name in names]
        encode = msgspec.json.Encoder().encode
        rows = [
            encode({n: v for n, v in zip(names, row, strict=True) if v is not None}).decode()
            for row in zip(*texts, strict=True)
        ]
        return pa.array(rows, pa.string())

    def _fold_events(self, columns: dict[str, pa.Array | None]) -> None:
        """An event's unmapped columns are its properties, unless it brought an object of them."""
        if self.kind is ImportKind.EVENTS:
            extra = columns.pop("traits", None)
            columns["properties"] = columns.get("properties") if columns.get("properties") is not None else extra
            columns["message_id"] = columns["row_key"]


def _look_up(text: pa.Array, table: Mapping[str, str]) -> tuple[pa.Array, Mask]:
    coded = text.dictionary_encode()
    found: Sequence[str | None] = [table.get(word) for word in coded.dictionary.to_pylist()]
    values = pa.array(found, pa.string()).take(coded.indices) if found else pa.nulls(len(text), pa.string())
    return values, np.asarray(pc.is_valid(text)) & np.asarray(pc.is_null(values))


def _absent(values: pa.Array | None, size: int) -> Mask:
    return np.ones(size, bool) if values is None else np.asarray(pc.is_null(values))


def _mask(condition: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(condition, False))


def _original(raw: pa.RecordBatch, row: int) -> str:
    cells = {name: raw.column(name)[row].as_py() for name in raw.schema.names}
    return msgspec.json.encode(
        {k: v if isinstance(v, str | int | float | bool) else None if v is None else str(v) for k, v in cells.items()}
    ).decode()
