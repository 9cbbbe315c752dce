"""Workspaces cannot reach each other: tried from every table, as each working role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Table

from forestay.store.postgres import EmbeddedPostgres
from forestay.store.tables import metadata
from tests.conftest import StoreUnderTest, fresh_store, make_workspace
from tests.store.rows import TABLES, fill, row_of

NAMES = [table.name for table in TABLES]
HIDDEN_FROM_THE_WORKER = [
    "api_keys", "bulk_actions", "bulk_items", "idempotency_keys", "member_sessions", "saved_views",
]  # fmt: skip
WORKER_READS_ONLY = ["calendars", "documents", "features", "feedback"]
WORKER_WRITES = sorted(set(NAMES) - {*HIDDEN_FROM_THE_WORKER, *WORKER_READS_ONLY, "members", "audit_entries"})
NOT_TO_CHANGE = {"audit_entries"}


class TwoCompanies:
    """A store in which two workspaces have one row in every table."""

    def __init__(self, store: StoreUnderTest, mine: int, theirs: int) -> None:
        self.store, self.mine, self.theirs = store, mine, theirs

    @contextmanager
    def api(self, workspace: int | None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        with psycopg.connect(self.store.api_dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT set_config('forestay.workspace_id', %s, false)", ["" if workspace is None else str(workspace)]
            )
            yield connection

    def theirs_left(self, table: str) -> int:
        query = sql.SQL("SELECT count(*) FROM {} WHERE workspace_id = %s").format(sql.Identifier(table))
        with psycopg.connect(self.store.owner_dsn) as connection:
            row = connection.execute(query, [self.theirs]).fetchone()
            return int(str(row[0])) if row is not None else -1


@pytest.fixture(scope="module")
def companies(postgres: EmbeddedPostgres) -> Iterator[TwoCompanies]:
    """One for all: whoever gets something changed here has found a hole, and every later test says so."""
    with fresh_store(postgres) as store:
        mine, theirs = make_workspace(store, "acme", "Acme"), make_workspace(store, "globex", "Globex")
        for one in (mine, theirs):
            with store.owner.begin_worker() as conn:
                fill(conn, one)
        yield TwoCompanies(store, mine, theirs)


def on(statement: str, table: str, column: str = "workspace_id") -> sql.Composed:
    return sql.SQL(statement).format(table=sql.Identifier(table), column=sql.Identifier(column))


def test_every_table_of_a_workspace_is_secured_for_its_owner_too(companies: TwoCompanies) -> None:
    query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relkind IN ('r', 'p')"
    with psycopg.connect(companies.store.owner_dsn) as connection:
        secured = {row[0] for row in connection.execute(query)}
    assert secured == {*NAMES, "workspaces", "journey_history_rest"}


@pytest.mark.parametrize("role", ["api", "worker"])
def test_a_day_of_history_cannot_be_read_past_its_table(store: StoreUnderTest, workspace: int, role: str) -> None:
    with psycopg.connect(store.worker_dsn) as connection:
        connection.execute("SELECT forestay_history_day('2026-01-02')")
        connection.execute(
            "INSERT INTO journey_history (workspace_id, run_id, at, happening) VALUES (%s, 1, '2026-01-02', 0)",
            [workspace],
        )
    dsn = {"api": store.api_dsn, "worker": store.worker_dsn}[role]
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM journey_history_20260102")


def test_a_request_sees_only_its_own_rows_in_every_table(companies: TwoCompanies) -> None:
    with companies.api(companies.mine) as connection:
        seen = {name: connection.execute(on("SELECT {column} FROM {table}", name)).fetchall() for name in NAMES}
        assert connection.execute("SELECT id FROM workspaces").fetchall() == [(companies.mine,)]
    assert seen == {name: [(companies.mine,)] for name in NAMES}


@pytest.mark.parametrize("asked", [None, 0, -1])
def test_a_request_without_a_workspace_sees_nothing(companies: TwoCompanies, asked: int | None) -> None:
    with companies.api(asked) as connection:
        counts = {
            name: connection.execute(on("SELECT count(*) FROM {table}", name)).fetchone()
            for name in [*NAMES, "workspaces"]
        }
    assert set(counts.values()) == {(0,)}


def test_a_request_cannot_change_or_delete_what_is_not_its_own(companies: TwoCompanies) -> None:
    changeable = [name for name in NAMES if name not in NOT_TO_CHANGE]
    with companies.api(companies.mine) as connection:
        for name in changeable:
            theirs = [companies.theirs]
            assert (
                connection.execute(
                    on("UPDATE {table} SET {column} = {column} WHERE {column} = %s", name), theirs
                ).rowcount
                == 0
            )
            assert connection.execute(on("DELETE FROM {table} WHERE {column} = %s", name), theirs).rowcount == 0
    assert {companies.theirs_left(name) for name in NAMES} == {1}


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
def test_a_request_cannot_put_a_row_into_another_workspace(companies: TwoCompanies, table: Table) -> None:
    values = row_of(table, {"workspaces": companies.theirs}, salt=99)
    columns = sql.SQL(", ").join(map(sql.Identifier, values))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table.name), columns, sql.SQL(", ").join(sql.Placeholder() * len(values))
    )
    plain = [psycopg.types.json.Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
    with (
        companies.api(companies.mine) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        connection.execute(statement, plain)


def test_a_request_cannot_move_its_rows_into_another_workspace(companies: TwoCompanies) -> None:
    for name in (name for name in NAMES if name not in NOT_TO_CHANGE):
        with companies.api(companies.mine) as connection, pytest.raises(psycopg.Error, match="row-level security"):
            connection.execute(on("UPDATE {table} SET {column} = %s", name), [companies.theirs])


@pytest.mark.parametrize(
    "attempt",
    [
        "SET ROLE forestay",
        "SET ROLE forestay_worker",
        "SET SESSION AUTHORIZATION forestay_worker",
        "ALTER TABLE accounts DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE accounts OWNER TO forestay_api",
        "ALTER ROLE forestay_api BYPASSRLS",
        "CREATE POLICY mine ON accounts USING (true)",
        "DROP POLICY api_workspace ON accounts",
        "GRANT forestay_worker TO forestay_api",
        "CREATE TABLE public.loot (a int)",
        "CREATE FUNCTION public.loot() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COPY accounts TO '/tmp/forestay-loot'",
        "COPY accounts FROM PROGRAM 'echo'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "TRUNCATE accounts",
        "UPDATE positions SET position = 0",
        "SELECT rolpassword FROM pg_authid",
        "UPDATE audit_entries SET action = 'nothing'",
        "DELETE FROM audit_entries",
        "DELETE FROM workspaces",
    ],
)
def test_a_request_cannot_take_more_rights(companies: TwoCompanies, attempt: str) -> None:
    with (
        companies.api(companies.mine) as connection,
        pytest.raises(psycopg.Error, match=r"permission|must be|owner|only roles"),
    ):
        connection.execute(attempt.encode())


def test_switching_row_security_off_makes_queries_fail_and_not_see(companies: TwoCompanies) -> None:
    with companies.api(companies.mine) as connection:
        connection.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM accounts")


def test_the_workspace_of_a_transaction_does_not_outlive_it(companies: TwoCompanies) -> None:
    with companies.store.api.begin(companies.mine) as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM accounts").scalar() == 1
    with companies.store.api.begin(None) as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM accounts").scalar() == 0


def test_working_roles_have_no_rights_beyond_their_own(companies: TwoCompanies) -> None:
    query = (
        "SELECT rolname FROM pg_roles WHERE rolname IN ('forestay_api', 'forestay_worker') AND "
        "(rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication)"
    )
    owned = "SELECT relname FROM pg_class WHERE relowner IN ('forestay_api'::regrole, 'forestay_worker'::regrole)"
    with psycopg.connect(companies.store.owner_dsn) as connection:
        assert connection.execute(query).fetchall() == []
        assert connection.execute(owned).fetchall() == []


@pytest.mark.parametrize("table", WORKER_WRITES)
def test_the_worker_works_on_every_workspace_in_the_runtime_tables(companies: TwoCompanies, table: str) -> None:
    with psycopg.connect(companies.store.worker_dsn) as connection:
        assert connection.execute(on("SELECT count(*) FROM {table}", table)).fetchone() == (2,)
        assert connection.execute(on("UPDATE {table} SET {column} = {column}", table)).rowcount == 2


@pytest.mark.parametrize("table", WORKER_READS_ONLY)
def test_the_worker_reads_configuration_and_cannot_write_it(companies: TwoCompanies, table: str) -> None:
    with psycopg.connect(companies.store.worker_dsn, autocommit=True) as connection:
        assert connection.execute(on("SELECT count(*) FROM {table}", table)).fetchone() == (2,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(on("UPDATE {table} SET {column} = {column}", table))


@pytest.mark.parametrize("table", HIDDEN_FROM_THE_WORKER)
def test_the_worker_sees_no_sessions_and_no_keys(companies: TwoCompanies, table: str) -> None:
    with psycopg.connect(companies.store.worker_dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(on("SELECT {column} FROM {table}", table))


def test_the_worker_reads_members_without_their_password_hashes(companies: TwoCompanies) -> None:
    with psycopg.connect(companies.store.worker_dsn, autocommit=True) as connection:
        assert len(connection.execute("SELECT id, email, name, calendar_key FROM members").fetchall()) == 2
        for attempt in (
            "SELECT password_hash FROM members",
            "SELECT * FROM members",
            "UPDATE members SET role = 'admin'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attempt.encode())


def test_the_worker_adds_to_the_audit_trail_and_cannot_change_it(companies: TwoCompanies) -> None:
    with psycopg.connect(companies.store.worker_dsn, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM audit_entries").fetchone() == (2,)
        for attempt in ("UPDATE audit_entries SET actor = 'nobody'", "DELETE FROM audit_entries"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attempt.encode())


def test_a_key_is_found_before_its_workspace_is_known_and_only_by_its_hash(companies: TwoCompanies) -> None:
    with companies.api(None) as connection:
        sought = f"api_keys{companies.theirs}".encode()
        found = connection.execute("SELECT workspace_id, kind FROM forestay_find_key(%s)", [sought]).fetchall()
        assert found == [(companies.theirs, "write")]
        assert connection.execute("SELECT * FROM forestay_find_key(%s)", [b"guess"]).fetchall() == []


def test_a_revoked_key_opens_nothing(store: StoreUnderTest, workspace: int) -> None:
    with store.owner.begin_worker() as conn:
        fill(conn, workspace)
    sought = [f"api_keys{workspace}".encode()]
    find = "SELECT workspace_id FROM forestay_find_key(%s)"
    with psycopg.connect(store.api_dsn, autocommit=True) as connection:
        assert connection.execute(find, sought).fetchall() == [(workspace,)]
        with psycopg.connect(store.owner_dsn) as owner:
            owner.execute("UPDATE api_keys SET revoked_at = now()")
        assert connection.execute(find, sought).fetchall() == []


def test_a_workspace_is_found_by_its_slug(companies: TwoCompanies) -> None:
    api = companies.store.api
    assert (api.workspace_named("acme"), api.workspace_named("nobody")) == (companies.mine, None)


def test_the_worker_has_no_door_to_keys(companies: TwoCompanies) -> None:
    with psycopg.connect(companies.store.worker_dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM forestay_find_key(%s)", [b"x"])


def test_no_table_was_forgotten_by_these_tests() -> None:
    assert {table.name for table in metadata.tables.values()} == {*NAMES, "workspaces", "positions"}
