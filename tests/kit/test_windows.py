"""Windows of the week and schedules, on the clocks of any zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from forestay.kit.calendars import BusinessCalendar, CalendarDocument, Shift
from forestay.kit.clock import micros_of, moment_of
from forestay.kit.local_time import local_of, moment_at
from forestay.kit.windows import Schedule, Window, is_open, next_occurrence, next_open, next_opens
from tests.kit.zones import CHANGES, ZONES, around

OFFICE = Window(days=("monday", "tue", "wed", "thu", "fri"), hours=(Shift(start="09:00", end="17:00"),))
SPLIT = Window(hours=(Shift(start="01:30", end="02:30"), Shift(start="14:00", end="18:00")))
NIGHT = Window(days=("sat", "sun"), hours=(Shift(start="22:00", end="06:00"),))
ALL_DAY = Window(days=("sun",))
WINDOWS = [OFFICE, SPLIT, NIGHT, ALL_DAY]
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
zones = st.sampled_from(ZONES)
schedules = st.sampled_from(
    [
        Schedule(at=("02:30",)),
        Schedule(at=("00:00", "12:00")),
        Schedule(every="week", on=("sunday", "wed"), at=("09:00",)),
        Schedule(every="month", on=(31, 1), at=("23:59",)),
        Schedule(every="month", on=("last",), at=("24:00",)),
    ]
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_next_opening_is_open_and_just_before_it_is_not() -> None:
    for zone, (change, _, _) in CHANGES:
        for window in WINDOWS:
            for moment in around(change, minutes=401):
                opening = next_open(moment, zone, window)
                assert opening >= moment
                assert is_open(opening, zone, window), (zone, moment)
                assert opening == moment or not is_open(opening - timedelta(microseconds=1), zone, window)


def test_many_openings_at_once_are_the_same_as_one_by_one() -> None:
    for window in WINDOWS:
        asked = [(zone, moment) for zone, (change, _, _) in CHANGES[::3] for moment in around(change, minutes=401)]
        together = next_opens(np.array([micros_of(m) for _, m in asked]), [zone for zone, _ in asked], window)
        assert together.tolist() == [micros_of(next_open(moment, zone, window)) for zone, moment in asked]


@given(st.lists(st.tuples(moments, zones), min_size=1, max_size=20), st.sampled_from(WINDOWS))
@settings(max_examples=40, deadline=None)
def test_openings_years_apart_are_the_same_as_one_by_one(asked: list[tuple[datetime, str]], window: Window) -> None:
    together = next_opens(np.array([micros_of(m) for m, _ in asked]), [zone for _, zone in asked], window)
    assert [moment_of(found) for found in together.tolist()] == [next_open(m, zone, window) for m, zone in asked]


def test_no_subject_has_no_opening() -> None:
    assert next_opens(np.empty(0, np.int64), [], OFFICE).tolist() == []


def test_the_closing_moment_is_closed() -> None:
    assert is_open(at("2026-11-23T16:59:59"), "UTC", OFFICE)
    assert next_open(at("2026-11-23T17:00"), "UTC", OFFICE) == at("2026-11-24T09:00")


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    assert is_open(at("2026-11-23T05:59"), "UTC", NIGHT)  # Monday morning, begun on Sunday
    assert not is_open(at("2026-11-21T05:59"), "UTC", NIGHT)  # Saturday morning would have begun on Friday


def test_a_range_of_which_the_clocks_leave_nothing_opens_a_day_later() -> None:
    short = Window(hours=(Shift(start="02:30", end="03:00"),))
    assert next_open(at("2026-03-29T00:00"), "Europe/Berlin", short) == at("2026-03-30T00:30")


def test_weekdays_may_be_written_out_and_unknown_ones_are_refused() -> None:
    assert Window.model_validate({"days": ["Monday"]}).days == ("mon",)
    with pytest.raises(ValidationError):
        Window.model_validate({"days": ["someday"]})


@given(moments, schedules, zones)
@settings(max_examples=150, deadline=None)
def test_an_occurrence_is_later_and_none_lies_between(after: datetime, schedule: Schedule, zone: str) -> None:
    found = next_occurrence(after, schedule, zone)
    assert found > after
    assert next_occurrence(found - timedelta(microseconds=1), schedule, zone) == found
    middle = after + (found - after) / 2
    assert next_occurrence(middle, schedule, zone) == found


def test_a_daily_time_that_is_skipped_or_comes_twice_happens_once_that_day() -> None:
    daily = Schedule(at=("02:30",))
    for zone, (change, _, _) in CHANGES:
        first = moment_at(local_of(change, zone).date() - timedelta(days=2), time(0), zone)
        found = [first]
        for _ in range(4):
            found.append(next_occurrence(found[-1], daily, zone))
        days = [local_of(moment, zone).date() for moment in found[1:]]
        assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days)), zone


def test_a_month_without_a_31st_means_its_last_day() -> None:
    end = Schedule(every="month", on=(31,), at=("09:00",))
    assert next_occurrence(at("2027-02-01T00:00"), end, "UTC") == at("2027-02-28T09:00")


def test_the_schedules_own_zone_comes_before_the_subjects() -> None:
    berlin = Schedule(every="week", on=("monday",), at=("09:00",), zone="Europe/Berlin")
    assert next_occurrence(at("2026-11-23T08:00"), berlin, "Asia/Tokyo") == at("2026-11-30T08:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": "week"},
        {"every": "week", "on": [1]},
        {"every": "month", "on": ["monday"]},
        {"every": "day", "on": ["monday"]},
        {"zone": "Mars/Olympus"},
        {"at": "25:00"},
    ],
)
def test_a_schedule_that_says_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate(wrong)


SHIFTS = CalendarDocument(
    weekly={
        "sat": (Shift(start="22:00", end="06:00"),),
        "sun": (Shift(start="09:00", end="12:30"), Shift(start="14:00", end="18:00")),
        "mon": (Shift(start="01:30", end="02:45"), Shift(start="03:00", end="05:00")),
    },
    closed_on=(date(2026, 12, 25),),
)


def test_business_time_adds_up_over_every_change_of_the_clocks() -> None:
    for zone, (change, _, _) in CHANGES:
        calendar = BusinessCalendar(SHIFTS, zone)
        for moment in around(change, minutes=701):
            for first, then in (
                (timedelta(minutes=90), timedelta(hours=5)),
                (timedelta(hours=9), timedelta(minutes=7)),
            ):
                in_steps = calendar.add_business_time(calendar.add_business_time(moment, first), then)
                assert in_steps == calendar.add_business_time(moment, first + then), (zone, moment)


def test_business_time_of_many_is_that_of_each() -> None:
    calendar = BusinessCalendar(SHIFTS, "Europe/Berlin")
    asked = [at("2026-03-28T20:00"), at("2026-12-25T10:00"), at("2026-03-28T20:00")]
    together = calendar.add_business_times(np.array([micros_of(m) for m in asked]), timedelta(hours=3))
    assert together.tolist() == [micros_of(calendar.add_business_time(m, timedelta(hours=3))) for m in asked]
