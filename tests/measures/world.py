"""A small workspace that happens three times: in the memory of measures, in the lake, and in plain Python lists.

The plain side keeps every event as a tuple and counts by loops over them: slow, and obviously right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from forestay.lake.batch import LakeBatch
from forestay.lake.joins import Joins
from forestay.measures.features import EventRole, Feature, FeatureBook, MeasureContext
from forestay.measures.online import Memory
from forestay.measures.record_facts import Fact, difference
from forestay.measures.series import SeriesBook

START = 20_000
ACCOUNTS, USERS = 4, 5
NUMBER = 100
"""The lake's number of an account is its row plus this."""
CONTEXT = MeasureContext(
    FeatureBook((Feature("f", "F", ("A", "B"), is_sticky=True), Feature("p", "P", ("C",), is_premium=True))),
    {EventRole.SIGN_IN: ("A",), EventRole.WORKFLOW: ("C",)},
)
BOOK = SeriesBook.build(CONTEXT.features, CONTEXT.roles, events=["B"])

event = st.tuples(
    st.integers(0, ACCOUNTS - 1),
    st.integers(0, USERS - 1),
    st.sampled_from(["A", "B", "C", "other"]),
    st.one_of(st.integers(0, 3), st.integers(0, 130)),
    st.sampled_from([1, 1, 1, 2, 40_000]),
)
rating = st.tuples(st.integers(0, ACCOUNTS - 1), st.integers(0, 2), st.integers(1, 5), st.integers(-5, 150))
step = st.one_of(
    st.tuples(st.just("events"), st.lists(event, min_size=1, max_size=12)),
    st.tuples(st.just("roll"), st.sampled_from([-1, 1, 2, 7, 30, 120])),
    st.tuples(st.just("join"), st.tuples(st.integers(0, USERS - 1), st.integers(0, USERS - 1))),
    st.tuples(st.just("merge"), st.tuples(st.integers(0, ACCOUNTS - 1), st.integers(0, ACCOUNTS - 1))),
    st.tuples(st.just("rating"), rating),
)
steps = st.lists(step, min_size=1, max_size=14)


def _numbers(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


@dataclass
class World:
    """Applies steps to all three sides; `told` is what the lake is told, one log position a step."""

    memory: Memory = field(default_factory=lambda: Memory.empty(BOOK, START))
    today: int = START
    plain: list[list] = field(default_factory=list)
    ratings: dict[tuple[int, int], list[Fact]] = field(default_factory=dict)
    accounts: Joins = field(default_factory=Joins)
    users: Joins = field(default_factory=Joins)
    told: list[tuple] = field(default_factory=list)
    position: int = 0

    def __post_init__(self) -> None:
        self.memory.cube.grow(ACCOUNTS)

    def happen(self, kind: str, what: object) -> None:
        self.position += 1
        getattr(self, f"_{kind}")(what)

    def _events(self, events: list[tuple]) -> None:
        rows = [
            [self.accounts.into(account), self.users.into(user), name, self.today - ago, weight]
            for account, user, name, ago, weight in events
        ]
        self.plain += [list(row) for row in rows]
        where, who, names, days, weights = zip(*rows, strict=True)
        entries = BOOK.expand(BOOK.codes(names), _numbers(where), _numbers(days), _numbers(weights))
        self.memory.cube.add(entries.rows, entries.series, entries.days, entries.weights)
        self.memory.users.touch(_numbers(who), _numbers(where), _numbers(days))
        self.told += [("event", self.position, *row) for row in rows]

    def _roll(self, days: int) -> None:
        self.memory.roll_to(self.today + days)
        self.today = max(self.today, self.today + days)

    def _join(self, pair: tuple[int, int]) -> None:
        gone, into = (self.users.into(user) for user in pair)
        self.memory.users.move_user(gone, into)
        self.users.add(gone, into)
        for row in self.plain:
            row[1] = self.users.into(row[1])
        self.told.append(("user", self.position, gone, into))

    def _merge(self, pair: tuple[int, int]) -> None:
        gone, into = (self.accounts.into(account) for account in pair)
        self.memory.merge_account(gone, into)
        self.accounts.add(gone, into)
        for row in self.plain:
            row[0] = self.accounts.into(row[0])
        self.told.append(("account", self.position, gone, into))

    def _rating(self, rating: tuple[int, int, int, int]) -> None:
        """A ticket of an account is rated, and rated again: the last rating holds."""
        account, ticket, score, ago = rating
        new = [Fact("ticket.csat", self.today - ago, float(score))]
        row = self.accounts.into(account)
        for fact in difference(self.ratings.get((account, ticket), []), new):
            said = np.array([fact.value]), _numbers([fact.count])
            self.memory.facts.add(fact.name, _numbers([row]), _numbers([fact.day]), *said)
            self.told.append(("fact", self.position, row, fact))
        self.ratings[account, ticket] = new

    def count(self, row: int, names: str, window: int, until: int) -> int:
        return sum(w for a, _, n, d, w in self.plain if a == row and n in names and until - window < d <= until)

    def active_days(self, row: int, window: int, until: int) -> int:
        return len({d for a, _, _, d, _ in self.plain if a == row and until - window < d <= until})

    def distinct(self, row: int, window: int, until: int) -> int:
        return len({u for a, u, _, d, _ in self.plain if a == row and until - window < d <= until})

    def days_since(self, row: int, names: str, until: int, choose: type = max) -> float:
        days = [d for a, _, n, d, _ in self.plain if a == row and n in names and d <= until]
        return until - choose(days) if days else math.nan

    def scores(self, row: int, window: int, until: int) -> list[float]:
        said = [f for (a, _), facts in self.ratings.items() if self.accounts.into(a) == row for f in facts]
        return [fact.value for fact in said if until - window < fact.day <= until]

    def reloaded(self, folder: Path) -> None:
        self.memory.dump(folder)
        self.memory = Memory.load(folder, BOOK)

    def batch(self, after: int, up_to: int) -> LakeBatch:
        """The log records after < position <= up_to as the tick would hand them to the lake."""
        told = [row for row in self.told if after < row[1] <= up_to]
        return LakeBatch(up_to, events=_events(told), facts=_facts(told), joins=_joins(told))


def _table(rows: list[tuple], *names: str) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pa.table({name: list(column) for name, column in zip(names, columns, strict=True)})


def _events(told: list[tuple]) -> pa.Table:
    rows = [
        (1, at, a + NUMBER, u, n, d, w, d * 86_400_000_000)
        for kind, at, *r in told
        if kind == "event"
        for a, u, n, d, w in [r]
    ]
    return _table(rows, "workspace_id", "position", "account", "user", "event", "day", "weight", "at")


def _facts(told: list[tuple]) -> pa.Table:
    rows = [
        (1, at, row + NUMBER, f.name, f.day, f.value, f.count)
        for kind, at, *rest in told if kind == "fact" for row, f in [rest]
    ]  # fmt: skip
    return _table(rows, "workspace_id", "position", "account", "fact", "day", "value", "count")


def _joins(told: list[tuple]) -> pa.Table:
    shift = {"user": 0, "account": NUMBER}
    rows = [(1, at, kind, r[0] + shift[kind], r[1] + shift[kind]) for kind, at, *r in told if kind in shift]
    return _table(rows, "workspace_id", "position", "kind", "gone", "into")
