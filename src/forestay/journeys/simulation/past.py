"""A block of accounts over a grid of days, as steps and entries ask about it.

Reads : an AccountHistory (signals.backtest), which the lake gives; Making, MeasureSet
Gives : BlockPast, blocks_of(), Asked
Source: DESIGN section 4 ('backtests, training and simulation read the rollups'); the columns are those of
        signals.columns.build_columns, so that a simulated branch sees what a backtest and the tick see

A matrix (accounts, days) is made when a column is first asked for, and then cut for each batch: as of the last day
that is complete at the batch's moment. So nobody sees the rest of his own day.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable, Events, Flags, Floats, UnknownColumn, Values
from forestay.conditions.document import Any_, Condition
from forestay.customers.words import Feed, RiskLevel, Tier
from forestay.health.feeds import FeedDays
from forestay.kit.clock import start_of_day
from forestay.measures.evaluate import MeasureSet
from forestay.signals.columns import Making, build_columns
from forestay.signals.past_columns import HEARD_BEFORE, AccountHistory, LazyMeasures, known_from, needs_of
from forestay.signals.reach import Lost, Reach, reach_of
from forestay.signals.trigger import read_trigger

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Family = Callable[[str], Values | None]

FAMILIES = ("measure", "health", "churn", "expansion", "account", "trait")
"""Columns of accounts, by the first part of their names."""
_OWN = ("run.", "event.", "signal.", "contact.")
"""Families that a batch answers itself."""
_ANYTHING = read_trigger(
    {
        "key": "simulation", "name": "Simulation", "tier": Tier.ASSISTED.value, "risk_level": RiskLevel.LOW.value,
        "condition": {"column": "health.score", "is": "present"}, "actions": [],
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that documents ask of accounts: conditions, columns named outside of them, and days of the grid."""

    conditions: tuple[Condition, ...]
    since: int
    until: int
    shown: frozenset[str] = frozenset()
    """Columns that steps show as evidence."""
    run_in: int = 30
    """Days before `since` on which entries are judged already, so that what stood before does not enter."""

    def reach(self, making: Making, measures: MeasureSet) -> Reach:
        """What must be read for it, all the way down."""
        if not self.conditions:
            return Reach(frozenset(), (), frozenset(), frozenset(), 1, 0, ())
        whole = _ANYTHING.model_copy(update={"condition": Any_.model_construct(any=self.conditions)})
        return reach_of(whole, making, measures)

    def identity(self, making: Making, measures: MeasureSet) -> Hashable:
        """The same for all who would read the same and make the same columns of it."""
        return self.since, self.until, self.run_in, self.shown, self.reach(making, measures)

    def lost(self, making: Making, measures: MeasureSet) -> tuple[Lost, ...]:
        """Columns that the past does not tell, and why."""
        return self.reach(making, measures).not_reconstructible


@dataclass(slots=True)
class BlockPast:
    """Some accounts (n,) over days (m,): a table of matrices (n, m), and its cuts.

    account_ids, owner_ids: int64 (n,), owner -1 = nobody. known: where the account existed. first: day of column 0.
    """

    account_ids: Ints
    owner_ids: Ints
    first: int
    table: ColumnTable
    known: Flags
    substrate: Events
    unread: frozenset[str] = frozenset()
    """Columns that are only shown beside a task: nobody looks at them here, so they are missing."""
    _counts: dict[tuple[str, int, int], Floats] = field(default_factory=dict)
    _lasts: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.account_ids)

    @property
    def days(self) -> int:
        """Columns of the grid."""
        return self.table.shape[1]

    def matrix(self, name: str) -> Values | None:
        """A column over all days (n, m); None where there is no such column."""
        try:
            return np.broadcast_to(self.table[name], self.table.shape)
        except UnknownColumn:
            return None

    def cut(self, rows: Ints, day: int, own: Mapping[str, Family] | None = None) -> ColumnTable:
        """The columns of some rows as of a day of the grid; own: families that the caller answers (run.*, event.*)."""
        at = min(max(day - self.first, 0), self.days - 1)
        families: dict[str, Family] = {family: partial(self._cut_column, family, rows, at) for family in FAMILIES}
        known = self.table.events_known
        if not isinstance(known, bool):
            known = np.broadcast_to(known, self.table.shape)[rows, at]
        return ColumnTable(
            (len(rows),),
            families={**families, **(own or {})},
            events=_EventsCut(self, rows, at),
            events_known=known,
            segments=self.table.segments,
        )

    def _cut_column(self, family: str, rows: Ints, at: int, rest: str) -> Values | None:
        if f"{family}.{rest}" in self.unread:
            return np.full(len(rows), np.nan)
        whole = self.matrix(f"{family}.{rest}")
        return None if whole is None else whole[rows, at]

    def counts(self, series: str, days: int, ago: int) -> Floats:
        """Events of a series in a window, (n, m)."""
        key = (series, days, ago)
        if key not in self._counts:
            self._counts[key] = self.substrate.event_count(series, days, ago)
        return self._counts[key]

    def lasts(self, series: str) -> Floats:
        """Days since the last event of a series, (n, m)."""
        if series not in self._lasts:
            self._lasts[series] = self.substrate.days_since_event(series)
        return self._lasts[series]


@dataclass(frozen=True, slots=True)
class _EventsCut:
    """conditions.columns.Events of some rows as of one day."""

    past: BlockPast
    rows: Ints
    at: int

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        cut: Floats = self.past.counts(series, days, ending_days_ago)[self.rows, self.at]
        return cut

    def days_since_event(self, series: str) -> Floats:
        cut: Floats = self.past.lasts(series)[self.rows, self.at]
        return cut


def blocks_of(history: AccountHistory, asked: Asked, making: Making, measures: MeasureSet) -> Iterator[BlockPast]:
    """All accounts, block by block, with everything that is asked of them."""
    reach = asked.reach(making, measures)
    first = asked.since - asked.run_in - reach.health_days - 1
    days = np.arange(first, min(asked.until, history.last_day) + 1, dtype=np.int32)
    feeds = FeedDays(days, history.heard(_feeds(reach), first - HEARD_BEFORE, int(days[-1])))
    for block in history.blocks(needs_of(reach, measures), days, days[-1:]):
        known = known_from(block.substrate)
        lazy = LazyMeasures(block.substrate, measures, reach.measures)
        columns = build_columns(
            block.substrate, lazy, making, feeds, start_of_day(int(days[-1]) + 1), known=known
        )  # fmt: skip
        yield BlockPast(
            block.account_ids, block.owner_ids, first, columns.table, known, block.substrate,
            asked.shown - reach.columns,
        )  # fmt: skip


def is_of_account(columns: Sequence[str]) -> bool:
    """Whether columns are the account's own, so that a condition over them can be judged for all days at once."""
    return not any(column.startswith(_OWN) for column in columns)


def _feeds(reach: Reach) -> set[Feed]:
    if reach.reads_health:
        return set(Feed)
    return {Feed.TELEMETRY} if reach.series else set()
