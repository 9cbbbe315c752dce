"""Not faster than a provider, or a workspace, likes.

Gives : Pace, Allowance
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Pace:
    """Hands out turns at least 1/per_second apart; callers wait in the order they came."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._next = 0.0
        self.burst = max(1, int(per_second / 20))
        """Turns that may be taken at once: a twentieth of a second's worth."""

    async def turn(self, count: int = 1) -> None:
        """Wait for the next turn and take so many."""
        now = asyncio.get_running_loop().time()
        at = max(self._next, now)
        self._next = at + self._gap * count
        if at > now:
            await asyncio.sleep(at - now)


class Allowance:
    """How many of a kind one workspace may still let go now; at most one second's worth is saved up."""

    def __init__(self, per_second: float, seconds: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self._seconds = per_second, seconds
        self._most = max(1.0, per_second)
        self._left, self._at = self._most, seconds()

    def left(self) -> int:
        """Whole ones that may go now."""
        now = self._seconds()
        self._left = min(self._most, self._left + max(0.0, now - self._at) * self.per_second)
        self._at = now
        return int(self._left)

    def take(self, count: int) -> None:
        """They go."""
        self._left -= count
