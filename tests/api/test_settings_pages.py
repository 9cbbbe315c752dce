"""What the pages for settings, messages and the audit trail ask for."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forestay.actions.ledger import effect_of
from forestay.customers.requests import MessageRequest
from forestay.customers.words import Role
from forestay.store.tables.actions import effects, messages
from tests.api.conftest import House
from tests.api.seeding import whole_company


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


def test_every_role_says_what_it_may_do(house: House, admin: dict[str, str]) -> None:
    roles = {one["role"]: one["permissions"] for one in house.client.get("/api/roles", headers=admin).json()["items"]}
    assert next(iter(roles)) == "admin"
    assert "keys:admin" in roles["admin"]
    assert "keys:admin" not in roles["ops"]


def test_the_installation_tells_its_version_and_where_mail_goes(house: House, admin: dict[str, str]) -> None:
    about = house.client.get("/api/about", headers=admin).json()
    assert (about["sends_mail"], about["store"]) == (False, "ok")


def test_contacts_are_found_by_part_of_a_name(house: House, company: dict[str, int], admin: dict[str, str]) -> None:
    everybody = house.client.get("/api/contacts", headers=admin).json()["items"]
    one = everybody[0]
    found = house.client.get("/api/contacts", params={"q": one["external_id"].upper()}, headers=admin).json()["items"]
    assert one in found
    assert house.client.get("/api/contacts", params={"q": "%"}, headers=admin).json()["items"] == []


def test_contacts_of_an_account(house: House, company: dict[str, int], admin: dict[str, str]) -> None:
    items = house.client.get("/api/contacts", params={"account": "acme-1"}, headers=admin).json()["items"]
    assert [one["accounts"] for one in items] == [["acme-1"]] * len(items)
    assert house.client.get("/api/contacts", params={"account": "nobody"}, headers=admin).json()["items"] == []


def test_a_calendar_shows_its_next_openings_before_it_is_saved(house: House, admin: dict[str, str]) -> None:
    body = {
        "zone": "Europe/Berlin",
        "weekly": {"mon": [{"start": "09:00", "end": "12:00"}]},
        "closed_on": ["2026-11-23"],
    }
    shown = house.client.post("/api/calendars/preview", json=body, headers=admin).json()
    assert shown["is_open"] is False
    assert shown["items"][0] == {"opens_at": "2026-11-30T08:00:00Z", "closes_at": "2026-11-30T11:00:00Z"}


def test_why_effects_ended_is_counted_by_reason(house: House, company: dict[str, int], admin: dict[str, str]) -> None:
    with house.store.api.begin(house.workspace_id) as conn:
        conn.execute(effects.update().values(status="failed", reason="SMTP 550"))
    reasons = house.client.get("/api/effects/reasons", headers=admin).json()["items"]
    listed = house.client.get("/api/effects", params={"reason": "SMTP"}, headers=admin).json()["items"]
    assert sum(one["effects"] for one in reasons) == len(listed) > 0
    assert {one["reason"] for one in reasons} == {"SMTP 550"}
    assert house.client.get("/api/effects", params={"reason": "%"}, headers=admin).json()["items"] == []


def test_the_audit_trail_is_searched_by_kind_and_by_part_of_a_word(house: House, admin: dict[str, str]) -> None:
    house.client.post("/api/keys", json={"kind": "write", "name": "site"}, headers=admin)
    house.client.put("/api/features/export", json={"name": "Export"}, headers=admin)
    of_kind = house.client.get("/api/audit", params={"kind": "feature"}, headers=admin).json()["items"]
    assert [one["subject"] for one in of_kind] == ["feature:export"]
    found = house.client.get("/api/audit", params={"q": "KEY.cre"}, headers=admin).json()["items"]
    assert [one["action"] for one in found] == ["key.created"]


LETTER = {"text": "Hello {{ contact.first_name }}, {{ account.nickname }} at {{ account.name }}", "subject": "Hi"}


def test_a_preview_names_what_this_customer_has_no_value_for(
    house: House, company: dict[str, int], admin: dict[str, str]
) -> None:
    ask = {"account": "acme-1", "document": LETTER}
    shown = house.client.post("/api/templates/hello/render", json=ask, headers=admin).json()
    assert "account.nickname" in shown["missing"]
    assert "account.name" not in shown["missing"]


def test_a_text_is_sent_to_its_author_and_to_no_customer(house: House, company: dict[str, int]) -> None:
    csrf = house.browser(Role.OPS)
    ask = {"account": "acme-1", "document": LETTER}
    sent = house.client.post("/api/templates/hello/test-send", json=ask, headers=csrf).json()
    with house.store.api.begin(house.workspace_id) as conn:
        row = conn.execute(select(effects).where(effects.c.id == sent["effect_id"])).one()
    request = effect_of(row._mapping).request  # as the worker reads it
    assert isinstance(request, MessageRequest)
    assert (request.subject, "Hello" in str(request.text)) == ("Hi", True)
    assert (row.recipient, row.purpose, row.contact_id, row.status) == (
        "ops@acme.example.com", "internal", None, "pending",
    )  # fmt: skip


def test_a_viewer_sends_nothing_not_even_to_themselves(house: House, company: dict[str, int]) -> None:
    csrf = house.browser(Role.VIEWER)
    answer = house.client.post("/api/templates/hello/test-send", json={"account": "acme-1"}, headers=csrf)
    assert answer.status_code == 403


def test_a_key_has_no_address_to_send_a_text_to(house: House, company: dict[str, int], admin: dict[str, str]) -> None:
    answer = house.client.post("/api/templates/hello/test-send", json={"account": "acme-1"}, headers=admin)
    assert answer.status_code == 403


def test_only_the_named_journeys_effects_are_shown_and_replayed(
    house: House, company: dict[str, int], admin: dict[str, str]
) -> None:
    with house.store.api.begin(house.workspace_id) as conn:
        conn.execute(effects.update().values(status="failed", reason="SMTP 451"))
    assert house.client.get("/api/effects", params={"journey": "nowhere"}, headers=admin).json()["items"] == []
    assert house.client.get("/api/effects/reasons", params={"journey": "nowhere"}, headers=admin).json()["items"] == []
    answer = house.client.post("/api/effects/replay", json={"journey": "nowhere"}, headers=admin)
    assert answer.status_code == 404


def test_the_text_of_an_effect_is_found_by_its_number(
    house: House, company: dict[str, int], admin: dict[str, str]
) -> None:
    effect = company["effect"]
    with house.store.api.begin(house.workspace_id) as conn:
        conn.execute(messages.update().where(messages.c.id == company["message"]).values(effect_id=effect))
    found = house.client.get("/api/messages", params={"effect": effect}, headers=admin).json()["items"]
    assert [one["id"] for one in found] == [company["message"]]
    assert house.client.get("/api/messages", params={"effect": effect + 1000}, headers=admin).json()["items"] == []
