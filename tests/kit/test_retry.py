"""Trying again: later each time, spread out, and not forever."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from forestay.kit.retry import Backoff

BACKOFF = Backoff(first=timedelta(seconds=5), longest=timedelta(hours=1), attempts=3)


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_a_wait_is_never_longer_than_the_longest(attempt: int, draw: float) -> None:
    assert timedelta(0) <= BACKOFF.wait(attempt, draw=lambda: draw) <= BACKOFF.longest


def test_the_ceiling_doubles() -> None:
    assert [BACKOFF.ceiling(attempt).total_seconds() for attempt in (1, 2, 3)] == [5, 10, 20]


def test_what_the_provider_asks_for_is_heeded_within_reason() -> None:
    assert BACKOFF.wait(1, at_least=timedelta(minutes=2), draw=lambda: 0.5) == timedelta(minutes=2)
    assert BACKOFF.wait(1, at_least=timedelta(days=9), draw=lambda: 0.5) == BACKOFF.longest


def test_the_last_attempt_is_the_last() -> None:
    assert [BACKOFF.is_spent(attempt) for attempt in (1, 2, 3, 4)] == [False, False, True, True]
