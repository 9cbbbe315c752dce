"""Two real-life kinds of export come in whole, whatever they contradict (docs/connect-your-data.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forestay.app.client import ApiClient
from forestay.app.commands.imports import ImportCall, send_file
from forestay.customers.kinds import ImportKind
from forestay.lake.reads import LakeReader
from tests.running import ADMIN_KEY, RunningForestay, eventually, running_forestay

RECORDED = Path(__file__).parents[1] / "recorded"
RAVEN, CRM = RECORDED / "ravenstack", RECORDED / "crm5-sim"
TYPES = [f"event_type_id={CRM}/event_types.csv:event_type_id:event_type"]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningForestay]:
    with running_forestay(tmp_path_factory.mktemp("untidy"), FORESTAY_LAKE_FLUSH_SECONDS="1") as running:
        yield running


@pytest.fixture
def client(product: RunningForestay) -> Iterator[ApiClient]:
    with ApiClient(product.url, ADMIN_KEY, timeout_seconds=120) as made:
        yield made


def taken(client: ApiClient, call: ImportCall) -> tuple[int, int]:
    result = send_file(client, call.file, ImportKind(call.kind), call.mapping())
    return result["accepted"], result["rejected"]


def test_ravenstack_comes_in_whole(client: ApiClient) -> None:
    lookup = [f"subscription_id={RAVEN}/ravenstack_subscriptions.csv:subscription_id:account_id"]
    usage = ImportCall(
        RAVEN / "ravenstack_feature_usage.csv", "events", ["message_id=", "account_id=subscription_id"], lookup=lookup
    )
    assert taken(client, ImportCall(RAVEN / "ravenstack_accounts.csv", "accounts")) == (500, 0)
    assert taken(client, ImportCall(RAVEN / "ravenstack_subscriptions.csv", "subscriptions")) == (5000, 0)
    assert taken(client, ImportCall(RAVEN / "ravenstack_support_tickets.csv", "tickets")) == (2000, 0)
    assert taken(client, usage) == (25_000, 0)
    churn = ImportCall(RAVEN / "ravenstack_churn_events.csv", "accounts", ["churned_on=churn_date"])
    assert taken(client, churn) == (600, 0)
    found = [account for account in client.items("/api/accounts", limit=200) if account["external_id"].startswith("A-")]
    assert len(found) == 500
    assert sum(account["churned_on"] is not None for account in found) == 352


def test_crm5_comes_in_whole_and_a_second_import_counts_nothing(client: ApiClient, product: RunningForestay) -> None:
    subscriptions = CRM / "subscriptions.csv"
    daily = ImportCall(
        CRM / "daily_usage.parquet", "events", ["event=event_type_id", "at=day", "weight=events"], lookup=TYPES
    )
    assert taken(client, ImportCall(CRM / "accounts.csv", "accounts")) == (461, 0)
    seats = taken(client, ImportCall(subscriptions, "subscriptions", only=["units=users"]))
    others = taken(client, ImportCall(subscriptions, "subscriptions", ["seats="], without=["units=users"]))
    assert (seats[0] + others[0], seats[1] + others[1]) == (8907, 0)
    assert taken(client, daily) == (297_810, 0)
    assert taken(client, daily) == (297_810, 0)
    assert counted_in_lake(product, "search") == 287_527


def test_raw_events_of_people_numbered_anew_in_every_account_come_in_whole(client: ApiClient) -> None:
    wanted = ["event=event_type_id", "user_id=account_id+user_id"]
    parts = [taken(client, ImportCall(CRM / f"raw_events_{n}.parquet", "events", wanted, lookup=TYPES)) for n in (1, 2)]
    assert (parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]) == (638_472, 0)


def counted_in_lake(product: RunningForestay, event: str) -> int:
    """Events of a name in the lake's history, once the lake has caught up with the worker."""
    eventually(
        lambda: product.get("/api/status"), until=lambda now: now["lake_position"] >= now["last_position"], seconds=60
    )
    lake = LakeReader(str(product.data / "lake"))
    try:
        return lake.event_names(1, 0, 99_999)[event]
    finally:
        lake.close()
