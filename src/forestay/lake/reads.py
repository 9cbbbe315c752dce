"""What other rooms may ask of the lake.

Reads : the Delta tables of lake.tables
Gives : LakeReader, Chosen, CodedCounts, CodedSpans, UserDays, DatedFacts, NamedRows
Source: docs/architecture.md ('one door to the lake'); DESIGN section 4.

Rows of accounts and users that were joined are given under the number that stayed. Answers about chosen accounts
name them by place: the index in the array of accounts that was asked for. Partial sums are given as they lie in
the lake, so the same (place, code, day) may come several times: add them up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forestay.kit.clock import date_of
from forestay.lake.engine import DeltaFolder, connect
from forestay.lake.joins import Joins
from forestay.lake.tables import ACCOUNT_EVENT_DAY, ACCOUNT_USER_DAY, EVENTS, FACTS, JOINS, LakeTable

Numbers = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
BATCH_ROWS = 500_000
_ROLLUPS = (ACCOUNT_EVENT_DAY, ACCOUNT_USER_DAY)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Accounts that are asked about: numbers int64 (n,), of one workspace."""

    workspace_id: int
    accounts: Numbers


@dataclass(frozen=True, slots=True)
class CodedCounts:
    """Events: place int64, code int64 (index + 1 in the names asked for, 0 = any other name), day int32, events int64."""

    place: Numbers
    code: Numbers
    day: Days
    events: Numbers


@dataclass(frozen=True, slots=True)
class CodedSpans:
    """First and last day of each (place, code) with events before a day; int64, int64, int32, int32."""

    place: Numbers
    code: Numbers
    first: Days
    last: Days


@dataclass(frozen=True, slots=True)
class UserDays:
    """Days on which a user was active: place int64, user int64, day int32; repetitions possible."""

    place: Numbers
    user: Numbers
    day: Days


@dataclass(frozen=True, slots=True)
class DatedFacts:
    """Facts summed by place and day: place int64, day int32, value float64, count int64 (net of corrections)."""

    place: Numbers
    day: Days
    value: npt.NDArray[np.float64]
    count: Numbers


@dataclass(frozen=True, slots=True)
class NamedRows:
    """Single events: place int64, code int64 (index + 1 in the names asked for), at int64 (microseconds UTC), user keys,
    properties as JSON texts."""

    place: Numbers
    code: Numbers
    at: Numbers
    user_key: list[str | None]
    properties: list[str | None]


class LakeReader:
    """Questions to a lake; each opens the tables as they are at that moment. Not for use by several threads."""

    def __init__(self, root: str, *, memory_mb: int = 1024, threads: int = 2) -> None:
        self._folder = DeltaFolder(root)
        self._connection = connect(memory_mb, threads)

    def close(self) -> None:
        """Let the engine go."""
        self._connection.close()

    def state(self) -> tuple[int, ...]:
        """Versions of the tables that histories are read from: others as soon as anything in them is; -1 for none."""
        tables = (*_ROLLUPS, FACTS, JOINS)
        return tuple(self._folder.open(one).version() if self._folder.exists(one) else -1 for one in tables)

    def rollup_rows(self, since: int, until: int) -> int:
        """How many rows the larger rollup has in the months of the days since .. until, of all workspaces."""
        sources = (self._folder.relation(self._connection, table, *_months(since, until)) for table in _ROLLUPS)
        counted = [self._table(f"SELECT count(*) AS n FROM {source}") for source in sources]  # noqa: S608
        return max(int(table.column("n")[0].as_py()) for table in counted)

    def counts(
        self, chosen: Chosen, names: Sequence[str], since: int, until: int, *, others: bool = True
    ) -> Iterator[CodedCounts]:
        """Events of the days since .. until, in batches. others=False: only the names asked for."""
        source = self._chosen(ACCOUNT_EVENT_DAY, chosen, "account", since, until)
        self._register_names(names)
        join = "LEFT JOIN" if others else "JOIN"
        sql = (
            f"SELECT place, coalesce(code, 0) AS code, day, events FROM {source} {join} names USING (event) "  # noqa: S608
            f"WHERE {_between(since, until)}"
        )
        for batch in self._stream(self._netted(sql, source)):
            yield CodedCounts(
                _numbers(batch, "place"), _numbers(batch, "code"), _days(batch), _numbers(batch, "events")
            )

    def totals(self, chosen: Chosen, since: int, until: int) -> Iterator[CodedCounts]:
        """Events of all names together (code 0), without reading their names."""
        source = self._chosen(ACCOUNT_EVENT_DAY, chosen, "account", since, until)
        sql = f"SELECT place, day, events FROM {source} WHERE {_between(since, until)}"  # noqa: S608
        for batch in self._stream(self._netted(sql, source)):
            place = _numbers(batch, "place")
            yield CodedCounts(place, np.zeros_like(place), _days(batch), _numbers(batch, "events"))

    def days_with_events(self, chosen: Chosen, since: int, until: int) -> Days:
        """The days since .. until on which any of the accounts had an event, ascending."""
        source = self._chosen(ACCOUNT_EVENT_DAY, chosen, "account", since, until)
        rows = self._netted(f"SELECT place, day, events FROM {source} WHERE {_between(since, until)}", source)  # noqa: S608
        return _days(self._table(f"SELECT DISTINCT day FROM ({rows}) ORDER BY day"))  # noqa: S608

    def spans(self, chosen: Chosen, names: Sequence[str], before: int) -> CodedSpans:
        """First and last day with events before the day, for names and (code 0) for all others together."""
        source = self._chosen(ACCOUNT_EVENT_DAY, chosen, "account", None, before - 1)
        self._register_names(names)
        table = self._table(
            "SELECT place, code, min(day) AS first, max(day) AS last FROM ("  # noqa: S608
            "SELECT place, coalesce(code, 0) AS code, day, sum(events) AS events "
            f"FROM {source} LEFT JOIN names USING (event) WHERE {_between(None, before - 1)} GROUP BY ALL) "
            "WHERE events > 0 GROUP BY ALL"
        )
        return CodedSpans(
            _numbers(table, "place"), _numbers(table, "code"), _days(table, "first"), _days(table, "last")
        )

    def user_days(self, chosen: Chosen, since: int, until: int) -> Iterator[UserDays]:
        """Days since .. until on which users were active, in batches."""
        source = self._chosen(ACCOUNT_USER_DAY, chosen, "account", since, until)
        joins = self.joins(chosen.workspace_id, "user")
        self._register_joins("moved", joins)
        who, moved = '"user"', ""
        if joins.items():
            who, moved = 'coalesce(moved."into", "user")', 'LEFT JOIN moved ON moved.gone = "user"'
        sql = f"SELECT place, {who} AS who, day FROM {source} {moved} WHERE events > 0 AND {_between(since, until)}"  # noqa: S608
        for batch in self._stream(sql):
            yield UserDays(_numbers(batch, "place"), _numbers(batch, "who"), _days(batch))

    def facts(self, chosen: Chosen, fact: str, until: int) -> DatedFacts:
        """One fact, as facts_by_name()."""
        return self.facts_by_name(chosen, [fact], until)[fact]

    def facts_by_name(self, chosen: Chosen, facts: Sequence[str], until: int) -> dict[str, DatedFacts]:
        """All that is known today of facts dated on or before the day, summed, each sorted by place and day."""
        source = self._chosen(FACTS, chosen, "account", None, None)
        self._connection.register("wanted", pa.table({"fact": pa.array(facts, pa.string())}))
        table = self._table(
            f'SELECT fact, place, day, sum(value) AS value, sum("count")::BIGINT AS n FROM {source} '  # noqa: S608
            f"SEMI JOIN wanted USING (fact) WHERE {_between(None, until)} GROUP BY ALL "
            'HAVING sum("count") <> 0 OR abs(sum(value)) > 1e-9 ORDER BY fact, place, day'
        )
        place, day, count = _numbers(table, "place"), _days(table), _numbers(table, "n")
        value, name = np.asarray(table.column("value"), np.float64), np.asarray(table.column("fact"), object)
        found: dict[str, DatedFacts] = {}
        for fact in facts:
            of_fact = slice(*np.searchsorted(name, [fact, fact + "\0"])) if len(name) else slice(0, 0)
            found[fact] = DatedFacts(place[of_fact], day[of_fact], value[of_fact], count[of_fact])
        return found

    def joins(self, workspace_id: int, kind: str) -> Joins:
        """Who stands for whom; kind 'account' or 'user'."""
        source = self._folder.relation(self._connection, JOINS)
        table = self._table(
            f'SELECT gone, "into" FROM {source} WHERE workspace_id = $workspace AND kind = $kind '  # noqa: S608
            "ORDER BY position, part",
            {"workspace": workspace_id, "kind": kind},
        )
        return Joins.of(zip(table.column("gone").to_pylist(), table.column("into").to_pylist(), strict=True))

    def events(self, workspace_id: int, account: int, since: int, until: int, limit: int = 200) -> pa.Table:
        """The latest events of an account in the days since .. until, newest first; columns of lake.tables.EVENTS."""
        accounts = [account, *self.joins(workspace_id, "account").gone_into(account)]
        filters = (("day", ">=", str(date_of(since))), ("day", "<=", str(date_of(until))))
        source = self._folder.relation(self._connection, EVENTS, *filters)
        return self._table(
            f"SELECT * FROM {source} WHERE workspace_id = $workspace AND account IN ({_listed(accounts)}) "  # noqa: S608
            f'AND {_between(since, until)} ORDER BY "at" DESC, position DESC, part DESC LIMIT {int(limit)}',
            {"workspace": workspace_id},
        )

    def named_events(self, chosen: Chosen, names: Sequence[str], since: int, until: int) -> NamedRows:
        """Events of these names on the days since .. until, one by one, in the order of time."""
        joins = self.joins(chosen.workspace_id, "account")
        theirs = [(account, *joins.gone_into(account)) for account in chosen.accounts.tolist()]
        numbers = pa.array([number for some in theirs for number in some], pa.int64())
        places = pa.array([place for place, some in enumerate(theirs) for _ in some], pa.int64())
        self._connection.register("chosen", pa.table({"account": numbers, "place": places}))
        self._register_names(names)
        filters = (("day", ">=", str(date_of(since))), ("day", "<=", str(date_of(until))))
        source = self._folder.relation(self._connection, EVENTS, *filters)
        table = self._table(
            f'SELECT place, code, epoch_us("at") AS micros, user_key, properties FROM {source} '  # noqa: S608
            f"JOIN chosen USING (account) JOIN names USING (event) WHERE workspace_id = $workspace "
            f'AND {_between(since, until)} ORDER BY "at", position, part',
            {"workspace": chosen.workspace_id},
        )
        return NamedRows(
            _numbers(table, "place"), _numbers(table, "code"), _numbers(table, "micros"),
            table.column("user_key").to_pylist(), table.column("properties").to_pylist(),
        )  # fmt: skip

    def event_names(self, workspace_id: int, since: int, until: int, limit: int = 1000) -> dict[str, int]:
        """Names of events and how often they came, the most frequent first."""
        source = self._folder.relation(self._connection, ACCOUNT_EVENT_DAY, *_months(since, until))
        table = self._table(
            f"SELECT event, sum(events)::BIGINT AS n FROM {source} WHERE workspace_id = $workspace "  # noqa: S608
            f"AND {_between(since, until)} GROUP BY event ORDER BY n DESC, event LIMIT {int(limit)}",
            {"workspace": workspace_id},
        )
        return dict(zip(table.column("event").to_pylist(), table.column("n").to_pylist(), strict=True))

    def accounts(self, workspace_id: int, since: int, until: int) -> Numbers:
        """Accounts with events in the days since .. until, ascending; joined ones under the number that stayed."""
        source = self._folder.relation(self._connection, ACCOUNT_EVENT_DAY, *_months(since, until))
        self._register_joins("moved", self.joins(workspace_id, "account"))
        table = self._table(
            f'SELECT DISTINCT coalesce(moved."into", account) AS account FROM {source} '  # noqa: S608
            f"LEFT JOIN moved ON moved.gone = account WHERE workspace_id = $workspace AND {_between(since, until)} "
            "ORDER BY 1",
            {"workspace": workspace_id},
        )
        return _numbers(table, "account")

    def _chosen(self, table: LakeTable, chosen: Chosen, column: str, since: int | None, until: int | None) -> str:
        """The table's rows of the chosen accounts and of those that went into them, with their place.

        An account that went into another has no rows of its own any more.
        """
        numbers, places = _with_joined(chosen.accounts, self.joins(chosen.workspace_id, "account"))
        self._connection.register("chosen", pa.table({column: numbers, "place": places}))
        filters = _months(since, until) if table.partition == "month" else ()
        source = self._folder.relation(self._connection, table, *filters)
        low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, -1)
        return (
            f"(SELECT * FROM {source} WHERE workspace_id = {int(chosen.workspace_id)} "  # noqa: S608
            f"AND {column} BETWEEN {low} AND {high}) JOIN chosen USING ({column})"
        )

    def _netted(self, sql: str, source: str) -> str:
        """The same rows added up first when there are corrections among them, so that no count is negative."""
        corrections = self._connection.sql(f"SELECT 1 FROM {source} WHERE events < 0 LIMIT 1")  # noqa: S608
        if not corrections.fetchall():
            return sql
        return f"SELECT * REPLACE (sum(events)::BIGINT AS events) FROM ({sql}) GROUP BY ALL HAVING sum(events) > 0"  # noqa: S608

    def _register_names(self, names: Sequence[str]) -> None:
        codes = pa.array(range(1, len(names) + 1), pa.int64())
        self._connection.register("names", pa.table({"event": pa.array(names, pa.string()), "code": codes}))

    def _register_joins(self, name: str, joins: Joins) -> None:
        gone, into = zip(*joins.items(), strict=True) if joins.items() else ((), ())
        self._connection.register(
            name, pa.table({"gone": pa.array(gone, pa.int64()), "into": pa.array(into, pa.int64())})
        )

    def _stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        yield from self._connection.sql(sql).to_arrow_reader(BATCH_ROWS)

    def _table(self, sql: str, params: dict[str, str | int] | None = None) -> pa.Table:
        return self._connection.sql(sql, params=params or None).to_arrow_table()


def _with_joined(accounts: Numbers, joins: Joins) -> tuple[Numbers, Numbers]:
    """Numbers of the accounts and of those that went into them, each with its place; gone ones have none."""
    places = np.arange(len(accounts), dtype=np.int64)
    if not joins.items():
        return accounts, places
    stays = np.array([joins.into(account) == account for account in accounts.tolist()], bool)
    gone = [(joined, place) for place in places[stays].tolist() for joined in joins.gone_into(int(accounts[place]))]
    more = np.array(gone, np.int64).reshape(len(gone), 2)
    return np.concatenate((accounts[stays], more[:, 0])), np.concatenate((places[stays], more[:, 1]))


def _between(since: int | None, until: int | None) -> str:
    low = f"day >= DATE '{date_of(since)}'" if since is not None else "true"
    high = f"day <= DATE '{date_of(until)}'" if until is not None else "true"
    return f"{low} AND {high}"


def _months(since: int | None, until: int | None) -> tuple[tuple[str, str, str], ...]:
    bounds = ((">=", since), ("<=", until))
    return tuple(("month", op, f"{date_of(day):%Y%m}") for op, day in bounds if day is not None)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(int(number)) for number in numbers)


def _numbers(rows: pa.RecordBatch | pa.Table, name: str) -> Numbers:
    return np.asarray(rows.column(name), np.int64)


def _days(rows: pa.RecordBatch | pa.Table, name: str = "day") -> Days:
    return np.asarray(rows.column(name).cast(pa.int32()), np.int32)
