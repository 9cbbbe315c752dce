"""What is asked of a table: which column is the answer, which tells the time, which names the customer.

Reads : table.RawTable, columns.Features
Gives : asked_of(), Asked, BadLabel, FEWEST_EVENTS, yes_of()
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import Invalid
from forestay.predictions.evaluate.columns import Features, features_of, parsed_days, parsed_numbers
from forestay.predictions.evaluate.table import RawTable

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FEWEST_EVENTS = 25
"""With fewer of either answer nothing is learned that would hold (DESIGN section 6)."""
_NAMED = 5
"""Columns that a refusal names with their reasons."""
_YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "churned", "churn", "left", "cancelled", "canceled", "lost", "exited"})  # fmt: skip
_NO = frozenset({"no", "n", "false", "f", "0", "0.0", "active", "stayed", "retained", "renewed", "kept", "current", "existing"})  # fmt: skip
_UNTOLD = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})


class BadLabel(Invalid):
    """The label column is not there, or does not answer yes or no often enough; the sentence says what it holds."""

    code = "bad_label"


@dataclass(frozen=True, slots=True)
class Asked:
    """The rows with a known label (n,). happened: the label; time: float64 (n,) or None, any rising unit; group: int64
    (n,), the same for rows of the same customer; notes: what was guessed or left out, as sentences."""

    features: Features
    happened: Flags
    time: Floats | None
    group: Ints
    positive: str
    rows_read: int
    notes: tuple[str, ...]


def asked_of(table: RawTable, label: str, time: str | None = None, id_: str | None = None) -> Asked:
    """Take a table apart. Raises BadLabel, Invalid."""
    label = _column(table, label, "label")
    time, id_ = (None if name is None else _column(table, name, what) for name, what in ((time, "time"), (id_, "id")))
    happened, told, positive, notes = yes_of(table.column(label), label)
    when = None if time is None else _moments(table.column(time), time)
    kept = told if when is None else told & ~np.isnan(when)
    notes = [*table.notes, *notes]
    if when is not None and (lost := int((told & ~kept).sum())):
        notes.append(f"{lost:,} rows without a readable '{time}' were left out.")
    _enough(happened[kept], label, positive)
    features = features_of(table, apart=[name for name in (label, time, id_) if name is not None])
    if not features.names:
        why = "; ".join(f"'{one.name}' {one.reason}" for one in features.left_out[:_NAMED])
        more = len(features.left_out) - _NAMED
        raise Invalid(
            f"no column is left to learn from: {why or 'there is none beside it'}{f'; and {more} more' if more > 0 else ''}",
            place=label,
        )
    rows = Features(features.names, features.values[kept], features.source, features.left_out)
    return Asked(rows, happened[kept], None if when is None else when[kept], _groups(table, id_, kept), positive,
                 table.rows, tuple(notes))  # fmt: skip


def yes_of(texts: Sequence[str], label: str) -> tuple[Flags, Flags, str, list[str]]:
    """(happened, told, the text that counts as yes, notes) of a label's texts. Raises BadLabel."""
    told = np.array([text.lower() not in _UNTOLD for text in texts])
    levels = Counter(text for text, known in zip(texts, told, strict=True) if known)
    notes = [f"{int((~told).sum()):,} rows without a label were left out."] if not told.all() else []
    if len(levels) > 2 or not levels:
        some = ", ".join(f"'{level}'" for level, _ in levels.most_common(4))
        found = f"{len(levels):,} different values ({some}, ...)" if levels else "nothing"
        raise BadLabel(f"the label must have two values, such as Yes and No; it has {found}", place=label)
    words = {level: _meaning(level) for level in levels}
    if len(levels) == 1:
        only = next(iter(levels))
        raise BadLabel(f"every row says '{only}': there is nothing to tell apart", place=label)
    yes = [level for level, meaning in words.items() if meaning is True]
    no = [level for level, meaning in words.items() if meaning is False]
    if len(yes) == 1:
        positive = yes[0]
    elif len(no) == 1:
        positive = next(level for level in levels if level not in no)
    else:
        positive = min(levels, key=lambda level: (levels[level], level))
        notes.append(f"'{positive}' counts as yes, since it is the rarer of the two.")
    return np.array([text == positive for text in texts]) & told, told, positive, notes


def _meaning(level: str) -> bool | None:
    word = level.strip().lower()
    return True if word in _YES else False if word in _NO else None


def _enough(happened: Flags, label: str, positive: str) -> None:
    events, rows = int(happened.sum()), len(happened)
    if min(events, rows - events) >= FEWEST_EVENTS:
        return
    fewer = f"only {events} of {rows:,} rows say '{positive}'"
    if events > rows - events:
        fewer = f"only {rows - events} of {rows:,} rows do not say '{positive}'"
    raise BadLabel(
        f"{fewer}; with fewer than {FEWEST_EVENTS} of each nothing can be learned that would hold. Until there are more, "
        "the honest forecast for everybody is the share itself, or the rule score",
        place=label,
    )


def _column(table: RawTable, name: str, what: str) -> str:
    if name in table.names:
        return name
    lower = {one.lower(): one for one in table.names}
    if name.lower() in lower:
        return lower[name.lower()]
    near = difflib.get_close_matches(name, table.names, 3, 0.5) or list(table.names[:8])
    raise Invalid(f"there is no column '{name}'; did you mean {', '.join(near)}?", place=what, code="no_such_column")


def _moments(texts: Sequence[str], name: str) -> Floats:
    days, of_days = parsed_days(texts)
    if of_days >= 0.9:
        return days
    numbers, of_numbers = parsed_numbers(texts)
    if of_numbers >= 0.9:
        return numbers
    raise Invalid(f"neither dates (2026-11-22) nor numbers, for example '{texts[0]}'", place=name, code="no_time")


def _groups(table: RawTable, id_: str | None, kept: Flags) -> Ints:
    if id_ is None:
        return np.arange(int(kept.sum()))
    _, places = np.unique(np.array(table.column(id_), dtype="U")[kept], return_inverse=True)
    return places.astype(np.int64)
