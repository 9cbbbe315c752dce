"""Business time on calendars, for any zone and any change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from forestay.actions.due import due_at
from forestay.customers.words import RiskLevel
from forestay.kit.calendars import WEEKDAYS, BusinessCalendar, CalendarDocument, CalendarNeverOpens, Shift

ZONES = sorted(zone for zone in available_timezones() if not zone.startswith(("posix", "right", "localtime")))
OFFICE = CalendarDocument()
SPLIT = CalendarDocument(
    weekly={
        "mon": (Shift(start="09:00", end="12:30"), Shift(start="14:00", end="18:00")),
        "wed": (Shift(start="22:00", end="06:00"),),
        "sat": (Shift(start="00:00", end="24:00"),),
        "sun": (Shift(start="01:30", end="02:45"), Shift(start="03:00", end="05:00")),
    }
)
moments = st.datetimes(datetime(2015, 1, 1), datetime(2030, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
calendars = st.builds(BusinessCalendar, st.sampled_from([OFFICE, SPLIT]), st.sampled_from(ZONES))
durations = st.timedeltas(timedelta(seconds=1), timedelta(hours=60))


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@given(calendars, moments, durations, durations)
@settings(max_examples=60, deadline=None)
def test_two_stretches_of_business_time_are_one_long_stretch(
    calendar: BusinessCalendar, start: datetime, first: timedelta, then: timedelta
) -> None:
    in_steps = calendar.add_business_time(calendar.add_business_time(start, first), then)
    assert in_steps == calendar.add_business_time(start, first + then)


@given(calendars, moments, durations)
@settings(max_examples=60, deadline=None)
def test_business_time_ends_while_the_office_is_open_or_just_closing(
    calendar: BusinessCalendar, start: datetime, duration: timedelta
) -> None:
    end = calendar.add_business_time(start, duration)
    assert end - start >= duration
    assert calendar.is_open(end - timedelta(microseconds=1))


@given(calendars, moments, st.sampled_from(list(RiskLevel)))
@settings(max_examples=80, deadline=None)
def test_work_is_due_after_it_was_asked_for_and_in_business_time(
    calendar: BusinessCalendar, fired_at: datetime, level: RiskLevel
) -> None:
    due = due_at(level, fired_at, calendar)
    assert due.moment > fired_at
    assert calendar.is_open(due.moment) or calendar.is_open(due.moment - timedelta(microseconds=1))
    assert level is RiskLevel.CRITICAL or not due.escalate_now


def test_a_shift_that_closes_is_closed_at_its_last_moment() -> None:
    calendar = BusinessCalendar(OFFICE, "Europe/Berlin")
    assert calendar.is_open(at("2026-11-23T09:00", "Europe/Berlin"))
    assert not calendar.is_open(at("2026-11-23T17:00", "Europe/Berlin"))


def test_the_lunch_break_of_a_split_shift_does_not_count() -> None:
    calendar = BusinessCalendar(SPLIT)
    assert calendar.add_business_time(at("2026-11-23T12:00"), timedelta(hours=1)) == at("2026-11-23T14:30")


def test_a_night_shift_belongs_to_the_day_it_begins_on() -> None:
    calendar = BusinessCalendar(SPLIT)
    assert calendar.business_day_of(at("2026-11-26T02:00")) == date(2026, 11, 25)
    assert calendar.end_of(date(2026, 11, 25)) == at("2026-11-26T06:00")


def test_a_holiday_removes_the_night_shift_that_begins_on_it_and_not_the_one_before() -> None:
    weekly = dict.fromkeys(WEEKDAYS, (Shift(start="22:00", end="06:00"),))
    calendar = BusinessCalendar(CalendarDocument(weekly=weekly, closed_on=(date(2026, 11, 25),)))
    assert calendar.is_open(at("2026-11-25T05:00"))
    assert not calendar.is_open(at("2026-11-25T23:00"))


def test_public_holidays_of_the_country_are_closed() -> None:
    calendar = BusinessCalendar(CalendarDocument(holidays_country="DE", zone="Europe/Berlin"))
    worked = calendar.add_business_time(at("2026-12-25T10:00", "Europe/Berlin"), timedelta(hours=1))
    assert worked == at("2026-12-28T10:00", "Europe/Berlin")


def test_opening_hours_skipped_by_the_clocks_are_shifted_forward_once() -> None:
    document = CalendarDocument(weekly={"sun": (Shift(start="02:15", end="02:45"),)})
    calendar = BusinessCalendar(document, "Europe/Berlin")
    (opens, closes), *more = calendar.shifts_of(date(2026, 3, 29))
    assert (opens, closes, more) == (
        at("2026-03-29T03:15", "Europe/Berlin"),
        at("2026-03-29T03:45", "Europe/Berlin"),
        [],
    )


def test_opening_hours_that_come_twice_mean_their_first_coming() -> None:
    document = CalendarDocument(weekly={"sun": (Shift(start="02:15", end="02:45"),)})
    calendar = BusinessCalendar(document, "Europe/Berlin")
    assert calendar.shifts_of(date(2026, 10, 25)) == (
        (datetime(2026, 10, 25, 0, 15, tzinfo=UTC), datetime(2026, 10, 25, 0, 45, tzinfo=UTC)),
    )


def test_a_calendar_that_never_opens_says_so() -> None:
    with pytest.raises(CalendarNeverOpens):
        BusinessCalendar(CalendarDocument(weekly={})).add_business_time(at("2026-01-01T00:00"), timedelta(hours=1))


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Mars/Base"}, {"holidays_country": "XX"}, {"weekly": {"mon": [{"start": "25:00", "end": "26:00"}]}}],
)
def test_a_calendar_with_a_mistake_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CalendarDocument.model_validate(wrong)


@pytest.mark.parametrize(
    ("level", "fired", "due", "escalated"),
    [
        ("critical", "2026-11-23T10:00", "2026-11-23T17:00", False),  # Monday morning: today's end
        ("critical", "2026-11-23T06:00", "2026-11-23T17:00", False),  # before opening: today's end
        ("critical", "2026-11-23T15:00", "2026-11-24T12:00", True),  # the last two hours: tomorrow noon, escalated
        ("critical", "2026-11-27T18:00", "2026-11-30T12:00", True),  # Friday evening: Monday noon
        ("critical", "2026-11-28T11:00", "2026-11-30T12:00", True),  # Saturday: Monday noon
        ("high", "2026-11-23T10:00", "2026-11-26T10:00", False),  # 24 business hours are three days of eight
        ("medium", "2026-11-23T10:00", "2026-12-01T10:00", False),
        ("low", "2026-11-23T10:00", "2026-11-30T17:00", False),  # five business days later
        ("low", "2026-11-28T11:00", "2026-12-04T17:00", False),  # on a Saturday the week begins on Monday
    ],
)
def test_response_times_of_risk_levels(level: str, fired: str, due: str, escalated: bool) -> None:
    assert due_at(RiskLevel(level), at(fired), BusinessCalendar(OFFICE)) == (at(due), escalated)


def test_noon_is_the_first_open_moment_after_twelve_or_the_days_end() -> None:
    evening = BusinessCalendar(CalendarDocument(weekly={"mon": (Shift(start="18:00", end="22:00"),)}))
    morning = BusinessCalendar(CalendarDocument(weekly={"mon": (Shift(start="06:00", end="10:00"),)}))
    assert evening.noon_of(date(2026, 11, 23)) == at("2026-11-23T18:00")
    assert morning.noon_of(date(2026, 11, 23)) == at("2026-11-23T10:00")
