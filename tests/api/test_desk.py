"""What people keep and do at their desks: views, notes, work on many accounts, messages by hand, the day's beginning."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from forestay.actions.carrying import Carrier
from forestay.actions.drain import drain_requests
from forestay.actions.registry import channels_for
from forestay.customers.words import ChannelKind, Role
from forestay.governance.consent import Purpose, record_consent, suppress
from forestay.kit.settings import Settings
from forestay.store.tables.actions import effects
from forestay.store.tables.customers import contacts, tickets
from forestay.store.tables.desk import account_notes
from tests.actions.scene import SOON
from tests.api.conftest import START, House
from tests.api.journey_house import JourneyHouse
from tests.api.seeding import Seed, whole_company

VIEW = {"name": "Red and mine", "body": {"search": {"band": ["red"]}, "columns": ["name", "arr"]}}
MAIL = {"to": "u-1", "subject": "A short call?", "text": "Hello Ann, have you half an hour?"}


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


def done_by_the_worker(house: House, minutes: float = 1) -> list[tuple[str, str | None]]:
    """What the ledger holds of messages by hand after the worker's next round: (status, reason)."""
    house.clock.advance(timedelta(minutes=minutes))
    with house.store.worker.begin_worker() as conn:
        drain_requests(conn, house.clock.now())
    carrier = Carrier(house.store.worker, channels_for(Settings()), house.clock, share=50, backoff=SOON)
    asyncio.run(carrier.round())
    with house.store.owner.begin_worker() as conn:
        rows = conn.execute(select(effects).where(effects.c.request_id.is_not(None)).order_by(effects.c.id)).all()
    return [(row.status, row.reason) for row in rows]


def carried_out(house: House, headers: dict[str, str], bulk: dict[str, Any], verb: str = "run") -> dict[str, Any]:
    """Every portion of it."""
    answer: dict[str, Any] = house.client.post(f"/api/bulk/{bulk['id']}/{verb}", headers=headers).json()
    return answer if answer["waiting"] == 0 else carried_out(house, headers, bulk, verb)


# Views


def test_a_shared_view_is_seen_by_a_colleague_and_an_own_one_is_not(house: House) -> None:
    csrf = house.browser(Role.CSM)
    house.client.post("/api/views", json=VIEW, headers=csrf)
    house.client.post("/api/views", json={**VIEW, "name": "For all", "is_shared": True}, headers=csrf)
    assert [view["name"] for view in house.client.get("/api/views").json()["items"]] == ["For all", "Red and mine"]
    house.browser(Role.OPS)
    (shared,) = house.client.get("/api/views").json()["items"]
    assert (shared["name"], shared["owner_name"], shared["body"]["columns"]) == ("For all", "Csm", ["name", "arr"])


def test_who_changed_a_view_meanwhile_is_not_overwritten(house: House) -> None:
    csrf = house.browser(Role.CSM)
    path = f"/api/views/{house.client.post('/api/views', json=VIEW, headers=csrf).json()['id']}"
    assert house.client.put(path, json=VIEW, headers={**csrf, "If-Match": '"1"'}).json()["revision"] == 2
    late = house.client.put(path, json=VIEW, headers={**csrf, "If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")


def test_a_viewer_keeps_views_but_shares_none(house: House) -> None:
    csrf = house.browser(Role.VIEWER)
    assert house.client.post("/api/views", json=VIEW, headers=csrf).status_code == 201
    shared = house.client.post("/api/views", json={**VIEW, "is_shared": True}, headers=csrf)
    assert (shared.status_code, "accounts:write" in shared.json()["detail"]) == (403, True)


def test_a_colleagues_shared_view_is_not_ones_own_to_delete(house: House) -> None:
    leader = house.browser(Role.OPS)
    made = house.client.post("/api/views", json={**VIEW, "is_shared": True}, headers=leader).json()
    csrf = house.browser(Role.CSM)
    answer = house.client.delete(f"/api/views/{made['id']}", headers=csrf)
    assert (answer.status_code, answer.json()["code"]) == (403, "view_of_another")


# Notes


def test_a_note_is_written_changed_deleted_and_put_back(house: House, company: dict[str, int]) -> None:
    csrf, path = house.browser(Role.CSM), "/api/accounts/acme-1/notes"
    note = house.client.post(path, json={"text": "They *like* it."}, headers=csrf).json()
    assert (note["author_name"], note["is_mine"], note["revision"]) == ("Csm", True, 1)
    changed = house.client.put(
        f"{path}/{note['id']}", json={"text": "They love it."}, headers={**csrf, "If-Match": '"1"'}
    )
    assert changed.json()["text"] == "They love it."
    stale = house.client.put(f"{path}/{note['id']}", json={"text": "No."}, headers={**csrf, "If-Match": '"1"'})
    assert stale.status_code == 412
    assert house.client.delete(f"{path}/{note['id']}", headers=csrf).status_code == 204
    assert house.client.get(path).json()["items"] == []
    assert house.client.post(f"{path}/{note['id']}/restore", headers=csrf).json()["text"] == "They love it."
    assert len(house.client.get(path).json()["items"]) == 1


def test_the_timeline_tells_notes_and_journeys_too(house: House, company: dict[str, int]) -> None:
    journeys, path = JourneyHouse(house), "/api/accounts/acme-1"
    journeys.publish()
    journeys.enter("acme-1")
    csrf = house.browser(Role.CSM)
    kept, gone = (
        house.client.post(f"{path}/notes", json={"text": text}, headers=csrf).json()
        for text in ("They like it.", "Oh.")
    )
    house.client.delete(f"{path}/notes/{gone['id']}", headers=csrf)
    house.clock.advance(timedelta(minutes=1))
    told = house.client.get(f"{path}/timeline?kind=note.written&kind=journey.entered").json()["items"]
    assert {(one["kind"], one["title"]) for one in told} == {
        ("note.written", "They like it."), ("journey.entered", "Hello"),
    }  # fmt: skip
    note = next(one for one in told if one["kind"] == "note.written")
    assert (note["number"], note["detail"]) == (kept["id"], {"author": "Csm"})


def test_a_note_deleted_longer_than_a_day_ago_is_forgotten(house: House, company: dict[str, int]) -> None:
    csrf, path = house.browser(Role.CSM), "/api/accounts/acme-1/notes"
    first, second = (house.client.post(path, json={"text": text}, headers=csrf).json()["id"] for text in ("A", "B"))
    house.client.delete(f"{path}/{first}", headers=csrf)
    house.clock.advance(timedelta(hours=25))
    csrf = {"X-CSRF-Token": house.sign_in("csm@acme.example.com").json()["csrf_token"]}
    house.client.delete(f"{path}/{second}", headers=csrf)
    with house.store.owner.begin_worker() as conn:
        assert conn.execute(select(account_notes.c.text)).scalars().all() == ["B"]


def test_somebody_elses_note_is_read_and_not_changed(
    house: House, company: dict[str, int], admin: dict[str, str]
) -> None:
    path = "/api/accounts/acme-1/notes"
    leader = house.browser(Role.OPS)
    note = house.client.post(path, json={"text": "Mine"}, headers=leader).json()
    csrf = house.browser(Role.CSM)
    assert house.client.get(path).json()["items"][0]["is_mine"] is False
    assert house.client.delete(f"{path}/{note['id']}", headers=csrf).json()["code"] == "note_of_another"


# Lists


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("has_task=true", ["acme-1"]), ("has_task=false", ["bolt-2", "cove-3"]), ("has_signal=true", ["acme-1"]),
        ("plan=team&plan=enterprise", ["acme-1", "bolt-2"]), ("missing=plan", ["cove-3"]), ("missing=band", ["cove-3"]),
        ("churn_max=0.1", ["bolt-2"]), ("readiness_max=20", ["acme-1", "bolt-2"]), ("trend_max=-5", ["acme-1"]),
        ("renews_after=2027-01-10", ["acme-1"]), ("renews_after=2027-01-11", []),
    ],
)  # fmt: skip
def test_accounts_are_found_by_every_column(
    house: House, admin: dict[str, str], company: dict[str, int], query: str, expected: list[str]
) -> None:
    items = house.client.get(f"/api/accounts?{query}", headers=admin).json()["items"]
    assert [item["external_id"] for item in items] == expected


@pytest.mark.parametrize(
    ("by", "expected"),
    [("band", [("green", 1), ("red", 1), (None, 1)]), ("plan", [("enterprise", 1), ("team", 1), (None, 1)]),
     ("renewal_month", [("2027-01", 1), (None, 2)]), ("owner", [(None, 3)]), ("country", [("DE", 1), (None, 2)])],
)  # fmt: skip
def test_accounts_are_counted_by_what_they_share(
    house: House, admin: dict[str, str], company: dict[str, int], by: str, expected: list[tuple[str | None, int]]
) -> None:
    told = house.client.get(f"/api/account-groups?by={by}", headers=admin).json()
    assert [(group["value"], group["count"]) for group in told["groups"]] == expected


def test_groups_sum_what_is_at_risk_and_never_add_up_currencies(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    Seed(house.store.api, house.workspace_id).account("dune-4", arr=5000, currency="EUR")
    told = house.client.get("/api/account-groups", headers=admin).json()
    assert (told["count"], told["at_risk"], told["groups"]) == (4, 1, [])
    assert {one["currency"]: (one["arr"], one["arr_at_risk"]) for one in told["sums"]} == {
        "USD": (120_000, 120_000), None: (30_000, 0), "EUR": (5000, 0),
    }  # fmt: skip


def test_accounts_are_grouped_by_segment_and_one_may_be_in_several(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    for key, line in (("big", 100_000), ("any", 1)):
        body = {"name": key, "condition": {"column": "account.arr", "is": "above", "value": line}}
        house.client.put(f"/api/segments/{key}/draft", json=body, headers=admin)
        assert house.client.post(f"/api/segments/{key}/publish", headers=admin).status_code == 200
    told = house.client.get("/api/account-groups?by=segment", headers=admin).json()
    assert [(group["value"], group["count"]) for group in told["groups"]] == [("any", 2), ("big", 1)]


def test_a_file_of_accounts_holds_the_whole_selection_and_disarms_formulas(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    Seed(house.store.api, house.workspace_id).account("dune-4", name="=cmd()", arr=1)
    asked = {"matching": {"arr_max": 40_000}, "sort": "-arr"}
    answer = house.client.post("/api/account-export", json=asked, headers=admin)
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.split("\r\n")
    assert [line.split(",")[:2] for line in lines[1:-1]] == [["bolt-2", "Bolt-2"], ["dune-4", "'=cmd()"]]
    some = house.client.post("/api/account-export", json={"accounts": ["cove-3"]}, headers=admin)
    assert [line.partition(",")[0] for line in some.text.split()] == ["external_id", "cove-3"]


# Work on many accounts


def test_all_that_match_are_assigned_and_given_back_but_for_what_changed_since(
    house: House, company: dict[str, int]
) -> None:
    csrf = house.browser(Role.CSM)
    asked = {"accounts": {"matching": {"arr_min": 1}}, "owner": "csm@acme.example.com"}
    bulk = house.client.post("/api/bulk/assign", json=asked, headers=csrf).json()
    assert (bulk["total"], bulk["waiting"], bulk["done"]) == (2, 2, 0)
    assert house.client.get("/api/accounts?owner=me").json()["items"] == []
    assert carried_out(house, csrf, bulk)["done"] == 2
    assert len(house.client.get("/api/accounts?owner=me").json()["items"]) == 2
    house.client.patch("/api/accounts/bolt-2", json={"owner": None}, headers=csrf)
    back = carried_out(house, csrf, bulk, "undo")
    assert (back["undone"], back["kept"]) == (1, 1)
    items = house.client.get(f"/api/bulk/{bulk['id']}/items").json()["items"]
    assert [(one["account"], one["outcome"], one["detail"]) for one in items] == [
        ("acme-1", "undone", None), ("bolt-2", "kept", "given away since"),
    ]  # fmt: skip
    assert house.client.get("/api/accounts?owner=me").json()["items"] == []


def test_a_task_for_each_is_taken_back_where_nobody_has_begun_it(house: House, company: dict[str, int]) -> None:
    csrf = house.browser(Role.CSM)
    asked = {"accounts": {"accounts": ["acme-1", "cove-3"]}, "title": "Ask for a reference", "risk_level": "low",
             "owner": "csm@acme.example.com"}  # fmt: skip
    bulk = house.client.post("/api/bulk/tasks", json=asked, headers=csrf).json()
    assert carried_out(house, csrf, bulk)["done"] == 2
    mine = house.client.get("/api/tasks?owner=me").json()["items"]
    assert {(task["account"], task["title"]) for task in mine} == {
        ("acme-1", "Ask for a reference"), ("cove-3", "Ask for a reference"),
    }  # fmt: skip
    begun = next(task["id"] for task in mine if task["account"] == "cove-3")
    house.client.post(f"/api/tasks/{begun}/claim", headers=csrf)
    back = carried_out(house, csrf, bulk, "undo")
    assert (back["undone"], back["kept"]) == (1, 1)
    left = house.client.get("/api/tasks?owner=me&status=open&status=claimed").json()["items"]
    assert [task["account"] for task in left] == ["cove-3"]


def test_accounts_enter_a_journey_once_and_leave_it_again(house: House, company: dict[str, int]) -> None:
    journeys = JourneyHouse(house)
    journeys.publish()
    journeys.enter("acme-1")
    asked = {"accounts": {"matching": {}}, "journey": "hello"}
    bulk = journeys.call("POST", "/api/bulk/journeys", asked, 201)
    assert (bulk["total"], bulk["refused"], bulk["waiting"]) == (3, 1, 2)
    assert carried_out(house, journeys.headers, bulk)["done"] == 2
    journeys.work()
    assert {run["account"] for run in journeys.get("/api/runs", status="running")["items"]} == {
        "acme-1",
        "bolt-2",
        "cove-3",
    }
    assert carried_out(house, journeys.headers, bulk, "undo")["undone"] == 2
    assert [run["account"] for run in journeys.get("/api/runs", status="running")["items"]] == ["acme-1"]


def test_what_is_taken_back_is_what_it_began_and_not_what_another_began_in_the_same_second(
    house: House, company: dict[str, int]
) -> None:
    journeys = JourneyHouse(house)
    journeys.publish()
    wide, narrow = (
        journeys.call("POST", "/api/bulk/journeys", {"accounts": some, "journey": "hello"}, 201)
        for some in ({"matching": {}}, {"accounts": ["acme-1", "bolt-2"]})
    )
    for bulk in (wide, narrow):
        carried_out(house, journeys.headers, bulk)
    journeys.work()
    assert carried_out(house, journeys.headers, narrow, "undo")["kept"] == 2
    items = house.client.get(f"/api/bulk/{narrow['id']}/items", headers=journeys.headers).json()["items"]
    assert {one["detail"] for one in items} == {"it was not let in"}
    assert len(journeys.get("/api/runs", status="running")["items"]) == 3
    assert carried_out(house, journeys.headers, wide, "undo")["undone"] == 3
    assert journeys.get("/api/runs", status="running")["items"] == []


def test_an_entry_that_nobody_took_in_yet_is_forgotten(house: House, company: dict[str, int]) -> None:
    journeys = JourneyHouse(house)
    journeys.publish()
    bulk = journeys.call("POST", "/api/bulk/journeys", {"accounts": {"matching": {}}, "journey": "hello"}, 201)
    carried_out(house, journeys.headers, bulk)
    assert carried_out(house, journeys.headers, bulk, "undo")["undone"] == 3
    journeys.work()
    assert journeys.get("/api/runs")["items"] == []


def test_who_did_not_prepare_it_does_not_carry_it_out(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    asked = {"accounts": {"accounts": ["acme-1"]}, "owner": None}
    bulk = house.client.post("/api/bulk/assign", json=asked, headers=admin).json()
    answer = house.client.post(f"/api/bulk/{bulk['id']}/run", headers=house.bearer())
    assert (answer.status_code, answer.json()["code"]) == (403, "bulk_of_another")


# Tasks and messages by hand


def test_a_task_written_by_hand_goes_to_whom_it_is_given_and_is_due_as_its_level_says(
    house: House, company: dict[str, int]
) -> None:
    csrf = house.browser(Role.CSM)
    asked = {"account": "acme-1", "title": "Plan the review", "risk_level": "high", "owner": "csm@acme.example.com"}
    task = house.client.post("/api/tasks", json=asked, headers=csrf).json()
    assert (task["owner_name"], task["risk_level"], task["status"], task["signal_id"]) == ("Csm", "high", "open", None)
    assert task["due_at"] > "2026-11-20T12:00:00Z"
    about = house.client.post("/api/tasks", json={**asked, "signal_id": company["signal"]}, headers=csrf).json()
    assert about["trigger"] == "health-below-60"
    wrong = house.client.post(
        "/api/tasks", json={**asked, "account": "bolt-2", "signal_id": company["signal"]}, headers=csrf
    )
    assert wrong.status_code == 422


def test_a_snooze_is_taken_back(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    path = f"/api/tasks/{company['task']}"
    house.client.post(f"{path}/snooze", json={"until": "2026-12-01T09:00:00Z"}, headers=admin)
    woken = house.client.post(f"{path}/undo", headers=admin).json()
    assert (woken["status"], woken["snoozed_until"]) == ("open", None)


def test_a_message_by_hand_leaves_through_the_ledger_though_its_sender_works_on_the_account(
    house: House, company: dict[str, int]
) -> None:
    closed(house)
    csrf, path = house.browser(Role.CSM), f"/api/tasks/{company['task']}"
    house.client.post(f"{path}/claim", headers=csrf)
    foreseen = house.client.post(f"{path}/send?preview=true", json=MAIL, headers=csrf).json()
    assert (foreseen["done"], foreseen["goes"], foreseen["to"]) == (False, True, "ann@example.com")
    sent = house.client.post(f"{path}/send", json=MAIL, headers=csrf).json()
    assert sent["done"] is True
    assert house.client.get(f"{path}/sendings").json()["items"][0]["status"] == "asked"
    assert done_by_the_worker(house) == [("sent", "kept in the outbox")]
    (told,) = house.client.get(f"{path}/sendings").json()["items"]
    assert (told["status"], told["sent_by"], told["subject"]) == ("sent", "Csm", "A short call?")


def test_a_message_taken_back_in_time_never_leaves(house: House, company: dict[str, int]) -> None:
    closed(house)
    csrf, path = house.browser(Role.CSM), f"/api/tasks/{company['task']}"
    sent = house.client.post(f"{path}/send", json=MAIL, headers=csrf).json()
    assert house.client.post(f"{path}/sendings/{sent['id']}/take-back", headers=csrf).status_code == 204
    assert done_by_the_worker(house) == []
    late = house.client.post(f"{path}/send", json=MAIL, headers=csrf).json()
    done_by_the_worker(house)
    assert house.client.post(f"{path}/sendings/{late['id']}/take-back", headers=csrf).status_code == 409


@pytest.mark.parametrize(("case", "why"), [("consent", "consent_withdrawn"), ("suppressed", "suppressed: bounced")])
def test_a_message_by_hand_heeds_consent_and_suppression_and_says_so(
    house: House, company: dict[str, int], case: str, why: str
) -> None:
    closed(house)
    with house.store.api.begin(house.workspace_id) as conn:
        refusals = {
            "consent": lambda: record_consent(
                conn, house.workspace_id, company["contact"], ChannelKind.EMAIL, Purpose.SUCCESS, is_given=False,
                source="test", at=START,
            ),
            "suppressed": lambda: suppress(conn, house.workspace_id, "email", "ann@example.com", "bounced", START),
        }  # fmt: skip
        refusals[case]()
    csrf, path = house.browser(Role.CSM), f"/api/tasks/{company['task']}"
    assert house.client.post(f"{path}/send?preview=true", json=MAIL, headers=csrf).json()["never"] == why
    refused = house.client.post(f"{path}/send", json=MAIL, headers=csrf)
    assert (refused.status_code, why in refused.json()["detail"]) == (409, True)


def test_a_message_by_hand_waits_for_the_contacts_morning(house: House, company: dict[str, int]) -> None:
    closed(house)
    with house.store.owner.begin_worker() as conn:
        conn.execute(contacts.update().values(zone="Pacific/Auckland"))  # one in the morning there
    csrf, path = house.browser(Role.CSM), f"/api/tasks/{company['task']}"
    sent = house.client.post(f"{path}/send", json=MAIL, headers=csrf).json()
    assert (sent["goes"], sent["reason"], sent["not_before"]) == (False, "quiet_hours", "2026-11-20T19:00:00Z")
    assert done_by_the_worker(house)[0][0] == "pending"


def closed(house: House) -> None:
    """The ticket that is escalated, so that nothing but what is tested holds the message."""
    with house.store.owner.begin_worker() as conn:
        conn.execute(tickets.update().values(closed_at=START))


def test_what_worked_elsewhere_is_told_with_its_rates(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    seed = Seed(house.store.api, house.workspace_id)
    for outcome, account in (("recovery_agreed", "second"), ("no_answer", "second"), ("resolved", "third")):
        seed.task(
            company[account], status="done", outcome=outcome, done_at=START, created_at=START - timedelta(hours=4)
        )
    seed.task(company["first"], status="done", outcome="resolved", done_at=START)
    told = house.client.get(f"/api/tasks/{company['task']}/similar", headers=admin).json()
    assert (told["total"], told["good"], told["median_hours"], told["with_message"]) == (3, 2, 4.0, 0)
    assert {one["outcome"]: one["is_good"] for one in told["outcomes"]} == {
        "recovery_agreed": True, "no_answer": False, "resolved": True,
    }  # fmt: skip
    assert {save["account"] for save in told["saves"]} == {"bolt-2", "cove-3"}


# What the sources say, and the day's beginning


def test_tickets_invoices_and_people_are_told_row_by_row(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    (ticket,) = house.client.get("/api/accounts/acme-1/tickets?is_open=true", headers=admin).json()["items"]
    assert (ticket["subject"], ticket["closed_at"]) == ("Cannot export", None)
    (invoice,) = house.client.get("/api/accounts/acme-1/invoices", headers=admin).json()["items"]
    assert (invoice["status"], invoice["days_late"], invoice["amount"]) == ("overdue", 20, 1000)
    consent = {"channel": "email", "purpose": "marketing", "is_given": False}
    house.client.put("/api/contacts/u-1/consents", json=consent, headers=admin)
    (person,) = house.client.get("/api/accounts/acme-1/people", headers=admin).json()["items"]
    assert (person["is_sponsor"], person["consents"][0]["is_given"], person["suppressed"]) == (True, False, None)


def test_movers_are_told_for_a_day_a_week_and_a_month(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    def told(query: str) -> list[tuple[str, float]]:
        items = house.client.get(f"/api/today/movers?{query}", headers=admin).json()["items"]
        return [(one["account"], one["change"]) for one in items]

    assert told("days=1") == [("acme-1", -41.0)]
    assert told("days=7") == [("acme-1", -2.0)]
    assert told("days=30") == [("acme-1", -12.5)]
    assert told("days=30&direction=up") == [("bolt-2", 2.0)]
    assert told("days=30&owner=none") == [("acme-1", -12.5)]


def test_wins_and_the_teams_load(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    csrf = house.browser(Role.CSM)
    house.client.patch("/api/accounts/acme-1", json={"owner": "csm@acme.example.com"}, headers=csrf)
    house.client.post(f"/api/tasks/{company['task']}/claim", headers=csrf)
    (own, nobody) = house.client.get("/api/today/team", headers=admin).json()["items"]
    assert (own["name"], own["accounts"], own["arr_at_risk"], own["open_tasks"]) == ("Csm", 1, 120_000, 1)
    assert (nobody["member_id"], nobody["accounts"]) == (None, 2)
    house.client.post(f"/api/tasks/{company['task']}/complete", json={"outcome": "recovery_agreed"}, headers=csrf)
    (win,) = house.client.get("/api/today/wins?owner=me").json()["items"]
    assert (win["kind"], win["account"], win["who"]) == ("saved", "acme-1", "Csm")


def test_use_is_told_by_the_day_out_of_the_lake(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    answer = house.client.get("/api/accounts/acme-1/usage?days=60", headers=admin)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (len(told["days"]), told["until"], told["users_30d"]) == (60, date(2026, 11, 20).isoformat(), 0)
