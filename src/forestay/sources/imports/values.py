"""Foreign cells to typed columns, with the reason where a cell cannot be one.

Gives: to_type(array, FieldType, zone) -> (array, bad mask). Empty cells become null and are not bad.
       Dates: ISO 8601, 31.12.2024, 12/31/2024 (31/12/2024 where a column holds a day above 12 in front),
       and epoch seconds or milliseconds. Money and numbers: 1,234.50, 1.234,50, $ 1234, (1234) is negative.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forestay.customers.kinds import FieldType

Mask = npt.NDArray[np.bool_]
_TRUE = {"true", "t", "yes", "y", "1", "1.0", "on"}
_FALSE = {"false", "f", "no", "n", "0", "0.0", "off"}
_EUROPEAN = re.compile(r"^-?\d{1,3}(\.\d{3})*,\d+$|^-?\d+,\d{1,2}$")
_SLASHED = re.compile(r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def to_type(values: pa.Array, kind: FieldType, zone: str) -> tuple[pa.Array, Mask]:
    """Convert one column; the mask is true where a cell was given but is not of the type."""
    if kind in (FieldType.NUMBER, FieldType.MONEY):
        return _numbers(values, cents=kind is FieldType.MONEY)
    if kind in (FieldType.MOMENT, FieldType.DAY):
        return _times(values, kind, zone)
    text = as_text(values)
    if kind is FieldType.FLAG:
        return _each(text, pa.bool_(), _flag)
    if kind is FieldType.JSON:
        return _each(text, pa.string(), _json_object)
    return text, np.zeros(len(text), bool)


def as_text(values: pa.Array) -> pa.Array:
    """Any column as trimmed text; whole floats lose their point, since ids often travel as floats."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        whole = pc.equal(pc.floor(values), values)
        values = pc.if_else(
            whole,
            pc.cast(pc.cast(pc.if_else(whole, values, 0.0), pa.int64()), pa.string()),
            pc.cast(values, pa.string()),
        )
    elif pa.types.is_nested(values.type):
        values = pa.array(
            [None if row is None else msgspec.json.encode(row).decode() for row in values.to_pylist()], pa.string()
        )
    elif not pa.types.is_string(values.type):
        values = pc.cast(values, pa.string())
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _given(values: pa.Array) -> Mask:
    return np.asarray(pc.is_valid(values))


def _each(text: pa.Array, target: pa.DataType, parse: Callable[[str], object]) -> tuple[pa.Array, Mask]:
    """Parse each distinct text once; exports repeat themselves a great deal."""
    coded = text.dictionary_encode()
    parsed = [parse(word) for word in coded.dictionary.to_pylist()]
    values = pa.array(parsed, target).take(coded.indices) if parsed else pa.nulls(len(text), target)
    return values, _given(text) & ~_given(values)


def _numbers(values: pa.Array, *, cents: bool) -> tuple[pa.Array, Mask]:
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
        numbers, bad = pc.cast(values, pa.float64()), np.zeros(len(values), bool)
    else:
        numbers, bad = _each(as_text(values), pa.float64(), _number)
    finite = np.asarray(pc.fill_null(pc.is_finite(numbers), True))
    numbers = pc.if_else(pa.array(finite), numbers, None)
    return (pc.round(numbers, 2) if cents else numbers), bad


def _number(word: str) -> float | None:
    negative = word.startswith("(") and word.endswith(")")
    bare = re.sub(r"[\s$€£¥%()'’]|[A-Z]{3}$|^[A-Z]{3}", "", word)
    bare = bare.replace(".", "").replace(",", ".") if _EUROPEAN.match(bare) else bare.replace(",", "")
    try:
        number = float(bare)
    except ValueError:
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return -number if negative else number


def _flag(word: str) -> bool | None:
    lowered = word.lower()
    return True if lowered in _TRUE else False if lowered in _FALSE else None


def _json_object(word: str) -> str | None:
    try:
        parsed = msgspec.json.decode(word)
    except msgspec.DecodeError:
        return None
    return word if isinstance(parsed, dict) else None


# --- times -------------------------------------------------------------------------------------


def _times(values: pa.Array, kind: FieldType, zone: str) -> tuple[pa.Array, Mask]:
    target = pa.timestamp("us", "UTC")
    if pa.types.is_timestamp(values.type):
        moments = _zoned(values, zone)
    elif pa.types.is_date(values.type):
        moments = _zoned(pc.cast(values, pa.timestamp("us")), zone)
    else:
        text = as_text(values)
        day_first = _day_first(text)
        moments, bad = _each(text, target, partial(_moment, zone=ZoneInfo(zone), day_first=day_first))
        return (_to_day(moments, zone) if kind is FieldType.DAY else moments), bad
    valid = pc.and_(
        pc.greater_equal(moments, pa.scalar(_EARLIEST, target)), pc.less(moments, pa.scalar(_LATEST, target))
    )
    bad = _given(moments) & ~np.asarray(pc.fill_null(valid, False))
    moments = pc.if_else(pa.array(~bad), moments, None)
    return (_to_day(moments, zone) if kind is FieldType.DAY else moments), bad


def _zoned(values: pa.Array, zone: str) -> pa.Array:
    micros = pc.cast(values, pa.timestamp("us", values.type.tz))
    if values.type.tz is None:
        micros = pc.assume_timezone(micros, zone, ambiguous="earliest", nonexistent="latest")
    return pc.cast(micros, pa.timestamp("us", "UTC"))


def _to_day(moments: pa.Array, zone: str) -> pa.Array:
    return pc.cast(pc.local_timestamp(pc.cast(moments, pa.timestamp("us", zone))), pa.date32(), safe=False)


def _day_first(text: pa.Array) -> bool:
    """European order when some first part is above 12, or the parts are joined by points."""
    words = text.unique().to_pylist()[:10_000]
    matches = [match for word in words if word and (match := _SLASHED.match(word))]
    return any(int(match[1]) > 12 or "." in match[0] for match in matches)


def _moment(word: str, *, zone: ZoneInfo, day_first: bool) -> datetime | None:
    parsed = _iso(word) or _slashed(word, day_first=day_first) or _epoch(word)
    if parsed is None:
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
    return aware.astimezone(UTC) if _EARLIEST <= aware < _LATEST else None


def _iso(word: str) -> datetime | None:
    try:
        return datetime.fromisoformat(word.removesuffix(" UTC"))
    except ValueError:
        return None


def _slashed(word: str, *, day_first: bool) -> datetime | None:
    match = _SLASHED.match(word)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    day, month = (first, second) if day_first else (second, first)
    try:
        start = date(year, month, day)
        return datetime(start.year, start.month, start.day, int(match[4] or 0), int(match[5] or 0), int(match[6] or 0))  # noqa: DTZ001
    except ValueError:
        return None


def _epoch(word: str) -> datetime | None:
    """Seconds or milliseconds since 1970, between 1990 and 2200 (shorter numbers are no moments)."""
    if not re.fullmatch(r"\d{9,13}(\.\d+)?", word):
        return None
    number = float(word)
    seconds = number / 1000 if number > 1e11 else number
    return datetime.fromtimestamp(seconds, UTC)
