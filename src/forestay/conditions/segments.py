"""Segments: named conditions, and who belongs to them.

Gives: Segment, read_segment(), members(), check_segments(), check_for_scorecard()
A segment may name other segments, never in a circle. One that a scorecard uses may read traits, account
columns and measures only, since health would else depend on itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forestay.conditions.columns import ColumnTable, Flags
from forestay.conditions.document import BadCondition, Condition, measure_document, refusal
from forestay.conditions.evaluate import evaluate
from forestay.conditions.needs import columns_of, segments_of

BEFORE_HEALTH = ("measure.", "account.", "trait.")
"""Families of columns that exist before health does."""


class Segment(BaseModel):
    """A named set of accounts, by a condition."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2000)] = ""
    condition: Condition


def read_segment(document: Any) -> Segment:
    """The segment of a parsed document. Raises BadCondition with the place of the fault."""
    measure_document(document, "segment")
    try:
        return Segment.model_validate(document)
    except ValidationError as refused:
        raise refusal(refused, "segment") from None


def members(segment: Segment, table: ColumnTable) -> Flags:
    """Who belongs to it; bool of the table's shape. Raises UnknownColumn."""
    return evaluate(segment.condition, table)


def check_segments(segments: Iterable[Segment]) -> dict[str, Condition]:
    """Conditions by key, once every name resolves and no segment reaches itself. Raises BadCondition."""
    conditions = {segment.key: segment.condition for segment in segments}
    for key in conditions:
        _walk(key, conditions, ())
    return conditions


def check_for_scorecard(condition: Condition, segments: Mapping[str, Condition], place: str = "scorecard") -> None:
    """Refuse a condition that reads health or predictions, itself or through a segment. Raises BadCondition."""
    late = sorted(name for name in columns_of(condition, segments) if not name.startswith(BEFORE_HEALTH))
    if late:
        raise BadCondition(
            f"a scorecard may ask for measures, account columns and traits only, not {', '.join(late)}", place=place
        )


def _walk(key: str, conditions: Mapping[str, Condition], above: tuple[str, ...]) -> None:
    if key in above:
        circle = " → ".join((*above, key))
        raise BadCondition(f"segments name each other in a circle: {circle}", place=f"segment {above[0]}")
    if key not in conditions:
        raise BadCondition(f"there is no segment '{key}'", place=f"segment {above[-1]}" if above else "segment")
    for inner in segments_of(conditions[key]):
        _walk(inner, conditions, (*above, key))
