"""Signals, tasks, messages, effects and the quarantine, as people work with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forestay.customers.words import Role
from forestay.events.log import Codec
from tests.api.conftest import START, House
from tests.api.seeding import Seed, whole_company


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


def test_a_signal_says_what_fired_why_and_when(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    signal = house.client.get("/api/signals?account=acme-1", headers=admin).json()["items"][0]
    assert (signal["trigger"], signal["tier"], signal["risk_level"]) == ("health-below-60", "assisted", "high")
    assert signal["account"] == "acme-1"
    assert signal["evidence"][0]["sentence"] == "Health score fell to 41 (usually 78)"
    assert signal["event_at"] == signal["fired_at"] == "2026-11-20T10:00:00Z"
    assert signal["stages"]["first_touch_at"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [("trigger=health-below-60", 1), ("trigger=other", 0), ("since=2026-11-20T10:00:00Z", 1), ("account=bolt-2", 0),
     ("since=2026-11-20T10:00:01Z", 0), ("until=2026-11-20T10:00:00Z", 0), ("risk_level=high&status=open", 1)],
)  # fmt: skip
def test_signals_are_filtered(
    house: House, admin: dict[str, str], company: dict[str, int], query: str, count: int
) -> None:
    assert len(house.client.get(f"/api/signals?{query}", headers=admin).json()["items"]) == count


def test_a_second_verdict_of_the_same_csm_replaces_the_first(house: House, company: dict[str, int]) -> None:
    csrf, path = house.browser(Role.CSM), f"/api/signals/{company['signal']}/feedback"
    house.client.post(path, json={"verdict": "inaccurate"}, headers=csrf)
    house.client.post(path, json={"verdict": "already_known", "note": "They told me"}, headers=csrf)
    verdicts = house.client.get(path).json()["items"]
    assert [(one["verdict"], one["note"]) for one in verdicts] == [("already_known", "They told me")]


def test_a_verdict_on_a_task_judges_its_signal(house: House, company: dict[str, int]) -> None:
    csrf = house.browser(Role.CSM)
    path = f"/api/tasks/{company['task']}/feedback"
    answer = house.client.post(path, json={"verdict": "accurate"}, headers=csrf)
    assert (answer.status_code, answer.json()["signal_id"], answer.json()["task_id"]) == (
        201, company["signal"], company["task"],
    )  # fmt: skip


def test_an_unknown_verdict_is_answered_with_the_four_words(house: House, company: dict[str, int]) -> None:
    csrf = house.browser(Role.CSM)
    answer = house.client.post(f"/api/signals/{company['signal']}/feedback", json={"verdict": "meh"}, headers=csrf)
    assert answer.status_code == 422
    assert "'accurate', 'inaccurate', 'already_known' or 'not_actionable'" in answer.json()["detail"]


def test_the_most_urgent_task_comes_first(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    Seed(house.store.api, house.workspace_id).task(company["second"], risk_level="critical", title="Now")
    tasks = house.client.get("/api/tasks", headers=admin).json()["items"]
    assert [task["title"] for task in tasks] == ["Now", "Call the sponsor"]
    assert (tasks[1]["account"], tasks[1]["script"], tasks[1]["status"]) == ("acme-1", "Ask what changed.", "open")


def test_tasks_in_pages_and_a_cursor_that_was_altered(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    Seed(house.store.api, house.workspace_id).task(company["second"], title="Later", due_at=START + timedelta(days=9))
    first = house.client.get("/api/tasks?limit=1", headers=admin).json()
    second = house.client.get(f"/api/tasks?limit=1&cursor={first['next']}", headers=admin).json()
    assert [page["items"][0]["title"] for page in (first, second)] == ["Call the sponsor", "Later"]
    assert second["next"] is None
    altered = house.client.get(f"/api/tasks?limit=1&cursor=x{first['next']}", headers=admin)
    assert (altered.status_code, altered.json()["code"]) == (400, "bad_cursor")


def test_a_csm_claims_a_task_completes_it_and_takes_that_back(house: House, company: dict[str, int]) -> None:
    csrf, path = house.browser(Role.CSM), f"/api/tasks/{company['task']}"
    claimed = house.client.post(f"{path}/claim", headers=csrf).json()
    assert (claimed["status"], claimed["owner"]) == ("claimed", "csm@acme.example.com")
    done = house.client.post(f"{path}/complete", json={"outcome": "resolved", "note": "Fixed"}, headers=csrf).json()
    assert (done["status"], done["outcome"], done["outcome_note"]) == ("done", "resolved", "Fixed")
    assert house.client.post(f"{path}/undo", headers=csrf).json()["status"] == "claimed"


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("csm@acme.example.com", 1),
        ("CSM@acme.example.com", 1),
        ("me", 1),
        ("nobody@acme.example.com", 0),
        ("999999", 0),
    ],
)
def test_tasks_are_asked_for_by_their_owner(house: House, company: dict[str, int], word: str, found: int) -> None:
    csrf = house.browser(Role.CSM)
    claimed = house.client.post(f"/api/tasks/{company['task']}/claim", json={}, headers=csrf).json()
    mine = house.client.get(f"/api/tasks?owner={word}").json()["items"]
    assert [one["id"] for one in mine] == [claimed["id"]] * found
    assert house.client.get(f"/api/tasks?owner={claimed['owner_id']}").json()["items"] == [claimed]


def test_the_second_csm_learns_who_has_the_task(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    csrf, path = house.browser(Role.CSM), f"/api/tasks/{company['task']}/claim"
    house.client.post(path, headers=csrf)
    other = house.member(Role.OPS)
    answer = house.client.post(path, json={"member_id": other}, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "task_taken")
    assert answer.json()["detail"].startswith("Csm has this task")


def test_a_change_on_an_old_reading_of_the_task_is_refused(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    path = f"/api/tasks/{company['task']}"
    tag = house.client.get(path, headers=admin).headers["etag"]
    snoozed = {"until": "2026-11-21T12:00:00Z", "reason": "on leave"}
    assert house.client.post(f"{path}/snooze", json=snoozed, headers={**admin, "If-Match": tag}).status_code == 200
    late = house.client.post(f"{path}/cancel", json={}, headers={**admin, "If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (409, "task_changed")


def test_a_key_must_say_who_takes_a_task(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    answer = house.client.post(f"/api/tasks/{company['task']}/claim", headers=admin)
    assert (answer.status_code, answer.json()["place"]) == (422, "member_id")


def test_an_in_app_message_is_read_and_put_away_once(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    path = f"/api/messages/{company['message']}"
    seen = house.client.post(f"{path}/seen", headers=admin).json()["seen_at"]
    house.clock.advance(timedelta(minutes=5))
    again = house.client.post(f"{path}/seen", headers=admin).json()["seen_at"]
    house.client.post(f"{path}/dismiss", headers=admin)
    waiting = house.client.get("/api/messages?account=acme-1&waiting=true", headers=admin).json()["items"]
    assert (seen == again, waiting) == (True, [])


def test_an_e_mail_is_not_marked_as_seen_in_the_app(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    mail = Seed(house.store.api, house.workspace_id).message(company["first"], "email")
    assert house.client.post(f"/api/messages/{mail}/seen", headers=admin).status_code == 404


def test_an_effect_of_unknown_end_is_resolved_by_a_person(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    unknown = house.client.get("/api/effects?status=unknown", headers=admin).json()["items"]
    assert [(one["id"], one["reason"]) for one in unknown] == [(company["effect"], "no answer")]
    path = f"/api/effects/{company['effect']}"
    solved = house.client.post(f"{path}/resolve", json={"resolution": "as_sent"}, headers=admin)
    assert solved.json()["status"] == "sent"
    again = house.client.post(f"{path}/resolve", json={"resolution": "as_sent"}, headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    counts = house.client.get("/api/effects/counts", headers=admin).json()
    assert (counts["sent"], counts["unknown"]) == (1, 0)


def test_a_quarantined_item_is_mended_and_comes_in_again(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    path = f"/api/quarantine/{company['item']}"
    as_it_is = house.client.post(f"{path}/replay", headers=admin)
    assert (as_it_is.status_code, as_it_is.json()["code"]) == (422, "still_bad")
    mended = '{"type":"track","event":"Signed In","userId":"u-1"}'
    assert house.client.post(f"{path}/replay", json={"item": mended}, headers=admin).json() == {"settled": 1}
    assert [(one.codec, b"Signed In" in one.body) for one in house.log.records] == [(Codec.SEGMENT, True)]
    assert house.client.get(path, headers=admin).json()["status"] == "replayed"


def test_items_are_discarded_all_or_none(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    ids = [company["item"], 999_999]
    assert house.client.post("/api/quarantine/discard", json={"ids": ids}, headers=admin).status_code == 404
    assert house.client.get(f"/api/quarantine/{ids[0]}", headers=admin).json()["status"] == "waiting"
    assert house.client.post("/api/quarantine/discard", json={"ids": ids[:1]}, headers=admin).json() == {"settled": 1}


def test_the_quarantine_in_pages(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    Seed(house.store.api, house.workspace_id).quarantined(position=2)
    first = house.client.get("/api/quarantine?limit=1", headers=admin).json()
    second = house.client.get(f"/api/quarantine?limit=1&cursor={first['next']}", headers=admin).json()
    assert first["items"][0]["id"] > second["items"][0]["id"]
    assert second["next"] is None
    assert house.client.get("/api/quarantine/reasons", headers=admin).json()["items"] == [
        {"reason_code": "no_user", "waiting": 2}
    ]


def test_a_contact_says_no_and_an_address_is_never_written_to(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    no = {"channel": "email", "purpose": "success", "is_given": False}
    kept = house.client.put("/api/contacts/u-1/consents", json=no, headers=admin).json()["items"]
    assert [(one["purpose"], one["is_given"]) for one in kept] == [("success", False)]
    dead = {"channel": "email", "address": "Ann@example.com", "reason": "hard bounce"}
    house.client.post("/api/suppressions", json=dead, headers=admin)
    assert house.client.get("/api/suppressions", headers=admin).json()["items"][0]["address"] == "ann@example.com"
    assert house.client.delete("/api/suppressions/email/ann@example.com", headers=admin).status_code == 204
    assert house.client.delete("/api/suppressions/email/ann@example.com", headers=admin).status_code == 404


def test_the_status_says_what_needs_a_person(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    found = house.client.get("/api/status", headers=admin).json()
    assert found["bands"] == {"green": 1, "yellow": 0, "red": 1, "none": 1}
    assert (found["open_signals"], found["open_tasks"], found["overdue_tasks"]) == (1, 1, 0)
    assert "1 items wait in the quarantine" in found["attention"]
    assert "tickets has gone silent" in found["attention"]
