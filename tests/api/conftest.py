"""A management API in process over a real PostgreSQL, with callers of every role and a log in memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from forestay.api.app import create_app, give_parts
from forestay.api.deps import ApiDeps
from forestay.customers.words import Role
from forestay.events.log import Codec, Record
from forestay.governance import keys, members, passwords
from forestay.governance.keybook import KeyBook
from forestay.governance.keys import KeyKind
from forestay.governance.members import NewMember
from forestay.governance.throttle import Throttle
from forestay.kit.clock import FixedClock
from forestay.kit.logs import set_up_logs
from forestay.kit.settings import Settings
from tests.conftest import StoreUnderTest

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class MemoryLog:
    """The event log's protocol over a list."""

    records: list[Record] = field(default_factory=list)

    async def append(self, workspace_id: int, codec: Codec, body: bytes) -> int:
        self.records.append(Record(len(self.records) + 1, 0, workspace_id, codec, body))
        return len(self.records)

    def read(self, after: int, limit_bytes: int = 8_000_000) -> list[Record]:
        return self.records[after:]

    def wait(self, after: int, timeout_seconds: float) -> bool:
        return len(self.records) > after

    def last_position(self) -> int:
        return len(self.records)

    def first_position(self) -> int:
        return 1

    def forget(self, up_to: int) -> int:
        return 1

    def position_before(self, moment: int) -> int:
        return sum(record.received_at < moment for record in self.records)

    def close(self) -> None:
        """Nothing to let go."""


@dataclass
class House:
    """The API under test and everything that a test may look at."""

    store: StoreUnderTest
    deps: ApiDeps
    log: MemoryLog
    clock: FixedClock
    client: TestClient
    workspace_id: int

    def key(self, *scopes: str, workspace_id: int | None = None, kind: KeyKind = KeyKind.MANAGEMENT) -> str:
        """A fresh key's secret."""
        at = workspace_id or self.workspace_id
        with self.store.api.begin(at) as conn:
            return keys.create(conn, at, kind, "test", scopes).secret

    def bearer(self, *scopes: str, workspace_id: int | None = None) -> dict[str, str]:
        """Headers of a management key with these scopes, '*' when none is named."""
        return {"Authorization": f"Bearer {self.key(*(scopes or ('*',)), workspace_id=workspace_id)}"}

    def member(self, role: Role, email: str | None = None) -> int:
        """A member who can sign in with PASSWORD."""
        new = NewMember(email or f"{role.value}@acme.example.com", role.value.title(), role, PASSWORD)
        with self.store.api.begin(self.workspace_id) as conn:
            return members.create(conn, self.workspace_id, new)

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """The answer to signing in; the client keeps the cookie."""
        return self.client.post("/api/sessions", json={"email": email, "password": password, "workspace": "acme"})

    def browser(self, role: Role) -> dict[str, str]:
        """Sign in as a new member of this role; gives the CSRF header."""
        self.member(role)
        answer = self.sign_in(f"{role.value}@acme.example.com")
        return {"X-CSRF-Token": answer.json()["csrf_token"]}


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs() -> None:
    """Logs as the server has them, to nowhere: the default draws a traceback for seconds."""
    set_up_logs("error", "json", io.StringIO())


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that cost little: what they cost in earnest is held in tests/governance."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="session")
def application() -> FastAPI:
    """The application, made once: its routes cost more than most tests."""
    return create_app(cast(Any, None))


@pytest.fixture
def house(application: FastAPI, store: StoreUnderTest, workspace: int, tmp_path: Path) -> Iterator[House]:
    clock = FixedClock(START)
    log = MemoryLog()
    settings = Settings(data_dir=tmp_path)
    ticking: Callable[[], float] = lambda: (clock.now() - START) / timedelta(seconds=1)  # noqa: E731
    keybook = KeyBook(store.api, tmp_path / "run" / "write-keys.json", ticking)
    deps = ApiDeps(store.api, log, keybook, settings, clock, Throttle(clock))
    give_parts(application, deps)
    with TestClient(application, base_url="http://forestay.example.com") as client:
        yield House(store, deps, log, clock, client, workspace)


@pytest.fixture
def admin(house: House) -> dict[str, str]:
    """Headers of a key that may do everything."""
    return house.bearer()
