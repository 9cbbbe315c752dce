"""How subjects come into a journey: eight ways, told apart by the key that each has.

Gives : Entry and its forms, Goal, Exit, ReEntryRule
Source: issue 'Journeys' 2; REQUIREMENTS E2
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from forestay.journeys.fields import Asked, ColumnName, Duration, EventName, MomentName, Part, SegmentKey, TriggerKey
from forestay.journeys.words import ReEntry
from forestay.kit.calendars import WallTime
from forestay.kit.windows import Schedule


class _Entry(Part):
    if_: Asked | None = Field(None, alias="if", title="Only if", description="Looked at in the moment of entry.")


class SignalEntry(_Entry):
    """A trigger fired; its evidence is signal.*."""

    model_config = ConfigDict(title="A trigger fires")

    signal: TriggerKey = Field(title="Signal of the trigger")


class EventEntry(_Entry):
    """An event came in; its properties are event.*."""

    model_config = ConfigDict(title="An event comes in")

    event: EventName = Field(title="Event")


class SegmentEntry(_Entry):
    """The account came into a segment, or left it."""

    model_config = ConfigDict(title="Into or out of a segment")

    segment: SegmentKey = Field(title="Segment")
    when: Literal["enters", "leaves"] = Field("enters", title="When it")


class ConditionEntry(Part):
    """A condition became true."""

    model_config = ConfigDict(title="A condition comes true")

    condition: Asked = Field(title="Condition")


class DateEntry(_Entry):
    """So many days before or after a date of the subject."""

    model_config = ConfigDict(title="Days before or after a date")

    of: MomentName = Field(title="Date", description="For example account.renewal_date or trait.go_live.")
    days_before: int | None = Field(None, ge=0, le=1000, title="Days before", json_schema_extra={"x-unit": "days"})
    days_after: int | None = Field(None, ge=0, le=1000, title="Days after", json_schema_extra={"x-unit": "days"})
    at: WallTime = Field("09:00", title="At", description="HH:MM on the subject's clock.")

    @model_validator(mode="after")
    def _on_one_side(self) -> Self:
        if (self.days_before is None) == (self.days_after is None):
            raise ValueError("give days_before or days_after")
        return self

    @property
    def offset(self) -> int:
        """Days to add to the date; negative before."""
        return (self.days_after or 0) - (self.days_before or 0)


class ScheduleEntry(_Entry):
    """Again and again, all of a segment (or all)."""

    model_config = ConfigDict(title="On a schedule")

    schedule: Schedule = Field(title="Schedule")
    segment: SegmentKey | None = Field(None, title="Segment", description="Everybody when left out.")


class ManualEntry(Part):
    """A person puts subjects in."""

    model_config = ConfigDict(title="By hand")

    manual: Literal[True] = Field(title="By hand")


class ApiEntry(Part):
    """A call puts subjects in; its Idempotency-Key is the entry key."""

    model_config = ConfigDict(title="By a call")

    api: Literal[True] = Field(title="By API")


_FORMS: dict[str, type[Part]] = {
    "schedule": ScheduleEntry, "of": DateEntry, "signal": SignalEntry, "event": EventEntry,
    "condition": ConditionEntry, "segment": SegmentEntry, "manual": ManualEntry, "api": ApiEntry,
}  # fmt: skip


ENTRY_WORDS = tuple(_FORMS)
"""The keys by which the ways in are told apart."""


def form_of(value: Any) -> str | None:
    """Which way a part is: the first of the telling keys that it carries."""
    if isinstance(value, dict):
        return next((key for key in _FORMS if key in value), None)
    return next((key for key, form in _FORMS.items() if isinstance(value, form)), None)


Entry = Annotated[
    Annotated[ScheduleEntry, Tag("schedule")]
    | Annotated[DateEntry, Tag("of")]
    | Annotated[SignalEntry, Tag("signal")]
    | Annotated[EventEntry, Tag("event")]
    | Annotated[ConditionEntry, Tag("condition")]
    | Annotated[SegmentEntry, Tag("segment")]
    | Annotated[ManualEntry, Tag("manual")]
    | Annotated[ApiEntry, Tag("api")],
    Discriminator(
        form_of,
        custom_error_type="no_such_form",
        custom_error_message="an entry has one of: signal, event, segment, condition, of, schedule, manual, api",
    ),
]
"""Any of the eight ways in."""


class Goal(Part):
    """What the journey is for; a run that meets it leaves early, content. Either a condition or an event."""

    condition: Asked | None = Field(None, title="Condition")
    event: EventName | None = Field(None, title="Event")
    if_: Asked | None = Field(None, alias="if", title="Only if", description="Over event.* of that event.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.condition is None) == (self.event is None):
            raise ValueError("a goal is a condition or an event")
        if self.if_ is not None and self.event is None:
            raise ValueError("'if' belongs to a goal's event")
        return self


class Exit(Part):
    """When a run leaves early without having met its goal."""

    condition: Asked = Field(title="Condition")


class ReEntryRule(Part):
    """May the same subject enter again?"""

    rule: ReEntry = Field(ReEntry.AFTER_EXIT, title="Rule")
    after: Duration | None = Field(None, title="Not before", description="So long after the last run ended.")
    key: ColumnName | None = Field(
        None, title="Key", description="For by_key: one run for each value, for example event.order_id."
    )

    @model_validator(mode="after")
    def _fits_its_rule(self) -> Self:
        if (self.rule is ReEntry.BY_KEY) != (self.key is not None):
            raise ValueError("by_key needs a key such as event.order_id, and only by_key has one")
        if self.key is not None and not self.key.startswith(("event.", "run.", "signal.")):
            raise ValueError(
                "the key is a value that comes with the entry: event.<property>, run.<value> or signal.<column>"
            )
        if self.after is not None and self.rule is not ReEntry.AFTER_EXIT:
            raise ValueError("'after' belongs to after_exit")
        return self
