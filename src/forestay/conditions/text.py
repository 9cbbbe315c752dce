"""Conditions as a sentence that a person can read, and write.

Gives: describe(). parse.py reads the same form back: parse(describe(condition)) == condition.

    health.score < 60 and (event 'Support Escalated' at least 1 in 14 days or measure.open_tickets >= 3)
    not account.plan in ['free', 'trial'] and no event 'Report Exported' in 45 days
    sequence 'Trial Started' then 'Invite Sent' in 14 days or in segment enterprise
    trait.region is missing

`and` binds closer than `or`, `not` closest. A list of one part is written all(...) or any(...). A column
whose name has more than letters, digits, dots and underscores stands in backticks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Parts

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
)

SYMBOLS: dict[Comparison, str] = {
    Comparison.BELOW: "<",
    Comparison.AT_MOST: "<=",
    Comparison.ABOVE: ">",
    Comparison.AT_LEAST: ">=",
    Comparison.EQUAL: "=",
    Comparison.NOT_EQUAL: "!=",
    Comparison.IN: "in",
    Comparison.NOT_IN: "not in",
}
PLAIN_COLUMN = re.compile(r"[a-z_]+(?:\.[A-Za-z0-9_]+)+")


def describe(condition: Condition) -> str:
    """The condition in words.

    >>> describe(Compare(column="health.score", is_=Comparison.BELOW, value=60.0))
    'health.score < 60'
    """
    if isinstance(condition, All):
        return _join("and", "all", condition.all)
    if isinstance(condition, Any_):
        return _join("or", "any", condition.any)
    if isinstance(condition, Not):
        return f"not {_inside(condition.not_)}"
    if isinstance(condition, Compare):
        return f"{column_text(condition.column)} {_comparison(condition)}"
    return _event_or_segment(condition)


def column_text(column: str) -> str:
    """A column's name, in backticks where it needs them."""
    return column if PLAIN_COLUMN.fullmatch(column) else f"`{column}`"


def value_text(value: object) -> str:
    """A number, a quoted text, true or false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    return quoted(str(value))


def quoted(text: str) -> str:
    """Text in single quotes; a quote or backslash inside is escaped by a backslash.

    >>> quoted("Ann's report")
    "'Ann\\\\'s report'"
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _join(word: str, name: str, parts: Parts[Condition]) -> str:
    if len(parts) == 1:
        return f"{name}({describe(parts[0])})"
    return f" {word} ".join(_inside(part) for part in parts)


def _inside(part: Condition) -> str:
    """A part of a list: lists within it in parentheses, so that the tree can be read back as it was."""
    text = describe(part)
    several = (isinstance(part, All) and len(part.all) > 1) or (isinstance(part, Any_) and len(part.any) > 1)
    return f"({text})" if several else text


def _comparison(leaf: Compare) -> str:
    if leaf.is_ in (Comparison.MISSING, Comparison.PRESENT):
        return f"is {leaf.is_}"
    if isinstance(leaf.value, tuple):
        if leaf.is_ is Comparison.BETWEEN:
            return f"between {value_text(leaf.value[0])} and {value_text(leaf.value[1])}"
        return f"{SYMBOLS[leaf.is_]} [{', '.join(map(value_text, leaf.value))}]"
    return f"{SYMBOLS[leaf.is_]} {value_text(leaf.value)}"


def _event_or_segment(leaf: EventWithin | NoEvent | Sequence | InSegment) -> str:
    if isinstance(leaf, InSegment):
        return f"in segment {quoted(leaf.segment)}"
    if isinstance(leaf, EventWithin):
        return f"event {quoted(leaf.event)} at least {leaf.at_least} in {leaf.within_days} days"
    if isinstance(leaf, NoEvent):
        return f"no event {quoted(leaf.no_event)} in {leaf.within_days} days"
    return f"sequence {' then '.join(map(quoted, leaf.sequence))} in {leaf.within_days} days"
