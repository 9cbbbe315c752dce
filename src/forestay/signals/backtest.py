"""A trigger over history: when it would have fired, for whom, and what came of those accounts.

Reads : an AccountHistory (the lake's rollups and facts at any day)
Gives : backtest(), replay(), Past, AccountHistory, HistoryBlock
Source: REQUIREMENTS D5; DESIGN section 5 ('the same evaluator over lake history at daily steps')

1 What the trigger reads, all the way down (reach.py); what the past cannot tell is listed, never guessed.
2 Block by block of accounts: the columns of every day (columns.build_columns, the tick's own), the
  condition judged once for all days, the outcomes; only two bits an account and day are kept.
3 Day by day over all accounts: the tick's own state machine (evaluation.advance), from a run-in before
  `since`, so that the episodes of the first day are those that stood already.
4 Firings against outcomes (report.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import Flags, Floats
from forestay.customers.words import Feed
from forestay.health.feeds import FeedDays
from forestay.kit.clock import start_of_day
from forestay.measures.evaluate import MeasureSet
from forestay.measures.reading import Needs, Reading
from forestay.measures.series import ANY
from forestay.measures.substrate import Substrate
from forestay.signals.columns import Making, build_columns
from forestay.signals.evaluation import Judged, Subjects, Transitions, advance, judge_trigger
from forestay.signals.outcomes import FACTS, outcome_days
from forestay.signals.reach import Reach, reach_of
from forestay.signals.report import BacktestReport, Firings, Period, report
from forestay.signals.states import TriggerStates
from forestay.signals.trigger import LiveTrigger, Trigger

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]

LONGEST_RUN_IN = 30
"""Days before `since` from which the state machine runs, at most the cool-down."""
HEARD_BEFORE = 120
"""Days before the grid from which feeds are listened to: the longest patience of any feed."""
_ON, _OFF = np.uint8(1), np.uint8(2)


class HistoryBlock(Protocol):
    """Some accounts of a workspace, place for place (n,)."""

    @property
    def account_ids(self) -> Ints:
        """Numbers of the accounts."""
        ...

    @property
    def owner_ids(self) -> Ints:
        """Member ids of their CSMs today, -1 without one."""
        ...

    @property
    def substrate(self) -> Substrate:
        """What measures read, on the days asked for, (n, days)."""
        ...

    @property
    def outcomes(self) -> Substrate:
        """Facts on the days of the outcomes, (n, outcome days); nothing else is asked of it."""
        ...


class AccountHistory(Protocol):
    """A workspace's past, in blocks of accounts that fit in memory."""

    @property
    def last_day(self) -> int:
        """The last day that is complete."""
        ...

    def heard(self, feeds: Collection[Feed], since: int, until: int) -> Mapping[Feed, Days]:
        """For each of the feeds the days on which it brought anything, sorted."""
        ...

    def blocks(self, needs: Needs, days: Days, outcome_days: Days) -> Iterator[HistoryBlock]:
        """All accounts, able to answer `needs`; days are consecutive, int32."""
        ...


@dataclass(frozen=True, slots=True)
class Past:
    """All accounts: bits (accounts, days) of the run, outcomes (accounts, days) from `since` on, subjects."""

    bits: npt.NDArray[np.uint8]
    outcomes: Flags
    account_ids: Ints
    owner_ids: Ints


def backtest(
    trigger: Trigger,
    period: Period,
    history: AccountHistory,
    making: Making,
    measures: MeasureSet,
    *,
    zone: str = "UTC",
) -> BacktestReport:
    """What the trigger would have done from `since` to `until`. zone: of the workspace, for moments of days."""
    firings, past = replay(trigger, period, history, making, measures, zone=zone)
    last_known = min(history.last_day, period.until + period.within_days)
    lost = reach_of(trigger, making, measures).not_reconstructible
    return report(firings, past.outcomes, past.owner_ids, period, last_known, lost)


def replay(
    trigger: Trigger,
    period: Period,
    history: AccountHistory,
    making: Making,
    measures: MeasureSet,
    *,
    zone: str = "UTC",
) -> tuple[Firings, Past]:
    """Every firing from `since` to `until`, by place, and the accounts at these places."""
    reach = reach_of(trigger, making, measures)
    start = period.since - min(LONGEST_RUN_IN, int(trigger.cooldown_days))
    past = _look_back(trigger, period, history, making, measures, reach, start)
    return _run(trigger, period, past, start, zone), past


def _look_back(
    trigger: Trigger, period: Period, history: AccountHistory, making: Making, measures: MeasureSet, reach: Reach,
    start: int,
) -> Past:  # fmt: skip
    days = _range(start - reach.health_days, min(period.until, history.last_day))
    outcome_range = _range(period.since, min(period.until + period.within_days, history.last_day))
    feeds = FeedDays(days, history.heard(_feeds(reach), int(days[0]) - HEARD_BEFORE, int(days[-1])))
    bits, outcomes, accounts, owners = [], [], [], []
    for block in history.blocks(needs_of(reach, measures), days, outcome_range):
        bits.append(_judge(trigger, block.substrate, days, start, making, measures, reach, feeds))
        outcomes.append(outcome_days(period.outcome, block.outcomes))
        accounts.append(block.account_ids)
        owners.append(block.owner_ids)
    if not bits:
        return Past(np.zeros((0, len(days)), np.uint8), np.zeros((0, 1), bool), *_nobody(), *_nobody())
    return Past(np.concatenate(bits), np.concatenate(outcomes), np.concatenate(accounts), np.concatenate(owners))


def _feeds(reach: Reach) -> set[Feed]:
    """Feeds that matter to the trigger: all for health, telemetry where events are named, none otherwise."""
    if reach.reads_health:
        return set(Feed)
    return {Feed.TELEMETRY} if reach.series else set()


def _range(first: int, last: int) -> Days:
    return np.arange(first, max(first, last) + 1, dtype=np.int32)


def _nobody() -> tuple[Ints]:
    return (np.empty(0, np.int64),)


def needs_of(reach: Reach, measures: MeasureSet) -> Needs:
    """What the lake must give for everything in reach, and for knowing since when an account exists."""
    needs = measures.needs_of((*reach.measures, *(key for key in ("tenure_days",) if key in measures.by_key)))
    needs.series |= reach.series
    needs.first_and_last |= reach.series
    needs.event_days = max(needs.event_days, reach.event_days)
    if needs.series or needs.user_days:
        needs.series.add(ANY)
        needs.first_and_last.add(ANY)
    needs.facts |= set(FACTS)
    needs.traits |= reach.traits
    return needs


def _judge(
    trigger: Trigger, substrate: Substrate, days: Days, start: int, making: Making, measures: MeasureSet,
    reach: Reach, feeds: FeedDays,
) -> npt.NDArray[np.uint8]:  # fmt: skip
    """Bits (n, days from `start`): where the condition is true, and where an episode may end."""
    lazy = LazyMeasures(substrate, measures, reach.measures)
    known = known_from(substrate)
    columns = build_columns(substrate, lazy, making, feeds, start_of_day(int(days[-1]) + 1), known=known)
    judged = judge_trigger(trigger, columns.table, with_risk=False)
    bits = np.where(judged.on & known, _ON, np.uint8(0)) | np.where(judged.off | ~known, _OFF, np.uint8(0))
    return np.ascontiguousarray(bits[:, start - int(days[0]) :])


def known_from(substrate: Substrate) -> Flags:
    """From when on each account existed: the day it became a customer, else its first event or subscription."""
    told = substrate.trait("customer_since")
    since = np.full(substrate.shape, np.nan) if told.dtype == object else np.broadcast_to(told, substrate.shape)
    seen = ~np.isnan(substrate.days_since_first_event(ANY))
    seen |= ~np.isnan(substrate.days_since_fact("subscription.started"))
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(since), seen, since <= substrate.as_of_day)


def _run(trigger: Trigger, period: Period, past: Past, start: int, zone: str) -> Firings:
    """The state machine over the days; firings from `since` on."""
    live, states = LiveTrigger(trigger, 0), TriggerStates()
    accounts = len(past.account_ids)
    subjects = Subjects(np.arange(accounts, dtype=np.int64), past.account_ids, past.owner_ids)
    level = np.zeros(accounts, np.uint8)
    places, days, asked = [], [], []
    for at, bits in enumerate(np.ascontiguousarray(past.bits.T)):
        day, moved = start + at, Transitions()
        judged = Judged((bits & _ON) > 0, (bits & _OFF) > 0, level)
        advance(live, judged, subjects, states, _end_of(day, zone), moved, day=day, accounts=accounts)
        for group in moved.fired if day >= period.since else ():
            places.append(group.at)
            days.append(np.full(len(group.at), day))
            asked.append(np.array([reason is None for reason in group.held_back], bool))
    if not places:
        return Firings(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool))
    return Firings(np.concatenate(places), np.concatenate(days), np.concatenate(asked))


def _end_of(day: int, zone: str) -> datetime:
    return (start_of_day(day + 1, zone) - timedelta(seconds=1)).astimezone(UTC)


class LazyMeasures(Mapping[str, Floats]):
    """Measures of a substrate, each computed when it is first asked for."""

    def __init__(self, substrate: Substrate, measures: MeasureSet, keys: tuple[str, ...]) -> None:
        self._keys, self._shape = keys, substrate.shape
        self._read = Reading(substrate, measures.context, measures.by_key)

    def __getitem__(self, key: str) -> Floats:
        """Values of the substrate's shape, NaN = missing."""
        if key not in self._keys:
            raise KeyError(key)
        with np.errstate(invalid="ignore"):
            return np.broadcast_to(self._read.measure(key), self._shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
