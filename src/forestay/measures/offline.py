"""Measures of any day: the lake's rollups and facts as a substrate for blocks of accounts and a grid of days.

Reads : lake.reads, measures.history
Gives : LakeSubstrate, OfflineBlock, OfflineQuestion, iter_blocks(), unreconstructible_traits()
Source: DESIGN section 4 (online and offline values are one implementation).

What is as of the day: events, users and facts by their own date, as they are known today (a correction that came
later is in it; a value dated later is not). What is not: traits, of which only the present value is known;
unreconstructible_traits() names those that a backtest must declare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import ForestayError
from forestay.lake.reads import Chosen, LakeReader
from forestay.measures.history import Axis, Days, EventHistory, FactHistory, UserHistory
from forestay.measures.lake_rows import BlockRows, LakeRows, Reached
from forestay.measures.reading import Needs
from forestay.measures.ring import Ints
from forestay.measures.series import ANY, SeriesBook
from forestay.measures.substrate import Floats, Values

TraitLookup = Callable[[str, Ints], Values]
"""Present values of a trait for account numbers: float64 (NaN missing) or object array."""
LASTING_TRAITS = frozenset({"customer_since", "churned_on", "currency"})
"""Traits whose present value says what it was on any earlier day."""

BLOCK_CELLS = 65_536
"""Accounts x days of a block: half a megabyte a column."""
ROW_BYTES = 80
"""What a row of events and one of users take together while they are read and sorted out."""


def unreconstructible_traits(keys: Iterable[str]) -> tuple[str, ...]:
    """Those of the traits whose earlier values are not known; a backtest must say so instead of guessing."""
    return tuple(sorted(set(keys) - LASTING_TRAITS))


class NotForeseen(ForestayError):
    """A series or fact was asked for that the question's `needs` did not name: add it there, so that it is read."""

    code = "series_not_foreseen"

    def __init__(self, series: str) -> None:
        self.series = series
        super().__init__(f"the series or fact '{series}' was not among the needs of the question to the lake")


@dataclass(frozen=True, slots=True)
class OfflineQuestion:
    """Which accounts, as of which days, and what of them. accounts: int64 (n,); days: int32 (m,), ascending.

    facts_until: facts are read up to this day where it is later than the last of the days.
    """

    workspace_id: int
    accounts: Ints
    days: Days
    needs: Needs
    book: SeriesBook
    traits: TraitLookup
    facts_until: int | None = None


class OfflineBlock:
    """Some of the accounts (a slice of those asked about). Blocks may be worked on by several threads, each by one."""

    def __init__(self, question: OfflineQuestion, where: slice, rows: Callable[[], BlockRows]) -> None:
        self.where, self.accounts = where, question.accounts[where]
        self._question, self._read = question, rows

    @cached_property
    def substrate(self) -> LakeSubstrate:
        """What measures read, on the days of the question."""
        return LakeSubstrate(self._question, self._question.days, self.accounts, self._rows)

    def facts_on(self, days: Days) -> LakeSubstrate:
        """The facts alone, on other days (ascending, not after the question's facts_until)."""
        facts = replace(self._question, needs=Needs(facts=self._question.needs.facts))
        return LakeSubstrate(facts, days, self.accounts, self._rows)

    @cached_property
    def _rows(self) -> BlockRows:
        return self._read()


def iter_blocks(lake: LakeReader, question: OfflineQuestion, *, memory_mb: int = 1200) -> Iterator[OfflineBlock]:
    """The accounts in blocks whose numbers stay in the processor's cache.

    memory_mb bounds what is read from the lake at a time: the rows of as many blocks as fit into half of it.
    """
    reached, size = _reached(question), max(16, BLOCK_CELLS // len(question.days))
    most = min(_accounts_at_a_time(lake, question, reached, memory_mb), size * 65_000)
    portion = max(size, most // size * size)
    for start in range(0, len(question.accounts), portion):
        accounts = question.accounts[start : start + portion]
        rows = LakeRows(lake, Chosen(question.workspace_id, accounts), reached, size)
        for block in range(len(rows)):
            here = rows.where(block)
            where = slice(start + here.start, start + here.stop)
            yield OfflineBlock(question, where, partial(rows.block, block))


def _reached(question: OfflineQuestion) -> Reached:
    first, last = int(question.days[0]), int(question.days[-1])
    users = (first - question.needs.user_days + 1, last) if question.needs.user_days else None
    until = last if question.facts_until is None else max(last, question.facts_until)
    return Reached(question.needs, question.book, (first - question.needs.event_days + 1, last), users, until)


def _accounts_at_a_time(lake: LakeReader, question: OfflineQuestion, reached: Reached, memory_mb: int) -> int:
    """Accounts whose rows take half of the memory, were all of the same size."""
    rows = max(1, lake.rollup_rows(min(reached.events[0], (reached.users or reached.events)[0]), reached.events[1]))
    return max(1, memory_mb * 1_000_000 // (2 * ROW_BYTES) * len(question.accounts) // rows)


class LakeSubstrate:
    """measures.Substrate of accounts (n,) as of days (m,): every answer is (n, m)."""

    def __init__(self, question: OfflineQuestion, days: Days, accounts: Ints, rows: BlockRows) -> None:
        self._question, self._accounts, self._days, self._rows = question, accounts, days, rows
        first, last = int(days[0]), int(days[-1])
        self._grid = Axis(first, last)
        self._event_axis = Axis(first - question.needs.event_days + 1, last)
        self._events: dict[str, EventHistory] = {}
        self._users: UserHistory | None = None
        self._facts: dict[str, FactHistory] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        """(accounts, days)."""
        return (len(self._accounts), len(self._days))

    @property
    def as_of_day(self) -> npt.NDArray[np.int32]:
        """int32 (1, days)."""
        return self._days[None, :]

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Events of the series in the window."""
        history = self._history(series)
        return np.zeros(self.shape) if history is None else history.count(self._days - ending_days_ago, days)

    def used(self, series: str, days: int) -> npt.NDArray[np.bool_]:
        """Whether the series has an event in the window."""
        history = self._history(series)
        return np.zeros(self.shape, bool) if history is None else history.used(self._days, days)

    def active_days(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Days with an event of the series in the window."""
        history = self._history(series)
        return np.zeros(self.shape) if history is None else history.active(self._days - ending_days_ago, days)

    def distinct_users(self, days: int, ending_days_ago: int = 0) -> Floats:
        """Users with an event in the window; exact for every window that `needs` foresaw."""
        if not self._question.needs.user_days:
            return np.full(self.shape, np.nan)
        if self._users is None:
            axis = Axis(self._grid.first - self._question.needs.user_days + 1, self._grid.last)
            rows = self._rows.user_place, self._rows.user, self._rows.user_day
            self._users = UserHistory(len(self._accounts), axis, *rows)
        return self._users.distinct(self._days - ending_days_ago, days)

    def days_since_event(self, series: str) -> Floats:
        """Days since the last event of the series; NaN when none."""
        history = self._history(series)
        if history is None:
            return np.full(self.shape, np.nan)
        return self._days - history.last(self._days)

    def days_since_first_event(self, series: str) -> Floats:
        """Days since the first event of the series; NaN when none yet."""
        history = self._history(series)
        if history is None:
            return np.full(self.shape, np.nan)
        since = self._days - history.first
        since[since < 0] = np.nan
        return since

    def fact_sum(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Sum of the fact in the window."""
        whole = self._fact(fact).sum(self._days, days + ending_days_ago)
        return whole - self._fact(fact).sum(self._days, ending_days_ago) if ending_days_ago else whole

    def fact_count(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Count of the fact in the window."""
        whole = self._fact(fact).count(self._days, days + ending_days_ago)
        return whole - self._fact(fact).count(self._days, ending_days_ago) if ending_days_ago else whole

    def fact_total(self, fact: str) -> Floats:
        """Balance of the fact."""
        return self._fact(fact).sum(self._days, None)

    def days_since_fact(self, fact: str) -> Floats:
        """Days since the last value of the fact; NaN when none."""
        return self._days - self._fact(fact).last(self._days)

    def trait(self, key: str) -> Values:
        """The present value on every day; churned_on is missing before the day of the churn."""
        values = np.broadcast_to(self._question.traits(key, self._accounts)[:, None], self.shape)
        if key == "churned_on":
            return np.where(values <= self._days, values, np.nan)
        return values

    def _history(self, series: str) -> EventHistory | None:
        """None for a series that nothing feeds."""
        if series not in self._events:
            if self._question.book.index(series) is None:
                return None
            if series not in self._question.needs.series:
                raise NotForeseen(series)
            self._events[series] = self._read(series)
        return self._events[series]

    def _read(self, series: str) -> EventHistory:
        history = EventHistory(len(self._accounts), self._event_axis, *self._rows.of_series(series))
        if series in self._question.needs.first_and_last:
            spans = self._rows.spans
            fed = np.ones(len(spans.code), bool) if series == ANY else np.isin(spans.code, self._rows.fed[series])
            history.add_span(spans.place[fed], spans.first[fed], spans.last[fed])
        return history

    def _fact(self, fact: str) -> FactHistory:
        if fact not in self._facts:
            if fact not in self._rows.facts:
                raise NotForeseen(fact)
            read = self._rows.facts[fact]
            self._facts[fact] = FactHistory(
                len(self._accounts), self._grid, read.place, read.day, read.value, read.count
            )
        return self._facts[fact]
