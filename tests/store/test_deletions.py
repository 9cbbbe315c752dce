"""What hangs on a workspace, an account or a contact goes with it, also where no foreign key says so."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.conftest import StoreUnderTest, make_workspace
from tests.store.rows import fill


def left(store: StoreUnderTest, table: str, workspace: int) -> int:
    with store.owner.begin_worker() as connection:
        query = text(f"SELECT count(*) FROM {table} WHERE workspace_id = :workspace")
        return int(connection.execute(query, {"workspace": workspace}).scalar_one())


@pytest.mark.parametrize(
    ("gone", "table"),
    [
        ("contacts", "identities"), ("contacts", "memberships"), ("accounts", "memberships"),
        ("workspaces", "contacts"), ("workspaces", "identities"), ("workspaces", "memberships"), ("workspaces", "requests"),
    ],
)  # fmt: skip
def test_a_deletion_takes_along_what_hangs_on_it_and_nothing_of_others(
    store: StoreUnderTest, gone: str, table: str
) -> None:
    mine, theirs = make_workspace(store, "acme", "Acme"), make_workspace(store, "globex", "Globex")
    with store.owner.begin_worker() as connection:
        fill(connection, mine)
        fill(connection, theirs)
    column = "id" if gone == "workspaces" else "workspace_id"
    with store.owner.begin_worker() as connection:
        connection.execute(text(f"DELETE FROM {gone} WHERE {column} = :workspace"), {"workspace": theirs})
    assert (left(store, table, mine), left(store, table, theirs)) == (1, 0)


def test_an_account_that_is_deleted_takes_along_what_was_asked_for_it(store: StoreUnderTest) -> None:
    mine = make_workspace(store, "acme", "Acme")
    with store.owner.begin_worker() as connection:
        fill(connection, mine)
        connection.execute(text("UPDATE requests SET account_id = (SELECT max(id) FROM accounts)"))
        connection.execute(
            text("INSERT INTO requests (workspace_id, cause, slot) VALUES (:mine, 'api:1', 'task')"), {"mine": mine}
        )
    with store.owner.begin_worker() as connection:
        connection.execute(text("DELETE FROM accounts"))
    assert left(store, "requests", mine) == 1
