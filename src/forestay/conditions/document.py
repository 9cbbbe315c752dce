"""Condition documents: what a trigger, a segment, a scorecard's exception ask about an account.

Gives : Condition and its eight forms, Comparison, read_condition(), condition_schema(), BadCondition
Source: REQUIREMENTS D1; docs/architecture.md (columns); DESIGN section 1 (one implementation for all)

    {"all": [...]}  {"any": [...]}  {"not": ...}
    {"column": "health.score", "is": "below", "value": 60}
    {"event": "Support Escalated", "within_days": 14, "at_least": 1}
    {"no_event": "Report Exported", "within_days": 45}
    {"sequence": ["Trial Started", "Invite Sent"], "within_days": 14}
    {"segment": "enterprise"}

A window of N days is the as-of day and the N-1 days before it, calendar days of the workspace. An
event's name is the customer's own; the prefixes 'role:', 'feature:' and 'features:' name our series.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from forestay.kit.errors import Invalid
from forestay.measures.ring import RING_DAYS

DEEPEST, MOST_NODES, LONGEST_WINDOW = 12, 200, 400
"""Limits on a document from outside: levels of nesting, nodes in all, days since a last event."""


class Comparison(StrEnum):
    """How a column is compared."""

    BELOW = "below"
    AT_MOST = "at_most"
    ABOVE = "above"
    AT_LEAST = "at_least"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    IN = "in"
    NOT_IN = "not_in"
    BETWEEN = "between"
    """Both ends belong to it."""
    MISSING = "missing"
    PRESENT = "present"


class BadCondition(Invalid):
    """The document is no condition; `place` is the path of the part to mend."""

    code = "bad_condition"


Scalar = StrictBool | Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=200)]
EventName = Annotated[str, Field(min_length=1, max_length=200)]
Window = Annotated[int, Field(ge=1, le=LONGEST_WINDOW)]

_WITHOUT_VALUE = {Comparison.MISSING, Comparison.PRESENT}
_OF_LISTS = {Comparison.IN, Comparison.NOT_IN}
_OF_ORDER = {Comparison.BELOW, Comparison.AT_MOST, Comparison.ABOVE, Comparison.AT_LEAST}


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class All(_Form):
    """Every part is true."""

    all: Annotated[tuple[Condition, ...], Field(min_length=1)]


class Any_(_Form):  # noqa: N801 - 'Any' is typing's
    """At least one part is true."""

    any: Annotated[tuple[Condition, ...], Field(min_length=1)]


class Not(_Form):
    """The part is known to be false; a part that is unknown stays unknown."""

    not_: Condition = Field(alias="not")


class Compare(_Form):
    """A column against a value. Missing is unknown, except for `missing` and `present` themselves."""

    column: Annotated[str, Field(pattern=r"^[a-z_]+\.[^`\n]+$", max_length=200)]
    is_: Comparison = Field(alias="is")
    value: Scalar | tuple[Scalar, ...] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Compare:
        if problem := _misfit(self.is_, self.value):
            raise ValueError(problem)
        return self


class EventWithin(_Form):
    """The event came at least so often in the window."""

    event: EventName
    within_days: Annotated[int, Field(ge=1, le=RING_DAYS)]
    """Counts are kept for so many days; longer absences can still be asked for."""
    at_least: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class NoEvent(_Form):
    """The event did not come in the window (or never)."""

    no_event: EventName
    within_days: Window


class Sequence(_Form):
    """Each event's last day lies in the window and not before the last day of the one before it.

    Day resolution: two events of one day count as in order. Only last days are looked at, so that
    A, B, A reads as 'B is still to come again'.
    """

    sequence: Annotated[tuple[EventName, ...], Field(min_length=2, max_length=10)]
    within_days: Window


class InSegment(_Form):
    """The account belongs to the segment."""

    segment: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=100)]


_FORMS = {"all": All, "any": Any_, "not": Not, "column": Compare, "event": EventWithin, "no_event": NoEvent,
          "sequence": Sequence, "segment": InSegment}  # fmt: skip


def _kind(value: Any) -> str | None:
    """Which form a part has: the first of the telling keys that it carries."""
    if isinstance(value, dict):
        return next((key for key in _FORMS if key in value), None)
    return next((key for key, form in _FORMS.items() if isinstance(value, form)), None)


Condition = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[Any_, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Compare, Tag("column")]
    | Annotated[EventWithin, Tag("event")]
    | Annotated[NoEvent, Tag("no_event")]
    | Annotated[Sequence, Tag("sequence")]
    | Annotated[InSegment, Tag("segment")],
    Discriminator(
        _kind,
        custom_error_type="no_such_form",
        custom_error_message=f"a condition is an object with one of: {', '.join(_FORMS)}",
    ),
]
"""Any of the eight forms."""

for _form in (All, Any_, Not):
    _form.model_rebuild()
_ADAPTER: TypeAdapter[Condition] = TypeAdapter(Condition)


def read_condition(document: Any, place: str = "condition") -> Condition:
    """The condition of a parsed JSON or YAML document. Raises BadCondition with the place of the fault."""
    measure_document(document, place)
    try:
        return _ADAPTER.validate_python(document)
    except ValidationError as refused:
        raise refusal(refused, place) from None


def write_condition(condition: Condition) -> dict[str, Any]:
    """The document of a condition; read_condition() gives the same condition back."""
    written: dict[str, Any] = _ADAPTER.dump_python(condition, mode="json", by_alias=True, exclude_none=True)
    return written


def condition_schema() -> dict[str, Any]:
    """The JSON Schema of condition documents, for editors and the web form."""
    return _ADAPTER.json_schema(by_alias=True)


def refusal(refused: ValidationError, place: str) -> BadCondition:
    """Pydantic's first complaint as ours, with the path in dots and brackets."""
    first = refused.errors(include_url=False)[0]
    return BadCondition(first["msg"].removeprefix("Value error, "), place=place + _path(first["loc"]))


def _path(location: tuple[int | str, ...]) -> str:
    """The place as the author wrote it: without the name of the form that pydantic puts before each part."""
    steps, at_a_part = "", True
    for part in location:
        if at_a_part and part in _FORMS:
            at_a_part = False
        elif isinstance(part, int):
            steps, at_a_part = f"{steps}[{part}]", True
        elif part not in _UNION_MEMBERS:
            steps, at_a_part = f"{steps}.{part}", part in ("not", "condition", "until", "applies_to", "when")
    return steps


_UNION_MEMBERS = {"bool", "float", "str", "constrained-str", "constrained-float"}


def measure_document(document: Any, place: str = "condition") -> None:
    """Refuse a document that is too deep or too large before anything recursive looks at it."""
    waiting, nodes = [(document, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        nodes += 1
        if depth > 2 * DEEPEST:
            raise BadCondition(f"nested deeper than {DEEPEST} levels; name the inner part as a segment", place=place)
        if nodes > 10 * MOST_NODES:
            raise BadCondition(f"larger than {MOST_NODES} parts; name some of them as a segment", place=place)
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list | tuple) else ()
        waiting.extend((child, depth + 1) for child in inner)


def _misfit(how: Comparison, value: Any) -> str | None:
    """Why this comparison cannot have this value, or None."""
    if how in _WITHOUT_VALUE:
        return None if value is None else f"'{how}' takes no value"
    if how in _OF_LISTS:
        fits = isinstance(value, tuple) and 1 <= len(value) <= 200
        return None if fits else f"'{how}' takes a list of 1 to 200 values"
    if how is Comparison.BETWEEN:
        fits = isinstance(value, tuple) and len(value) == 2 and not any(isinstance(end, bool) for end in value)
        return None if fits else "'between' takes two values, both ends included"
    if value is None or isinstance(value, tuple):
        return f"'{how}' takes one value"
    return f"'{how}' takes a number or a date" if how in _OF_ORDER and isinstance(value, bool) else None
