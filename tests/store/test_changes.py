"""Every write that a page can show is told, once a transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import insert, select, text

from forestay.store.changes import CHANNEL, MOST_IDS, about, read_change, tell_accounts
from forestay.store.database import raw
from forestay.store.tables import customers, governance
from forestay.store.tables.base import metadata
from forestay.store.topics import SILENT, TOPICS, Topic
from tests.conftest import StoreUnderTest

Ear = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def ear(store: StoreUnderTest) -> Iterator[Ear]:
    with psycopg.connect(store.api_dsn, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection


def heard(ear: Ear) -> list[str]:
    """All that was told until now; a word of our own marks the end."""
    ear.execute(f"NOTIFY {CHANNEL}, 'end'")
    told: list[str] = []
    for one in ear.notifies(timeout=10):
        if one.payload == "end":
            return told
        told.append(one.payload)
    raise AssertionError("nothing came")


def test_every_table_has_a_topic_or_is_one_that_no_page_shows() -> None:
    tables = {table.name for table in metadata.sorted_tables}
    assert tables - set(TOPICS) - SILENT == set()
    assert (set(TOPICS) | SILENT) - tables == set()
    assert set(TOPICS) & SILENT == set()


def test_a_transaction_tells_once_whatever_it_wrote(
    store: StoreUnderTest, workspace: int, ear: psycopg.Connection
) -> None:
    heard(ear)
    with store.api.begin(workspace) as conn:
        conn.execute(insert(customers.accounts).values(workspace_id=workspace, external_id="acme-1"))
        raw(conn).execute("UPDATE workspaces SET name = 'Acme!' WHERE id = %s", (workspace,))
        conn.execute(text("SELECT * FROM tasks FOR UPDATE"))
    (told,) = map(read_change, heard(ear))
    assert told.workspace_id == workspace
    assert set(told.topics) == {Topic.ACCOUNTS, Topic.ACCOUNT, Topic.STATUS, Topic.WORKSPACE}


def test_what_reads_or_changes_no_row_tells_nothing(
    store: StoreUnderTest, workspace: int, ear: psycopg.Connection
) -> None:
    heard(ear)
    with store.api.begin(workspace) as conn:
        conn.execute(select(customers.accounts))
        conn.execute(text("UPDATE tasks SET updated_at = now() WHERE id = 0"))
    assert heard(ear) == []


def test_a_worker_says_whose_rows_it_writes(
    store: StoreUnderTest, workspace: int, other_workspace: int, ear: psycopg.Connection
) -> None:
    heard(ear)
    with store.worker.begin_worker() as conn:
        for one, key in ((workspace, "acme-1"), (other_workspace, "bolt-1")):
            about(conn, (one,))
            tell_accounts(conn, one, [key])
            conn.execute(insert(customers.accounts).values(workspace_id=one, external_id=key))
    told = {change.workspace_id: change.topics[Topic.ACCOUNT] for change in map(read_change, heard(ear))}
    assert told == {workspace: frozenset({"acme-1"}), other_workspace: frozenset({"bolt-1"})}


def test_many_accounts_are_told_as_any_of_them(store: StoreUnderTest, workspace: int, ear: Ear) -> None:
    heard(ear)
    with store.worker.begin_worker() as conn:
        about(conn, (workspace,))
        tell_accounts(conn, workspace, [f"acme-{n}" for n in range(MOST_IDS + 1)])
        conn.execute(insert(customers.accounts).values(workspace_id=workspace, external_id="acme-1"))
    (told,) = heard(ear)
    assert json.loads(told)[1]["account"] is None


def test_ids_too_long_for_a_notice_are_left_out(store: StoreUnderTest, workspace: int, ear: Ear) -> None:
    heard(ear)
    with store.worker.begin_worker() as conn:
        about(conn, (workspace,))
        tell_accounts(conn, workspace, [f'a"{n}\\' + "x" * 200 for n in range(MOST_IDS)])
        conn.execute(insert(customers.accounts).values(workspace_id=workspace, external_id="acme-1"))
    (told,) = heard(ear)
    assert read_change(told).topics[Topic.ACCOUNT] is None


def test_what_nobody_claims_is_told_to_all(store: StoreUnderTest, workspace: int, ear: Ear) -> None:
    heard(ear)
    with store.owner.begin_worker() as conn:
        conn.execute(
            insert(governance.members).values(workspace_id=workspace, email="a@example.com", name="A", role="viewer")
        )
    (told,) = map(read_change, heard(ear))
    assert told.workspace_id == 0
