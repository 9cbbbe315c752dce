"""Splits that respect time and accounts: what is judged lies after everything that was learned from.

Reads : Snapshots, Labels
Gives : Origin, known_at(), rolling_origins(), account_draws(), bootstrap_interval(), Interval
Source: DESIGN section 6 ('always out of time where time exists')

A model of an origin learns from snapshots before it and from what was known on it: an event after the origin does not
exist for it (purged). It is judged on the snapshots from the origin on. Rows of one account resemble each other, so
intervals draw accounts and never rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.snapshots import PERIOD_DAYS, Flags, Floats, Ints, Labels

FIRST_SHARE = 0.5
"""The first origin leaves this share of the days with outcomes to learn from."""


@dataclass(frozen=True, slots=True)
class Origin:
    """day: what is known ends here; snapshots from `day` to before `until` are judged."""

    day: int
    until: int

    def judged(self, as_of_days: Ints) -> Flags:
        """(n,) snapshots on which a model of this origin is judged."""
        return np.asarray((as_of_days >= self.day) & (as_of_days < self.until), bool)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def known_at(day: int, as_of_days: Ints, labels: Labels) -> Labels:
    """The labels as they were known at the end of `day`; later snapshots have negative days of watching: they teach
    nothing."""
    return labels.until(np.asarray(day - as_of_days, np.float64))


def rolling_origins(
    as_of_days: Ints, labels: Labels, *, count: int = 3, first_share: float = FIRST_SHARE
) -> tuple[Origin, ...]:
    """Up to `count` origins, evenly apart; none when the history is too short to judge one period after learning from
    one. The last window ends with the last snapshot that is watched for a period."""
    days = np.unique(as_of_days[labels.observed_days >= PERIOD_DAYS])
    if len(days) < 2 or days[-1] - days[0] < 2 * PERIOD_DAYS:
        return ()
    span = int(days[-1] - days[0])
    first = int(days[0]) + max(round(first_share * span), PERIOD_DAYS)
    starts = np.unique(np.linspace(first, int(days[-1]), count, endpoint=False).astype(int))
    # An origin is a day with snapshots, so that nothing lies unused between what is learned and what is judged.
    starts = np.unique(days[np.minimum(np.searchsorted(days, starts), len(days) - 1)])
    ends = [*starts[1:].tolist(), int(days[-1]) + 1]
    return tuple(Origin(int(day), end) for day, end in zip(starts, ends, strict=True))


def account_draws(account_ids: Ints, *, draws: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """How often each row (n,) counts when accounts are drawn with replacement, `draws` times."""
    _, place = np.unique(account_ids, return_inverse=True)
    count = int(place.max()) + 1 if len(place) else 0
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(0, count, count), minlength=count)[place]


def bootstrap_interval(
    figure: Callable[[Floats, Flags], float],
    p: Floats,
    y: Flags,
    account_ids: Ints,
    *,
    draws: int = 200,
    seed: int = 0,
) -> Interval:
    """The figure of (p, y) with its interval over draws of accounts; draws without meaning (one class) are left out."""
    found = [
        figure(np.repeat(p, times), np.repeat(y, times)) for times in account_draws(account_ids, draws=draws, seed=seed)
    ]
    kept = np.array([one for one in found if not np.isnan(one)])
    low, high = np.quantile(kept, [0.025, 0.975]) if len(kept) else (np.nan, np.nan)
    return Interval(float(figure(p, y)), float(low), float(high))
