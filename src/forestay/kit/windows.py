"""When something may happen in the week, and when it happens again: on the wall clocks of a zone.

Reads : a window (weekdays and hours) or a schedule (every day, week or month), and a zone
Gives : Window, is_open(), next_open(), Schedule, next_occurrence(), next_opens()
Source: DESIGN section 7, 'Time is a type': windows are half-open and may cross midnight; a wall time that the clocks
        skip is shifted forward once, one that comes twice means its first coming.

The hours of a window that crosses midnight belong to the weekday on which they begin. Where a change of the clocks
leaves nothing of a range (02:30 to 03:00 on the night that goes from 02:00 to 03:00), it does not open that day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from forestay.kit.calendars import WEEKDAYS, BusinessCalendar, CalendarDocument, Shift, WallTime, Weekday
from forestay.kit.clock import micros_of, moment_of
from forestay.kit.local_time import by_zone, is_zone, local_of, moment_at

_AHEAD = timedelta(days=24)  # a weekly range that one change of the clocks swallows opens a week later


def _short(name: object) -> object:
    """'Monday' and 'mon' are the same day; documents keep the short word, like calendars."""
    word = name.lower() if isinstance(name, str) else name
    return word[:3] if word in _LONG else word


_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LongWeekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NamedWeekday = Annotated[Weekday, BeforeValidator(_short, json_schema_input_type=Weekday | _LongWeekday)]


class Window(BaseModel):
    """Hours of some weekdays. Several ranges a day are allowed; each is open from its start up to but without its end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[NamedWeekday, ...] = Field(WEEKDAYS, min_length=1, description="Weekdays on which the hours begin.")
    hours: tuple[Shift, ...] = Field(
        (Shift(start="00:00", end="24:00"),),
        min_length=1,
        description="Ranges of the day; an end at or before its start is on the next day.",
    )


def is_open(moment: datetime, zone: str, window: Window) -> bool:
    """Whether the window is open at this aware moment."""
    return _hours_of(window, zone).is_open(moment)


def next_open(moment: datetime, zone: str, window: Window) -> datetime:
    """The moment itself when the window is open, else its next opening, UTC."""
    return _hours_of(window, zone).next_opening(moment).astimezone(UTC)


def next_opens(moments: npt.NDArray[np.int64], zones: Sequence[str], window: Window) -> npt.NDArray[np.int64]:
    """next_open for many: moments in microseconds UTC (n,) with a zone each; gives microseconds UTC (n,)."""
    found = moments.copy()
    for zone, places in by_zone(zones):
        opens, closes = _ranges(window, zone, int(moments[places].min()), int(moments[places].max()))
        nearest = np.searchsorted(closes, moments[places], side="right")  # the first that has not closed
        found[places] = np.maximum(moments[places], opens[nearest])
    return found


@lru_cache(maxsize=2048)
def _hours_of(window: Window, zone: str) -> BusinessCalendar:
    weekly: dict[Weekday, tuple[Shift, ...]] = dict.fromkeys(window.days, window.hours)
    return BusinessCalendar(CalendarDocument(weekly=weekly), zone)


@lru_cache(maxsize=4096)
def _day_ranges(window: Window, zone: str, day: date) -> tuple[tuple[int, int], ...]:
    shifts = _hours_of(window, zone).shifts_of(day)
    return tuple((micros_of(opens), micros_of(closes)) for opens, closes in shifts)


def _ranges(window: Window, zone: str, first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Openings and closings, ascending, of the days around first to last (microseconds)."""
    day, end = moment_of(first).date() - timedelta(days=2), (moment_of(last) + _AHEAD).date()
    ranges: list[tuple[int, int]] = []
    while day < end:
        ranges.extend(_day_ranges(window, zone, day))
        day += timedelta(days=1)
    table = np.array(sorted(ranges), np.int64).reshape(-1, 2)
    return table[:, 0], np.maximum.accumulate(table[:, 1])


MonthDay = Annotated[int, Field(ge=1, le=31)] | Literal["last"]


class Schedule(BaseModel):
    """Every day, week or month, at times of day on a zone's clocks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Literal["day", "week", "month"] = Field("day", description="How often.")
    on: tuple[NamedWeekday | MonthDay, ...] = Field(
        (),
        description="Weekdays of a week; days of a month as numbers or 'last' (a month without a 31st: its last day).",
    )
    at: tuple[WallTime, ...] = Field(("09:00",), min_length=1, description="Times of day, HH:MM.")
    zone: str | None = Field(None, description="IANA zone of the clocks; the subject's own if empty.")

    @field_validator("at", mode="before", json_schema_input_type=WallTime | tuple[WallTime, ...])
    @classmethod
    def _one_or_several(cls, at: object) -> object:
        return (at,) if isinstance(at, str) else at

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and not is_zone(zone):
            raise ValueError(f"'{zone}' is not an IANA time zone such as Europe/Berlin")
        return zone

    @model_validator(mode="after")
    def _days_fit(self) -> Schedule:
        of_week = [day for day in self.on if day in WEEKDAYS]
        if self.every == "day" and self.on:
            raise ValueError("'on' belongs to a week or a month; every day has none")
        if self.every == "week" and len(of_week) != max(len(self.on), 1):
            raise ValueError("a weekly schedule names its weekdays: on: [monday]")
        if self.every == "month" and (of_week or not self.on):
            raise ValueError("a monthly schedule names days of the month: on: [1] or on: [last]")
        return self


def next_occurrence(after: datetime, schedule: Schedule, zone: str) -> datetime:
    """The first occurrence later than `after`, UTC; zone counts where the schedule names none.

    >>> monday = Schedule(every="week", on=("monday",), at=("09:00",))
    >>> next_occurrence(datetime(2026, 3, 24, tzinfo=UTC), monday, "Europe/Berlin").isoformat()
    '2026-03-30T07:00:00+00:00'
    """
    clocks = schedule.zone or zone
    first = local_of(after, clocks).date() - timedelta(days=1)
    return min(moment for day in _candidates(schedule, first) for moment in _times(schedule, day, clocks, after))


def _times(schedule: Schedule, day: date, zone: str, after: datetime) -> Iterator[datetime]:
    for wall in schedule.at:
        moment = _wall(day, wall, zone)
        if moment > after:
            yield moment


def _candidates(schedule: Schedule, first: date) -> Iterator[date]:
    """Days of the schedule from the first on: enough that one has a moment later than the day after `first`."""
    day, found = first, 0
    while found < 4:  # yesterday, today and one more may all be past; two late times may share a moment
        if _is_day(schedule, day):
            found += 1
            yield day
        day += timedelta(days=1)


def _is_day(schedule: Schedule, day: date) -> bool:
    if schedule.every == "day":
        return True
    if schedule.every == "week":
        return WEEKDAYS[day.weekday()] in schedule.on
    last = monthrange(day.year, day.month)[1]
    return any(day.day == (last if wanted == "last" else min(int(wanted), last)) for wanted in schedule.on)


def _wall(day: date, wall: str, zone: str) -> datetime:
    if wall == "24:00":
        return moment_at(day + timedelta(days=1), time(0), zone)
    return moment_at(day, time.fromisoformat(wall), zone)
