"""The lake's rows of some accounts, read once and sorted out by block of accounts.

Reads : lake.reads
Gives : LakeRows, BlockRows
A question to the lake costs tens of milliseconds however little it asks for, and what is computed from the answer
is fastest on blocks of few accounts: so many accounts are read together and few are computed together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.lake.reads import Chosen, CodedSpans, DatedFacts, LakeReader
from forestay.measures.reading import Needs
from forestay.measures.ring import Ints
from forestay.measures.series import ANY, SeriesBook

Days = npt.NDArray[np.int32]
Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reached:
    """What is read: needs, and the first and last day of events, of users (None: not at all), and the last of facts."""

    needs: Needs
    book: SeriesBook
    events: tuple[int, int]
    users: tuple[int, int] | None
    facts_until: int


@dataclass(frozen=True, slots=True)
class BlockRows:
    """Rows of one block, place = index in the block.

    fed: codes (int16, ascending in the rows) that feed each series; events (place, code, day, events) sorted by code.
    spans: before the first day of events. facts: each sorted by place and day.
    """

    size: int
    fed: dict[str, list[int]]
    event_place: Ints
    event_code: npt.NDArray[np.int16]
    event_day: Ints
    events: Floats
    spans: CodedSpans
    user_place: Ints
    user: Ints
    user_day: Ints
    facts: dict[str, DatedFacts]

    def of_series(self, series: str) -> tuple[Ints, Ints, Floats]:
        """Place, day and events of the rows that feed a series."""
        if series == ANY:
            return self.event_place, self.event_day, self.events
        codes = self.fed[series]
        bounds = [slice(*np.searchsorted(self.event_code, [code, code + 1])) for code in codes]
        columns = (self.event_place, self.event_day, self.events)
        if len(bounds) == 1:
            return columns[0][bounds[0]], columns[1][bounds[0]], columns[2][bounds[0]]
        place, day, events = (np.concatenate([column[here] for here in bounds]) for column in columns)
        return place, day, events


class LakeRows:
    """All that a question reaches of accounts (n,), `size` of them a block."""

    def __init__(self, lake: LakeReader, chosen: Chosen, reached: Reached, size: int) -> None:
        self._accounts, self._size, self._reached = len(chosen.accounts), size, reached
        wanted = {name for name in reached.needs.series if reached.book.index(name) is not None}
        self._names, self._fed = _feeding(reached.book, wanted - {ANY})
        self._events = _Sorted(self._accounts, size, _events(lake, chosen, reached, wanted, self._names))
        early = wanted & reached.needs.first_and_last
        self._spans = _spans(lake, chosen, self._names, reached.events[0]) if early else _NO_SPANS
        self._users = _Sorted(self._accounts, size, _users(lake, chosen, reached))
        facts = sorted(reached.needs.facts)
        self._facts = lake.facts_by_name(chosen, facts, reached.facts_until) if facts else {}

    def __len__(self) -> int:
        """How many blocks."""
        return -(-self._accounts // self._size)

    def where(self, block: int) -> slice:
        """Which of the accounts the block has."""
        return slice(block * self._size, min((block + 1) * self._size, self._accounts))

    def block(self, block: int) -> BlockRows:
        """The rows of one block."""
        where = self.where(block)
        here, of_users = self._events.of(block), self._users.of(block)
        place, code, day, events = (column[here] for column in self._events.columns)
        order = np.argsort(code, kind="stable")
        user_place, user, user_day = (column[of_users] for column in self._users.columns)
        return BlockRows(
            where.stop - where.start, self._fed,
            place[order].astype(np.int64) - where.start, code[order], day[order].astype(np.int64), events[order],
            self._spans_of(where), user_place.astype(np.int64) - where.start, user, user_day.astype(np.int64),
            {fact: _part(rows, where) for fact, rows in self._facts.items()},
        )  # fmt: skip

    def _spans_of(self, where: slice) -> CodedSpans:
        spans = self._spans
        here = slice(*np.searchsorted(spans.place, [where.start, where.stop]))
        return CodedSpans(spans.place[here] - where.start, spans.code[here], spans.first[here], spans.last[here])


class _Sorted:
    """Columns, the first of them places, grouped by block; inside a block in any order."""

    def __init__(self, accounts: int, size: int, columns: tuple[npt.NDArray[Any], ...]) -> None:
        block = (columns[0] // size).astype(np.uint16)  # few enough for a sort by counting
        order = np.argsort(block, kind="stable")
        self.columns = tuple(column[order] for column in columns)
        counts = np.bincount(block, minlength=-(-accounts // size))
        self._bounds = np.concatenate(([0], np.cumsum(counts)))

    def of(self, block: int) -> slice:
        return slice(int(self._bounds[block]), int(self._bounds[block + 1]))


_NO_SPANS = CodedSpans(*(np.empty(0, np.int64),) * 2, *(np.empty(0, np.int32),) * 2)


def _events(
    lake: LakeReader, chosen: Chosen, reached: Reached, wanted: set[str], names: list[str]
) -> tuple[Places, npt.NDArray[np.int16], Days, Floats]:
    """Place, code, day, events, all above 0; names of events are read only where a series needs them."""
    parts: list[tuple[Places, npt.NDArray[np.int16], Days, Floats]] = []
    if wanted:
        span, everything = reached.events, ANY in wanted
        read = lake.counts(chosen, names, *span, others=everything) if names else lake.totals(chosen, *span)
        for batch in read:
            some = slice(None) if (batch.events > 0).all() else batch.events > 0
            code = batch.code[some].astype(np.int16)
            day, events = batch.day[some], batch.events[some].astype(np.float64)
            parts.append((batch.place[some].astype(np.int32), code, day, events))
    empty = (np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int32), np.empty(0))
    place, code, day, events = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
    return place, code, day, events


def _spans(lake: LakeReader, chosen: Chosen, names: list[str], before: int) -> CodedSpans:
    """Sorted by place."""
    read = lake.spans(chosen, names, before)
    order = np.argsort(read.place, kind="stable")
    return CodedSpans(read.place[order], read.code[order], read.first[order], read.last[order])


def _users(lake: LakeReader, chosen: Chosen, reached: Reached) -> tuple[Places, Ints, Days]:
    read = lake.user_days(chosen, *reached.users) if reached.users else ()
    parts = [(part.place.astype(np.int32), part.user, part.day) for part in read]
    empty = (np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int32))
    place, user, day = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
    return place, user, day


def _part(rows: DatedFacts, where: slice) -> DatedFacts:
    here = slice(*np.searchsorted(rows.place, [where.start, where.stop]))
    return DatedFacts(rows.place[here] - where.start, rows.day[here], rows.value[here], rows.count[here])


def _feeding(book: SeriesBook, series: Iterable[str]) -> tuple[list[str], dict[str, list[int]]]:
    """Event names to read, and for each series the codes (index + 1) that feed it."""
    fed_by = {name: book.events_of(name) for name in series}
    names = sorted({event for events in fed_by.values() for event in events})
    code = {name: n for n, name in enumerate(names, start=1)}
    return names, {name: [code[event] for event in events] for name, events in fed_by.items()}
