"""Every column of all accounts over a run of days: what backtests, past health and simulations look back with.

Reads : an AccountHistory (the lake's rollups and facts at any day)
Gives : over_past(), PastQuestion, PastColumns, AccountHistory, HistoryBlock, needs_of(), known_from()
Source: DESIGN section 4 ('online and offline values are one implementation'): the columns are those of the tick

Blocks of accounts are independent of each other, so they are worked on by as many threads as there are cores (numpy
lets go of the interpreter while it computes); what is read ahead is bounded, answers come in the order of accounts.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

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
from forestay.signals.columns import Columns, Making, build_columns
from forestay.signals.outcomes import FACTS
from forestay.signals.reach import Reach

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Answer = TypeVar("Answer")
Item = TypeVar("Item")

HEARD_BEFORE = 120
"""Days before the grid from which feeds are listened to: the longest patience of any feed."""
WORKERS = min(8, os.cpu_count() or 1)


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
        """All accounts in their order, able to answer `needs`; days are consecutive, int32. A block is worked on by
        one thread, several blocks by several at once."""
        ...


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """What is looked at: only what is in `reach` is read. days, outcome_days: consecutive, int32; the days are each
    other's past, so begin reach.health_days before the first that matters."""

    reach: Reach
    days: Days
    outcome_days: Days
    making: Making
    measures: MeasureSet


@dataclass(frozen=True, slots=True)
class PastColumns:
    """Some accounts (n,) over the days (m,). columns: made as they are asked for, each (n, m); known: bool (n, m),
    whether the account existed; outcomes: facts on the outcome days."""

    account_ids: Ints
    owner_ids: Ints
    columns: Columns
    known: Flags
    outcomes: Substrate


def over_past(
    history: AccountHistory, asked: PastQuestion, work: Callable[[PastColumns], Answer], *, workers: int = WORKERS
) -> Iterator[Answer]:
    """What `work` makes of the columns of each block of accounts, in the order of the accounts.

    work runs in several threads at once and keeps copies of what it needs: the columns are let go when it returns.
    """
    days = asked.days
    feeds = FeedDays(days, history.heard(_feeds(asked.reach), int(days[0]) - HEARD_BEFORE, int(days[-1])))

    def answer(block: HistoryBlock) -> Answer:
        substrate = block.substrate
        lazy, known = LazyMeasures(substrate, asked.measures, asked.reach.measures), known_from(substrate)
        columns = build_columns(substrate, lazy, asked.making, feeds, start_of_day(int(days[-1]) + 1), known=known)
        try:
            return work(PastColumns(block.account_ids, block.owner_ids, columns, known, block.outcomes))
        finally:
            columns.table.forget()  # table and columns hold each other: the collector would come far too late

    yield from _side_by_side(answer, history.blocks(needs_of(asked.reach, asked.measures), days, asked.outcome_days),
                             workers)  # fmt: skip


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


def known_from(substrate: Substrate) -> Flags:
    """From when on each account existed: the day it became a customer, else its first event or subscription."""
    told = substrate.trait("customer_since")
    since = np.full(substrate.shape, np.nan) if told.dtype == object else np.broadcast_to(told, substrate.shape)
    missing = np.isnan(since)
    with np.errstate(invalid="ignore"):
        known = since <= substrate.as_of_day
    if missing.any():
        known |= missing & ~np.isnan(substrate.days_since_first_event(ANY))
        known |= missing & ~np.isnan(substrate.days_since_fact("subscription.started"))
    return np.broadcast_to(known, substrate.shape)


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


def _feeds(reach: Reach) -> set[Feed]:
    """Feeds that matter: all for health, telemetry where events are named, none otherwise."""
    if reach.reads_health:
        return set(Feed)
    return {Feed.TELEMETRY} if reach.series else set()


def _side_by_side(work: Callable[[Item], Answer], items: Iterable[Item], workers: int) -> Iterator[Answer]:
    """work(item) of each item in order, several at a time; few are taken ahead, since they hold memory."""
    with ThreadPoolExecutor(workers, thread_name_prefix="past") as threads:
        ahead: deque[Future[Answer]] = deque()
        try:
            for item in items:
                ahead.append(threads.submit(work, item))
                if len(ahead) > 2 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            threads.shutdown(cancel_futures=True)
