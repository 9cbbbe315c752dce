"""A small made-up company in plain arrays, and the same journey run one account at a time: what sets must equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from forestay.conditions.columns import ColumnTable, Floats
from forestay.conditions.evaluate import judge
from forestay.customers.words import Feed
from forestay.health.feeds import FeedState, FeedStates
from forestay.journeys.compiled import Compiled
from forestay.journeys.entries import ConditionEntry
from forestay.journeys.machine import advance, leave_early
from forestay.journeys.moves import NEVER, Batch, Wake
from forestay.journeys.run_columns import own_families
from forestay.journeys.simulation.answers import Answering, Assumptions
from forestay.journeys.tokens import Advanced, Runs, Tokens
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of, moment_of, start_of_day
from forestay.measures.reading import Needs
from forestay.signals.columns import Making, build_columns
from tests.journeys.still_world import StillWorld
from tests.signals.world import MEASURES, Days, Plain, PlainBlock, PlainPast, PlainSubstrate

FIRST, DAYS = 20_000, 180


def company(accounts: int = 40, seed: int = 5) -> Plain:
    """Use that breaks off and comes back at times, seats, subscriptions, a few customers who leave."""
    rng = np.random.default_rng(seed)
    use = rng.poisson(6, (accounts, DAYS)).astype(float)
    for account in range(accounts):
        fall = int(rng.integers(60, DAYS - 20))
        back = fall + int(rng.integers(15, 60))
        use[account, fall:back] = rng.poisson(0.5, len(use[account, fall:back]))
    facts = {name: np.zeros((accounts, DAYS)) for name in ("subscription.started", "mrr", "seats", "account.churned")}
    for name, value in (("subscription.started", 1), ("mrr", 500), ("seats", 10)):
        facts[name][:, 0] = value
    facts["account.churned"][:: max(2, accounts // 3), 160] = 1
    since = {"customer_since": np.full(accounts, FIRST - 100.0)}
    return Plain(FIRST, DAYS, accounts, events={"any": use, "event:Report Run": use}, facts=facts, traits=since)


class QuickSubstrate(PlainSubstrate):
    """The same sums over slices, from running sums: a grid of days at once."""

    def _each(self, daily: Floats, window: int | None, ago: int = 0) -> Floats:
        whole = np.concatenate((np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)), axis=1)
        ends = np.clip(self._days - ago - self._plain.first + 1, 0, daily.shape[1])
        found: Floats = whole[:, ends] - (0 if window is None else whole[:, np.maximum(0, ends - window)])
        return found

    def _last(self, daily: Floats) -> Floats:
        places = np.where(daily != 0, np.arange(daily.shape[1], dtype=float), -np.inf)
        latest = np.maximum.accumulate(np.concatenate((np.full((len(daily), 1), -np.inf), places), axis=1), axis=1)
        at = np.clip(self._days - self._plain.first, -1, daily.shape[1] - 1)
        ago = at - latest[:, at + 1]
        return np.where(np.isfinite(ago), ago, np.nan)


class QuickPast(PlainPast):
    """A PlainPast that answers a grid of days at once, in blocks of `size` accounts."""

    size = 1000

    def blocks(self, needs: Needs, days: Days, outcome_days: Days) -> Iterator[PlainBlock]:
        whole, owners = self.plain, np.array(self.owners or [-1] * self.plain.accounts, np.int64)
        for start in range(0, whole.accounts, self.size):
            where = slice(start, min(start + self.size, whole.accounts))
            parts = (
                {name: values[where] for name, values in one.items()}
                for one in (whole.events, whole.facts, whole.traits)
            )
            some = Plain(whole.first, whole.days, where.stop - start, *parts)
            substrate = QuickSubstrate(some, days, flat=False)
            yield PlainBlock(np.arange(start, where.stop) + 1000, owners[where], substrate, substrate)


@dataclass
class OneWorld(StillWorld):
    """The account at one row, as of one day, by the tick's own columns."""

    plain: Plain | None = None
    row: int = 0
    day: int = 0
    _tables: dict[int, ColumnTable] = field(default_factory=dict)

    def whole(self, day: int) -> ColumnTable:
        if day not in self._tables:
            assert self.plain is not None
            substrate, as_of = self.plain.as_of(day), start_of_day(day + 1)
            heard = {feed: FeedState(True, as_of, timedelta(days=1)) for feed in (Feed.TELEMETRY, Feed.TICKETS)}
            values = MEASURES.evaluate(substrate)
            self._tables[day] = build_columns(substrate, values, Making(), FeedStates(heard), as_of).table
        return self._tables[day]

    def table(self, batch: Batch) -> ColumnTable:
        whole = self.whole(self.day)

        def cut(name: str) -> Any:
            return np.broadcast_to(whole[name], whole.shape)[self.row : self.row + 1]

        families = {family: (lambda rest, family=family: cut(f"{family}.{rest}")) for family in ("measure", "account")}
        return ColumnTable((len(batch),), families={**families, **own_families(batch)})  # type: ignore[dict-item]


class OneByOne:
    """Every account by itself: timers at their moments, conditions at the end of each day."""

    def __init__(self, compiled: Compiled, plain: Plain, assumptions: Assumptions) -> None:
        self.compiled, self.plain, self.answering = compiled, plain, Answering(assumptions)
        self.counts: Counter[tuple[int, str]] = Counter()
        self.world = OneWorld(plain=plain)
        self.entered = 0

    def run(self, since: int, until: int) -> None:
        for row in range(self.plain.accounts):
            self.world.row = row
            self._account(row + 1000, since, until)

    def _account(self, account: int, since: int, until: int) -> None:
        self.done: Advanced | None = None
        self.answer: tuple[int, Wake] | None = None
        self.ended_at = -NEVER
        was_on = self._is_on(since - 2, False)
        for day in range(since - 1, until + 1):
            end = micros_of(start_of_day(day + 1) - timedelta(seconds=1))
            if day >= since:
                self._timers(day, end, account)
            is_on = self._is_on(day, was_on)
            if day >= since:
                self._end_of_day(day, end, account, is_on and not was_on)
            was_on = is_on

    def _is_on(self, day: int, before: bool) -> bool:
        entry = self.compiled.journey.entry[0]
        assert isinstance(entry, ConditionEntry)
        yes, no = judge(entry.condition, self.world.whole(day))
        return not no[self.world.row] if before else bool(yes[self.world.row])

    def _timers(self, day: int, end: int, account: int) -> None:
        self.world.day = day - 1
        while self.done is not None:
            due = min(int(self.done.tokens.due[0]), self.answer[0] if self.answer else NEVER)
            if due >= end:
                return
            wake = self.answer[1] if self.answer and self.answer[0] == due else Wake("timer", at=due)
            self._advance(due, account, wake)

    def _end_of_day(self, day: int, end: int, account: int, came: bool) -> None:
        self.world.day = day
        after = self.compiled.journey.re_entry.after
        rest = after.microseconds if after else 0
        if self.done is not None:
            self.world.now = moment_of(end)
            self.done.tokens.claimed[:] = True
            self._take(leave_early(self.compiled, self.done.runs, self.done.tokens, self.world), end)
        if self.done is None:
            if came and self.ended_at <= end - rest:
                self.entered += 1
                one = np.ones(1, np.int64)
                runs = Runs(one, np.array([account]), one * 0, np.full(1, end), [{}])
                self._turn(runs, Tokens.new(np.zeros(1, np.int64), self.compiled.start, end, one), end, account)
        elif self.done.tokens.state[0] == int(TokenState.CONDITION):
            self._advance(end, account, Wake("condition", at=end))

    def _advance(self, now: int, account: int, wake: Wake) -> None:
        assert self.done is not None
        tokens = self.done.tokens
        tokens.woken, tokens.claimed = [wake], np.ones(1, bool)
        self._turn(self.done.runs, tokens, now, account)

    def _turn(self, runs: Runs, tokens: Tokens, now: int, account: int) -> None:
        self.world.now, self.answer = moment_of(now), None
        self._take(advance(self.compiled, runs, tokens, self.world), now)
        for asked in self.done.requests if self.done else ():
            tokens = self.done.tokens  # type: ignore[union-attr]
            if tokens.state[0] == int(TokenState.OUTCOME) and tokens.step[0] == asked.step:
                step = self.compiled.steps[asked.step].id
                for answer, _ in self.answering.answers(
                    asked.request, step, np.array([account]), np.zeros(1, np.int64), asked.passed
                ):
                    self.answer = (now + answer.after, answer.wake)

    def _take(self, done: Advanced, now: int) -> None:
        self.counts.update(done.counts)
        self.done = None if done.gone[0] else done
        if self.done is None:
            self.ended_at, self.answer = now, None
