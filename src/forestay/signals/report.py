"""A backtest's answer: firings against what happened.

Gives : BacktestReport, Period, Firings, report()

precision: of the firings whose outcome is decided (it came, or its time is over), the share after which the
outcome came within N days. recall: of the accounts' outcomes in the period, the share that had a firing at
most N days before. lead time: days from the first firing of those N days to the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import Flags
from forestay.kit.clock import date_of
from forestay.signals.reach import Lost
from forestay.signals.trigger import Outcome

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Period:
    """The days that are tested, both included, and how long after a firing its outcome may come."""

    since: int
    until: int
    outcome: Outcome
    within_days: int


@dataclass(frozen=True, slots=True)
class Firings:
    """One entry a firing, in the order of days. place: of the account; asked: whether action was asked for."""

    place: Ints
    day: Ints
    asked: Flags


@dataclass(frozen=True, slots=True)
class Week:
    """Firings of a week that begins on a Monday."""

    week: date
    firings: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one CSM (today's owner; None = nobody) would have got: firings that ask for action."""

    owner_id: int | None
    firings: int
    per_week: float
    busiest_week: int


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from firing to outcome, None when no outcome was preceded by one."""

    p25: float | None
    p50: float | None
    p75: float | None


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """precision and recall are None when there is nothing to divide by.

    undecided: firings so late that their outcome is not known yet; they do not count for precision.
    held_back: firings that asked for no action (holdout or daily cap). outcomes: those of the period.
    """

    firings: int
    accounts: int
    per_week: tuple[Week, ...]
    precision: float | None
    recall: float | None
    lead_time_days: LeadTime
    load_per_csm: tuple[Load, ...]
    not_reconstructible: tuple[Lost, ...]
    undecided: int
    held_back: int
    outcomes: int


def report(
    firings: Firings, outcomes: Flags, owner_ids: Ints, period: Period, last_known: int, lost: tuple[Lost, ...]
) -> BacktestReport:
    """outcomes: (accounts, days) from `since` to last_known, true on the day on which one happened."""
    waited = _days_to_outcome(firings, outcomes, period.since)
    came = waited <= period.within_days
    decided = came | (firings.day + period.within_days <= last_known)
    found, all_outcomes, lead = _recalled(firings, outcomes, period)
    return BacktestReport(
        firings=len(firings.place),
        accounts=len(np.unique(firings.place)),
        per_week=_weeks(firings, period),
        precision=float(came[decided].mean()) if decided.any() else None,
        recall=found / all_outcomes if all_outcomes else None,
        lead_time_days=_quartiles(lead),
        load_per_csm=_loads(firings, owner_ids, period),
        not_reconstructible=lost,
        undecided=int((~decided).sum()),
        held_back=int((~firings.asked).sum()),
        outcomes=all_outcomes,
    )


def _days_to_outcome(firings: Firings, outcomes: Flags, since: int) -> npt.NDArray[np.float64]:
    """Days from each firing to the account's next outcome after that day, infinite when none is known."""
    width = outcomes.shape[1]
    stamps = np.flatnonzero(outcomes)
    after = firings.day + 1 - since
    at = np.searchsorted(stamps, firings.place * width + np.minimum(after, width))
    following = np.append(stamps, outcomes.size)[at]
    is_theirs = (after < width) & (following < (firings.place + 1) * width)
    return np.where(is_theirs, following - firings.place * width - after + 1, np.inf)


def _recalled(firings: Firings, outcomes: Flags, period: Period) -> tuple[int, int, npt.NDArray[np.float64]]:
    """How many outcomes of the period were preceded by a firing, how many there were, and the lead times."""
    places, at = np.nonzero(outcomes[:, 1 : period.until - period.since + 1])
    days = at + 1 + period.since
    order = np.lexsort((firings.day, firings.place))
    span = period.until + 2
    stamps = firings.place[order] * span + firings.day[order]
    first = np.searchsorted(stamps, places * span + np.maximum(days - period.within_days, 0))
    there = first < len(stamps)
    stamp = stamps[np.minimum(first, len(stamps) - 1)] if len(stamps) else np.full(len(places), -1)
    hit = there & (stamp < places * span + days)
    return int(hit.sum()), len(places), (days - (stamp - places * span))[hit].astype(np.float64)


def _quartiles(days: npt.NDArray[np.float64]) -> LeadTime:
    if not len(days):
        return LeadTime(None, None, None)
    low, middle, high = np.percentile(days, [25, 50, 75])
    return LeadTime(float(low), float(middle), float(high))


def _monday(day: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The Monday of each day's week; 1970-01-01 was a Thursday."""
    return day - (day + 3) % 7


def _weeks(firings: Firings, period: Period) -> tuple[Week, ...]:
    mondays = _monday(firings.day)
    first = int(_monday(np.array([period.since]))[0])
    weeks = [(monday, mondays == monday) for monday in range(first, period.until + 1, 7)]
    return tuple(Week(date_of(monday), int(here.sum()), len(np.unique(firings.place[here]))) for monday, here in weeks)


def _loads(firings: Firings, owner_ids: Ints, period: Period) -> tuple[Load, ...]:
    place, day = firings.place[firings.asked], firings.day[firings.asked]
    owners, weeks = owner_ids[place], (period.until - period.since + 1) / 7
    found = []
    for owner in np.unique(owners):
        here = _monday(day[owners == owner])
        busiest = int(np.unique(here, return_counts=True)[1].max())
        found.append(Load(int(owner) if owner >= 0 else None, len(here), round(len(here) / weeks, 2), busiest))
    return tuple(sorted(found, key=lambda load: -load.firings))
