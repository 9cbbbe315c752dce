"""The schema that the migrations make is the one that the tables describe."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from sqlalchemy import Connection

import forestay.store
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.dsn import dsns_of, prepare
from forestay.store.roles import DatabaseRole
from forestay.store.schema import HEAD, OwnerTooWeak, SchemaTooNew, current, is_current, upgrade
from forestay.store.tables import metadata
from tests.conftest import StoreUnderTest


def test_the_migrations_make_what_the_tables_describe(store: StoreUnderTest) -> None:
    with store.owner.begin_worker() as connection:
        options = {"compare_type": True, "compare_server_default": False, "include_name": _is_no_partition}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def _is_no_partition(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and str(name).startswith("journey_history_"))


def test_server_defaults_are_those_of_the_tables(store: StoreUnderTest) -> None:
    wanted = {(t.name, c.name) for t in metadata.tables.values() for c in t.columns if c.server_default is not None}
    query = (
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_default IS NOT NULL"
    )
    with psycopg.connect(store.owner_dsn) as connection:
        assert set(connection.execute(query).fetchall()) == {(t, c) for t, c in wanted if (t, c) not in _identities()}


def _identities() -> set[tuple[str, str]]:
    return {(t.name, c.name) for t in metadata.tables.values() for c in t.columns if c.identity is not None}


def test_the_newest_version_is_the_one_that_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(forestay.store.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_current_database_needs_nothing(store: StoreUnderTest) -> None:
    assert is_current(store.owner_dsn)
    upgrade(store.owner_dsn)
    assert current(store.owner_dsn) == HEAD


def test_a_database_of_a_newer_forestay_is_left_alone(store: StoreUnderTest) -> None:
    with psycopg.connect(store.owner_dsn) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="9999"):
        upgrade(store.owner_dsn)


def emptied(store: StoreUnderTest, owner: str, rights: str) -> str:
    """The DSN of an ordinary owner of an emptied database, as a managed PostgreSQL gives it."""
    with psycopg.connect(store.owner_dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute(f"DROP ROLE IF EXISTS {owner}".encode())
        connection.execute(f"CREATE ROLE {owner} LOGIN PASSWORD 'managed' {rights}".encode())
        connection.execute(f"GRANT forestay_api, forestay_worker TO {owner} WITH ADMIN OPTION".encode())
        connection.execute(f"CREATE SCHEMA public AUTHORIZATION {owner}".encode())
    return make_conninfo(store.owner_dsn, user=owner, password="managed")


def cleared(store: StoreUnderTest, owner: str) -> None:
    with psycopg.connect(store.owner_dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute(f"DROP ROLE {owner}".encode())


def test_a_database_by_url_works_with_an_ordinary_owner(store: StoreUnderTest, tmp_path: Path) -> None:
    owner_dsn = emptied(store, "managed_owner", "CREATEROLE")
    dsns = dsns_of(Settings(data_dir=tmp_path, database_url=SecretStr(owner_dsn)))
    prepare(dsns, tmp_path)
    stores = {role: Store.connect(dsns[role], role=role) for role in DatabaseRole}
    with stores[DatabaseRole.OWNER].begin_worker() as conn:
        number = made_workspace(conn)
    with stores[DatabaseRole.API].begin(number) as conn:
        assert conn.exec_driver_sql("SELECT slug FROM workspaces").scalars().all() == ["managed"]
    assert stores[DatabaseRole.API].workspace_named("managed") == number
    with stores[DatabaseRole.WORKER].begin_worker() as conn:
        assert conn.exec_driver_sql("SELECT current_user").scalar() == "forestay_worker"
    for one in stores.values():
        one.close()
    cleared(store, "managed_owner")


def made_workspace(conn: Connection) -> int:
    made = conn.exec_driver_sql("INSERT INTO workspaces (slug, name) VALUES ('managed', 'Managed') RETURNING id")
    return int(made.scalar_one())


def test_an_owner_who_may_not_make_roles_is_told_what_to_do(store: StoreUnderTest) -> None:
    owner_dsn = emptied(store, "weak_owner", "NOCREATEROLE")
    with pytest.raises(OwnerTooWeak, match='ALTER ROLE "weak_owner" CREATEROLE'):
        upgrade(owner_dsn)
    cleared(store, "weak_owner")
