"""The zones of the world and every change of their clocks in three years."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from forestay.kit.local_time import changes, local_of

FULL = bool(os.environ.get("FORESTAY_TEST_FULL"))
SINCE, UNTIL = 2025, 2027
_EVERY = sorted(zone for zone in available_timezones() if not zone.startswith(("posix", "right", "localtime")))


def _unlike() -> list[str]:
    """One zone of each behaviour: those that show the same clocks throughout the three years are one."""
    kinds: dict[object, str] = {}
    for zone in _EVERY:
        first = local_of(datetime(SINCE, 1, 1, tzinfo=UTC), zone).utcoffset()
        kinds.setdefault((first, changes(zone, SINCE, UNTIL)), zone)
    return list(kinds.values())


ZONES = _EVERY if FULL else _unlike()
CHANGES = [(zone, change) for zone in ZONES for change in changes(zone, SINCE, UNTIL)]
"""zone, (moment UTC, offset before, offset after)"""


def around(moment: datetime, hours: int = 26, minutes: int = 97) -> list[datetime]:
    """Moments before and after, never at the same minute of an hour."""
    start, steps = moment - timedelta(hours=hours), hours * 120 // minutes
    return [start + step * timedelta(minutes=minutes) for step in range(steps + 1)]
