"""Measures of now: the cube, the users, the facts and the traits of some accounts, as one substrate.

Reads : measures.cube, measures.users, measures.facts, measures.traits, measures.series
Gives : CubeSubstrate, Memory, evaluate_all()
Source: DESIGN section 4 (touched accounts only; cost grows with what changed).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.measures.cube import ActivityCube
from forestay.measures.evaluate import MeasureSet
from forestay.measures.facts import FactTable
from forestay.measures.ring import Ints
from forestay.measures.series import SeriesBook
from forestay.measures.substrate import Floats, Values
from forestay.measures.traits import TraitColumns
from forestay.measures.users import UserActivity

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
    def empty(cls, book: SeriesBook, today: int) -> Memory:
        """A workspace that nothing is known of."""
        return cls(book, ActivityCube(len(book), today), UserActivity(today))

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

    def use(self, book: SeriesBook) -> None:
        """Go over to a book built from the present one (`before=`); its new series start empty."""
        self.cube.widen(len(book))
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
        return CubeSubstrate(*parts, rows, self.cube.today if as_of_day is None else as_of_day, self.book)


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
        self._cube, self._users, self._facts, self._traits, self._book = cube, users, facts, traits, book
        self._parts = cube.parts(rows)
        users.grow(cube.rows)
        self._rows = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows.astype(np.int64, copy=False)
        self._day = min(as_of_day, cube.today)

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
        return self._facts.sum(fact, self._rows, self._day, days, ending_days_ago)

    def fact_count(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Count of the fact in the window."""
        return self._facts.count(fact, self._rows, self._day, days, ending_days_ago)

    def fact_total(self, fact: str) -> Floats:
        """Balance of the fact."""
        return self._facts.total(fact, self._rows, self._day)

    def days_since_fact(self, fact: str) -> Floats:
        """Days since the last value of the fact; NaN when none."""
        return self._day - self._facts.last_day(fact, self._rows, self._day)

    def trait(self, key: str) -> Values:
        """The trait as it is now."""
        return self._traits.get(key, self._rows)

    def _since(self, day: Ints) -> Floats:
        return np.where((day >= 0) & (day <= self._day), self._day - day, np.nan)


def blocks(rows: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Slices of consecutive rows that cover 0 .. rows - 1."""
    for start in range(0, rows, size):
        yield slice(start, min(rows, start + size))


def evaluate_all(measures: MeasureSet, memory: Memory, rows: int) -> dict[str, Floats]:
    """Every measure of rows 0 .. rows - 1, block by block; float64 (rows,)."""
    columns = {key: np.empty(rows) for key in measures.keys}
    for block in blocks(rows):
        for key, values in measures.evaluate(memory.substrate(block)).items():
            columns[key][block] = values
    return columns
