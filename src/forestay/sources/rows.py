"""Rows of accounts, contacts and records, clean and folded: what each thing's row says, once a thing.

Reads : RowBatch (imports), traits of identify and group calls
Gives : Row, rows_of_batch(), row_of_traits(), folded(), FieldValue
Source: customers.kinds (fields, and other makers' names for them)

A field that is empty says nothing: it never erases what is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from forestay.customers.kinds import FIELDS, KEY, Field, FieldType, ImportKind
from forestay.kit.clock import moment_of
from forestay.sources.decode import CLEAN
from forestay.sources.decode_arrow import RowBatch

FieldValue = str | float | int | bool | date | datetime | None
Traits = dict[str, Any]

_LARGEST_MONEY = 1e14
_LONGEST_TRAITS = 100_000
_REFERENCES = {"account_id", "contact_id", "parent_id", "merged_into"}


@dataclass(slots=True)
class Row:
    """What was said of one thing. key: its external id. told_at: microseconds UTC; part: row in its body."""

    kind: ImportKind
    key: str
    fields: dict[str, FieldValue]
    traits: Traits
    told_at: int
    position: int
    part: int
    account: int = -1
    """Account row that it is about, -1 none."""
    user: int = -1
    """User number that it is about, -1 none."""
    only_blanks: bool = field(default=False)
    """Told late: newer word of the same thing was heard before, so it fills blanks only."""


def rows_of_batch(batch: RowBatch) -> Iterator[Row]:
    """Clean rows of an import, without those that lack their key."""
    types = {f.name: f.type for f in FIELDS[batch.kind]}
    names = list(batch.columns)
    key_name = KEY[batch.kind]
    for part, values in enumerate(zip(*batch.columns.values(), strict=True)):
        fields: dict[str, FieldValue] = {
            name: clean for name, value in zip(names, values, strict=True)
            if value is not None and (clean := _clean(value, types[name])) is not None
        }  # fmt: skip
        key = fields.pop(key_name, None)
        if isinstance(key, str) and key:
            yield Row(batch.kind, key, fields, read_traits(batch.traits[part]), batch.received, batch.position, part)


def row_of_traits(kind: ImportKind, key: str, payload: bytes, place: tuple[int, int, int]) -> Row:
    """The row that an identify (CONTACTS) or group (ACCOUNTS) call's traits make. place: at, position, part.

    A trait named like one of our fields, or as another maker names it, becomes that field; the rest stays a trait.
    """
    told_at, position, part = place
    fields: dict[str, FieldValue] = {}
    rest: Traits = {}
    for name, value in read_traits(payload).items():
        spec = _known_as(kind, name)
        clean = None if spec is None else _convert(value, spec.type)
        if spec is None or clean is None or spec.name in fields:
            rest[name] = value
        else:
            fields[spec.name] = clean
    if kind is ImportKind.CONTACTS and "name" not in fields:
        fields |= _full_name(rest)
    return Row(kind, key, fields, rest, told_at, position, part)


def folded(rows: Iterable[Row]) -> list[Row]:
    """One row a thing, later words over earlier ones, in the order of first mention."""
    kept: dict[tuple[ImportKind, str], Row] = {}
    for row in rows:
        first = kept.get((row.kind, row.key))
        if first is None:
            kept[row.kind, row.key] = replace(row)  # what was said stays as it was said, for the lake
            continue
        over, under = (first, row) if row.only_blanks and not first.only_blanks else (row, first)
        first.fields = {**under.fields, **over.fields}
        first.traits = {**under.traits, **over.traits}
        first.only_blanks = first.only_blanks and row.only_blanks
        first.account, first.user = over.account, over.user
        first.told_at = max(first.told_at, row.told_at)
    return list(kept.values())


def read_traits(text: bytes | str | None) -> Traits:
    """A JSON object as PostgreSQL can keep it; {} when it is none, or larger than anybody's traits."""
    if not text or len(text) > _LONGEST_TRAITS:
        return {}
    try:
        given = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return {_plain(name): _scrubbed(value) for name, value in given.items()} if isinstance(given, dict) else {}


def _known_as(kind: ImportKind, name: str) -> Field | None:
    return _SPELLINGS[kind].get("".join(letter for letter in name.lower() if letter.isalnum()))


def _spellings(fields: Sequence[Field]) -> Mapping[str, Field]:
    table: dict[str, Field] = {}
    for spec in fields:
        if spec.name not in _REFERENCES:
            for name in (spec.name.replace("_", ""), *spec.synonyms):
                table.setdefault(name, spec)
    return table


_SPELLINGS = {kind: _spellings(FIELDS[kind]) for kind in (ImportKind.ACCOUNTS, ImportKind.CONTACTS)}


def _full_name(traits: Traits) -> dict[str, FieldValue]:
    parts = [
        traits.get(first) or traits.get(second)
        for first, second in (("firstName", "first_name"), ("lastName", "last_name"))
    ]
    words = [part for part in parts if isinstance(part, str)]
    return {"name": " ".join(words)} if words else {}


def _clean(value: Any, type_: FieldType) -> FieldValue:
    """A typed value as the store can keep it; None for what is out of all reason."""
    if isinstance(value, str):
        return _plain(value) or None
    if isinstance(value, float):
        if not math.isfinite(value) or (type_ is FieldType.MONEY and abs(value) >= _LARGEST_MONEY):
            return None
        return round(value, 2) if type_ is FieldType.MONEY else value
    clean: FieldValue = value
    return clean


def _convert(value: Any, type_: FieldType) -> FieldValue:
    """A JSON value as a field's type, None when it is none."""
    if type_ in (FieldType.TEXT, FieldType.JSON):
        return (
            _plain(str(value))
            if isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
            else None
        )
    if type_ is FieldType.FLAG:
        return {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower())
    if type_ in (FieldType.NUMBER, FieldType.MONEY):
        return _clean(_number(value), type_)
    moment = _moment(value)
    return moment.date() if moment is not None and type_ is FieldType.DAY else moment


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    """ISO 8601 text, or seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read if read.tzinfo else read.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > 1e11 else value
            return moment_of(0) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
    return None


def _plain(text: str) -> str:
    return text.translate(CLEAN) if "\x00" in text else text


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, dict):
        return {_plain(str(name)): _scrubbed(inner) for name, inner in value.items()}
    return [_scrubbed(inner) for inner in value] if isinstance(value, list) else value
