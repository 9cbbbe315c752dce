"""From what a wall clock says to a moment, one rule for every zone and every change of the clocks.

Reads : an IANA zone name and a local date and time of day
Gives : moment_at(), local_of(), zone_named(), is_zone(), zone_of(); moments_at(), by_zone(), changes() for many
Source: DESIGN section 7, 'Time is a type': a wall time that the clocks skip is shifted forward once
        (02:30 becomes 03:30), a wall time that comes twice means its first coming.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_PROBE_DAYS = 7  # no zone has changed its clocks twice within a week in the years that count


def moment_at(day: date, at: time, zone: str) -> datetime:
    """The UTC moment at which the zone's clocks show this time on this day.

    >>> moment_at(date(2026, 3, 29), time(2, 30), "Europe/Berlin").astimezone(zone_named("Europe/Berlin")).hour
    3
    """
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone_named(zone)).astimezone(UTC)


def midnight_after(day: date, zone: str) -> datetime:
    """The first moment of the day after, UTC: what 24:00 means."""
    return moment_at(day + timedelta(days=1), time(0), zone)


def local_of(moment: datetime, zone: str) -> datetime:
    """What the zone's clocks show at an aware moment."""
    return moment.astimezone(zone_named(zone))


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The zone; raises KeyError, ValueError or OSError for a name that is none."""
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def is_zone(name: str | None) -> bool:
    """Whether this names an IANA zone; foreign records hold all sorts of words here."""
    if not name:
        return False
    try:
        zone_named(name)
    except (KeyError, ValueError, OSError):  # not found is a KeyError; a path out of the tree is a ValueError
        return False
    return True


def zone_of(*candidates: str | None) -> str:
    """The first candidate that is a zone (contact, then account, then workspace), else UTC.

    >>> zone_of(None, "Eastern Standard Time", "Asia/Tokyo")
    'Asia/Tokyo'
    """
    return next((name for name in candidates if name is not None and is_zone(name)), "UTC")


def by_zone(zones: Sequence[str]) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Each zone that occurs, with its places."""
    places: dict[str, list[int]] = {}
    for place, zone in enumerate(zones):
        places.setdefault(zone, []).append(place)
    for zone, found in places.items():
        yield zone, np.array(found, np.int64)


def moments_at(days: npt.NDArray[np.int64], at: time, zones: Sequence[str]) -> npt.NDArray[np.int64]:
    """moment_at for many: days since 1970-01-01 (n,) with a zone each; gives microseconds UTC (n,)."""
    wall = days.astype(np.int64) * _DAY + (at.hour * 3600 + at.minute * 60 + at.second) * _SECOND + at.microsecond
    found = np.empty_like(wall)
    for zone, places in by_zone(zones):
        since, until = (_year_of(int(edge)) for edge in (wall[places].min(), wall[places].max()))
        walls, offsets = _wall_table(zone, since, until)
        found[places] = wall[places] - offsets[np.searchsorted(walls, wall[places], side="right")]
    return found


@lru_cache(maxsize=4096)
def changes(zone: str, since: int, until: int) -> tuple[tuple[datetime, timedelta, timedelta], ...]:
    """Changes of a zone's clocks from the year `since` to the end of `until`: moment UTC, offset before and after."""
    clocks = zone_named(zone)
    at, end = datetime(since, 1, 1, tzinfo=UTC), datetime(until + 1, 1, 1, tzinfo=UTC)
    found: list[tuple[datetime, timedelta, timedelta]] = []
    before = _offset(at, clocks)
    while at < end:
        then = min(at + timedelta(days=_PROBE_DAYS), end)
        after = _offset(then, clocks)
        if after != before:
            found.append((_change_between(at, then, clocks), before, after))
        at, before = then, after
    return tuple(found)


def _change_between(low: datetime, high: datetime, clocks: ZoneInfo) -> datetime:
    """The first moment, to the second, at which the offset is that of `high`."""
    before = _offset(low, clocks)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(middle, clocks) == before else (low, middle)
    return high


def _offset(at: datetime, clocks: ZoneInfo) -> timedelta:
    return at.astimezone(clocks).utcoffset() or timedelta(0)


@lru_cache(maxsize=4096)
def _wall_table(zone: str, since: int, until: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Wall times (microseconds) from which each later offset counts, and the offsets, one more.

    Up to the later of the two wall times of a change the old offset counts: that shifts what is skipped forward once
    and takes the first of what comes twice.
    """
    found = changes(zone, since - 1, until + 1)
    start = _offset(datetime(since - 1, 1, 1, tzinfo=UTC), zone_named(zone))
    micro = timedelta(microseconds=1)
    walls = [(at - _EPOCH + max(before, after)) // micro for at, before, after in found]
    offsets = [start // micro, *(after // micro for _, _, after in found)]
    return np.array(walls, np.int64), np.array(offsets, np.int64)


def _year_of(micro: int) -> int:
    return (_EPOCH + timedelta(microseconds=micro)).year
