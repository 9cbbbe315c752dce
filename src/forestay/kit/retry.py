"""How long to wait before trying again: exponential backoff with full jitter, bounded.

Gives : Backoff
Source: 'Exponential Backoff And Jitter' (AWS Architecture Blog): full jitter spreads a crowd of
        failures better than equal jitter, at the price of an occasional early retry.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """first: ceiling of the first wait; longest: ceiling of any wait; attempts: calls in all before giving up."""

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    attempts: int = 8

    def ceiling(self, attempt: int) -> timedelta:
        """The longest wait after the given attempt (1 is the first)."""
        doublings = min(max(attempt - 1, 0), 40)  # past 40 doublings any ceiling is reached, and timedelta overflows
        seconds = min(self.first.total_seconds() * 2.0**doublings, self.longest.total_seconds())
        return timedelta(seconds=seconds)

    def wait(self, attempt: int, *, at_least: timedelta | None = None,
             draw: Callable[[], float] = random.random) -> timedelta:  # fmt: skip
        """A wait drawn evenly from 0 to the ceiling; `at_least` is what the provider asked for, within `longest`."""
        drawn = self.ceiling(attempt) * draw()
        return max(drawn, min(at_least or timedelta(0), self.longest))

    def is_spent(self, attempt: int) -> bool:
        """Whether the given attempt was the last."""
        return attempt >= self.attempts
