"""Transactions: what a workspace sees, and what happens when PostgreSQL goes away under them."""

from __future__ import annotations

from sqlalchemy import select, text

from forestay.store.tables import governance
from tests.conftest import StoreUnderTest


def test_a_request_sees_its_own_workspace_and_no_other(
    store: StoreUnderTest, workspace: int, other_workspace: int
) -> None:
    with store.api.begin(workspace) as connection:
        assert connection.execute(select(governance.workspaces.c.id)).scalars().all() == [workspace]
        assert connection.execute(text("select current_user")).scalar() == "forestay_api"
