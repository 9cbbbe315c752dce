"""Not faster than a provider likes: an even pace of calls per second on one channel.

Gives : Pace
"""

from __future__ import annotations

import asyncio


class Pace:
    """Hands out turns at least 1/per_second apart; callers wait in the order they came."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        at = max(self._next, now)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)
