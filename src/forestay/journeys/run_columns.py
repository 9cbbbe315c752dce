"""What a run knows by itself, as columns and moments: its values, what let it in, and the event that woke it.

Reads : Batch.values and Batch.woken
Gives : own_families(), own_moments(), value_at(), EVENT, SIGNAL

`run.<name>` is a value of the run; `event.<property>` is of the event that woke the token, else of the one that let the
run in; `signal.<column>` is the evidence of the signal that let it in. What was never set is missing, not unknown, since
a step may set it later. A name with dots is looked up whole first, then part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import numpy as np

from forestay.conditions.columns import Values
from forestay.journeys.moves import NEVER, Batch, Ints
from forestay.kit.clock import micros_of, number_of
from forestay.kit.local_time import moment_at

EVENT, SIGNAL = "event", "signal"
"""Run values that hold what came with the entry."""
FAMILIES = ("run", EVENT, SIGNAL)


def own_families(batch: Batch) -> dict[str, Callable[[str], Values | None]]:
    """For ColumnTable(families=...): run, event, signal."""
    return {family: partial(_column, batch, family) for family in FAMILIES}


def own_moments(batch: Batch, name: str, zones: Sequence[str]) -> Ints:
    """A date or moment among those values, microseconds UTC (n,), NEVER where there is none: an ISO date (midnight in
    the place's zone), an ISO moment (on that zone's clock without an offset), or seconds since 1970."""
    family, _, rest = name.partition(".")
    found = [_moment(value, zone) for value, zone in zip(_values(batch, family, rest), zones, strict=True)]
    return np.array(found, np.int64)


def value_at(values: Mapping[str, Any], name: str) -> Any:
    """The value of a name with dots, whole first, then part by part; None when there is none.

    >>> value_at({"plan": {"name": "team"}, "a.b": 1}, "plan.name"), value_at({"a.b": 1}, "a.b")
    ('team', 1)
    """
    if name in values:
        return values[name]
    found: Any = values
    for part in name.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def of_run(values: Mapping[str, Any], name: str) -> Any:
    """What `run.x`, `event.x` or `signal.x` of the entry is for one run."""
    family, _, rest = name.partition(".")
    return value_at(values if family == "run" else values.get(family) or {}, rest)


def _values(batch: Batch, family: str, rest: str) -> Iterator[Any]:
    for place, values in enumerate(batch.values):
        woken = batch.woken[place] if batch.woken is not None else None
        if family == EVENT and woken is not None and woken.what == "event":
            yield value_at(woken.body, rest)
        else:
            yield of_run(values, f"{family}.{rest}")


def _column(batch: Batch, family: str, rest: str) -> Values:
    """float64 for numbers, flags and ISO dates (day numbers); text where any value is text, numbers among it written."""
    found = list(_values(batch, family, rest))
    numbers = [_number(value) for value in found]
    if any(isinstance(value, str) and number is None for value, number in zip(found, numbers, strict=True)):
        texts = np.empty(len(found), object)
        texts[:] = [_text(value) for value in found]
        return texts
    return np.array([np.nan if number is None else number for number in numbers], np.float64)


def _number(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str) and len(value) == 10:
        day = _iso(value)
        return None if day is None else float(number_of(day.date()))
    return None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, int | float) else None


def _moment(value: Any, zone: str) -> int:
    if isinstance(value, bool) or value is None:
        return NEVER
    if isinstance(value, int | float):
        return int(value * 1_000_000) if abs(value) < 1e11 else NEVER
    moment = _iso(value) if isinstance(value, str) else None
    if moment is None:
        return NEVER
    if moment.tzinfo is None:
        moment = moment_at(date(moment.year, moment.month, moment.day), moment.time(), zone)
    return micros_of(moment.astimezone(UTC))


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
