"""What is ordinary for a count by the day: its level, the workspace's good and bad days, and how much it scatters.

Reads : counts of accounts by the day
Gives : Ordinary, ordinary_of(), day_factors(), Window, window_of(), WINDOWS, BASELINE_DAYS
Source: DESIGN section 6 ('NB tail on sums'). Weekdays, holidays and days on which the product or its telemetry was down
        touch all accounts alike, so they are learned from all accounts together and no calendar has to be told.

An account's count in a window of so many days is held to be negative binomial: its mean is the daily mean of the
BASELINE_DAYS before, times the factors of the window's days; its variance has three parts: scatter (counts of people
come in clumps; per account, shrunk towards its peers), what a mean of 42 days is itself unsure of, and drift (levels
of accounts wander; learned for each window).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WINDOWS = (7, 14)
"""Days back to which a change is looked for."""
BASELINE_DAYS = 42
FEWEST_ACCOUNTS = 30
"""Below it a day's factor is that of its weekday: one account's trouble would else pass for the workspace's."""
_PRIOR_EVENTS, _PRIOR_DAYS = 5.0, 50.0
_LEAST_BASELINE = 10.0
"""Events in the baseline from which an account has a say about drift."""
_LEVEL_DAYS = 14


@dataclass(frozen=True, slots=True)
class Ordinary:
    """factors (days,): the workspace's busyness, 1 = mean; scatter (n,): variance over mean of a day, >= 0.5;
    drift (windows,): squared coefficient of variation of a level from the baseline to each window, >= 0."""

    factors: Floats
    scatter: Floats
    drift: Floats


@dataclass(frozen=True, slots=True)
class Window:
    """Counts that ended on some days: counted, expected, variance (n, ends) of one window."""

    counted: Floats
    expected: Floats
    variance: Floats


def ordinary_of(daily: Floats) -> Ordinary:
    """Learn from counts (n, days), newest last; some 100 days are best, BASELINE_DAYS + 14 the least."""
    factors = day_factors(daily)
    scatter = _scatter(daily, factors)
    drift = np.array([_drift(daily, factors, scatter, days) for days in WINDOWS])
    return Ordinary(factors, scatter, drift)


def day_factors(daily: Floats) -> Floats:
    """How busy each day was for all, (days,): near 0 on a holiday or in an outage, 1 on a mean day.

    Learned from accounts that were active in the older half, so that new ones do not pass for growth of the old.
    """
    settled = daily[daily[:, : daily.shape[1] // 2].any(axis=1)]
    if not len(settled):
        return np.ones(daily.shape[1])
    level = settled.mean(axis=1, keepdims=True)
    weight = 1 / (1 + level / (3 * np.median(level)))  # a giant has no more say than a few ordinary accounts
    total = (weight * settled).sum(axis=0)
    weekdays = np.array([total[at::7].mean() for at in range(7)])
    weekday = np.resize((weekdays + _PRIOR_EVENTS) / (weekdays.mean() + _PRIOR_EVENTS), len(total))
    if len(settled) < FEWEST_ACCOUNTS:
        return weekday
    factors: Floats = (total + _PRIOR_EVENTS * weekday) / (total.mean() + _PRIOR_EVENTS)
    return factors


def window_of(daily: Floats, ordinary: Ordinary, number: int, ends: npt.NDArray[np.int64]) -> Window:
    """Counts of WINDOWS[number] days that end with the days `ends` (places in daily, >= BASELINE_DAYS + window - 1)."""
    days = WINDOWS[number]
    counted, level, surety = _window(daily, ordinary.factors, days, ends)
    variance = ordinary.scatter[:, None] * level * (1 + surety) + ordinary.drift[number] * level**2
    return Window(counted, level, np.maximum(variance, 1.02 * level))


def _window(daily: Floats, factors: Floats, days: int, ends: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Counted, expected, and the mean's own relative uncertainty (expected / events it was learned from)."""
    sums, exposure = _sums(daily), np.concatenate(([0.0], np.cumsum(factors)))
    end, begin = ends + 1, ends + 1 - days
    before = np.maximum(begin - BASELINE_DAYS, 0)
    counted, seen = sums[:, end] - sums[:, begin], sums[:, begin] - sums[:, before]
    share = (exposure[end] - exposure[begin]) / np.maximum(exposure[begin] - exposure[before], 1e-9)
    expected = seen * share
    return counted, expected, expected / np.maximum(seen, 1.0)


def _scatter(daily: Floats, factors: Floats) -> Floats:
    """Variance of a day around the fortnight before it, over its mean; by account, with the weight of 50 days of all."""
    sums = _sums(daily)
    mean = (sums[:, _LEVEL_DAYS:-1] - sums[:, : -_LEVEL_DAYS - 1]) / _LEVEL_DAYS * factors[_LEVEL_DAYS:]
    off = np.where(mean > 0, (daily[:, _LEVEL_DAYS:] - mean) ** 2, 0.0).sum(axis=1)
    mass = mean.sum(axis=1)
    pooled = max(0.5, float(off.sum() / max(mass.sum(), 1e-9)))
    scatter: Floats = np.maximum((off + pooled * _PRIOR_DAYS) / (mass + _PRIOR_DAYS), 0.5)
    return scatter


def _drift(daily: Floats, factors: Floats, scatter: Floats, days: int) -> float:
    """By moments over the complete windows before the last fortnight, so that news does not hide itself."""
    ends = np.arange(BASELINE_DAYS + days - 1, daily.shape[1] - max(WINDOWS), days)
    if not len(ends):
        return 0.1
    counted, expected, surety = _window(daily, factors, days, ends)
    sure = expected >= _LEAST_BASELINE * days / BASELINE_DAYS
    over = (counted - expected) ** 2 - scatter[:, None] * expected * (1 + surety)
    squares = float((expected[sure] ** 2).sum())
    return max(0.0, float(over[sure].sum()) / squares) if squares else 0.1


def _sums(daily: Floats) -> Floats:
    return np.concatenate((np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)), axis=1)
