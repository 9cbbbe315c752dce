"""A day is the workspace's calendar day, in columns as for one moment, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.kit.clock import FixedClock, date_of, day_of, days_of, micros_of, moment_of, number_of, start_of_day

ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
]
moments = st.datetimes(datetime(1995, 1, 1), datetime(2055, 1, 1), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(st.lists(moments, min_size=1, max_size=20), st.sampled_from(ZONES))
def test_days_of_many_moments_are_the_days_of_each(many: list[datetime], zone: str) -> None:
    columns = days_of(np.array([micros_of(moment) for moment in many], np.int64), zone)
    assert columns.tolist() == [day_of(moment, zone) for moment in many]


@settings(max_examples=100, deadline=None)
@given(moments)
def test_micros_and_moments_are_the_same_thing_twice(moment: datetime) -> None:
    assert moment_of(micros_of(moment)) == moment


@settings(max_examples=100, deadline=None)
@given(st.integers(9_200, 31_000), st.sampled_from(ZONES))
def test_a_day_starts_where_the_one_before_ends(day: int, zone: str) -> None:
    assert number_of(date_of(day)) == day
    start = start_of_day(day, zone)
    assert day_of(start - timedelta(microseconds=1), zone) < day_of(start + timedelta(hours=2), zone)


def test_an_hour_before_midnight_in_new_york_is_still_the_day_before() -> None:
    assert day_of(datetime(2026, 7, 2, 3, 59, tzinfo=UTC), "America/New_York") == number_of(
        date_of(day_of(datetime(2026, 7, 1, 12, tzinfo=UTC)))
    )


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(timedelta(hours=-1))
    assert clock.now() == datetime(2025, 12, 31, 23, tzinfo=UTC)
