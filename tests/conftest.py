"""A real PostgreSQL for every test that wants one: one server a test process, one fresh database a test."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from sqlalchemy import event, insert

from forestay.app.shipped import shipped_documents
from forestay.governance.bootstrap import ShippedDocument
from forestay.store.database import Store, raw
from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole
from forestay.store.tables import governance

_TEMPLATE = "forestay"
_NUMBERS = itertools.count(1)
_LEFT: list[str] = []
"""Databases to drop at the next test's end: dropping one at once waits 0.1 s for its last connection to go."""


@dataclass(frozen=True)
class StoreUnderTest:
    """A fresh, migrated database. api: row-level security; worker: runtime tables; owner: everything."""

    api: Store
    worker: Store
    owner: Store
    owner_dsn: str
    api_dsn: str
    worker_dsn: str


def with_database(dsn: str, name: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder for a data folder, gone afterwards. pytest's own are closed (0700) to the user that PostgreSQL runs as
    under root; it would then put its files elsewhere and leave them there."""
    with tempfile.TemporaryDirectory(prefix="forestay-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder for a whole Forestay of the test's own, not made yet."""
    with open_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One running server with a migrated, empty database that the tests' databases are copied from."""
    with open_folder() as folder:
        yield from _running(EmbeddedPostgres(folder / "data"))


def _running(server: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    server.start()
    (server.home.folder / "postgres.conf").write_text("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    server.stop()
    server.start()
    prepare({role: server.dsn(role) for role in DatabaseRole}, server.data_dir)
    yield server
    server.kill()  # nothing of it is kept


@pytest.fixture(scope="session")
def kept_store(postgres: EmbeddedPostgres) -> Iterator[StoreUnderTest]:
    """One database for all tests of this process that leave its schema alone."""
    with fresh_store(postgres) as made:
        yield made


@pytest.fixture
def store(kept_store: StoreUnderTest) -> Iterator[StoreUnderTest]:
    """An empty, migrated database. Its rows and numbers are reset afterwards: a tenth of the price of a new one."""
    yield kept_store
    empty(kept_store)


_EMPTY = """
DO $$
DECLARE
  name text; sequence text; has_rows boolean;
BEGIN
  SET LOCAL session_replication_role = replica;  -- no foreign keys: the order does not matter
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO has_rows;
    IF has_rows THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
  FOR sequence IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    PERFORM setval(quote_ident(sequence)::regclass, 1, false);
  END LOOP;
END $$"""


_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (application_name <> 'kept' OR state <> 'idle' OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))"""


def empty(store: StoreUnderTest) -> None:
    """Make it as a new one: no connections but the store's own, at rest; no rows, numbers from 1."""
    with store.owner.begin_worker() as connection:
        raw(connection).execute(_END_OTHERS)
        raw(connection).execute(_EMPTY)


def keep(store: Store) -> Store:
    """Let its connections live from test to test: a new one costs more than most tests."""

    def name(connection: psycopg.Connection[Any], _: object) -> None:
        connection.execute("SET application_name = 'kept'")
        connection.commit()

    event.listen(store._engine, "connect", name)
    return store


@contextmanager
def fresh_store(postgres: EmbeddedPostgres) -> Iterator[StoreUnderTest]:
    """A copy of the migrated, empty database; about 50 ms."""
    name = f"test_{next(_NUMBERS)}"
    dsns = {role: with_database(postgres.dsn(role), name) for role in DatabaseRole}
    with psycopg.connect(with_database(postgres.dsn(DatabaseRole.OWNER), "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
        api, worker, owner = (
            keep(Store.connect(dsns[role], role=role))
            for role in (DatabaseRole.API, DatabaseRole.WORKER, DatabaseRole.OWNER)
        )
        yield StoreUnderTest(
            api, worker, owner, dsns[DatabaseRole.OWNER], dsns[DatabaseRole.API], dsns[DatabaseRole.WORKER]
        )
        for each in (api, worker, owner):
            each.close()
        for left in _LEFT[:]:
            admin.execute(f"DROP DATABASE {left} WITH (FORCE)")
            _LEFT.remove(left)
        _LEFT.append(name)


@pytest.fixture
def workspace(store: StoreUnderTest) -> int:
    """The id of a workspace 'acme', zone UTC."""
    return make_workspace(store, "acme", "Acme")


@pytest.fixture
def other_workspace(store: StoreUnderTest) -> int:
    """The id of a second workspace 'globex'."""
    return make_workspace(store, "globex", "Globex")


@cache
def what_ships() -> tuple[ShippedDocument, ...]:
    """What ships with the product, read once: the playbooks' YAML costs more than most tests."""
    return tuple(shipped_documents())


def make_workspace(store: StoreUnderTest, slug: str, name: str) -> int:
    """The id of a new workspace, zone UTC."""
    statement = insert(governance.workspaces).values(slug=slug, name=name).returning(governance.workspaces.c.id)
    with store.owner.begin_worker() as connection:
        return int(connection.execute(statement).scalar_one())
