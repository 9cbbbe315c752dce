"""Wait: for a time, until a date, until business hours, until a window of the week; on the subject's own clock.

Source: DESIGN section 7, 'Time is a type'
Arriving and being woken are the same question: from which moment on may it go? Where that is later than now it waits
until then, so that a date that moved on while the token waited is waited for again, and a token that is claimed late
goes only while its window is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.journeys.fields import CalendarKey, Duration, MomentName, Part
from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import NEVER, Batch, Ints, Moves, World
from forestay.journeys.ways import Way, Ways, When, given
from forestay.journeys.words import TokenState
from forestay.kit.calendars import WallTime
from forestay.kit.clock import days_of, micros_of, moment_of, number_of
from forestay.kit.local_time import by_zone, local_of, moments_at
from forestay.kit.windows import Window, next_opens

MISSING, PAST = "missing", "past"


class DateOf(Part):
    """A date that the subject has, some days before or after it."""

    of: MomentName = Field(title="Date", description="For example account.renewal_date, trait.go_live or run.due.")
    days_before: int | None = Field(None, ge=0, le=1000, title="Days before", json_schema_extra={"x-unit": "days"})
    days_after: int | None = Field(None, ge=0, le=1000, title="Days after", json_schema_extra={"x-unit": "days"})
    at: WallTime | None = Field(
        None,
        title="At",
        description="HH:MM on the subject's clock; else the time of the date itself, midnight for a day.",
    )

    @model_validator(mode="after")
    def _on_one_side(self) -> Self:
        if self.days_before is not None and self.days_after is not None:
            raise ValueError("give days_before or days_after, not both")
        return self

    @property
    def offset(self) -> int:
        """Days to add; negative before."""
        return (self.days_after or 0) - (self.days_before or 0)


class BusinessTime(Part):
    """Hours of business."""

    hours: float = Field(
        0, ge=0, le=2000, title="Business hours", json_schema_extra={"x-unit": "hours"},
        description="So much business time must pass; 0 waits until business is open.",
    )  # fmt: skip
    calendar: CalendarKey | None = Field(None, title="Calendar", description="Its key; the workspace's own if empty.")


class WaitSettings(StepSettings):
    """Waits for a time, until a date, for business hours, or until a window of the week is open."""

    kind: ClassVar[str] = "wait"

    for_: Duration | None = Field(None, alias="for", title="For", description="A length of time.")
    until: datetime | None = Field(
        None, title="Until", description="A moment; without an offset it is on the subject's own clock."
    )
    date: DateOf | None = Field(None, title="Until a date of the subject")
    business: BusinessTime | None = Field(None, title="Business hours")
    window: Window | None = Field(
        None,
        title="Window",
        description="Then until it is open, on the subject's clock; alone it is all that is waited for.",
    )
    past_port: bool = Field(
        False, title="Own way out when the date has passed",
        description="A run that comes after the date leaves by 'past' instead of going on.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        given = [name for name in ("for_", "until", "date", "business") if getattr(self, name) is not None]
        if len(given) > 1 or not (given or self.window):
            raise ValueError(
                "wait for one thing: 'for', 'until', 'date' or 'business', and a 'window' alone or with it"
            )
        if self.past_port and not (self.date or self.until):
            raise ValueError("past_port belongs to 'until' and 'date'")
        return self


ports = Ways(Way("next"), Way(MISSING, (given("date"),)), Way(PAST, (given("past_port"),)))
"""'next'; 'missing' where there may be no date; 'past' by choice."""


def arrive(settings: WaitSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Wait, or go at once where there is nothing to wait for."""
    now = micros_of(world.now)
    wanted = targets(settings, batch, world)
    if settings.past_port:
        late = wanted < now
        moves.go(late, PAST)
        _wait_or_go(settings, batch, world, moves, wanted, np.flatnonzero(~late))
    else:
        _wait_or_go(settings, batch, world, moves, wanted, np.arange(len(batch)))


def wake(settings: WaitSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go on, unless it is too early by what is known now."""
    _wait_or_go(settings, batch, world, moves, targets(settings, batch, world), np.arange(len(batch)))


def _wait_or_go(settings: WaitSettings, batch: Batch, world: World, moves: Moves, wanted: Ints, places: Ints) -> None:
    now = micros_of(world.now)
    missing = places[wanted[places] == NEVER]
    moves.go(missing, MISSING)
    places = places[wanted[places] != NEVER]
    if not len(places):
        return
    due = wanted[places]
    if settings.window is not None:
        zones = world.zones(batch)
        due = next_opens(np.maximum(due, now), [zones[place] for place in places.tolist()], settings.window)
    moves.go(places[due <= now])
    moves.wait(places[due > now], TokenState.TIMER, due[due > now])


def targets(settings: WaitSettings, batch: Batch, world: World) -> Ints:
    """From when on each place may go, before the window is asked: microseconds UTC, NEVER without a date."""
    if settings.for_ is not None:
        return batch.since + settings.for_.microseconds
    if settings.until is not None:
        return _fixed(settings.until, batch, world)
    if settings.date is not None:
        return shifted(world.moments(batch, settings.date.of), settings.date, world.zones(batch))
    return _business(settings.business, batch, world) if settings.business is not None else batch.since


def _fixed(until: datetime, batch: Batch, world: World) -> Ints:
    if until.tzinfo is not None:
        return np.full(len(batch), micros_of(until), np.int64)
    days = np.full(len(batch), number_of(until.date()), np.int64)
    return moments_at(days, until.time(), world.zones(batch))


def shifted(moments: Ints, date: DateOf, zones: Sequence[str]) -> Ints:
    """Dates moved by whole days of the subject's calendar, to a time of its clock; NEVER stays."""
    found = np.full(len(moments), NEVER, np.int64)
    for zone, places in by_zone(zones):
        some = places[moments[places] != NEVER]
        days = days_of(moments[some], zone).astype(np.int64) + date.offset
        for clock, those in _by_clock(moments[some], zone, date.at):
            found[some[those]] = moments_at(days[those], clock, [zone] * len(those))
    return found


def _by_clock(moments: Ints, zone: str, at: str | None) -> Iterator[tuple[time, Ints]]:
    """Places by the time of day that they shall have; 24:00 is said as the last moment of the day."""
    if at is not None:
        yield (time.max if at == "24:00" else time.fromisoformat(at)), np.arange(len(moments))
        return
    groups: dict[time, list[int]] = {}
    for place, moment in enumerate(moments.tolist()):
        groups.setdefault(_clock_of(moment, zone), []).append(place)
    for clock, places in groups.items():
        yield clock, np.array(places, np.int64)


@lru_cache(maxsize=65_536)
def _clock_of(moment: int, zone: str) -> time:
    return local_of(moment_of(moment), zone).time()


def _business(business: BusinessTime, batch: Batch, world: World) -> Ints:
    found = np.empty(len(batch), np.int64)
    known: dict[tuple[str, int], int] = {}
    for place, (zone, since) in enumerate(zip(world.zones(batch), batch.since.tolist(), strict=True)):
        if (zone, since) not in known:
            calendar, start = world.calendar(business.calendar, zone), moment_of(since)
            if business.hours:
                known[zone, since] = micros_of(calendar.add_business_time(start, timedelta(hours=business.hours)))
            else:
                known[zone, since] = micros_of(calendar.next_opening(start))
        found[place] = known[zone, since]
    return found


parks = When(((given("for"),), (given("business.hours"),)))
"""Whether time passes for sure: a window may be open and a date past."""


KIND = StepKind(
    WaitSettings, "Wait", arrive, wake, ports=ports, parks=parks, group="time",
    begin={"for": {"days": 3}},
)  # fmt: skip
