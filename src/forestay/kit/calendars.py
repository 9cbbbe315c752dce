"""Business time: when a company or a person works, and when something asked for now is due.

Reads : a calendar document (zone, weekly hours, holidays)
Gives : CalendarDocument, BusinessCalendar
Source: DESIGN section 5 (business hours of the owner's calendar) and section 7 ('time is a type': split
        shifts, holidays, windows that cross midnight, half-open intervals).

A *business day* is a date on which at least one shift begins; a shift that crosses midnight belongs wholly
to the date on which it begins, so a holiday removes the shifts that begin on it. Shifts are half-open:
the closing moment is not business time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from forestay.kit.clock import micros_of, moment_of
from forestay.kit.errors import Invalid
from forestay.kit.local_time import is_zone, local_of, midnight_after, moment_at

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_REACH_DAYS = 1100  # three years without opening is a calendar that never opens


def _wall_time(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"'{text}' is not a time of day; write HH:MM, 24:00 for the end of the day")
    return text


WallTime = Annotated[str, AfterValidator(_wall_time)]


class Shift(BaseModel):
    """Hours from start up to but without end; an end at or before the start is on the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: WallTime = Field(description="Opening, HH:MM on the calendar's clock.")
    end: WallTime = Field(description="Closing, HH:MM; 24:00 is midnight; 06:00 after a start of 22:00 is tomorrow.")


def _office_hours() -> dict[Weekday, tuple[Shift, ...]]:
    return dict.fromkeys(WEEKDAYS[:5], (Shift(start="09:00", end="17:00"),))


class CalendarDocument(BaseModel):
    """Weekly hours with split shifts, public holidays of a country, and the company's own closed days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str | None = Field(None, description="IANA zone of the hours; the owner's own zone if empty.")
    weekly: dict[Weekday, tuple[Shift, ...]] = Field(
        default_factory=_office_hours,
        description="Shifts of each weekday; a weekday left out is closed.",
    )
    holidays_country: str | None = Field(None, description="ISO 3166 code whose public holidays are closed, e.g. DE.")
    holidays_subdivision: str | None = Field(None, description="State or province of the country, e.g. BY.")
    closed_on: tuple[date, ...] = Field((), description="The company's own closed dates.")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and not is_zone(zone):
            raise ValueError(f"'{zone}' is not an IANA time zone such as Europe/Berlin")
        return zone

    @field_validator("holidays_country")
    @classmethod
    def _known_country(cls, country: str | None) -> str | None:
        if country is not None:
            public_holidays(country, None, 2026)
        return country


class CalendarNeverOpens(Invalid):
    """The calendar has no business time within three years; give it hours."""

    code = "calendar_never_opens"

    def __init__(self) -> None:
        super().__init__("this calendar never opens; give at least one weekday a shift", place="calendar")


class BusinessCalendar:
    """Answers about business time; `zone` is used where the document names none."""

    def __init__(self, document: CalendarDocument, zone: str = "UTC") -> None:
        self.document = document
        self.zone = document.zone or zone
        self._closed = frozenset(document.closed_on)
        self._days: dict[date, tuple[tuple[datetime, datetime], ...]] = {}

    def shifts_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """UTC intervals [opening, closing) of the shifts that begin on the day, ordered and without overlap."""
        if day not in self._days:
            self._days[day] = () if self._is_closed(day) else tuple(_merged(self._spans(day)))
        return self._days[day]

    def is_open(self, moment: datetime) -> bool:
        """Whether the moment is business time."""
        return any(opens <= moment < closes for opens, closes in self._around(moment))

    def next_opening(self, moment: datetime) -> datetime:
        """The moment itself when open, else the next opening."""
        for opens, closes in self._from(moment):
            if closes > moment:
                return max(opens, moment)
        raise CalendarNeverOpens

    def add_business_time(self, start: datetime, duration: timedelta) -> datetime:
        """The moment at which `duration` of business time has passed since start; 0 gives start itself."""
        if duration <= timedelta(0):
            return start
        left, reached = duration, start.astimezone(UTC)  # on UTC, so that adding is not wall-clock arithmetic
        for opens, closes in self._from(start):
            begin = max(opens, reached)
            if closes - begin >= left:
                return begin + left
            if closes > begin:
                left, reached = left - (closes - begin), closes
        raise CalendarNeverOpens

    def add_business_times(self, moments: npt.NDArray[np.int64], duration: timedelta) -> npt.NDArray[np.int64]:
        """add_business_time for many starts, microseconds UTC (n,); a start that occurs often is reckoned once."""
        starts, places = np.unique(moments, return_inverse=True)
        ends = [micros_of(self.add_business_time(moment_of(start), duration)) for start in starts.tolist()]
        return np.array(ends, np.int64)[places.reshape(-1)]

    def business_day_of(self, moment: datetime) -> date:
        """The business day that the moment is in or before the end of; after its end, the next one."""
        first = local_of(moment, self.zone).date() - timedelta(days=1)
        return next(day for day in self._business_days(first) if self.end_of(day) > moment)

    def next_business_day(self, after: date, count: int = 1) -> date:
        """The count-th business day after a date."""
        days = self._business_days(after + timedelta(days=1))
        for _ in range(count - 1):
            next(days)
        return next(days)

    def end_of(self, day: date) -> datetime:
        """The last closing of a business day."""
        return self.shifts_of(day)[-1][1]

    def noon_of(self, day: date) -> datetime:
        """Noon of a business day; where it is closed at noon, the first business moment after, else the day's end."""
        noon = moment_at(day, datetime.min.time().replace(hour=12), self.zone)
        later = (max(opens, noon) for opens, closes in self.shifts_of(day) if closes > noon)
        return next(later, self.end_of(day))

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Business intervals from the one around the moment on; no two share a moment."""
        first = local_of(moment, self.zone).date() - timedelta(days=1)
        reached = datetime.min.replace(tzinfo=UTC)
        for day in self._business_days(first):
            for opens, closes in self.shifts_of(day):
                if closes > reached:
                    yield max(opens, reached), closes
                    reached = closes

    def _around(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        today = local_of(moment, self.zone).date()
        yield from self.shifts_of(today - timedelta(days=1))
        yield from self.shifts_of(today)

    def _business_days(self, first: date) -> Iterator[date]:
        day, empty = first, 0
        while empty < _REACH_DAYS:
            if self.shifts_of(day):
                empty = 0
                yield day
            else:
                empty += 1
            day += timedelta(days=1)
        raise CalendarNeverOpens

    def _is_closed(self, day: date) -> bool:
        country = self.document.holidays_country
        if day in self._closed or country is None:
            return day in self._closed
        return day in public_holidays(country, self.document.holidays_subdivision, day.year)

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        for shift in self.document.weekly.get(WEEKDAYS[day.weekday()], ()):
            ends_on = day + timedelta(days=1) if shift.end <= shift.start else day
            yield _at(day, shift.start, self.zone), _at(ends_on, shift.end, self.zone)


def _at(day: date, wall: str, zone: str) -> datetime:
    if wall == "24:00":
        return midnight_after(day, zone)
    return moment_at(day, time.fromisoformat(wall), zone)


def _merged(spans: Iterator[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """In order; shifts that a change of the clocks pushed into each other become one, empty ones vanish."""
    merged: list[tuple[datetime, datetime]] = []
    for opens, closes in sorted(spans):
        if closes <= opens:
            continue
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """Dates of a year's public holidays. Raises ValueError for a country or subdivision that is not known."""
    import holidays  # here, because only a calendar with a country pays for loading the countries' tables

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError as unknown:
        place = f"{country}-{subdivision}" if subdivision else country
        raise ValueError(f"holidays of '{place}' are not known; give closed_on dates instead") from unknown
