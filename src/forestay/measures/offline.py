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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import ForestayError
from forestay.lake.reads import Chosen, LakeReader
from forestay.measures.history import Axis, DailyCounts, Days, EventHistory, FactHistory, UserHistory
from forestay.measures.reading import Needs
from forestay.measures.ring import Ints
from forestay.measures.series import ANY, SeriesBook
from forestay.measures.substrate import Floats, Values

TraitLookup = Callable[[str, Ints], Values]
"""Present values of a trait for account numbers: float64 (NaN missing) or object array."""
LASTING_TRAITS = frozenset({"customer_since", "churned_on", "currency"})
"""Traits whose present value says what it was on any earlier day."""


def unreconstructible_traits(keys: Iterable[str]) -> tuple[str, ...]:
    """Those of the traits whose earlier values are not known; a backtest must say so instead of guessing."""
    return tuple(sorted(set(keys) - LASTING_TRAITS))


class NotForeseen(ForestayError):
    """A series was asked for that the question's `needs` did not name: add it there, so that it is read."""

    code = "series_not_foreseen"

    def __init__(self, series: str) -> None:
        self.series = series
        super().__init__(f"the series '{series}' was not among the needs of the question to the lake")


@dataclass(frozen=True, slots=True)
class OfflineQuestion:
    """Which accounts, as of which days, and what of them. accounts: int64 (n,); days: int32 (m,), ascending."""

    workspace_id: int
    accounts: Ints
    days: Days
    needs: Needs
    book: SeriesBook
    traits: TraitLookup


@dataclass(frozen=True, slots=True)
class OfflineBlock:
    """Some of the accounts (a slice of those asked about) with their substrate."""

    where: slice
    accounts: Ints
    substrate: LakeSubstrate


def iter_blocks(lake: LakeReader, question: OfflineQuestion, *, memory_mb: int = 1200) -> Iterator[OfflineBlock]:
    """The accounts in blocks whose history and columns fit into about memory_mb."""
    size = _block_size(question, memory_mb)
    for start in range(0, len(question.accounts), size):
        where = slice(start, min(start + size, len(question.accounts)))
        accounts = question.accounts[where]
        yield OfflineBlock(where, accounts, LakeSubstrate(lake, question, accounts))


class LakeSubstrate:
    """measures.Substrate of accounts (n,) as of days (m,): every answer is (n, m)."""

    def __init__(self, lake: LakeReader, question: OfflineQuestion, accounts: Ints) -> None:
        self._lake, self._question = lake, question
        self._chosen = Chosen(question.workspace_id, accounts)
        self._days = question.days
        first, last = int(self._days[0]), int(self._days[-1])
        self._grid = Axis(first, last)
        self._event_axis = Axis(first - question.needs.event_days + 1, last)
        self._user_axis = Axis(first - max(1, question.needs.user_days) + 1, last)
        self._events = self._read_events()
        self._users = self._read_users() if question.needs.user_days else None
        self._facts: dict[str, FactHistory] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        """(accounts, days)."""
        return (len(self._chosen.accounts), len(self._days))

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
        return self.event_count(series, days) > 0

    def active_days(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Days with an event of the series in the window."""
        history = self._history(series)
        return np.zeros(self.shape) if history is None else history.active(self._days - ending_days_ago, days)

    def distinct_users(self, days: int, ending_days_ago: int = 0) -> Floats:
        """Users with an event in the window; exact for every window that `needs` foresaw."""
        if self._users is None:
            return np.full(self.shape, np.nan)
        return self._users.distinct(self._days - ending_days_ago, days)

    def days_since_event(self, series: str) -> Floats:
        """Days since the last event of the series; NaN when none."""
        history = self._history(series)
        if history is None:
            return np.full(self.shape, np.nan)
        last = history.last(self._days)
        return np.where(last >= 0, self._days - last, np.nan)

    def days_since_first_event(self, series: str) -> Floats:
        """Days since the first event of the series; NaN when none yet."""
        history = self._history(series)
        if history is None:
            return np.full(self.shape, np.nan)
        return np.where(history.first <= self._days, self._days - history.first, np.nan)

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
        last = self._fact(fact).last(self._days)
        return np.where(last > -(10**6), self._days - last, np.nan)

    def trait(self, key: str) -> Values:
        """The present value on every day; churned_on is missing before the day of the churn."""
        values = np.broadcast_to(self._question.traits(key, self._chosen.accounts)[:, None], self.shape)
        if key == "churned_on":
            return np.where(values <= self._days, values, np.nan)
        return values

    def _history(self, series: str) -> EventHistory | None:
        """None for a series that nothing feeds."""
        if series not in self._events and self._question.book.index(series) is not None:
            raise NotForeseen(series)
        return self._events.get(series)

    def _fact(self, fact: str) -> FactHistory:
        if fact not in self._facts:
            wanted = sorted({fact, *self._question.needs.facts} - set(self._facts))
            for name, read in self._lake.facts_by_name(self._chosen, wanted, self._grid.last).items():
                parts = (read.place, read.day, read.value, read.count)
                self._facts[name] = FactHistory(self.shape[0], self._grid, *parts)
        return self._facts[fact]

    def _read_events(self) -> dict[str, EventHistory]:
        """Histories of the series that are needed; the names of events are read only where one needs them."""
        wanted = {name for name in self._question.needs.series if self._question.book.index(name) is not None}
        if not wanted:
            return {}
        names, feeding = _feeding(self._question.book, wanted - {ANY})
        counts = DailyCounts(len(names) + 1, self.shape[0], self._event_axis)
        span = self._event_axis.first, self._event_axis.last
        everything = ANY in wanted
        lake = self._lake
        read = lake.counts(self._chosen, names, *span, others=everything) if names else lake.totals(self._chosen, *span)
        for batch in read:
            counts.add(batch.code, batch.place, batch.day, batch.events)
        daily = counts.by_code()
        fed = {
            name: daily[codes[0]] if len(codes) == 1 else daily[codes].sum(axis=0) for name, codes in feeding.items()
        }
        if everything:
            fed[ANY] = daily.sum(axis=0)
        histories = {name: EventHistory(self._event_axis, of_series) for name, of_series in fed.items()}
        self._read_spans(histories, wanted & self._question.needs.first_and_last)
        return histories

    def _read_spans(self, histories: dict[str, EventHistory], wanted: set[str]) -> None:
        if not wanted:
            return
        names, feeding = _feeding(self._question.book, wanted - {ANY})
        read = self._lake.spans(self._chosen, names, self._event_axis.first)
        for series in wanted:
            fed = np.ones(len(read.code), np.bool_) if series == ANY else np.isin(read.code, feeding[series])
            histories[series].add_span(read.place[fed], read.first[fed], read.last[fed])

    def _read_users(self) -> UserHistory:
        parts = list(self._lake.user_days(self._chosen, self._user_axis.first, self._user_axis.last))
        place = np.concatenate([part.place for part in parts] or [np.empty(0, np.int64)])
        user = np.concatenate([part.user for part in parts] or [np.empty(0, np.int64)])
        day = np.concatenate([part.day for part in parts] or [np.empty(0, np.int32)])
        return UserHistory(self.shape[0], self._user_axis, place, user, day)


def _feeding(book: SeriesBook, series: Iterable[str]) -> tuple[list[str], dict[str, list[int]]]:
    """Event names to read, and for each series the codes (index + 1) that feed it."""
    fed_by = {name: book.events_of(name) for name in series}
    names = sorted({event for events in fed_by.values() for event in events})
    code = {name: n for n, name in enumerate(names, start=1)}
    return names, {name: [code[event] for event in events] for name, events in fed_by.items()}


def _block_size(question: OfflineQuestion, memory_mb: int) -> int:
    """Accounts whose histories (three arrays a series) and answers (about 40 columns) take the memory given."""
    days = int(question.days[-1] - question.days[0]) + 1
    history = (days + question.needs.event_days) * 8 * 3 * max(1, len(question.needs.series))
    users = (days + question.needs.user_days) * 4 * 3 + 24 * 2000
    answers = len(question.days) * 8 * 40
    return max(64, memory_mb * 1_000_000 // (history + users + answers))
