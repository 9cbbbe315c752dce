"""How far a test may go in how many days: the default plan of every test of which nobody said a number of subjects.

Reads : the age of a test, the days on which subjects with a known outcome came in
Gives : days_over(), known_by_day(), bound_after(), DAYS
Source: Lan, DeMets, 'Discrete sequential boundaries for clinical trials', Biometrika 1983 (alpha is spent, whatever the
        looks bring), and 'Group sequential procedures: calendar versus information time', Statistics in Medicine 1989
        (spent by the calendar); spending as by O'Brien and Fleming. Jennison, Turnbull 1989: intervals out of such bounds.

Nobody knows how many subjects will come, but that the test shall run four weeks can be said of every test. So each day
may spend its share of the error: little at first, most at the end. The bound of a day follows from how many outcomes were
known on each day until then (which says nothing of how they fared) by convolving the distribution of the sum of scores
from day to day. A burst on the first day and a trickle after it cost nothing, and neither does a look at every hour: a day
is looked at when it is over.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAYS = 28
LATE_DAYS = 1
"""An outcome is read so many days after its horizon (settling.GRACE)."""
_REACH, _STEP = 7.0, 0.02
_GRID = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
_LEAST_SPENT = 1e-5
"""Error below which a day is not worth a bound; it is spent on a later one."""


def days_over(age: float, within_days: int, days: int = DAYS) -> int:
    """Whole days of coming in whose outcomes are all known. age: of the test, in days; a fact may be a day late.

    >>> days_over(20.5, 7), days_over(5.0, 7), days_over(90.0, 7)
    (12, 0, 28)
    """
    return min(max(int(age - within_days - LATE_DAYS), 0), days)


def known_by_day(day: Floats, over: int) -> tuple[int, ...]:
    """How many came in before the end of each of the first `over` days."""
    return tuple(int(count) for count in np.searchsorted(np.sort(day), np.arange(1, over + 1)))


@lru_cache(maxsize=512)
def bound_after(known: tuple[int, ...], alpha: float, days: int) -> float:
    """Where the sum of scores, in deviations of one, may be after the last of the days: two-sided, true on all days
    together but for a chance of alpha. known: subjects by the end of each day so far; infinite beyond `days`.

    >>> round(bound_after(tuple(range(100, 2900, 100)), 0.05, 28) / 2800**0.5, 2)  # 1.96 for one look
    2.18
    """
    if not known or len(known) > days or not known[-1]:
        return math.inf
    shares, spent, lived, waiting, bound = np.array(known) / known[-1], 0.0, None, 0.0, math.inf
    for number, share in enumerate(np.diff(shares, prepend=0.0), start=1):
        waiting += float(share)
        may = _spent_by(number / days, alpha)
        if may - spent < _LEAST_SPENT and number < len(known):
            continue
        if waiting > 0 and (lived is None or math.sqrt(waiting) > 2 * _STEP):
            lived, waiting = _moved(lived, waiting), 0.0
        if lived is None:
            continue
        bound = _edge(lived, may - spent)
        lived, spent = np.where(np.abs(_GRID) < bound, lived, 0.0), may
    return bound * math.sqrt(known[-1])


def _spent_by(time: float, alpha: float) -> float:
    """Error that may be spent by a share 0-1 of the planned time."""
    usual = NormalDist()
    return 2 * (1 - usual.cdf(usual.inv_cdf(1 - alpha / 2) / math.sqrt(time)))


def _moved(lived: Floats | None, share: float) -> Floats:
    """Mass on the grid after so much more has come; the sum of all is one unit."""
    if lived is None:
        mass = np.exp(-(_GRID**2) / (2 * share))
        return np.asarray(mass / mass.sum())
    far = math.ceil(6 * math.sqrt(share) / _STEP)
    steps = _STEP * np.arange(-far, far + 1)
    kernel = np.exp(-(steps**2) / (2 * share))
    whole = np.convolve(lived, kernel / kernel.sum())
    return np.asarray(whole[far : far + len(lived)])


def _edge(lived: Floats, error: float) -> float:
    """The distance from the middle beyond which so much of the mass lies."""
    middle = len(_GRID) // 2
    outer = np.cumsum((lived[middle + 1 :] + lived[middle - 1 :: -1])[::-1])  # from the far end inwards
    at = int(np.searchsorted(outer, error))
    if at >= len(outer):
        return 0.0
    before = float(outer[at - 1]) if at else 0.0
    part = (error - before) / max(float(outer[at]) - before, 1e-300)
    return float(_REACH - _STEP * (at - 0.5 + min(part, 1.0)))
