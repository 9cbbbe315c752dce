"""Time as the product knows it: aware UTC moments, and calendar days of a workspace's zone.

Gives: now(), Clock, FixedClock, day_of(), days_of(), DAY_MICROS.
A *day* everywhere in Forestay is an int: days since 1970-01-01 on the workspace's calendar
(zone from its settings, UTC by default). A *moment* in columns is int64 microseconds since the
epoch, UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

DAY_MICROS = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 1990, 2060


class Clock(Protocol):
    """Where a part of the product reads the time, so that a test can move it."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved."""

    moment: datetime

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment

    def advance(self, by: timedelta) -> None:
        """Move it; a negative step is a clock that stepped back."""
        self.moment += by


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def micros_of(moment: datetime) -> int:
    """Microseconds since the epoch of an aware moment."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment_of(micros: int) -> datetime:
    """The aware UTC moment of microseconds since the epoch."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def day_of(moment: datetime, zone: str = "UTC") -> int:
    """The workspace's calendar day of an aware moment, as days since 1970-01-01.

    >>> day_of(datetime(1970, 1, 2, 3, tzinfo=UTC)), day_of(datetime(1970, 1, 2, 3, tzinfo=UTC), "America/New_York")
    (1, 0)
    """
    return (moment.astimezone(_zone(zone)).date() - _EPOCH).days


def date_of(day: int) -> date:
    """The calendar date of a day number."""
    return _EPOCH + timedelta(days=int(day))


def number_of(when: date) -> int:
    """The day number of a calendar date."""
    return (when - _EPOCH).days


def start_of_day(day: int, zone: str = "UTC") -> datetime:
    """The first moment of a workspace's calendar day, in UTC."""
    local = datetime.combine(date_of(day), datetime.min.time(), tzinfo=_zone(zone))
    return local.astimezone(UTC)


def days_of(micros: npt.NDArray[np.int64], zone: str = "UTC") -> npt.NDArray[np.int32]:
    """Calendar days of many moments. micros: int64 (n,), UTC; gives int32 (n,)."""
    if zone == "UTC":
        return np.asarray(np.floor_divide(micros, DAY_MICROS), np.int32)
    changes, offsets = _transitions(zone)
    local = micros + offsets[np.searchsorted(changes, micros, side="right")]
    return np.asarray(np.floor_divide(local, DAY_MICROS), np.int32)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=64)
def _transitions(zone: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Moments at which the zone's offset changes, and the offsets before, between and after them."""
    info = _zone(zone)
    probe = [
        datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366 * (_LAST_YEAR - _FIRST_YEAR))
    ]
    shifts = [_offset(info, moment) for moment in probe]
    changes, offsets = [], [shifts[0]]
    for before, after, old, new in zip(probe, probe[1:], shifts, shifts[1:], strict=False):
        if old != new:
            changes.append(_bisect_change(info, before, after))
            offsets.append(new)
    return np.array(changes, np.int64), np.array(offsets, np.int64)


def _bisect_change(info: ZoneInfo, before: datetime, after: datetime) -> int:
    old = _offset(info, before)
    seconds = range(int((after - before).total_seconds()))
    at = bisect_right(seconds, 0, key=lambda s: int(_offset(info, before + timedelta(seconds=s)) != old))
    return micros_of(before + timedelta(seconds=at))


def _offset(info: ZoneInfo, moment: datetime) -> int:
    shift = moment.astimezone(info).utcoffset()
    return 0 if shift is None else int(shift.total_seconds()) * 1_000_000
