"""Accounts as a CSM finds and reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from forestay.customers.words import Role
from forestay.events.log import Codec
from forestay.events.wire import Control
from tests.api.conftest import House
from tests.api.seeding import Seed, whole_company


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


def listed(house: House, admin: dict[str, str], query: str) -> list[str]:
    answer = house.client.get(f"/api/accounts?{query}", headers=admin)
    assert answer.status_code == 200, answer.text
    return [item["external_id"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["acme-1", "bolt-2", "cove-3"]),
        ("q=bol", ["bolt-2"]),
        ("q=%25", []),
        ("band=red", ["acme-1"]),
        ("band=red&band=green", ["acme-1", "bolt-2"]),
        ("plan=team", ["bolt-2"]),
        ("country=DE", ["bolt-2"]),
        ("arr_min=50000", ["acme-1"]),
        ("arr_max=50000", ["bolt-2"]),
        ("score_max=60", ["acme-1"]),
        ("score_min=60", ["bolt-2"]),
        ("churn_min=0.5", ["acme-1"]),
        ("renews_before=2027-02-01", ["acme-1"]),
        ("signal=health-below-60", ["acme-1"]),
        ("signal=usage-over-150-percent", []),
        ("owner=none", ["acme-1", "bolt-2", "cove-3"]),
        ("sort=-arr", ["acme-1", "bolt-2", "cove-3"]),
        ("sort=arr", ["bolt-2", "acme-1", "cove-3"]),
        ("sort=-score", ["bolt-2", "acme-1", "cove-3"]),
        ("sort=trend", ["acme-1", "bolt-2", "cove-3"]),
        ("sort=-churn", ["acme-1", "bolt-2", "cove-3"]),
        ("sort=renews_on", ["acme-1", "bolt-2", "cove-3"]),
    ],
)
def test_accounts_are_filtered_and_sorted_by_the_store(
    house: House, admin: dict[str, str], company: dict[str, int], query: str, expected: list[str]
) -> None:
    assert listed(house, admin, query) == expected


@pytest.mark.parametrize("sort", ["name", "-name", "arr", "-arr", "score", "-score", "trend", "-trend", "-renews_on"])
def test_pages_of_one_show_every_account_once_whatever_the_order(
    house: House, admin: dict[str, str], company: dict[str, int], sort: str
) -> None:
    found, cursor = [], ""
    for _ in range(3):
        page = house.client.get(f"/api/accounts?sort={sort}&limit=1{cursor}", headers=admin).json()
        found += [item["external_id"] for item in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert sorted(found) == ["acme-1", "bolt-2", "cove-3"]
    assert page["next"] is None


def test_a_cursor_that_was_altered_is_refused(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    cursor = house.client.get("/api/accounts?limit=1", headers=admin).json()["next"]
    altered = cursor[:-3] + ("AAA" if cursor[-3:] != "AAA" else "BBB")
    answer = house.client.get(f"/api/accounts?limit=1&cursor={altered}", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_a_cursor_of_another_question_is_refused(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    cursor = house.client.get("/api/accounts?limit=1", headers=admin).json()["next"]
    answer = house.client.get(f"/api/accounts?limit=1&sort=-arr&cursor={cursor}", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_an_unknown_order_is_answered_with_the_possible_ones(house: House, admin: dict[str, str]) -> None:
    answer = house.client.get("/api/accounts?sort=luck", headers=admin)
    assert answer.status_code == 422
    assert "allowed are name, -name, arr" in answer.json()["detail"]


def test_only_the_fields_asked_for_are_sent(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    items = house.client.get("/api/accounts?fields=external_id,arr", headers=admin).json()["items"]
    assert items[0] == {"external_id": "acme-1", "arr": 120000.0}


def test_an_unknown_field_is_answered_with_the_possible_ones(house: House, admin: dict[str, str]) -> None:
    answer = house.client.get("/api/accounts?fields=shoe_size", headers=admin)
    assert answer.status_code == 422
    assert "allowed are id, external_id" in answer.json()["detail"]


def test_an_account_without_any_evidence_has_no_health(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    account = house.client.get("/api/accounts/cove-3", headers=admin).json()
    assert (account["health"], account["churn"]) == (None, None)


def view(house: House, admin: dict[str, str]) -> dict[str, Any]:
    answer = house.client.get("/api/accounts/acme-1", headers=admin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_contributions_and_the_adjustment_sum_to_the_score(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    health = view(house, admin)["health"]
    total = sum(one["points"] for one in health["contributions"]) + health["adjustment"]
    assert total == pytest.approx(health["score"], abs=0.05)
    assert {one["dimension"] for one in health["contributions"]} == {
        "product_usage", "engagement", "support", "payment", "feature_adoption",
    }  # fmt: skip


def test_a_dimension_without_evidence_lends_its_weight(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    parts = {one["dimension"]: one for one in view(house, admin)["health"]["contributions"]}
    assert (parts["support"]["value"], parts["support"]["share"]) == (None, 0.0)
    assert sum(one["share"] for one in parts.values()) == pytest.approx(1.0, abs=0.001)


def test_the_account_360_tells_the_band_the_confidence_and_the_moment(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    health = view(house, admin)["health"]
    assert (health["score"], health["band"], health["confidence"]) == (41.0, "red", 0.9)
    assert health["as_of"] == "2026-11-20T12:00:00Z"
    assert health["trends"][1] == {"days": 30, "change": -12.5, "half_width": 1.5}


def test_risk_of_churn_is_labelled_as_a_rule_and_has_reasons(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    churn = view(house, admin)["churn"]
    assert (churn["probability"], churn["source"]) == (0.62, "rule")
    assert "A sponsor left" in [reason["label"] for reason in churn["reasons"]]
    assert all(reason["sentence"] for reason in churn["reasons"])


def test_the_account_360_has_people_money_work_and_numbers(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    account = view(house, admin)
    assert account["contacts"][0]["name"] == "Ann Example"
    assert account["subscriptions"][0]["mrr"] == 10_000
    assert (account["tickets"]["open"], account["tickets"]["escalated"]) == (1, 1)
    assert (account["invoices"]["overdue"], account["invoices"]["overdue_amount"]) == (1, 1000.0)
    assert account["signals"][0]["trigger"] == "health-below-60"
    assert account["tasks"][0]["title"] == "Call the sponsor"
    assert account["interactions"][0]["channel"] == "meeting"
    assert {measure["key"]: measure["value"] for measure in account["measures"]}["seat_use_30d"] == 0.35


def test_every_feed_says_whether_it_is_connected_fresh_or_stale(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    feeds = {feed["feed"]: feed for feed in view(house, admin)["feeds"]}
    assert {name: feed["status"] for name, feed in feeds.items()} == {
        "telemetry": "fresh", "tickets": "stale", "billing": "not_connected",
        "interactions": "not_connected", "surveys": "not_connected",
    }  # fmt: skip
    assert feeds["tickets"]["stale_since"] == "2026-09-21T12:00:00Z"


def test_the_history_says_what_stood_before_and_each_change(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    found = house.client.get("/api/accounts/acme-1/health/history?since=2026-11-01", headers=admin).json()
    assert found["before"]["score"] == 82.0
    assert [(point["score"], point["band"], point["cause"]) for point in found["points"]] == [(41.0, "red", "event")]
    assert found["points"][0]["dimensions"]["support"] is None


def test_the_explanation_says_in_words_what_moved_the_score(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    found = house.client.get("/api/accounts/acme-1/health/explanation", headers=admin).json()
    assert (found["score_before"], found["change"]) == (82.0, -41.0)
    usage = next(one for one in found["contributions"] if one["dimension"] == "product_usage")
    assert usage["sentence"].startswith("Product usage 40 of 100")
    assert usage["change"] < 0
    assert found["reasons"]


def test_the_timeline_holds_everything_newest_first(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    house.clock.advance(timedelta(days=2))
    items = house.client.get("/api/accounts/acme-1/timeline?limit=200", headers=admin).json()["items"]
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)
    assert {"ticket.opened", "ticket.escalated", "interaction", "invoice.issued", "subscription.started",
            "signal.fired", "health.band_changed"} <= {item["kind"] for item in items}  # fmt: skip
    changed = next(item for item in items if item["kind"] == "health.band_changed")
    assert changed["title"] == "green → red"


def test_the_timeline_in_pages_is_the_timeline(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    whole = house.client.get("/api/accounts/acme-1/timeline?limit=200", headers=admin).json()["items"]
    found, cursor = [], ""
    for _ in range(len(whole)):
        page = house.client.get(f"/api/accounts/acme-1/timeline?limit=1{cursor}", headers=admin).json()
        found += page["items"]
        cursor = f"&cursor={page['next']}"
    assert found == whole


def test_a_csm_takes_over_an_account(house: House, company: dict[str, int]) -> None:
    csrf = house.browser(Role.CSM)
    answer = house.client.patch("/api/accounts/acme-1", json={"owner": "csm@acme.example.com"}, headers=csrf)
    assert (answer.status_code, answer.json()["owner"]) == (200, "csm@acme.example.com")
    number = answer.json()["owner_id"]
    for word in ("csm@acme.example.com", "CSM@acme.example.com", str(number), "me"):
        assert listed(house, {}, f"owner={word}") == ["acme-1"]
    assert listed(house, {}, "owner=nobody@acme.example.com") == []


def test_an_account_cannot_be_given_to_a_stranger(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    answer = house.client.patch("/api/accounts/acme-1", json={"owner": "nobody@example.com"}, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_member")


def test_a_merge_is_a_decision_in_the_event_log(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    answer = house.client.post("/api/accounts/bolt-2/merge", json={"into": "acme-1"}, headers=admin)
    assert (answer.status_code, answer.json()["position"]) == (202, 1)
    record = house.log.records[0]
    control = msgspec.json.decode(record.body, type=Control)
    assert (record.codec, record.workspace_id) == (Codec.CONTROL, house.workspace_id)
    assert (control.kind, control.subject, control.into) == ("account.merged", "bolt-2", "acme-1")


@pytest.mark.parametrize(("into", "status"), [("bolt-2", 409), ("nobody", 404)])
def test_a_merge_that_makes_no_sense_is_refused(
    house: House, admin: dict[str, str], company: dict[str, int], into: str, status: int
) -> None:
    answer = house.client.post("/api/accounts/bolt-2/merge", json={"into": into}, headers=admin)
    assert answer.status_code == status
    assert house.log.records == []


def test_accounts_of_another_workspace_do_not_exist_here(
    house: House, other_workspace: int, company: dict[str, int]
) -> None:
    Seed(house.store.api, other_workspace).account("theirs")
    theirs = house.bearer(workspace_id=other_workspace)
    assert listed(house, theirs, "") == ["theirs"]
    assert house.client.get("/api/accounts/acme-1", headers=theirs).status_code == 404


@pytest.mark.parametrize("name", ["eu/42", "a/health/history", "50%2F50", "what?", "a#b", "ä b", "/", "a//b", "x;y=1"])
def test_an_account_is_found_whatever_its_id_is_made_of(house: House, admin: dict[str, str], name: str) -> None:
    seed = Seed(house.store.api, house.workspace_id)
    seed.account(name)
    place = f"/api/accounts/{quote(name, safe='')}"
    assert house.client.get(place, headers=admin).json()["external_id"] == name
    for part in ("/health/history", "/timeline"):
        assert house.client.get(f"{place}{part}", headers=admin).status_code == 200
    assert house.client.patch(place, json={"owner": None}, headers=admin).json()["external_id"] == name
    missing = house.client.get(f"{place}%2Fno", headers=admin)
    assert (missing.status_code, f"{name}/no" in missing.json()["detail"]) == (404, True)
