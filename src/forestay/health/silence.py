"""Silences of accounts that are used rarely: is this one longer than theirs ordinarily are?

Reads : counts of accounts by the day, the workspace's good and bad days (health.ordinary)
Gives : Silence, silence_of(), RARE_A_WEEK

A week or a fortnight without use says little of an account that is used once a week: what it says depends on how long
ago the last use was, which no window of fixed length sees. Asked is how many silences as long as the present one the
account's own rate of days with use would bring in 90 days. Waiting times are gamma-Poisson: the rate is known from at
most MEMORY_DAYS before the last use, so that few days make a silence less surprising. Days count by how busy they were
for all, so a weekend or an outage lengthens no silence.

What nobody can do: who is used w days a week is silent for a fortnight some 13 w exp(-2 w) times in 90 days by chance
alone: 1.7 times at one day a week, .5 times at two. Whoever wants fewer false alarms of it must wait longer than 14 days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MEMORY_DAYS = 56
RARE_A_WEEK = 3.0
"""Days with use in a week from which on the windows of health.ordinary find a silence at once."""
_PRIOR_USES, _PRIOR_DAYS = 0.5, 7.0


@dataclass(frozen=True, slots=True)
class Silence:
    """As of the last day, by account (n,). days: since the last use; a_week: days with use in an ordinary week; tail:
    chance 0-1 that one silence gets so long; in_90_days: how many do. NaN, and infinite, for who was never seen."""

    days: Floats
    a_week: Floats
    tail: Floats
    in_90_days: Floats


def silence_of(daily: Floats, factors: Floats) -> Silence:
    """daily: counts (n, days), newest last; factors (days,): busyness of the workspace, 1 = mean."""
    used, (accounts, days) = daily > 0, daily.shape
    after = np.where(used.any(axis=1), days - used[:, ::-1].argmax(axis=1), 0)  # the day after the last use
    busy = np.concatenate(([0.0], np.cumsum(factors)))
    uses = np.concatenate((np.zeros((accounts, 1)), np.cumsum(used, axis=1)), axis=1)
    begin, row = np.maximum(after - MEMORY_DAYS, 0), np.arange(accounts)
    seen = uses[row, after] - uses[row, begin] + _PRIOR_USES
    watched = busy[after] - busy[begin] + _PRIOR_DAYS
    tail = (watched / (watched + busy[days] - busy[after])) ** seen
    never, rate = after == 0, seen / watched
    return Silence(
        np.where(never, np.nan, (days - after).astype(np.float64)),
        np.where(never, np.nan, 7 * rate),
        np.where(never, 1.0, tail),
        np.where(never, np.inf, 90 * rate * tail),
    )
