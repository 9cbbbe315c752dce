"""Enough is enough: frequency caps over rolling windows and calendar days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.kit.caps import Cap, next_free, window_start

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
past = st.lists(st.timedeltas(timedelta(0), timedelta(days=20)).map(lambda back: NOW - back), max_size=15)
caps = st.builds(Cap, limit=st.integers(1, 5), days=st.integers(0, 10))


@given(past, caps, st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]))
@settings(max_examples=200, deadline=None)
def test_at_the_free_moment_one_more_keeps_the_cap(sent: list[datetime], cap: Cap, zone: str) -> None:
    free = next_free(sent, NOW, cap, zone)
    assert free is not None
    start = window_start(free, cap, zone)
    inside = [at for at in sent if (at > start if cap.days else at >= start)]
    assert free >= NOW
    assert len(inside) + 1 <= cap.limit


@given(past, caps)
@settings(max_examples=100, deadline=None)
def test_just_before_the_free_moment_one_more_would_break_the_cap(sent: list[datetime], cap: Cap) -> None:
    free = next_free(sent, NOW, cap)
    assert free is not None
    just_before = free - timedelta(microseconds=1)
    start = window_start(just_before, cap, "UTC")
    inside = [at for at in sent if (at > start if cap.days else at >= start)]
    assert free == NOW or len(inside) >= cap.limit


def test_a_cap_of_none_never_frees() -> None:
    assert next_free([], NOW, Cap(limit=0)) is None


def test_a_calendar_day_ends_at_the_recipients_midnight() -> None:
    free = next_free([NOW - timedelta(minutes=1)], NOW, Cap(limit=1, days=0), "America/New_York")
    assert free == datetime(2026, 11, 24, 5, tzinfo=UTC)
