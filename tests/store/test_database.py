"""Transactions: what is kept, and what happens when PostgreSQL goes away under them."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text

from forestay.store.database import Store, StoreBusy, StoreFull, StoreUnavailable, raw
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole
from forestay.store.tables import governance
from forestay.store.tables.customers import accounts
from tests.conftest import StoreUnderTest

COUNT = text("SELECT count(*) FROM accounts")


def add(store: Store, workspace: int, name: str) -> None:
    with store.begin(workspace) as connection:
        connection.execute(insert(accounts).values(workspace_id=workspace, external_id=name))


def add_and_lose_the_connection(store: StoreUnderTest, workspace: int, *then: str) -> None:
    with store.api.begin(workspace) as connection:
        connection.execute(insert(accounts).values(workspace_id=workspace, external_id="lost"))
        end_connections(store)
        for statement in then:
            connection.execute(text(statement))


def end_connections(store: StoreUnderTest) -> None:
    """As when PostgreSQL was restarted: every pooled connection is dead and its pool does not know."""
    with psycopg.connect(store.owner_dsn, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_transaction_keeps_everything_or_nothing(store: StoreUnderTest, workspace: int) -> None:
    add(store.api, workspace, "kept")

    def change_its_mind() -> None:
        with store.api.begin(workspace) as connection:
            connection.execute(insert(accounts).values(workspace_id=workspace, external_id="lost"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change_its_mind()
    with store.api.begin(workspace) as connection:
        assert connection.execute(select(accounts.c.external_id)).scalars().all() == ["kept"]


def test_the_workspace_is_set_in_the_round_trip_that_begins(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as connection:
        status = raw(connection).info.transaction_status
        setting = connection.scalar(text("SELECT current_setting('forestay.workspace_id')"))
    assert (status, setting) == (psycopg.pq.TransactionStatus.INTRANS, str(workspace))


def test_copy_goes_through_a_table_of_the_transactions_own(store: StoreUnderTest, workspace: int) -> None:
    """PostgreSQL refuses COPY FROM into a table under row-level security, whatever the policy says."""
    with store.worker.begin_worker() as connection:
        driver = raw(connection)
        driver.execute("CREATE TEMP TABLE incoming (workspace_id bigint, external_id text) ON COMMIT DROP")
        with driver.cursor().copy("COPY incoming FROM STDIN") as copy:
            copy.write_row((workspace, "copied"))
        driver.execute("INSERT INTO accounts (workspace_id, external_id) SELECT * FROM incoming")
    with store.api.begin(workspace) as connection:
        assert connection.scalar(COUNT) == 1


def test_a_transaction_begins_again_on_a_connection_that_died_in_the_pool(
    store: StoreUnderTest, workspace: int
) -> None:
    add(store.api, workspace, "before")
    end_connections(store)
    add(store.api, workspace, "after")
    with store.api.begin(workspace) as connection:
        assert connection.scalar(COUNT) == 2


def test_a_connection_that_dies_in_the_middle_is_an_error_to_try_again(store: StoreUnderTest, workspace: int) -> None:
    with pytest.raises(StoreUnavailable) as lost:
        add_and_lose_the_connection(store, workspace, "SELECT 1")
    assert (lost.value.http_status, lost.value.retryable) == (503, True)
    with store.api.begin(workspace) as connection:
        assert connection.scalar(COUNT) == 0


def test_a_connection_that_dies_before_the_commit_is_an_error_to_try_again(
    store: StoreUnderTest, workspace: int
) -> None:
    with pytest.raises(StoreUnavailable):
        add_and_lose_the_connection(store, workspace)


def test_a_raw_connection_that_dies_is_the_same_error(store: StoreUnderTest) -> None:
    def lose_it() -> None:
        with store.worker.begin_worker() as connection:
            end_connections(store)
            raw(connection).execute("SELECT 1")

    with pytest.raises(StoreUnavailable):
        lose_it()


def test_a_mistake_in_a_statement_is_not_called_an_outage(store: StoreUnderTest, workspace: int) -> None:
    with pytest.raises(Exception, match="does not exist") as mistake, store.api.begin(workspace) as connection:
        connection.execute(text("SELECT nothing FROM accounts"))
    assert not isinstance(mistake.value, StoreUnavailable)
    with store.api.begin(workspace) as connection:
        assert connection.scalar(COUNT) == 0


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [("53100", StoreFull), ("40P01", StoreBusy), ("40001", StoreBusy), ("57P01", StoreUnavailable)],
)
def test_a_full_disk_and_a_meeting_of_two_changes_are_to_be_tried_again(
    store: StoreUnderTest, workspace: int, sqlstate: str, kind: type[StoreUnavailable]
) -> None:
    with pytest.raises(kind) as refused, store.api.begin(workspace) as connection:
        connection.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$"))
    assert (type(refused.value), refused.value.retryable) == (kind, True)


def test_a_request_that_takes_too_long_is_stopped(store: StoreUnderTest, workspace: int) -> None:
    def take_too_long() -> None:
        with store.api.begin(workspace) as connection:
            connection.execute(text("SET LOCAL statement_timeout = 5"))
            connection.execute(text("SELECT pg_sleep(30)"))

    with pytest.raises(StoreBusy):
        take_too_long()
    with store.api.begin(workspace) as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "1min"
    with store.worker.begin_worker() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0"


def test_an_error_shows_the_statement_and_no_row(store: StoreUnderTest, workspace: int) -> None:
    with pytest.raises(Exception, match="row-level security") as refused, store.api.begin(workspace) as connection:
        connection.execute(
            insert(governance.members).values(
                workspace_id=workspace + 1, email="ann@example.com", name="Ann", role="csm"
            )
        )
    assert "ann@example.com" not in str(refused.value)


@pytest.mark.slow
def test_calls_fail_while_postgres_is_down_and_work_when_it_is_back(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    owner = Store.connect(server.dsn(DatabaseRole.OWNER), role=DatabaseRole.OWNER)
    with owner.begin_worker() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 7 AS n"))
    server.kill()
    with pytest.raises(StoreUnavailable), owner.begin_worker():
        raise AssertionError("no transaction may begin")
    server.start()
    with owner.begin_worker() as connection:
        assert connection.scalar(text("SELECT n FROM kept")) == 7
    owner.close()
    server.stop()


def test_a_store_closed_twice_is_closed(store: StoreUnderTest) -> None:
    store.api.close()
    store.api.close()
