"""Two action workers are killed at random, the provider falls silent after accepting, PostgreSQL dies and comes back, the
clock steps: every effect is accounted for, none acts twice, and where nobody can know it says so.

`./run test` sends some thousands and kills a few times; `./run test --full` a million, and its dated result is committed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole
from tests.actions.crowd import fill
from tests.actions.null_provider import NullProvider
from tests.conftest import open_folder

FULL = bool(os.environ.get("FORESTAY_TEST_FULL"))
EFFECTS = 1_000_000 if FULL else 2_500
KILLS, RESTARTS = (200, 20) if FULL else (5, 1)
DEADLINE_SECONDS = 6 * 3600 if FULL else 240
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
STEPS = (600, 3600, -1800, 900, 7200, -600)
"""Seconds by which the clock is put forward or back; on the whole it goes on, so that leases end."""


@dataclass
class Site:
    """Two workers, the database, the clock that they share and the provider."""

    server: EmbeddedPostgres
    provider: NullProvider
    offset: Path
    seconds: float = 0.0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> None:
        words = [
            self.server.dsn(DatabaseRole.WORKER),
            str(self.provider.port),
            str(self.provider.knows_keys),
            str(self.offset),
        ]
        command = [sys.executable, "-m", "tests.chaos.effects_worker", *words]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "FORESTAY_LOG_LEVEL": "error"}
        self.workers.append(
            subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        )

    def kill_worker(self) -> None:
        worker = self.workers.pop(random.randrange(len(self.workers)))
        worker.kill()
        worker.wait()

    def step(self, seconds: float) -> None:
        self.seconds += seconds
        fresh = self.offset.with_suffix(".new")
        fresh.write_text(str(self.seconds))
        fresh.replace(self.offset)

    def restart_database(self) -> None:
        self.server.kill()
        self.server.start()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.dsn(DatabaseRole.OWNER)) as connection:
            return connection.execute(query.encode()).fetchall()

    def waiting(self) -> int:
        [(requests, effects)] = self.ask(
            "SELECT (SELECT count(*) FROM requests WHERE drained_at IS NULL), (SELECT count(*) FROM effects WHERE status = 'pending')"
        )
        return int(str(requests)) + int(str(effects))


@contextmanager
def site(provider: NullProvider) -> Iterator[Site]:
    with open_folder() as folder:
        server = EmbeddedPostgres(folder / "data")
        server.start()
        prepare({role: server.dsn(role) for role in DatabaseRole}, server.data_dir)
        fill(server.dsn(DatabaseRole.OWNER), accounts=400, messages=EFFECTS)
        provider.serve()
        made = Site(server, provider, folder / "offset")
        made.step(0)
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.kill()
                worker.wait()
            provider.close()
            server.kill()


def send_through_chaos(place: Site) -> None:
    """Kill and restart in the midst of it, then let what is left come to rest."""
    for _ in range(2):
        place.start_worker()
    shocks = ["kill"] * KILLS + ["restart"] * RESTARTS
    random.shuffle(shocks)
    deadline = time.monotonic() + DEADLINE_SECONDS
    for number, shock in enumerate(shocks):
        before = place.provider.asked
        while place.provider.asked < before + EFFECTS // (3 * len(shocks)) and time.monotonic() < deadline:
            time.sleep(0.02)
            if not place.waiting():
                break
        if shock == "kill":
            place.kill_worker()
            place.start_worker()
        else:
            place.restart_database()
        place.step(STEPS[number % len(STEPS)])
    seen, looked = -1, time.monotonic()
    while left := place.waiting():
        assert time.monotonic() < deadline, f"{left} are still pending"
        if place.provider.asked == seen and time.monotonic() - looked > 3:  # only the clock holds them up
            place.step(3600)
            looked = time.monotonic()
        seen = place.provider.asked
        time.sleep(0.25)


def outcomes(place: Site) -> dict[str, str]:
    """Key -> status of every effect."""
    rows = place.ask("SELECT 'eff_' || encode(effect_key, 'hex'), status FROM effects")
    return {str(key): str(status) for key, status in rows}


def check_runs(place: Site) -> None:
    """Every run that waits was told, and the journeys' ledger adds up to what they asked for."""
    assert place.ask("SELECT count(DISTINCT token_id) FROM journey_inbox WHERE kind = 'outcome'") == [(EFFECTS,)]
    assert place.ask("SELECT count(*) FROM effects WHERE journey_id IS NOT NULL AND step = 3") == [(EFFECTS,)]


@pytest.mark.chaos
def test_with_idempotency_keys_none_is_lost_and_no_key_acts_twice() -> None:
    random.seed(5)
    provider = NullProvider(knows_keys=True, silent=0.01, refused=0.005)
    with site(provider) as place:
        send_through_chaos(place)
        ended = outcomes(place)
        check_runs(place)
    assert len(ended) == EFFECTS
    assert set(ended.values()) <= {"sent", "failed"}
    assert {key for key, status in ended.items() if status == "sent"} == set(provider.acted)
    assert set(provider.acted.values()) == {1}
    keep("with keys", provider, ended)


@pytest.mark.chaos
def test_without_idempotency_keys_no_message_arrives_twice_and_the_unclear_ones_are_counted() -> None:
    random.seed(6)
    provider = NullProvider(knows_keys=False, silent=0.01, refused=0.005)
    with site(provider) as place:
        send_through_chaos(place)
        ended = outcomes(place)
        check_runs(place)
    assert len(ended) == EFFECTS
    assert max(provider.acted.values()) == 1
    assert {key for key, status in ended.items() if status == "sent"} <= set(provider.acted)
    assert {ended[key] for key in provider.acted} <= {"sent", "unknown"}
    assert set(ended.values()) == {"sent", "failed", "unknown"}
    keep("without keys", provider, ended)


def keep(name: str, provider: NullProvider, ended: dict[str, str]) -> None:
    day = datetime.now(UTC).date().isoformat()
    body = {
        "test": f"effects {name}", "date": day, "effects": EFFECTS, "kills": KILLS, "database_restarts": RESTARTS,
        "calls": provider.asked, "acted_on": len(provider.acted), "twice": 0, **Counter(ended.values()),
    }  # fmt: skip
    print(json.dumps(body))
    if FULL:
        (RESULTS / f"chaos-effects-{name.replace(' ', '-')}-{day}.json").write_text(json.dumps(body, indent=1) + "\n")
