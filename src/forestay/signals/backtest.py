"""A trigger over history: when it would have fired, for whom, and what came of those accounts.

Reads : an AccountHistory (the lake's rollups and facts at any day)
Gives : backtest(), replay(), Past
Source: REQUIREMENTS D5; DESIGN section 5 ('the same evaluator over lake history at daily steps')

1 What the trigger reads, all the way down (reach.py); what the past cannot tell is listed, never guessed.
2 Block by block of accounts: the columns of every day (past_columns.over_past, the tick's own), the
  condition judged once for all days, the outcomes; only two bits an account and day are kept.
3 Day by day over all accounts: the tick's own state machine (evaluation.advance), from a run-in before
  `since`, so that the episodes of the first day are those that stood already.
4 Firings against outcomes (report.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import Flags
from forestay.kit.clock import start_of_day
from forestay.measures.evaluate import MeasureSet
from forestay.signals.columns import Making
from forestay.signals.evaluation import Judged, Subjects, Transitions, advance, judge_trigger
from forestay.signals.outcomes import outcome_days
from forestay.signals.past_columns import AccountHistory, PastColumns, PastQuestion, over_past
from forestay.signals.reach import Reach, reach_of
from forestay.signals.report import BacktestReport, Firings, Period, report
from forestay.signals.states import TriggerStates
from forestay.signals.trigger import LiveTrigger, Trigger

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Told = Callable[[int], None]

LONGEST_RUN_IN = 30
"""Days before `since` from which the state machine runs, at most the cool-down."""
_ON, _OFF = np.uint8(1), np.uint8(2)


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
    told: Told | None = None,
) -> BacktestReport:
    """What the trigger would have done from `since` to `until`. zone: of the workspace, for moments of days.

    told: hears how many accounts have been looked at, as it goes on; what it raises ends the backtest.
    """
    firings, past = replay(trigger, period, history, making, measures, zone=zone, told=told)
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
    told: Told | None = None,
) -> tuple[Firings, Past]:
    """Every firing from `since` to `until`, by place, and the accounts at these places."""
    reach = reach_of(trigger, making, measures)
    start = period.since - min(LONGEST_RUN_IN, int(trigger.cooldown_days))
    past = _look_back(trigger, period, history, making, measures, reach, start, told)
    return _run(trigger, period, past, start, zone), past


def _look_back(
    trigger: Trigger, period: Period, history: AccountHistory, making: Making, measures: MeasureSet, reach: Reach,
    start: int, told: Told | None,
) -> Past:  # fmt: skip
    days = _range(start - reach.health_days, min(period.until, history.last_day))
    outcome_range = _range(period.since, min(period.until + period.within_days, history.last_day))
    asked = PastQuestion(reach, days, outcome_range, making, measures)

    def look(block: PastColumns) -> Past:
        bits = _judge(trigger, block, start - int(days[0]))
        return Past(bits, outcome_days(period.outcome, block.outcomes), block.account_ids, block.owner_ids)

    blocks, done = [], 0
    for block in over_past(history, asked, look):
        blocks.append(block)
        done += len(block.account_ids)
        if told is not None:
            told(done)
    if not blocks:
        return Past(np.zeros((0, len(days)), np.uint8), np.zeros((0, 1), bool), *_nobody(), *_nobody())
    columns = ([getattr(block, name) for block in blocks] for name in Past.__slots__)
    return Past(*(np.concatenate(column) for column in columns))


def _range(first: int, last: int) -> Days:
    return np.arange(first, max(first, last) + 1, dtype=np.int32)


def _nobody() -> tuple[Ints]:
    return (np.empty(0, np.int64),)


def _judge(trigger: Trigger, past: PastColumns, skip: int) -> npt.NDArray[np.uint8]:
    """Bits (n, days after the first `skip`): where the condition is true, and where an episode may end."""
    judged = judge_trigger(trigger, past.columns.table, with_risk=False)
    on, off = judged.on & past.known, judged.off | ~past.known
    return (on * _ON | off * _OFF)[:, skip:].copy()


def _run(trigger: Trigger, period: Period, past: Past, start: int, zone: str) -> Firings:
    """The state machine over the days; firings from `since` on."""
    live, states = LiveTrigger(trigger, 0), TriggerStates()
    accounts = len(past.account_ids)
    ever = np.flatnonzero((past.bits & _ON).any(axis=1))  # the others never move
    subjects = Subjects(ever, past.account_ids[ever], past.owner_ids[ever])
    level = np.zeros(len(ever), np.uint8)
    places, days, asked = [], [], []
    for at, bits in enumerate(np.ascontiguousarray(past.bits[ever].T)):
        day, moved = start + at, Transitions()
        judged = Judged((bits & _ON) > 0, (bits & _OFF) > 0, level)
        advance(live, judged, subjects, states, _end_of(day, zone), moved, day=day, accounts=accounts)
        for group in moved.fired if day >= period.since else ():
            places.append(ever[group.at])
            days.append(np.full(len(group.at), day))
            asked.append(np.array([reason is None for reason in group.held_back], bool))
    if not places:
        return Firings(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool))
    return Firings(np.concatenate(places), np.concatenate(days), np.concatenate(asked))


def _end_of(day: int, zone: str) -> datetime:
    return (start_of_day(day + 1, zone) - timedelta(seconds=1)).astimezone(UTC)
