"""What shall wake a journey waits in the store until a runner takes it in."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Row, text

from forestay.journeys import inbox
from tests.conftest import StoreUnderTest

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def kept(store: StoreUnderTest, columns: str) -> list[Row[tuple[object, ...]]]:
    with store.worker.begin_worker() as connection:
        return list(connection.execute(text(f"SELECT {columns} FROM journey_inbox ORDER BY id")))


def test_an_outcome_waits_for_its_token(store: StoreUnderTest, workspace: int) -> None:
    with store.worker.begin_worker() as connection:
        inbox.report(connection, workspace, [inbox.Outcome(7, "approved", AT, {"by": "ann@example.com"})])
    assert kept(store, "kind, token_id, name, body, at") == [("outcome", 7, "approved", {"by": "ann@example.com"}, AT)]


def test_a_request_of_the_api_can_let_a_contact_enter(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as connection:
        inbox.enter(connection, workspace, 3, 11, 12, "order-9", {"values": {"plan": "pro"}}, AT, by="api")
    found = kept(store, "kind, journey_id, account_id, contact_id, entry_key, name, body")
    assert found == [("enter", 3, 11, 12, "order-9", "api", {"values": {"plan": "pro"}})]


def test_events_keep_the_order_in_which_they_came(store: StoreUnderTest, workspace: int) -> None:
    happened = [inbox.Happened(11, name, AT, {"n": name}, "u:ann") for name in ("Opened", "Closed", "Opened")]
    with store.worker.begin_worker() as connection:
        inbox.events(connection, workspace, happened)
    assert kept(store, "name, contact_key, body") == [
        (name, "u:ann", {"n": name}) for name in ("Opened", "Closed", "Opened")
    ]


def test_what_is_rolled_back_wakes_nobody(store: StoreUnderTest, workspace: int) -> None:
    with store.worker.begin_worker() as connection:
        inbox.report(connection, workspace, [inbox.Outcome(7, "sent", AT)])
        connection.rollback()
    assert kept(store, "id") == []


def test_nothing_to_tell_writes_nothing(store: StoreUnderTest, workspace: int) -> None:
    with store.worker.begin_worker() as connection:
        inbox.enter_many(connection, workspace, [])
        inbox.events(connection, workspace, [])
        inbox.report(connection, workspace, [])
    assert kept(store, "id") == []
