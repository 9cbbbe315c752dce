"""From what a wall clock says to a moment, one rule for every zone and every change of the clocks.

Reads : an IANA zone name and a local date and time of day
Gives : moment_at(), local_of(), zone_named(), is_zone(), zone_of()
Source: DESIGN section 7, 'Time is a type': a wall time that the clocks skip is shifted forward once
        (02:30 becomes 03:30), a wall time that comes twice means its first coming.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


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
