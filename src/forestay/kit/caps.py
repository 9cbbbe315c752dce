"""How often is enough: arithmetic of a frequency cap, over a rolling window or the recipient's calendar day.

Reads : the moments of what was already sent
Gives : Cap, window_start(), next_free()
Source: DESIGN section 7 (caps are checked at the effect boundary); REQUIREMENTS E3.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from forestay.kit.local_time import local_of, midnight_after, moment_at


class Cap(BaseModel):
    """At most `limit` in the window: `days` rolling days back from now, or the local calendar day when 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(ge=0, description="How many are allowed in the window; 0 allows none.")
    days: int = Field(7, ge=0, le=366, description="Rolling days; 0 means the recipient's own calendar day.")


def window_start(moment: datetime, cap: Cap, zone: str) -> datetime:
    """Where the window that ends at this moment begins; what was sent exactly then no longer counts when rolling."""
    if cap.days:
        return moment - timedelta(days=cap.days)
    today = local_of(moment, zone)
    return moment_at(today.date(), today.time().min, zone)


def next_free(sent: Iterable[datetime], moment: datetime, cap: Cap, zone: str = "UTC") -> datetime | None:
    """The moment itself when one more fits, else the first later moment at which it does; None if never (limit 0)."""
    if cap.limit == 0:
        return None
    start = window_start(moment, cap, zone)
    counted = sorted(at for at in sent if (at > start if cap.days else at >= start))
    if len(counted) < cap.limit:
        return moment
    if cap.days:
        return counted[-cap.limit] + timedelta(days=cap.days)
    return midnight_after(local_of(moment, zone).date(), zone)
