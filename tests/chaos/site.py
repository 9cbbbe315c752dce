"""A site under shocks: PostgreSQL, a provider, journey runners and action workers in processes of their own, one clock.

`Site.kill()` ends a process as `kill -9` does and starts another in its place; a process that ends by itself is a fault.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole
from tests.actions.null_provider import NullProvider
from tests.conftest import open_folder

RUNNER, WORKER = "tests.chaos.journeys_runner", "tests.chaos.effects_worker"
EACH = 2
"""Processes of either kind."""


@dataclass
class Site:
    """seconds: by which the clock that all share is ahead of the system's."""

    server: EmbeddedPostgres
    provider: NullProvider
    folder: Path
    seconds: float = 0.0
    at_work: dict[str, list[subprocess.Popen[bytes]]] = field(default_factory=lambda: {RUNNER: [], WORKER: []})
    kills: int = 0
    restarts: int = 0

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    def start(self, kind: str) -> None:
        words = [
            self.server.dsn(DatabaseRole.WORKER), str(self.provider.port), str(self.provider.knows_keys),
            str(self.folder / "offset"),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "FORESTAY_LOG_LEVEL": "error"}
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen([sys.executable, "-m", kind, *words], env=environment, stderr=said, stdout=said)
        self.at_work[kind].append(process)

    def start_all(self) -> None:
        for kind in (RUNNER, WORKER) * EACH:
            self.start(kind)

    def kill(self, kind: str) -> None:
        """One of a kind, whichever; another takes its place."""
        self.check_alive()
        victim = self.at_work[kind].pop(random.randrange(EACH))
        victim.kill()
        victim.wait()
        self.kills += 1
        self.start(kind)

    def check_alive(self) -> None:
        """Whatever happens to the store, no process of ours ends by itself."""
        ended = [kind for kind, some in self.at_work.items() for one in some if one.poll() is not None]
        assert not ended, (ended, (self.folder / "said").read_text()[-3000:])

    def step(self, seconds: float) -> None:
        """Put the clock forward or back for everybody."""
        self.seconds += seconds
        fresh = self.folder / "offset.new"
        fresh.write_text(str(self.seconds))
        fresh.replace(self.folder / "offset")

    def restart_database(self) -> None:
        self.server.kill()
        self.server.start()
        self.restarts += 1

    def ask(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.server.dsn(DatabaseRole.OWNER)) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def look_at_tables(self) -> None:
        """Let the store know how large its tables have grown, before long questions are asked of them."""
        with psycopg.connect(self.server.dsn(DatabaseRole.OWNER), autocommit=True) as connection:
            connection.execute("ANALYZE")

    def close(self) -> None:
        for one in (one for some in self.at_work.values() for one in some):
            one.kill()
            one.wait()
        self.provider.close()
        self.server.kill()


@contextmanager
def site(provider: NullProvider) -> Iterator[Site]:
    """PostgreSQL as it ships (fsync on) and the provider; nobody works yet."""
    with open_folder() as folder:
        server = EmbeddedPostgres(folder / "data")
        server.start()
        prepare({role: server.dsn(role) for role in DatabaseRole}, server.data_dir)
        provider.serve()
        made = Site(server, provider, folder)
        made.step(0)
        try:
            yield made
        finally:
            made.close()
