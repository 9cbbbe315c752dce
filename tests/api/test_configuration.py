"""Configuration as documents: drafts, conflicts, publishing, rolling back, previews."""

from __future__ import annotations

from typing import Any

import pytest

from forestay.customers.words import Role
from forestay.governance.bootstrap import create_workspace
from forestay.signals.library import LIBRARY_KEYS
from forestay.store import jobs
from tests.api.conftest import House
from tests.api.seeding import whole_company
from tests.conftest import what_ships

BIG = {"name": "Big customers", "condition": {"column": "account.arr", "is": "above", "value": 50_000}}


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


@pytest.fixture
def shipped(house: House) -> dict[str, str]:
    """Headers of a key of a workspace with everything that ships."""
    with house.store.owner.begin_worker() as conn:
        number = create_workspace(conn, "fresh", "Fresh", what_ships())
    return house.bearer(workspace_id=number)


def drafted(house: House, admin: dict[str, str], key: str = "big", **body: Any) -> Any:
    return house.client.put(f"/api/segments/{key}/draft", json={**BIG, **body}, headers=admin)


def test_a_draft_acts_only_once_it_is_published(house: House, admin: dict[str, str]) -> None:
    drafted(house, admin)
    assert house.client.get("/api/segments/big", headers=admin).json()["live"] is None
    published = house.client.post("/api/segments/big/publish", headers=admin).json()
    assert (published["status"], published["version"]) == ("published", 1)
    assert house.client.get("/api/segments/big", headers=admin).json()["draft"] is None


def test_who_has_not_read_the_document_cannot_overwrite_it(house: House, admin: dict[str, str]) -> None:
    drafted(house, admin)
    answer = drafted(house, admin, name="Others")
    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_missing")


def test_the_second_of_two_authors_learns_that_the_first_was_faster(house: House, admin: dict[str, str]) -> None:
    tag = drafted(house, admin).headers["etag"]
    mine = {**admin, "If-Match": tag}
    assert house.client.put("/api/segments/big/draft", json={**BIG, "name": "A"}, headers=mine).status_code == 200
    late = house.client.put("/api/segments/big/draft", json={**BIG, "name": "B"}, headers=mine)
    assert (late.status_code, late.json()["code"]) == (412, "document_changed")


def test_a_document_that_is_no_good_is_refused_with_its_place(house: House, admin: dict[str, str]) -> None:
    answer = drafted(house, admin, condition={"column": "account.arr", "is": "sideways", "value": 1})
    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_condition"
    assert "is" in answer.json()["place"]


def test_validating_says_what_is_wrong_and_keeps_nothing(house: House, admin: dict[str, str]) -> None:
    wrong = {**BIG, "condition": {"segment": "nowhere"}}
    told = house.client.post("/api/segments/big/validate", json=wrong, headers=admin).json()
    assert (told["valid"], "nowhere" in told["problem"]) == (False, True)
    assert house.client.get("/api/segments/big", headers=admin).status_code == 404


def test_a_document_cannot_say_another_key_than_its_address(house: House, admin: dict[str, str]) -> None:
    assert drafted(house, admin, key="big").status_code == 200
    other = house.client.put("/api/segments/small/draft", json={**BIG, "key": "big"}, headers=admin)
    assert (other.status_code, other.json()["place"]) == (422, "key")


def test_segments_that_name_each_other_in_a_circle_are_refused(house: House, admin: dict[str, str]) -> None:
    drafted(house, admin, "one")
    house.client.post("/api/segments/one/publish", headers=admin)
    drafted(house, admin, "two", condition={"segment": "one"})
    house.client.post("/api/segments/two/publish", headers=admin)
    tag = house.client.get("/api/segments/one", headers=admin).headers["etag"]
    circle = {**BIG, "condition": {"segment": "two"}}
    answer = house.client.put("/api/segments/one/draft", json=circle, headers={**admin, "If-Match": tag})
    assert (answer.status_code, "circle" in answer.json()["detail"]) == (422, True)


def test_rolling_back_publishes_the_earlier_version_as_a_new_one(house: House, admin: dict[str, str]) -> None:
    drafted(house, admin, name="First")
    house.client.post("/api/segments/big/publish", headers=admin)
    tag = house.client.get("/api/segments/big", headers=admin).headers["etag"]
    house.client.put("/api/segments/big/draft", json={**BIG, "name": "Second"}, headers={**admin, "If-Match": tag})
    house.client.post("/api/segments/big/publish", headers=admin)
    back = house.client.post("/api/segments/big/roll-back", json={"version": 1}, headers=admin).json()
    assert (back["version"], back["body"]["name"]) == (3, "First")
    versions = house.client.get("/api/segments/big/versions", headers=admin).json()["items"]
    assert [(one["version"], one["status"]) for one in versions] == [(3, "published"), (2, "archived"), (1, "archived")]


def test_who_may_edit_may_not_therefore_publish(house: House) -> None:
    editor = house.bearer("triggers:read", "triggers:write")
    answer = house.client.post("/api/triggers/health-below-60/publish", headers=editor)
    assert answer.status_code == 403
    assert "'triggers:publish'" in answer.json()["detail"]


def test_every_step_of_a_document_stands_in_the_audit_trail(house: House, admin: dict[str, str]) -> None:
    drafted(house, admin)
    house.client.post("/api/segments/big/publish", headers=admin)
    house.client.post("/api/segments/big/pause", headers=admin)
    entries = house.client.get("/api/audit?subject=segment:big", headers=admin).json()["items"]
    assert [entry["action"] for entry in entries] == ["segment.paused", "segment.published", "segment.drafted"]
    assert entries[0]["actor"].startswith("key:")


def test_the_ten_triggers_ship_published(house: House, shipped: dict[str, str]) -> None:
    items = house.client.get("/api/triggers", headers=shipped).json()["items"]
    assert {item["key"] for item in items} == {key.value for key in LIBRARY_KEYS}
    assert {item["live"]["status"] for item in items} == {"published"}


def test_every_shipped_document_passes_the_apis_own_validation(house: House, shipped: dict[str, str]) -> None:
    told = {
        f"{plural}/{item['key']}": house.client.post(
            f"/api/{plural}/{item['key']}/validate", json=item["live"]["body"], headers=shipped
        ).json()
        for plural in ("triggers", "scorecards")
        for item in house.client.get(f"/api/{plural}", headers=shipped).json()["items"]
    }
    assert len(told) == 11
    assert {name: one["problem"] for name, one in told.items() if not one["valid"]} == {}


def test_a_paused_trigger_is_shown_as_paused(house: House, shipped: dict[str, str]) -> None:
    house.client.post("/api/triggers/health-below-60/pause", headers=shipped)
    assert house.client.get("/api/triggers/health-below-60", headers=shipped).json()["is_paused"] is True
    house.client.post("/api/triggers/health-below-60/resume", headers=shipped)
    assert house.client.get("/api/triggers/health-below-60", headers=shipped).json()["is_paused"] is False


def test_a_trigger_that_asks_for_an_unknown_column_is_refused(house: House, admin: dict[str, str]) -> None:
    body = {"name": "Odd", "tier": "assisted", "risk_level": "low",
            "condition": {"column": "measure.shoe_size", "is": "above", "value": 40}}  # fmt: skip
    answer = house.client.put("/api/triggers/odd/draft", json=body, headers=admin)
    assert (answer.status_code, "measure.shoe_size" in answer.json()["detail"]) == (422, True)


def test_a_draft_trigger_says_for_whom_it_holds_now(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    body = {"name": "Red", "tier": "assisted", "risk_level": "low",
            "condition": {"column": "health.score", "is": "below", "value": 60}}  # fmt: skip
    house.client.put("/api/triggers/red/draft", json=body, headers=admin)
    found = house.client.get("/api/triggers/red/matching", headers=admin).json()
    assert found == {"accounts": 1, "scored": 2, "account_ids": ["acme-1"]}


REPORT: dict[str, Any] = {"firings": 3, "accounts": 2, "per_week": [{"week": "2026-11-16", "firings": 3, "accounts": 2, "decided": 2, "right": 1, "outcomes": 0, "foreseen": 0}],
          "precision": 0.5, "recall": None, "lead_time_days": {"p25": 3.0, "p50": 5.0, "p75": 9.0, "weeks": [2, 1]},
          "load_per_csm": [{"owner_id": None, "firings": 3, "per_week": 3.0, "busiest_week": 3, "weeks": [3]}],
          "not_reconstructible": [], "undecided": 1, "held_back": 0, "outcomes": 0}  # fmt: skip


def test_a_quick_backtest_answers_directly(
    house: House, shipped: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forestay.api.jobs.QUICK_SECONDS", 60.0)
    work_at_next_wake(house, monkeypatch, REPORT)
    asked = {"since": "2026-01-01", "until": "2026-06-30", "outcome": "churned", "within_days": 90}
    answer = house.client.post("/api/triggers/health-below-60/backtest", json=asked, headers=shipped)
    load = {**REPORT["load_per_csm"][0], "owner": None, "owner_name": None}
    assert (answer.status_code, answer.json()) == (200, {**REPORT, "load_per_csm": [load]})


def test_a_backtest_names_the_csm_by_address(
    house: House, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forestay.api.jobs.QUICK_SECONDS", 60.0)
    csm = house.member(Role.CSM)
    body = {"name": "Red", "tier": "assisted", "risk_level": "low", "condition": "health.score < 60"}
    house.client.put("/api/triggers/red/draft", json=body, headers=admin)
    load = {**REPORT["load_per_csm"][0], "owner_id": csm}
    work_at_next_wake(house, monkeypatch, {**REPORT, "load_per_csm": [load]})
    found = house.client.post("/api/triggers/red/backtest", json={}, headers=admin).json()["load_per_csm"][0]
    assert (found["owner_id"], found["owner"], found["owner_name"]) == (csm, "csm@acme.example.com", "Csm")


def work_at_next_wake(house: House, monkeypatch: pytest.MonkeyPatch, report: dict[str, Any]) -> None:
    """A jobs process that is done before the server looks."""

    def wake(_call: object) -> None:
        with house.store.worker.begin_worker() as conn:
            job = jobs.claim(conn)
            assert job is not None
            assert set(job.params) == {"trigger", "since", "until", "outcome", "within_days"}
            jobs.finish(conn, job, report)

    monkeypatch.setattr("forestay.api.calls.Call.wake_jobs", wake)


def test_a_long_backtest_answers_with_a_job_to_poll(
    house: House, shipped: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forestay.api.jobs.QUICK_SECONDS", 0.0)
    answer = house.client.post("/api/triggers/health-below-60/backtest", json={}, headers=shipped)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert house.client.get(answer.headers["location"], headers=shipped).json()["kind"] == "backtest"


def test_a_scorecard_shows_before_publishing_who_would_change_band(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    card = {"name": "Strict", "bands": {"red_below": 95, "green_from": 99}}
    house.client.put("/api/scorecards/default/draft", json=card, headers=admin)
    found = house.client.post("/api/scorecards/default/preview", headers=admin).json()
    assert found["accounts"] == 2
    assert found["changed"] == len(found["movers"]) == sum(
        count for before, row in found["counts"].items() for after, count in row.items() if before != after
    )  # fmt: skip
    assert house.client.get("/api/scorecards/default", headers=admin).json()["live"] is None


def test_a_scorecard_may_not_ask_for_health_itself(house: House, admin: dict[str, str]) -> None:
    card = {"name": "Odd", "applies_to": {"column": "health.score", "is": "below", "value": 50}}
    answer = house.client.put("/api/scorecards/odd/draft", json=card, headers=admin)
    assert (answer.status_code, answer.json()["place"]) == (422, "applies_to")


def test_a_template_is_shown_as_the_accounts_sponsor_would_read_it(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    text = {"use": "message", "subject": "{{ account.name }}", "text": "Hello {{ contact.first_name }}"}
    asked = {"account": "acme-1", "document": text}
    found = house.client.post("/api/templates/welcome/message/render", json=asked, headers=admin).json()
    assert (found["subject"], found["text"]) == ("Acme-1", "Hello Ann")


def test_a_template_with_broken_liquid_is_refused(house: House, admin: dict[str, str]) -> None:
    answer = house.client.put("/api/templates/welcome/message/draft", json={"text": "{% if %}"}, headers=admin)
    assert (answer.status_code, answer.json()["place"]) == (422, "text")


def test_a_template_key_may_hold_a_slash(house: House, admin: dict[str, str]) -> None:
    house.client.put("/api/templates/welcome/message/draft", json={"text": "Hello"}, headers=admin)
    house.client.post("/api/templates/welcome/message/publish", headers=admin)
    assert house.client.get("/api/templates/welcome/message", headers=admin).json()["live"]["body"] == {"text": "Hello"}


@pytest.mark.parametrize("kind", ["trigger", "scorecard", "segment", "measure", "template", "event_roles"])
def test_every_kind_of_document_has_a_schema(house: House, admin: dict[str, str], kind: str) -> None:
    assert house.client.get(f"/api/schemas/{kind}", headers=admin).json()


def test_features_and_calendars_are_kept_and_replaced(house: House, admin: dict[str, str]) -> None:
    feature = {"name": "Reports", "events": ["Report Exported"], "is_sticky": True}
    house.client.put("/api/features/reports", json=feature, headers=admin)
    house.client.put("/api/features/reports", json={**feature, "is_premium": True}, headers=admin)
    items = house.client.get("/api/features", headers=admin).json()["items"]
    assert [(one["key"], one["is_sticky"], one["is_premium"]) for one in items] == [("reports", True, True)]
    hours = {"zone": "Europe/Berlin", "holidays_country": "DE"}
    assert house.client.put("/api/calendars/berlin", json=hours, headers=admin).status_code == 200
    assert house.client.put("/api/calendars/berlin", json={"zone": "Mars/Base"}, headers=admin).status_code == 422
    assert house.client.delete("/api/calendars/berlin", headers=admin).status_code == 204


def test_the_workspaces_settings_are_merged_key_by_key(house: House, admin: dict[str, str]) -> None:
    house.client.patch("/api/workspace", json={"settings": {"a": 1, "b": 2}}, headers=admin)
    changed = house.client.patch("/api/workspace", json={"settings": {"b": None, "c": 3}, "zone": "Europe/Paris"},
                                 headers=admin).json()  # fmt: skip
    assert (changed["settings"], changed["zone"]) == ({"a": 1, "c": 3}, "Europe/Paris")
    assert house.client.patch("/api/workspace", json={"zone": "Nowhere"}, headers=admin).status_code == 422
