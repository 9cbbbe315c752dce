"""What a condition needs before it can be asked: columns, event series, segments.

Gives: columns_of(), events_of(), segments_of(), leaves_of()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forestay.conditions.document import (
    All,
    Any_,
    Compare,
    Condition,
    EventWithin,
    InSegment,
    NoEvent,
    Not,
    Sequence,
)  # fmt: skip
from forestay.conditions.evaluate import series_of

Leaf = Compare | EventWithin | NoEvent | Sequence | InSegment


def leaves_of(condition: Condition) -> Iterator[Leaf]:
    """Every leaf, in reading order."""
    if isinstance(condition, All | Any_):
        for part in condition.all if isinstance(condition, All) else condition.any:
            yield from leaves_of(part)
    elif isinstance(condition, Not):
        yield from leaves_of(condition.not_)
    else:
        yield condition


def columns_of(condition: Condition, segments: Mapping[str, Condition] | None = None) -> frozenset[str]:
    """Names of the columns it reads; with segments, also those that its segments read."""
    own = {leaf.column for leaf in leaves_of(condition) if isinstance(leaf, Compare)}
    return frozenset(own.union(*(columns_of(part, segments) for part in _reached(condition, segments))))


def events_of(condition: Condition, segments: Mapping[str, Condition] | None = None) -> frozenset[str]:
    """Names of the series it counts ('event:<name>' for customers' events), also through segments."""
    names: set[str] = set()
    for leaf in leaves_of(condition):
        names.update(_events(leaf))
    return frozenset(names.union(*(events_of(part, segments) for part in _reached(condition, segments))))


def segments_of(condition: Condition) -> frozenset[str]:
    """Keys of the segments it names itself."""
    return frozenset(leaf.segment for leaf in leaves_of(condition) if isinstance(leaf, InSegment))


def _events(leaf: Leaf) -> list[str]:
    if isinstance(leaf, EventWithin):
        return [series_of(leaf.event)]
    if isinstance(leaf, NoEvent):
        return [series_of(leaf.no_event)]
    return [series_of(name) for name in leaf.sequence] if isinstance(leaf, Sequence) else []


def _reached(condition: Condition, segments: Mapping[str, Condition] | None) -> list[Condition]:
    return [segments[key] for key in segments_of(condition) if key in segments] if segments else []
