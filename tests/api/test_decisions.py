"""Decisions of ours go to the event log, in the words that the worker knows; settings are judged before they are kept."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from forestay.customers.words import Feed
from forestay.events.catalogue import ControlKind
from forestay.events.log import Codec
from forestay.events.wire import Control
from tests.api.conftest import House
from tests.api.seeding import Seed, whole_company


def decisions(house: House) -> list[Control]:
    assert {record.codec for record in house.log.records} <= {Codec.CONTROL}
    return [msgspec.json.decode(record.body, type=Control) for record in house.log.records]


def test_a_customer_is_told_to_have_left(house: House, admin: dict[str, str]) -> None:
    whole_company(house.store.api, house.workspace_id)
    house.client.patch("/api/workspace", json={"zone": "Pacific/Auckland"}, headers=admin)
    answer = house.client.post("/api/accounts/acme-1/churned", json={"on": "2026-10-31"}, headers=admin)
    assert (answer.status_code, answer.json()) == (202, {"account": "acme-1", "on": "2026-10-31", "position": 1})
    told = decisions(house)[0]
    assert (told.kind, told.subject, told.at) == ("account.churned", "acme-1", "2026-10-30T23:00:00+00:00")


def test_a_customer_has_left_today_when_no_day_is_told(house: House, admin: dict[str, str]) -> None:
    whole_company(house.store.api, house.workspace_id)
    assert house.client.post("/api/accounts/acme-1/churned", json={}, headers=admin).json()["on"] == "2026-11-20"


def test_nobody_leaves_who_is_unknown_or_merged(house: House, admin: dict[str, str]) -> None:
    seed = Seed(house.store.api, house.workspace_id)
    seed.account("gone", merged_into=seed.account("stays"))
    unknown = house.client.post("/api/accounts/nobody/churned", json={}, headers=admin)
    merged = house.client.post("/api/accounts/gone/churned", json={}, headers=admin)
    assert (unknown.status_code, merged.json()["code"], house.log.records) == (404, "merge_refused", [])


def test_a_feed_is_told_to_be_connected_before_it_delivers(house: House, admin: dict[str, str]) -> None:
    answer = house.client.post("/api/feeds/tickets/connected", headers=admin)
    assert (answer.status_code, answer.json()) == (202, {"feed": Feed.TICKETS.value, "position": 1})
    assert [(told.kind, told.subject) for told in decisions(house)] == [(ControlKind.FEED_CONNECTED, "tickets")]
    assert house.client.post("/api/feeds/weather/connected", headers=admin).status_code == 422


def published(house: House, admin: dict[str, str], key: str, condition: str) -> None:
    body = {"name": key, "condition": condition}
    assert house.client.put(f"/api/segments/{key}/draft", json=body, headers=admin).status_code == 200
    house.client.post(f"/api/segments/{key}/publish", headers=admin)


def test_accounts_are_listed_by_segment(house: House, admin: dict[str, str]) -> None:
    whole_company(house.store.api, house.workspace_id)
    published(house, admin, "big", "account.arr > 50000")
    published(house, admin, "small", "not in segment big")

    def listed(query: str) -> list[str]:
        page = house.client.get(f"/api/accounts?{query}", headers=admin).json()
        return [item["external_id"] for item in page["items"]]

    assert (listed("segment=big"), listed("segment=small"), listed("segment=big&band=green")) == (
        ["acme-1"], ["bolt-2"], [],
    )  # fmt: skip


def test_a_segment_that_cannot_be_asked_is_refused_with_the_reason(house: House, admin: dict[str, str]) -> None:
    published(house, admin, "busy", "event 'Login' in 7 days")
    counted = house.client.get("/api/accounts?segment=busy", headers=admin).json()
    unknown = house.client.get("/api/accounts?segment=tiny", headers=admin).json()
    assert (counted["code"], unknown["place"], "busy" in unknown["detail"]) == ("not_countable_now", "segment", True)


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"contact_policy": {"contact_cap": {"limit": "many"}}}, "settings.contact_policy.contact_cap"),
        ({"contact_policy": {"quiet_hour": None}}, "settings.contact_policy.quiet_hour"),
        ({"webhooks": [{"key": "crm", "url": "ftp://x.example.com", "secret": "whsec_x"}]}, "settings.webhooks.0"),
        ({"webhooks": {"crm": 1}}, "settings.webhooks"),
        ({"channels": []}, "settings.channels"),
        ({"channels": {"emial": {}}}, "settings.channels"),
        ({"channels": {"email": {"colour": "red"}}}, "settings.channels.email.colour"),
    ],
)
def test_settings_that_nobody_could_read_are_refused(
    house: House, admin: dict[str, str], settings: dict[str, Any], place: str
) -> None:
    answer = house.client.patch("/api/workspace", json={"settings": settings}, headers=admin)
    assert (answer.status_code, answer.json()["place"].startswith(place)) == (422, True), answer.text
    assert house.client.get("/api/workspace", headers=admin).json()["settings"] == {}


def test_settings_that_are_right_are_kept(house: House, admin: dict[str, str]) -> None:
    secret = "whsec_" + "A" * 32
    good = {"contact_policy": {"wait_days": 3}, "channels": {"email": {}},
            "webhooks": [{"key": "crm", "url": "https://crm.example.com/hook", "secret": secret}]}  # fmt: skip
    answer = house.client.patch("/api/workspace", json={"settings": good}, headers=admin)
    shown = {**good, "webhooks": [{**good["webhooks"][0], "secret": "whsec_…AAAA"}]}
    assert (answer.status_code, answer.json()["settings"]) == (200, shown)
