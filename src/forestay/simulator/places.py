"""Working days and local time: weekdays, holidays, quiet seasons, and the UTC moment of a local midnight.

Gives: working_factor(), midnights(), a_month_later().
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from forestay.kit.clock import date_of, micros_of, start_of_day
from forestay.simulator.names import Place
from forestay.simulator.shocks import Floats

WEEKDAYS = np.array([1.0, 1.08, 1.06, 1.0, 0.78, 0.09, 0.07])
"""Share of a normal working day by weekday, Monday first."""
_HOLIDAY, _YEAR_END, _SUMMER = 0.12, 0.35, 0.85


@lru_cache(maxsize=256)
def working_factor(place: Place, start_day: int, days: int) -> Floats:
    """How much of a normal working day each day is; float64 (days,), 0-1.1; fixed-date holidays only."""
    found = np.empty(days)
    for n in range(days):
        when = date_of(start_day + n)
        factor = float(WEEKDAYS[when.weekday()])
        month_day = (when.month, when.day)
        if month_day in place.holidays or month_day in ((1, 1), (12, 25)):
            factor *= _HOLIDAY
        elif month_day >= (12, 24) or month_day <= (1, 2):
            factor *= _YEAR_END
        elif when.month == 8 and place.zone.startswith("Europe/"):
            factor *= _SUMMER
        found[n] = factor
    found.flags.writeable = False
    return found


@lru_cache(maxsize=256)
def midnights(zone: str, start_day: int, days: int) -> npt.NDArray[np.int64]:
    """The moment each local day begins; int64 (days,), microseconds UTC."""
    found = np.array([micros_of(start_of_day(start_day + n, zone)) for n in range(days)], np.int64)
    found.flags.writeable = False
    return found


def a_month_later(day: int, months: int) -> int:
    """The same day of the month so many months later, the last of the month where there is none; day numbers."""
    when = date_of(day)
    index = when.year * 12 + when.month - 1 + months
    first = when.replace(year=index // 12, month=index % 12 + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return day + (first.replace(day=min(when.day, last.day)) - when).days
