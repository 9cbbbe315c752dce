"""What the forms of steps and entries are made of: names of things, durations, conditions, texts.

Gives : Names, Named, named_in(), Duration, StepId, PortName, Condition fields (Asked), keys of templates and the like
Reads : nothing; a marker on a field says what the field names, for the checks (validation.py) and for the web form
        (JSON Schema `x-names`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

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
from forestay.conditions.in_words import condition_spelled_out
from forestay.kit.errors import Invalid


class Names(StrEnum):
    """What a text in a form is the name of."""

    TEMPLATE = "template"
    SEGMENT = "segment"
    TRIGGER = "trigger"
    JOURNEY = "journey"
    CALENDAR = "calendar"
    ENDPOINT = "endpoint"
    COLUMN = "column"
    MOMENT = "moment"
    """A date or a moment: account.renews_on, contact.<...>, trait.<key>, run.<value>, event.<property>."""
    PERSON = "person"
    """'owner', 'manager', 'role:<role>' or a member's e-mail."""
    MEMBER = "member"
    """A member's e-mail."""
    EVENT = "event"
    VALUE = "value"
    """A value of the run that the step sets, without 'run.'."""
    LIQUID = "liquid"
    CONDITION = "condition"
    PORT = "port"
    """A way out of the step itself: the form lets go of it only when it is written to its end."""
    PURPOSE = "purpose"
    """A consent class."""


@dataclass(frozen=True, slots=True)
class Named:
    """Marks a field; its JSON Schema carries `x-names`."""

    what: Names

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "x-names": self.what.value}


KEY_PATTERN = r"^[a-z0-9][a-z0-9_-]*$"
Key = Annotated[str, Field(pattern=KEY_PATTERN, max_length=100)]
StepId = Annotated[str, Field(pattern=KEY_PATTERN, max_length=60)]
PortName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_ -]*$", max_length=60), Named(Names.PORT)]
PurposeKey = Annotated[Key, Named(Names.PURPOSE)]
TemplateKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9/_-]*$", max_length=120), Named(Names.TEMPLATE)]
SegmentKey = Annotated[Key, Named(Names.SEGMENT)]
TriggerKey = Annotated[Key, Named(Names.TRIGGER)]
JourneyKey = Annotated[Key, Named(Names.JOURNEY)]
CalendarKey = Annotated[str, Field(min_length=1, max_length=100), Named(Names.CALENDAR)]
EndpointKey = Annotated[Key, Named(Names.ENDPOINT)]
ColumnName = Annotated[str, Field(pattern=r"^[a-z_]+\.[^`\n]+$", max_length=200), Named(Names.COLUMN)]
MomentName = Annotated[str, Field(pattern=r"^[a-z_]+\.[^`\n]+$", max_length=200), Named(Names.MOMENT)]
EventName = Annotated[str, Field(min_length=1, max_length=200), Named(Names.EVENT)]
Person = Annotated[str, Field(min_length=1, max_length=200), Named(Names.PERSON)]
ValueName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60), Named(Names.VALUE)]
GivenName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
"""Name of a value that another run is given."""
OwnValue = Annotated[str, Field(pattern=r"^(run|event|signal)\..+$", max_length=200), Named(Names.COLUMN)]
"""run.<value>, or event.<property> or signal.<column> of the entry."""
Line = Annotated[str, Field(max_length=500), Named(Names.LIQUID)]
"""One line in Liquid."""
Text = Annotated[str, Field(max_length=20_000), Named(Names.LIQUID)]
"""Text in Liquid."""


def _spelled(part: Any) -> Any:
    """Pydantic gathers ValueErrors into its own report, with the field's place."""
    try:
        return condition_spelled_out(part)
    except Invalid as refused:
        raise ValueError(str(refused)) from refused


Asked = Annotated[Condition, BeforeValidator(_spelled, json_schema_input_type=Condition | str), Named(Names.CONDITION)]
"""A condition, as a document or in words; kept as the document."""


class Part(BaseModel):
    """Base of everything in a journey's document."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Duration(Part):
    """A length of time: exact hours, so that a day is 24 of them whatever the clocks do."""

    weeks: float = Field(0, ge=0, le=104, title="Weeks")
    days: float = Field(0, ge=0, le=730, title="Days", description="Of 24 hours.")
    hours: float = Field(0, ge=0, le=17520, title="Hours")
    minutes: float = Field(0, ge=0, le=1_000_000, title="Minutes")

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        if not timedelta(minutes=1) <= self.delta <= timedelta(days=731):
            raise ValueError("a duration is between one minute and two years")
        return self

    @property
    def delta(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(weeks=self.weeks, days=self.days, hours=self.hours, minutes=self.minutes)

    @property
    def microseconds(self) -> int:
        """The same in microseconds."""
        return self.delta // timedelta(microseconds=1)

    @property
    def as_hours(self) -> float:
        """The same in hours."""
        return self.delta / timedelta(hours=1)


FORM_WORDS = ("all", "any", "not", "column", "event", "no_event", "sequence", "segment")
"""The keys by which the forms of a condition are told apart."""
CONDITION_FORMS = (All, Any_, Not, Compare, EventWithin, NoEvent, Sequence, InSegment)


@dataclass(frozen=True, slots=True)
class Mention:
    """One name in a document. value: the text, or the condition; place: path below the part that was asked about."""

    what: Names
    value: Any
    place: str


def named_in(part: BaseModel) -> Iterator[Mention]:
    """Everything that the marked fields of a part name, conditions among them, in reading order."""
    yield from _in_model(part, "")


def _in_model(part: BaseModel, place: str) -> Iterator[Mention]:
    hints = _hints(type(part))
    for name, field in type(part).model_fields.items():
        yield from _in_value(hints[name], getattr(part, name), f"{place}.{field.alias or name}")


def _in_value(hint: Any, value: Any, place: str) -> Iterator[Mention]:
    if value is None:
        return
    if isinstance(value, CONDITION_FORMS):
        yield Mention(Names.CONDITION, value, place)
    elif isinstance(value, BaseModel):
        yield from _in_model(value, place)
    elif get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        yield from (Mention(mark.what, value, place) for mark in marks if _marks(mark, value))
        yield from _in_value(inner, value, place)
    elif get_origin(hint) in (Union, UnionType):
        for member in get_args(hint):
            yield from _in_value(member, value, place)
    elif isinstance(value, tuple):
        for at, one in enumerate(value):
            yield from _in_value(get_args(hint)[0] if get_args(hint) else None, one, f"{place}[{at}]")
    elif isinstance(value, Mapping):
        of_key, of_value = get_args(hint) or (None, None)
        for key, one in value.items():
            yield from _in_value(of_key, key, f"{place}.{key}")
            yield from _in_value(of_value, one, f"{place}.{key}")


def _marks(mark: Any, value: Any) -> bool:
    return isinstance(mark, Named) and isinstance(value, str)


@lru_cache(maxsize=256)
def _hints(model: type[BaseModel]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)
