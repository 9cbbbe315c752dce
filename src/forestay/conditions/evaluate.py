"""Conditions over columns: three-valued inside, 'unknown is not true' outside, any shape.

Reads : ColumnTable
Gives : evaluate(), judge()
Source: Kleene's strong logic, as SQL's WHERE has it: a comparison with a missing value is neither true
        nor false, and neither is its negation; {"is": "missing"} asks for it.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import numpy as np

from forestay.conditions.columns import ColumnTable, Flags, Floats, UnknownColumn, Values
from forestay.conditions.document import (
    All,
    Any_,
    Compare,
    Comparison,
    Condition,
    EventWithin,
    InSegment,
    NoEvent,
    Not,
    Sequence,
)  # fmt: skip
from forestay.kit.clock import number_of
from forestay.measures.substrate import spread

Judgement = tuple[Flags, Flags]
"""(yes, no): where the condition is known to be true and known to be false; neither = unknown. Never both."""

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_OURS = ("role:", "feature:", "features:")


def evaluate(condition: Condition, table: ColumnTable) -> Flags:
    """Where the condition is known to be true; bool of the table's shape. Raises UnknownColumn."""
    return judge(condition, table)[0]


def judge(condition: Condition, table: ColumnTable) -> Judgement:
    """Where the condition is true and where it is false. Raises UnknownColumn."""
    if isinstance(condition, Not):
        yes, no = judge(condition.not_, table)
        return no, yes
    if isinstance(condition, All):
        return _all([judge(part, table) for part in condition.all])
    if isinstance(condition, Any_):
        no, yes = _all([judge(part, table)[::-1] for part in condition.any])
        return yes, no
    yes, no = _leaf(condition, table)
    return spread(yes, table.shape), spread(no, table.shape)


def series_of(event: str) -> str:
    """The series that an event's name stands for: ours by their prefix, else the customer's own event."""
    return event if event.startswith(_OURS) else f"event:{event}"


def _all(parts: list[Judgement]) -> Judgement:
    yes, no = parts[0]
    for more_yes, more_no in parts[1:]:
        yes, no = yes & more_yes, no | more_no
    return yes, no


def _leaf(leaf: Compare | EventWithin | NoEvent | Sequence | InSegment, table: ColumnTable) -> Judgement:
    if isinstance(leaf, Compare):
        return _compare(leaf, table[leaf.column])
    if isinstance(leaf, InSegment):
        return _segment(leaf.segment, table)
    if table.events is None:
        raise UnknownColumn(next(iter(leaf.model_dump().values())), ())
    return _known(_event(leaf, table), table)


def _event(leaf: EventWithin | NoEvent | Sequence, table: ColumnTable) -> Judgement:
    events = table.events
    assert events is not None
    if isinstance(leaf, EventWithin):
        count = events.event_count(series_of(leaf.event), leaf.within_days)
        return count >= leaf.at_least, count < leaf.at_least
    if isinstance(leaf, NoEvent):
        since = events.days_since_event(series_of(leaf.no_event))
        seen = since < leaf.within_days
        return ~seen, seen
    last = [events.days_since_event(series_of(name)) for name in leaf.sequence]
    yes = np.logical_and.reduce([since < leaf.within_days for since in last])
    yes &= np.logical_and.reduce([a >= b for a, b in pairwise(last)])
    return yes, ~yes


def _known(judgement: Judgement, table: ColumnTable) -> Judgement:
    yes, no = judgement
    return yes & table.events_known, no & table.events_known


def _segment(key: str, table: ColumnTable) -> Judgement:
    if key not in table.segments:
        raise UnknownColumn(f"segment.{key}", [f"segment.{name}" for name in table.segments])
    if key not in table.judged:
        table.judged[key] = judge(table.segments[key], table)
    return table.judged[key]


def _compare(leaf: Compare, values: Values) -> Judgement:
    absent = _absent(values)
    if leaf.is_ in (Comparison.MISSING, Comparison.PRESENT):
        return (absent, ~absent) if leaf.is_ is Comparison.MISSING else (~absent, absent)
    wanted = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    if values.dtype == object:
        yes, known = _texts(leaf.is_, values, wanted)
    else:
        return _numbers(leaf.is_, values.astype(np.float64, copy=False), wanted, absent)
    known &= ~absent
    if leaf.is_ in (Comparison.NOT_EQUAL, Comparison.NOT_IN):
        yes = ~yes
    return yes & known, ~yes & known


def _absent(values: Values) -> Flags:
    if values.dtype == object:
        absent: Flags = (values == None).astype(bool)  # noqa: E711 - elementwise
        return absent
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)


def _texts(how: Comparison, values: Values, wanted: tuple[object, ...]) -> tuple[Flags, Flags]:
    """Text knows only equality; an order of texts, or a text against a number, is unknown."""
    texts = [value for value in wanted if isinstance(value, str)]
    askable = how in (Comparison.EQUAL, Comparison.NOT_EQUAL, Comparison.IN, Comparison.NOT_IN) and bool(texts)
    yes = np.zeros(values.shape, bool)
    for text in texts if askable else ():
        yes |= np.equal(values, text).astype(bool)
    return yes, np.full(values.shape, askable)


def _numbers(how: Comparison, values: Floats, wanted: tuple[object, ...], absent: Flags) -> Judgement:
    """Nobody's answer is known where the question is about no number. What is absent compares as false."""
    numbers = [number for value in wanted if (number := _number(value)) is not None]
    if not numbers or (len(numbers) < len(wanted) and not how.endswith("in")):
        return np.zeros(values.shape, bool), np.zeros(values.shape, bool)
    with np.errstate(invalid="ignore"):
        yes = _ordered(how, values, numbers)
    no = ~(yes | absent)
    return (no, yes) if how in (Comparison.NOT_EQUAL, Comparison.NOT_IN) else (yes, no)


def _ordered(how: Comparison, values: Floats, numbers: list[float]) -> Flags:
    first = numbers[0]
    if how is Comparison.BELOW:
        return values < first
    if how is Comparison.AT_MOST:
        return values <= first
    if how is Comparison.ABOVE:
        return values > first
    if how is Comparison.AT_LEAST:
        return values >= first
    if how is Comparison.BETWEEN:
        return (values >= min(numbers)) & (values <= max(numbers))
    return np.isin(values, numbers)


def _number(value: object) -> float | None:
    """A number, a flag as 1 or 0, or an ISO date as its day number; None when a text is none of these."""
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str) and _DATE.match(value):
        try:
            return float(number_of(date.fromisoformat(value)))
        except ValueError:
            return None
    return None
