"""Signals in the store: one open per trigger and account, requests once, states that come back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select

from forestay.customers.requests import Evidence
from forestay.customers.words import RiskLevel, Tier
from forestay.signals.requests import RequestRow
from forestay.signals.store import (
    NewSignal,
    SavedState,
    SignalUpdate,
    close_signals,
    insert_requests,
    insert_signals,
    load_states,
    release_signals,
    save_states,
    update_signals,
)
from forestay.store.tables.customers import accounts
from forestay.store.tables.signals import requests, signals
from tests.conftest import StoreUnderTest

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
PROOF = [Evidence("health.score", "Health score", 52.0)]


@pytest.fixture
def two(store: StoreUnderTest, workspace: int) -> list[int]:
    """Numbers of two accounts."""
    rows = [{"workspace_id": workspace, "external_id": name} for name in ("acme", "globex")]
    with store.worker.begin(workspace) as connection:
        return [int(number) for number in connection.scalars(insert(accounts).returning(accounts.c.id), rows)]


def signal(account: int, held_back: str | None = None, level: RiskLevel = RiskLevel.HIGH) -> NewSignal:
    return NewSignal("watch", 1, account, Tier.ASSISTED, level, PROOF, {"position": 5}, held_back, AT, AT, AT)


def statuses(connection: Connection) -> list[tuple[int, str, str, int]]:
    columns = signals.c.id, signals.c.status, signals.c.risk_level, signals.c.updates
    return [tuple(row) for row in connection.execute(select(*columns).order_by(signals.c.id))]


def test_firings_get_numbers_in_the_order_in_which_they_were_given(
    store: StoreUnderTest, workspace: int, two: list[int]
) -> None:
    with store.worker.begin(workspace) as connection:
        numbers = insert_signals(connection, workspace, [signal(two[1]), signal(two[0], "holdout")])
        query = select(
            signals.c.account_id, signals.c.is_holdout, signals.c.held_back, signals.c.evidence, signals.c.cause
        )
        found = {number: connection.execute(query.where(signals.c.id == number)).one() for number in numbers}
    assert [row.account_id for row in found.values()] == [two[1], two[0]]
    assert [(row.is_holdout, row.held_back) for row in found.values()] == [(False, None), (True, "holdout")]
    assert found[numbers[0]].evidence[0]["column"] == "health.score"
    assert found[numbers[0]].cause == {"position": 5}


def test_a_second_firing_while_one_is_open_updates_it(store: StoreUnderTest, workspace: int, two: list[int]) -> None:
    with store.worker.begin(workspace) as connection:
        first = insert_signals(connection, workspace, [signal(two[0])])
        again = insert_signals(connection, workspace, [signal(two[0], level=RiskLevel.CRITICAL)])
        assert again == first
        assert statuses(connection) == [(first[0], "open", "critical", 1)]


def test_a_closed_signal_is_left_alone_and_the_next_firing_is_a_new_one(
    store: StoreUnderTest, workspace: int, two: list[int]
) -> None:
    with store.worker.begin(workspace) as connection:
        first = insert_signals(connection, workspace, [signal(two[0])])[0]
        close_signals(connection, workspace, [("watch", two[0])], AT, "recovered")
        update_signals(connection, workspace, [SignalUpdate("watch", two[0], RiskLevel.CRITICAL, [])])
        second = insert_signals(connection, workspace, [signal(two[0])])[0]
        assert statuses(connection) == [(first, "closed", "high", 0), (second, "open", "high", 0)]


def test_an_open_signal_gets_fresh_evidence_and_level(store: StoreUnderTest, workspace: int, two: list[int]) -> None:
    with store.worker.begin(workspace) as connection:
        insert_signals(connection, workspace, [signal(two[0])])
        update_signals(connection, workspace, [SignalUpdate("watch", two[0], RiskLevel.CRITICAL, [])])
        row = connection.execute(select(signals.c.risk_level, signals.c.evidence, signals.c.updates)).one()
    assert tuple(row) == ("critical", [], 1)


def test_what_the_cap_held_back_is_released_once(store: StoreUnderTest, workspace: int, two: list[int]) -> None:
    keys = [("watch", account) for account in two]
    with store.worker.begin(workspace) as connection:
        numbers = insert_signals(connection, workspace, [signal(two[0], "cap"), signal(two[1], "holdout")])
        assert release_signals(connection, workspace, keys) == {("watch", two[0]): numbers[0]}
        assert release_signals(connection, workspace, keys) == {}


def test_a_request_written_twice_stands_once(store: StoreUnderTest, workspace: int, two: list[int]) -> None:
    row = RequestRow(two[0], "signal:1", "task", '{"kind": "task"}')
    with store.worker.begin(workspace) as connection:
        insert_requests(connection, workspace, [row, row])
        insert_requests(connection, workspace, [row])
        assert [tuple(found) for found in connection.execute(select(requests.c.cause, requests.c.body))] == [
            ("signal:1", {"kind": "task"})
        ]


def test_states_come_back_with_what_their_signals_say(store: StoreUnderTest, workspace: int, two: list[int]) -> None:
    on, off = SavedState("watch", two[0], True, AT, AT), SavedState("watch", two[1], True, AT, None)
    with store.worker.begin(workspace) as connection:
        save_states(connection, workspace, [on, off])
        save_states(connection, workspace, [SavedState("watch", two[1], False, AT, None)])
        insert_signals(connection, workspace, [signal(two[0], "cap")])
        found = sorted(load_states(connection, workspace), key=lambda state: state.account_id)
        written = connection.scalar(select(signals.c.updated_at))
    assert found == [
        SavedState("watch", two[0], True, AT, AT, True, True, RiskLevel.HIGH, written),
        SavedState("watch", two[1], False, AT, None),
    ]


def test_writing_nothing_asks_nothing_of_the_store(store: StoreUnderTest, workspace: int) -> None:
    with store.worker.begin(workspace) as connection:
        assert insert_signals(connection, workspace, []) == []
        update_signals(connection, workspace, [])
        close_signals(connection, workspace, [], AT, "")
        insert_requests(connection, workspace, [])
        save_states(connection, workspace, [])
        assert release_signals(connection, workspace, []) == {}
