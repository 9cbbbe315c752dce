"""A runner over a real PostgreSQL with journeys published, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import text

from forestay.journeys import inbox
from forestay.journeys.moves import World
from forestay.journeys.runtime.runner import Runner
from forestay.store.database import Store, raw
from tests.conftest import StoreUnderTest
from tests.journeys.still_world import StillWorld


@dataclass
class AtWork:
    """Publishes, lets in, tells, and looks at what became of it."""

    store: StoreUnderTest
    workspace: int
    world: StillWorld = field(default_factory=StillWorld)
    runner: Runner = field(init=False)

    def __post_init__(self) -> None:
        self.runner = self.another()

    def another(self, store: Store | None = None) -> Runner:
        def world(_workspace: int, now: datetime) -> World:
            self.world.now = now
            return self.world

        return Runner(store or self.store.worker, world, lambda: self.world.now)

    def publish(self, steps: Mapping[str, Any], *, key: str = "rescue", version: int = 1, **more: Any) -> int:
        """A version that is live from now on; gives the journey's number."""
        document = {"key": key, "name": key, "start": "start", "steps": steps, **more}
        with self.store.owner.begin_worker() as connection:
            driver = raw(connection)
            driver.execute("UPDATE documents SET status = 'archived' WHERE kind = 'journey' AND key = %s", (key,))
            driver.execute(
                "INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
                "VALUES (%s, 'journey', %s, %s, 'published', %s, %s)",
                (self.workspace, key, version, Jsonb({"document": document, "source": None}), f"{key}{version}"),
            )
        self.runner.refresh()
        return next(number for number, live in self.runner.book.live.items() if live.compiled.key == key)

    def accounts(self, count: int) -> list[int]:
        """So many new accounts."""
        make = "INSERT INTO accounts (workspace_id, external_id) SELECT %s, 'a' || n FROM generate_series(1, %s) AS n RETURNING id"
        with self.store.owner.begin_worker() as connection:
            return [int(str(row[0])) for row in raw(connection).execute(make, (self.workspace, count))]

    def enter(self, journey: int, accounts: list[int], key: str | None = None, **body: Any) -> None:
        with self.store.worker.begin_worker() as connection:
            inbox.enter_many(
                connection, self.workspace,
                [inbox.Entry(journey, account, self.world.now, None, None, key, "manual", body) for account in accounts],
            )  # fmt: skip

    def happen(self, account: int, name: str, at: datetime | None = None, **properties: Any) -> None:
        """As the tick does it: kept for those who look back, and told to those who wait. at: now if left out."""
        now = at or self.world.now
        with self.store.worker.begin_worker() as connection:
            raw(connection).execute(
                "INSERT INTO recent_events (workspace_id, account_id, name, at, day, properties) VALUES (%s, %s, %s, %s, %s, %s)",
                (self.workspace, account, name, now, now.date(), Jsonb(properties)),
            )
            inbox.event(connection, self.workspace, account, None, name, properties, now)

    def report(self, token: int, name: str, **body: Any) -> None:
        with self.store.worker.begin_worker() as connection:
            inbox.report(connection, self.workspace, [inbox.Outcome(token, name, self.world.now, body)])

    def work(self, hours: float = 0) -> None:
        """Move the clock, then do all there is to do."""
        self.world.now += timedelta(hours=hours)
        while self.runner.take_in().rows or self.runner.run_due().rows:
            self.world.now += timedelta(microseconds=1)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.store.owner.begin_worker() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def miscounted(self) -> list[tuple[Any, ...]]:
        """Numbers of runs that are kept wrong: journey, version, status, what there are, what is said."""
        return self.rows(
            "SELECT * FROM (SELECT journey_id, version, 'now:' || status AS name, count(*) AS is FROM journey_runs "
            "  WHERE status < 10 OR status = 13 GROUP BY 1, 2, 3) AS r "
            "FULL JOIN (SELECT journey_id, version, name, count AS said FROM journey_counts WHERE day = '1970-01-01') AS c "
            "  USING (journey_id, version, name) WHERE coalesce(r.is, 0) <> coalesce(c.said, 0)"
        )

    def standing(self) -> list[tuple[Any, ...]]:
        """Where tokens stand: account, step, state."""
        return self.rows(
            "SELECT t.account_id, s.step_id, t.state FROM journey_tokens AS t JOIN journey_steps AS s "
            "ON s.journey_id = t.journey_id AND s.number = t.step ORDER BY t.id"
        )

    def ends(self) -> list[tuple[Any, ...]]:
        """How runs ended: account, status, reason."""
        return self.rows("SELECT account_id, status, reason FROM journey_runs WHERE status >= 10 ORDER BY id")
