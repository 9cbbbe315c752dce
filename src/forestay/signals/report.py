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
    """A week that begins on a Monday: its firings, how many of them are decided and right, its outcomes, and how many of
    these were foreseen."""

    week: date
    firings: int
    accounts: int
    decided: int
    right: int
    outcomes: int
    foreseen: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one CSM (today's owner; None = nobody) would have got: firings that ask for action. weeks: by week of the
    period, as in per_week."""

    owner_id: int | None
    firings: int
    per_week: float
    busiest_week: int
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from firing to outcome, None when no outcome was preceded by one. weeks: how many outcomes came within 7 days,
    within 14, ... up to the days that were asked."""

    p25: float | None
    p50: float | None
    p75: float | None
    weeks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Recalled:
    """One entry an outcome of the period. day: when; hit: whether a firing came before; lead: days since that firing."""

    day: Ints
    hit: Flags
    lead: Ints


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
    recalled = _recalled(firings, outcomes, period)
    all_outcomes = len(recalled.day)
    return BacktestReport(
        firings=len(firings.place),
        accounts=len(np.unique(firings.place)),
        per_week=_weeks(firings, decided, came, recalled, period),
        precision=float(came[decided].mean()) if decided.any() else None,
        recall=float(recalled.hit.mean()) if all_outcomes else None,
        lead_time_days=_lead_time(recalled.lead[recalled.hit], period.within_days),
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


def _recalled(firings: Firings, outcomes: Flags, period: Period) -> _Recalled:
    """The outcomes of the period, and which of them a firing preceded."""
    places, at = np.nonzero(outcomes[:, 1 : period.until - period.since + 1])
    days = at + 1 + period.since
    order = np.lexsort((firings.day, firings.place))
    span = period.until + 2
    stamps = firings.place[order] * span + firings.day[order]
    first = np.searchsorted(stamps, places * span + np.maximum(days - period.within_days, 0))
    there = first < len(stamps)
    stamp = stamps[np.minimum(first, len(stamps) - 1)] if len(stamps) else np.full(len(places), -1)
    hit = there & (stamp < places * span + days)
    return _Recalled(days, hit, days - (stamp - places * span))


def _lead_time(days: Ints, within_days: int) -> LeadTime:
    if not len(days):
        return LeadTime(None, None, None)
    low, middle, high = np.percentile(days, [25, 50, 75])
    counts = np.bincount((days - 1) // 7, minlength=-(-within_days // 7))
    return LeadTime(float(low), float(middle), float(high), tuple(counts.tolist()))


def _monday(day: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The Monday of each day's week; 1970-01-01 was a Thursday."""
    return day - (day + 3) % 7


def _mondays(period: Period) -> range:
    return range(int(_monday(np.array([period.since]))[0]), period.until + 1, 7)


def _weeks(firings: Firings, decided: Flags, came: Flags, recalled: _Recalled, period: Period) -> tuple[Week, ...]:
    fired, happened = _monday(firings.day), _monday(recalled.day)
    made = []
    for monday in _mondays(period):
        here, there = fired == monday, happened == monday
        made.append(
            Week(
                date_of(monday), int(here.sum()), len(np.unique(firings.place[here])), int((here & decided).sum()),
                int((here & came & decided).sum()), int(there.sum()), int((there & recalled.hit).sum()),
            )
        )  # fmt: skip
    return tuple(made)


def _loads(firings: Firings, owner_ids: Ints, period: Period) -> tuple[Load, ...]:
    place, day = firings.place[firings.asked], firings.day[firings.asked]
    owners, mondays = owner_ids[place], np.array(_mondays(period), np.int64)
    in_weeks, found = (period.until - period.since + 1) / 7, []
    for owner in np.unique(owners):
        at = np.searchsorted(mondays, _monday(day[owners == owner]))
        weeks = np.bincount(at, minlength=len(mondays))
        total = int(weeks.sum())
        found.append(
            Load(
                int(owner) if owner >= 0 else None,
                total,
                round(total / in_weeks, 2),
                int(weeks.max()),
                tuple(weeks.tolist()),
            )
        )
    return tuple(sorted(found, key=lambda load: -load.firings))
