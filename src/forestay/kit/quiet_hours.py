"""When a person must not be disturbed, on that person's own clock.

Reads : a window of wall-clock times and the recipient's zone (kit.local_time.zone_of picks it)
Gives : QuietWindow, is_quiet(), next_allowed()
Source: DESIGN section 7, invariant 5: no effect inside a quiet window for any zone and any transition.

A moment is quiet when the recipient's clock shows a time in the half-open window [start, end). Where the
clocks go back, both comings of a time inside the window are quiet; where they skip the window's end, the
quiet ends when the skipped time, shifted forward once, is reached.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from forestay.kit.local_time import local_of, zone_named


class QuietWindow(BaseModel):
    """Daily wall-clock window without disturbance; it may cross midnight. End is exclusive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: time = Field(time(20), description="Local time at which the quiet begins, for example 20:00.")
    end: time = Field(time(8), description="Local time at which messages may leave again, for example 08:00.")

    @model_validator(mode="after")
    def _must_leave_room(self) -> QuietWindow:
        if self.start == self.end:
            raise ValueError("start and end are the same; leave quiet hours out if there are none")
        return self


def is_quiet(moment: datetime, zone: str, window: QuietWindow) -> bool:
    """Whether the recipient's clock stands inside the window at this aware moment."""
    shown = local_of(moment, zone).time()
    if window.start < window.end:
        return window.start <= shown < window.end
    return shown >= window.start or shown < window.end


def next_allowed(moment: datetime, zone: str, window: QuietWindow) -> datetime:
    """The moment itself when it is allowed, else the end of the quiet, UTC."""
    at = moment.astimezone(UTC)
    while is_quiet(at, zone, window):
        at = _next_end(at, zone, window)
    return at


def _next_end(at: datetime, zone: str, window: QuietWindow) -> datetime:
    """The nearest later moment at which the clock shows the window's end, either coming of it."""
    today = local_of(at, zone).date()
    ends = (
        datetime.combine(today + timedelta(days=ahead), window.end.replace(fold=fold), tzinfo=zone_named(zone))
        for ahead in (0, 1, 2)
        for fold in (0, 1)
    )
    return min(end.astimezone(UTC) for end in ends if end.astimezone(UTC) > at)
