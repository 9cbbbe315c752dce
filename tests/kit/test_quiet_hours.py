"""Nobody is disturbed at night, wherever they live and whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from forestay.kit.local_time import zone_of
from forestay.kit.quiet_hours import QuietWindow, is_quiet, next_allowed

ZONES = sorted(zone for zone in available_timezones() if not zone.startswith(("posix", "right", "localtime")))
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Europe forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Europe back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York forward
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York back
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, half an hour
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Samoa left out a whole day
]
near_changes = st.builds(
    lambda at, off: at + off, st.sampled_from(CHANGES), st.timedeltas(-timedelta(days=2), timedelta(days=2))
)
anywhen = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
times = st.times().map(lambda at: at.replace(microsecond=0, fold=0))
windows = (
    st.tuples(times, times)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: QuietWindow(start=pair[0], end=pair[1]))
)
NIGHT = QuietWindow()


@given(st.one_of(near_changes, anywhen), st.sampled_from(ZONES), windows)
@settings(max_examples=300, deadline=None)
def test_the_next_allowed_moment_is_never_quiet(moment: datetime, zone: str, window: QuietWindow) -> None:
    allowed = next_allowed(moment, zone, window)
    assert allowed >= moment
    assert not is_quiet(allowed, zone, window)
    assert allowed == moment or is_quiet(moment, zone, window)
    assert allowed - moment <= timedelta(days=2)


def test_a_window_over_midnight_ends_in_the_morning() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert next_allowed(late, "Europe/Berlin", NIGHT) == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_the_first_moment_after_the_window_is_allowed() -> None:
    assert not is_quiet(datetime(2026, 11, 23, 8, tzinfo=UTC), "UTC", NIGHT)
    assert is_quiet(datetime(2026, 11, 23, 7, 59, 59, tzinfo=UTC), "UTC", NIGHT)


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    window = QuietWindow(start=time(1), end=time(2, 30))
    second_coming = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 in Berlin for the second time
    assert is_quiet(second_coming, "Europe/Berlin", window)


def test_an_unknown_zone_falls_back_to_the_next_in_the_chain() -> None:
    assert zone_of("Pacific Standard Time", None, "Asia/Tokyo") == "Asia/Tokyo"
    assert zone_of("../etc/passwd", "") == "UTC"


def test_a_window_without_room_is_refused() -> None:
    with pytest.raises(ValidationError):
        QuietWindow(start=time(8), end=time(8))
