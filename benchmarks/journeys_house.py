"""A PostgreSQL of its own with a journey published and many runs waiting, for benchmarks of journeys."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from forestay.conditions.columns import ColumnTable
from forestay.conditions.document import Condition
from forestay.journeys.experiments.assignment import Allocation
from forestay.journeys.moves import NEVER, Batch, Ints
from forestay.journeys.run_columns import own_families
from forestay.journeys.runtime.runner import Runner
from forestay.kit.calendars import BusinessCalendar, CalendarDocument
from forestay.store.database import Store, raw
from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole

STEPS: Mapping[str, Any] = {
    "start": {
        "kind": "condition", "branches": [{"if": {"column": "health.score", "is": "below", "value": 60}, "port": "low"}],
        "ports": {"low": "greet", "else": "done"},
    },
    "greet": {"kind": "message", "template": "low-usage", "to": "champion", "next": "pause"},
    "pause": {"kind": "wait", "for": {"days": 3}, "next": "done"},
    "done": {"kind": "exit"},
}  # fmt: skip
_RUNS = """
INSERT INTO journey_runs (workspace_id, journey_id, account_id, entered_at, version, entry_key)
SELECT %s, %s, n, %s, 1, decode(lpad(to_hex(n), 36, $$0$$), $$hex$$) FROM generate_series(%s::bigint, %s::bigint) AS n"""
_ACCOUNTS = """
INSERT INTO accounts (id, workspace_id, external_id) SELECT n, %s, 'w' || n FROM generate_series(%s::bigint, %s::bigint) AS n"""
_TOKENS = """
INSERT INTO journey_tokens (workspace_id, run_id, journey_id, account_id, due_at, since, version, step, state)
SELECT workspace_id, id, journey_id, account_id, %s + id * interval '1 ms', entered_at, 1, %s, 1 FROM journey_runs AS r
WHERE account_id >= %s"""
WAITERS_FROM = 10_000_000
"""Numbers of the waiting runs' accounts begin here: far from those that the benchmark moves."""


class PlainWorld:
    """Every account's health is 40; nothing else is known."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def table(self, batch: Batch) -> ColumnTable:
        table = ColumnTable((len(batch),), {"health.score": np.full(len(batch), 40.0)})
        for family, values in own_families(batch).items():
            table.add_family(family, values)
        return table

    def zones(self, batch: Batch) -> Sequence[str]:
        return ["UTC"] * len(batch)

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        return BusinessCalendar(CalendarDocument(), zone)

    def moments(self, batch: Batch, field: str) -> Ints:
        return np.full(len(batch), NEVER)

    def allocation(self, journey: str, test: str) -> Allocation | None:
        return None

    def contacts(self, batch: Batch, who: str, segment: Condition | None) -> Sequence[Ints]:
        return [np.empty(0, np.int64)] * len(batch)


@dataclass
class Clock:
    """The machine's, moved ahead by so much."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class JourneysHouse:
    """worker_dsn: of the worker; owner: for making things."""

    worker_dsn: str
    owner_dsn: str
    owner: Store
    workspace: int
    journey: int = 0
    steps: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0

    def runner(self, clock: Clock, pool: int = 2) -> Runner:
        store = Store.connect(self.worker_dsn, pool_size=pool, role=DatabaseRole.WORKER)
        runner = Runner(store, lambda _, now: PlainWorld(now), clock)
        runner.refresh()
        return runner

    def publish(self, steps: Mapping[str, Any], key: str = "rescue", *, known: bool = True) -> str:
        document = {"key": key, "name": key, "start": "start", "steps": steps}
        self.do(
            "INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) VALUES (%s, 'journey', %s, 1, 'published', %s, %s)",
            self.workspace, key, Jsonb({"document": document, "source": None}), key,
        )  # fmt: skip
        if not known:  # whoever runs shall find it out
            return key
        live = next(one for one in self.runner(Clock()).book.live.values() if one.compiled.key == key)
        self.journey, self.steps = live.compiled.journey_id, live.compiled.numbers
        return key

    def fill(self, upto: int) -> None:
        """So many runs wait in all, for a month from now."""
        first = WAITERS_FROM + self.waiting
        now = datetime.now(UTC)
        self.do(_ACCOUNTS, self.workspace, first, WAITERS_FROM + upto - 1)
        self.do(_RUNS, self.workspace, self.journey, now, first, WAITERS_FROM + upto - 1)
        self.do(_TOKENS, now + timedelta(days=30), self.steps["pause"], first)
        self.waiting = upto
        self.settle()

    def settle(self) -> None:
        """As autovacuum leaves it."""
        with self.owner._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("accounts", "journey_runs", "journey_tokens", "journey_inbox", "requests"):
                connection.exec_driver_sql(f"VACUUM (ANALYZE) {table}")
            connection.exec_driver_sql("CHECKPOINT")

    def accounts(self, count: int) -> None:
        """Accounts 1 .. count."""
        self.do(
            "INSERT INTO accounts (workspace_id, external_id) SELECT %s, 'a' || n FROM generate_series(1, %s::bigint) AS n",
            self.workspace,
            count,
        )

    def let_in(self, first: int, count: int) -> None:
        """Rows of the inbox for accounts first .. first + count - 1."""
        self.do(
            "INSERT INTO journey_inbox (workspace_id, kind, journey_id, account_id, name, at) "
            "SELECT %s, 'enter', %s, n, 'manual', now() FROM generate_series(%s::bigint, %s::bigint) AS n",
            self.workspace, self.journey, first, first + count - 1,
        )  # fmt: skip

    def do(self, statement: str, *parameters: object) -> None:
        with self.owner.begin_worker() as connection:
            raw(connection).execute(statement, parameters)

    def ask(self, statement: str) -> Any:
        with self.owner.begin_worker() as connection:
            row = raw(connection).execute(statement).fetchone()
            return None if row is None else row[0]


@contextmanager
def journeys_house() -> Iterator[JourneysHouse]:
    """A PostgreSQL as it ships: fsync on, row security on; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="forestay-journeys-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder) / "data")
        postgres.start()
        try:
            dsns = {role: postgres.dsn(role) for role in DatabaseRole}
            prepare(dsns, postgres.data_dir)
            owner = Store.connect(dsns[DatabaseRole.OWNER], role=DatabaseRole.OWNER)
            with owner.begin_worker() as connection:
                row: Any = (
                    raw(connection)
                    .execute("INSERT INTO workspaces (slug, name) VALUES ('acme', 'Acme') RETURNING id")
                    .fetchone()
                )
                raw(connection).execute(
                    "SELECT forestay_history_day(current_date + n) FROM generate_series(-1, 5) AS n"
                )
            house = JourneysHouse(dsns[DatabaseRole.WORKER], dsns[DatabaseRole.OWNER], owner, int(row[0]))
            yield house
            owner.close()
        finally:
            postgres.stop()
