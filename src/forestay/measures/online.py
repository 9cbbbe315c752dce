"""Measures of now: the cube, the users, the facts and the traits of some accounts, as one substrate.

Reads : measures.cube, measures.users, measures.facts, measures.traits, measures.series
Gives : CubeSubstrate, Memory, evaluate_all()
Source: DESIGN section 4 (touched accounts only; cost grows with what changed).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.measures.cube import ActivityCube
from forestay.measures.evaluate import MeasureSet
from forestay.measures.facts import DAY_OFFSET, DatedValues, FactTable
from forestay.measures.ring import Ints
from forestay.measures.series import SeriesBook
from forestay.measures.substrate import Floats, Values
from forestay.measures.traits import TraitColumns
from forestay.measures.users import KEPT_WINDOWS, UserActivity

BLOCK_ROWS = 4096
"""Accounts that are evaluated at a time, so that their counts stay in the processor's cache."""


@dataclass(slots=True)
class Memory:
    """All that measures remember of one workspace; rows are its dense account numbers."""

    book: SeriesBook
    cube: ActivityCube
    users: UserActivity
    facts: FactTable = field(default_factory=FactTable)
    traits: TraitColumns = field(default_factory=TraitColumns)

    @classmethod
    def empty(cls, book: SeriesBook, today: int, kept: Sequence[int] = KEPT_WINDOWS) -> Memory:
        """A workspace that nothing is known of. kept: widths of user windows that end before today (Needs)."""
        return cls(book, ActivityCube(len(book), today), UserActivity(today, kept=kept))

    def roll_to(self, day: int) -> None:
        """The workspace's day began; never turns back."""
        self.cube.roll_to(day)
        self.users.roll_to(day)

    def merge_account(self, gone: int, into: int) -> None:
        """Counts, users and facts of `gone` become those of `into`; its traits are forgotten."""
        self.cube.merge_account(gone, into)
        self.users.merge_account(gone, into)
        self.facts.merge_account(gone, into)
        self.traits.clear(gone)

    def use(self, book: SeriesBook, kept: Sequence[int] = KEPT_WINDOWS) -> None:
        """Go over to a book built from the present one (`before=`); its new series start empty."""
        self.cube.widen(len(book))
        self.users.keep(kept)
        self.book = book

    def dump(self, folder: Path) -> None:
        """Write everything under folder; the book belongs to the configuration and is not written."""
        for part in (self.cube, self.users, self.facts, self.traits):
            part.dump(folder)

    @classmethod
    def load(cls, folder: Path, book: SeriesBook) -> Memory:
        """Read back what dump() wrote with this book."""
        parts = ActivityCube.load(folder), UserActivity.load(folder), FactTable.load(folder), TraitColumns.load(folder)
        return cls(book, *parts)

    def substrate(self, rows: Ints | slice, as_of_day: int | None = None) -> CubeSubstrate:
        """The measures' view of some accounts."""
        parts = (self.cube, self.users, self.facts, self.traits)
        return CubeSubstrate(*parts, _run_of(rows), self.cube.today if as_of_day is None else as_of_day, self.book)


class CubeSubstrate:
    """measures.Substrate of rows (n,), or a slice of rows, as of one day, at most the cube's own day."""

    def __init__(
        self,
        cube: ActivityCube,
        users: UserActivity,
        facts: FactTable,
        traits: TraitColumns,
        rows: Ints | slice,
        as_of_day: int,
        book: SeriesBook,
    ) -> None:
        self._facts, self._traits, self._book = facts, traits, book
        self._parts = cube.parts(rows)
        users.grow(cube.rows)
        self._cube, self._users = cube, users
        if not isinstance(rows, slice):
            self._cube, self._users = cube.only(self._parts), users.only(self._parts)
            self._parts = self._cube.parts(slice(0, len(rows)))
        self._rows = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows.astype(np.int64, copy=False)
        self._day, self._asked = min(as_of_day, cube.today), rows
        self._values: dict[str, DatedValues] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        """(accounts,)."""
        return (len(self._rows),)

    @property
    def rows(self) -> Ints:
        """The accounts' rows, int64 (n,)."""
        return self._rows

    @property
    def as_of_day(self) -> npt.NDArray[np.int32]:
        """One day, int32 (1,)."""
        return np.array([self._day], np.int32)

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Events of the series in the window."""
        index = self._book.index(series)
        if index is None:
            return np.zeros(self.shape)
        until = self._day - ending_days_ago
        return self._cube.count(self._parts, index, until - days + 1, until).astype(np.float64)

    def used(self, series: str, days: int) -> npt.NDArray[np.bool_]:
        """Whether the last event lies in the window."""
        index = self._book.index(series)
        if index is None:
            return np.zeros(self.shape, np.bool_)
        return self._cube.last_day(self._parts, index, self._day) > self._day - days

    def active_days(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Days with an event of the series in the window."""
        index = self._book.index(series)
        if index is None:
            return np.zeros(self.shape)
        until = self._day - ending_days_ago
        return self._cube.active_days(self._parts, index, until - days + 1, until).astype(np.float64)

    def distinct_users(self, days: int, ending_days_ago: int = 0) -> Floats:
        """Users of the window; one that ends earlier than today is NaN unless UserActivity keeps its width."""
        users = self._users.distinct(self._parts, days, self._day - ending_days_ago).astype(np.float64)
        users[users < 0] = np.nan
        return users

    def days_since_event(self, series: str) -> Floats:
        """Days since the last event of the series; NaN when none."""
        index = self._book.index(series)
        if index is None:
            return np.full(self.shape, np.nan)
        return self._since(self._cube.last_day(self._parts, index, self._day))

    def days_since_first_event(self, series: str) -> Floats:
        """Days since the first event of the series; NaN when none."""
        index = self._book.index(series)
        if index is None:
            return np.full(self.shape, np.nan)
        return self._since(self._cube.first_day(self._parts, index))

    def fact_sum(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Sum of the fact in the window."""
        until = self._day - ending_days_ago
        return self._fact(fact).sum(until - days + 1, until)

    def fact_count(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Count of the fact in the window."""
        until = self._day - ending_days_ago
        return self._fact(fact).number(until - days + 1, until)

    def fact_total(self, fact: str) -> Floats:
        """Balance of the fact."""
        return self._fact(fact).sum(-DAY_OFFSET, self._day)

    def days_since_fact(self, fact: str) -> Floats:
        """Days since the last value of the fact; NaN when none."""
        return self._day - self._fact(fact).last(self._day)

    def trait(self, key: str) -> Values:
        """The trait as it is now."""
        return self._traits.get(key, self._rows)

    def _fact(self, fact: str) -> DatedValues:
        if fact not in self._values:
            self._values[fact] = self._facts.values(fact, self._asked)
        return self._values[fact]

    def _since(self, day: Ints) -> Floats:
        return np.where((day >= 0) & (day <= self._day), self._day - day, np.nan)


def _run_of(rows: Ints | slice) -> Ints | slice:
    """Rows that follow one another as a slice: they are read where they lie, scattered ones are copied first."""
    if isinstance(rows, slice) or not len(rows) or rows[-1] - rows[0] != len(rows) - 1 or (np.diff(rows) != 1).any():
        return rows
    return slice(int(rows[0]), int(rows[-1]) + 1)


def evaluate_all(
    measures: MeasureSet, memory: Memory, rows: int | Ints, keys: Iterable[str] | None = None
) -> dict[str, Floats]:
    """Measures of rows 0 .. rows - 1, or of the rows given, block by block; float64 (n,)."""
    size = rows if isinstance(rows, int) else len(rows)
    wanted = tuple(measures.keys if keys is None else keys)
    columns = {key: np.empty(size) for key in wanted}
    for start in range(0, size, BLOCK_ROWS):
        block = slice(start, min(size, start + BLOCK_ROWS))
        substrate = memory.substrate(block if isinstance(rows, int) else rows[block])
        for key, values in measures.evaluate(substrate, wanted).items():
            columns[key][block] = values
    return columns
