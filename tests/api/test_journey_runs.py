"""Runs over the API: who is where, what happened to them, and what a person may do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from forestay.actions.drain import drain_requests
from forestay.customers.words import EffectStatus, Role
from forestay.journeys.words import RunStatus
from forestay.store.tables import actions
from forestay.store.tables.journeys import journey_inbox, journey_runs, journey_tokens
from tests.api.conftest import House
from tests.api.journey_house import WAIT, JourneyHouse


@pytest.fixture
def journeys(house: House) -> JourneyHouse:
    made = JourneyHouse(house)
    made.accounts("acme-1", "bolt-2", "cove-3")
    return made


FAILING: dict[str, Any] = {
    "start": {"kind": "wait", "until": "trait.no_such_day", "ports": {"next": "end", "missing": "end"}},
    "end": {"kind": "exit"},
}


def test_a_customer_put_in_twice_is_in_once_and_the_second_is_counted_as_refused(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "acme-1", "bolt-2")
    told = journeys.get("/api/journeys/hello")
    assert (told["status"], told["runs"]) == ("active", {"running": 2, "paused": 0, "held": 0, "failed": 0})
    assert (told["last_30d"]["entered"], told["last_30d"]["refused"]) == (2, {"re_entry": 1})
    assert journeys.get("/api/journeys/hello/entries")["entered_by"] == {"api": 2}


def test_the_same_call_sent_again_lets_nobody_in_twice(journeys: JourneyHouse) -> None:
    journeys.publish(re_entry={"rule": "by_key", "key": "run.order"})
    for order in ("order-17", "order-17", "order-18"):
        journeys.call("POST", "/api/journeys/hello/enter", {"account": "acme-1"}, 202, **{"Idempotency-Key": order})
    journeys.work()
    assert len(journeys.get("/api/runs", journey="hello")["items"]) == 2


def test_nobody_enters_a_journey_that_has_no_way_in_by_hand(journeys: JourneyHouse) -> None:
    journeys.publish(entry=[{"event": "Signed In"}])
    refused = journeys.call("POST", "/api/journeys/hello/enter", {"account": "acme-1"}, 409)
    assert refused["code"] == "no_way_in"


def test_a_run_tells_where_it_stands_what_happened_and_what_it_caused(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    run = journeys.get(f"/api/runs/{journeys.run()['id']}")
    assert (run["account"], run["status"], run["steps"]) == ("acme-1", "running", ["start"])
    assert (run["journey"], run["journey_name"]) == ("hello", "Hello")
    assert (run["standing"][0]["state"], run["due_at"]) == ("timer", "2026-11-23T12:00:00Z")
    journeys.work(hours=73)
    run = journeys.get(f"/api/runs/{run['id']}")
    assert (run["status"], run["reason"], run["steps"]) == ("completed", "done", [])
    told = [(line["what"], line["step"], line["port"]) for line in run["history"]]
    assert told == [
        ("entered", None, "api"), ("waited", "start", None), ("left", "start", "next"), ("asked", "mail", "next"),
        ("ended", "end", "completed:done"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=running", ["cove-3", "bolt-2"]), ("status=running&status=paused", ["cove-3", "bolt-2", "acme-1"]),
        ("step=start&account=acme-1", ["acme-1"]), ("step=mail", []), ("journey=other", []), ("version=2", []),
        ("since=2026-11-21", []), ("until=2026-11-21", ["cove-3", "bolt-2", "acme-1"]), ("reason=done", []),
    ],
)  # fmt: skip
def test_runs_are_filtered(journeys: JourneyHouse, query: str, names: list[str]) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2", "cove-3")
    journeys.call("POST", f"/api/runs/{journeys.run(2)['id']}/pause")
    found = journeys.get(f"/api/runs?{query}&limit=200")["items"]
    assert [run["account"] for run in found] == names


def test_runs_come_in_pages_and_of_one_account(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2", "cove-3")
    first = journeys.get("/api/runs", limit=2)
    rest = journeys.get("/api/runs", limit=2, cursor=first["next"])
    assert [[run["account"] for run in page["items"]] for page in (first, rest)] == [["cove-3", "bolt-2"], ["acme-1"]]
    assert [run["account"] for run in journeys.get("/api/accounts/bolt-2/journeys")["items"]] == ["bolt-2"]


def test_a_paused_run_is_not_moved_and_its_clock_stands_still(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    number = journeys.run()["id"]
    looked = journeys.call("POST", f"/api/runs/{number}/pause?preview=true")
    assert (looked["done"], looked["run"]["status"], journeys.run()["status"]) == (False, "paused", "running")
    assert journeys.call("POST", f"/api/runs/{number}/pause")["run"]["status"] == "paused"
    journeys.work(hours=100)
    assert journeys.run()["status"] == "paused"
    journeys.call("POST", f"/api/runs/{number}/resume")
    journeys.work(hours=71)
    assert journeys.run()["status"] == "running"
    journeys.work(hours=2)
    assert journeys.run()["status"] == "completed"


def test_what_does_not_fit_the_state_of_a_run_is_refused(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    number = journeys.run()["id"]
    assert journeys.call("POST", f"/api/runs/{number}/retry", status=409)["code"] == "run_elsewhere"
    journeys.call("POST", f"/api/runs/{number}/cancel", {"reason": "asked us to"})
    assert (journeys.run()["status"], journeys.run()["reason"]) == ("cancelled", "asked us to")
    assert journeys.call("POST", f"/api/runs/{number}/pause", status=409)["code"] == "run_elsewhere"
    assert journeys.get("/api/journeys/hello")["last_30d"]["ended"] == {"cancelled:asked us to": 1}


def test_a_step_is_skipped_by_the_way_out_that_a_person_names(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    number = journeys.run()["id"]
    journeys.call("POST", f"/api/runs/{number}/skip", {"port": "sideways"}, 404)
    looked = journeys.call("POST", f"/api/runs/{number}/skip?preview=true", {"port": "next"})
    assert (looked["to"], looked["asks_again"], looked["done"], looked["stands"]) == ("mail", True, False, ["start"])
    assert journeys.run()["steps"] == ["start"]
    journeys.call("POST", f"/api/runs/{number}/skip", {"port": "next"})
    journeys.work()
    assert journeys.run()["status"] == "completed"


def test_a_run_that_ended_starts_again_from_a_step(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    journeys.work(hours=73)
    number = journeys.run()["id"]
    journeys.call("POST", f"/api/runs/{number}/start-again", {"step": "nowhere"}, 404)
    assert journeys.call("POST", f"/api/runs/{number}/start-again", {"step": "start"})["run"]["status"] == "running"
    journeys.work()
    assert (journeys.run()["status"], journeys.run()["steps"]) == ("running", ["start"])


def test_a_csm_may_pause_a_run_and_not_a_journey(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    number, csrf = journeys.run()["id"], journeys.house.browser(Role.CSM)
    single = journeys.house.client.post(f"/api/runs/{number}/pause", headers=csrf)
    whole = journeys.house.client.post("/api/journeys/hello/pause", headers=csrf)
    assert (single.status_code, whole.status_code) == (200, 403)


def test_a_paused_journey_keeps_who_comes_in_and_goes_on_later(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    assert journeys.call("POST", "/api/journeys/hello/pause")["runs"] == 1
    journeys.enter("bolt-2")
    journeys.work(hours=100)
    told = journeys.get("/api/journeys/hello")
    assert (told["status"], told["runs"]["paused"]) == ("paused", 2)
    assert journeys.call("POST", "/api/journeys/hello/resume")["runs"] == 2
    journeys.work()
    journeys.work(hours=74)
    assert [run["status"] for run in journeys.get("/api/runs")["items"]] == ["completed", "completed"]


def test_a_stopped_journey_ends_everybody_and_acts_again_when_published(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2")
    assert journeys.call("POST", "/api/journeys/hello/stop") == {"runs": 2, "withdrawn": 0, "work": None}
    assert journeys.get("/api/journeys/hello")["status"] == "stopped"
    journeys.call("POST", "/api/journeys/hello/enter", {"account": "acme-1"}, 409)
    journeys.publish()
    journeys.enter("acme-1")
    assert [run["status"] for run in journeys.get("/api/runs")["items"]] == ["running", "stopped", "stopped"]


CALL: dict[str, Any] = {
    "start": {"kind": "task", "title": "Call", "choices": ["yes"], "ports": {"yes": "end"}},
    "end": {"kind": "exit"},
}


@pytest.mark.parametrize("path", ["/api/journeys/hello/stop", "/api/runs/{run}/cancel"])
def test_what_has_not_left_is_taken_back_with_its_run(journeys: JourneyHouse, path: str) -> None:
    journeys.publish(CALL)
    journeys.enter("acme-1", "bolt-2")
    drain_requests_of(journeys, 1)
    run = journeys.run(1)["id"]
    journeys.call("POST", path.replace("{run}", str(run)))
    (step,) = (one for one in journeys.get("/api/journeys/hello/steps")["items"] if one["step"] == "start")
    is_whole = "stop" in path
    assert (step["effects"]["cancelled"], step["effects"]["pending"]) == (1 + is_whole, 0)
    assert step["waiting"] == int(not is_whole)


def drain_requests_of(journeys: JourneyHouse, count: int) -> None:
    """Enter effects for the first requests, as the worker would."""
    with journeys.house.store.worker.begin_worker() as conn:
        assert drain_requests(conn, journeys.house.clock.now(), limit=count).effects == count


def test_a_retired_journey_lets_nobody_in_and_its_runs_go_to_their_end(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    journeys.call("DELETE", "/api/journeys/hello", status=204)
    assert [item["status"] for item in journeys.get("/api/journeys?status=retired")["items"]] == ["retired"]
    journeys.call("POST", "/api/journeys/hello/enter", {"account": "bolt-2"}, 409)
    journeys.work(hours=73)
    assert (journeys.run()["account"], journeys.run()["status"]) == ("acme-1", "completed")


def test_every_effect_of_a_step_stands_in_the_ledger_once(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    journeys.work(hours=73)
    step = {one["step"]: one for one in journeys.get("/api/journeys/hello/steps")["items"]}
    assert (step["mail"]["arrived"], step["mail"]["asked"], step["mail"]["waiting"]) == (1, 1, 1)
    number = journeys.get("/api/runs")["items"][0]["id"]
    with journeys.house.store.owner.begin_worker() as conn:
        journey = conn.execute(journey_runs.select()).one().journey_id
    for place, status in enumerate(EffectStatus):
        journeys.seed.put(
            actions.effects, effect_key=bytes([place]), channel="email", purpose="success", recipient="x", status=status.value,
            run_id=number, journey_id=journey, step=2,
        )  # fmt: skip
    (mail,) = (one for one in journeys.get("/api/journeys/hello/steps")["items"] if one["step"] == "mail")
    assert mail["effects"] == {**{status.value: 1 for status in EffectStatus}, "total": 6}
    assert {one["step"] for one in journeys.get(f"/api/runs/{number}")["effects"]} == {"mail"}


def test_runs_are_moved_to_a_new_version_as_the_preview_said(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2")
    renamed = {"first": WAIT["start"], "mail": WAIT["mail"], "end": WAIT["end"]}
    journeys.publish(renamed, start="first")
    path = "/api/journeys/hello/migrate"
    looked = journeys.call("POST", f"{path}?preview=true", {"version": 1})
    assert [(fate["step"], fate["waiting"], fate["what"]) for fate in looked["fates"]] == [("start", 2, "unclear")]
    assert journeys.call("POST", path, {"version": 1}, 422)["code"] == "unclear_fate"
    moved = journeys.call("POST", path, {"version": 1, "plan": {"start": "mail"}})
    assert (moved["runs"], moved["to"], moved["fates"][0]["what"]) == (2, 2, "moves")
    assert {run["version"] for run in journeys.get("/api/runs")["items"]} == {2}
    told = journeys.get("/api/journeys/hello")
    assert [(one["version"], one["runs"]) for one in told["versions"]] == [(2, 2), (1, 0)]


def test_the_difference_of_two_versions_is_told_by_steps_and_lines(journeys: JourneyHouse) -> None:
    journeys.publish()
    longer = {**WAIT, "start": {"kind": "wait", "for": {"days": 5}, "next": "more"}, "more": {"kind": "exit"}}
    document = journeys.get("/api/journeys/hello")["live"]["body"]["document"]
    body = {"document": {**document, "steps": {key: longer[key] for key in ("start", "more")}}}
    journeys.call("PUT", "/api/journeys/hello/draft", body, **{"If-Match": "*"})
    told = journeys.get("/api/journeys/hello/diff")
    assert (told["old"], told["new"]) == (1, 2)
    assert (told["steps_added"], told["steps_removed"], told["steps_changed"]) == (["more"], ["end", "mail"], ["start"])
    assert {line["sign"] for line in told["lines"]} == {"+", "-", " "}


def test_held_runs_are_reviewed(journeys: JourneyHouse) -> None:
    journeys.publish(overdue="hold")
    journeys.enter("acme-1", "bolt-2")
    journeys.work(hours=80)
    assert {run["status"] for run in journeys.get("/api/runs")["items"]} == {"held"}
    looked = journeys.call("POST", "/api/runs/review?preview=true", {"decision": "release"})
    assert looked == {"held": 2, "done": 0}
    first = journeys.run()["id"]
    assert journeys.call("POST", "/api/runs/review", {"decision": "skip", "runs": [first]})["done"] == 1
    assert journeys.call("POST", "/api/runs/review", {"decision": "release", "journey": "hello"})["done"] == 1
    journeys.work()
    assert [run["status"] for run in journeys.get("/api/runs")["items"]] == ["skipped", "completed"]


def test_everybody_who_matches_now_is_counted_and_then_let_in_once(journeys: JourneyHouse) -> None:
    seed = journeys.seed
    seed.measures()
    accounts = [seed.account(name, arr=arr) for name, arr in (("big-1", 900), ("big-2", 800), ("small", 1))]
    for account in accounts:
        seed.state(account, 50.0, "red")
    journeys.publish(entry=[{"condition": {"column": "account.arr", "is": "above", "value": 500}}, {"manual": True}])
    journeys.enter("big-1")
    looked = journeys.call("POST", "/api/journeys/hello/enter-matching?preview=true")
    assert looked == {
        "matching": 2,
        "running": 1,
        "entering": 1,
        "account_ids": ["big-2"],
        "account_names": ["Big-2"],
        "done": False,
    }
    journeys.call("POST", "/api/journeys/hello/enter-matching")
    journeys.work()
    assert sorted(run["account"] for run in journeys.get("/api/runs")["items"]) == ["big-1", "big-2"]


def test_the_sweep_only_looks_and_the_repair_mends(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2")
    assert journeys.get("/api/runs/sweep")["total"] == 0
    with journeys.house.store.owner.begin_worker() as conn:
        lost, asleep = conn.execute(journey_runs.select().order_by(journey_runs.c.id)).scalars().all()
        conn.execute(journey_tokens.delete().where(journey_tokens.c.run_id == lost))
        conn.execute(update(journey_tokens).values(due_at=None))
    found = journeys.get("/api/runs/sweep")
    assert (found["total"], found["lost"], found["asleep"], found["repaired"]) == (2, [lost], [asleep], False)
    assert journeys.get("/api/runs/sweep")["total"] == 2
    assert journeys.call("POST", "/api/runs/repair")["repaired"]
    assert journeys.get("/api/runs/sweep")["total"] == 0
    assert journeys.run(1)["status"] == RunStatus.FAILED.name.lower()


def test_a_failed_run_is_tried_again_where_it_failed(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    number = journeys.run()["id"]
    with journeys.house.store.owner.begin_worker() as conn:
        conn.execute(update(journey_runs).values(status=13, reason="broken", ended_at=datetime.now(UTC)))
        conn.execute(update(journey_tokens).values(state=8, due_at=None))
    assert [run["id"] for run in journeys.get("/api/runs", status="failed")["items"]] == [number]
    journeys.call("POST", f"/api/runs/{number}/retry")
    journeys.work()
    assert (journeys.run()["status"], journeys.run()["reason"]) == ("running", None)


def test_a_journey_in_full_says_what_is_wrong_with_its_newest_version(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.call(
        "PUT", "/api/journeys/hello/draft", {"source": "# ours\nname: Half\nsteps: {}\n"}, **{"If-Match": "*"}
    )
    told = journeys.get("/api/journeys/hello")
    assert (told["valid"], told["version"], told["name"]) == (False, 1, "Hello")
    assert {"no_owner", "no_entry"} <= {one["code"] for one in told["findings"]}
    assert told["source"].startswith("# ours")


def test_tests_of_a_journey_are_told(journeys: JourneyHouse) -> None:
    journeys.publish(holdout_share=0.2)
    told = journeys.get("/api/journeys/hello/tests")["items"]
    assert {one["verdict"] for one in told} == {"too_early"}
    assert {one["control"] for one in told} == {"holdout"}


def test_what_was_done_to_runs_stands_in_the_audit_trail(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    number = journeys.run()["id"]
    journeys.call("POST", f"/api/runs/{number}/pause?preview=true")
    journeys.call("POST", f"/api/runs/{number}/cancel")
    journeys.call("POST", "/api/journeys/hello/stop")
    journeys.house.clock.advance(timedelta(seconds=1))
    done = [(one["action"], one["subject"]) for one in journeys.get("/api/audit")["items"]]
    assert done[:3] == [
        ("journey.stopped", "journey:hello"),
        ("run.cancelled", f"run:{number}"),
        ("journey.entered", "journey:hello"),
    ]


def test_what_was_put_aside_is_listed_and_taken_up_again_after_a_look(journeys: JourneyHouse) -> None:
    journeys.publish()
    with journeys.house.store.owner.begin_worker() as conn:
        conn.execute(
            journey_inbox.insert().values(
                workspace_id=journeys.house.workspace_id, kind="event", account_id=1, name="Paid", refused="ValueError: nul",
                at=datetime.now(UTC),
            )
        )  # fmt: skip
    told = journeys.get("/api/runs/aside")
    assert (told["total"], told["items"][0]["name"], told["items"][0]["reason"]) == (1, "Paid", "ValueError: nul")
    assert journeys.call("POST", "/api/runs/aside?preview=true", {}) == {"rows": 1, "done": False}
    assert journeys.get("/api/runs/aside")["total"] == 1
    assert journeys.call("POST", "/api/runs/aside", {"rows": [told["items"][0]["id"]]}) == {"rows": 1, "done": True}
    assert journeys.get("/api/runs/aside") == {"total": 0, "items": []}


def test_runs_are_on_track_until_their_moment_is_long_past_and_then_behind(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2")
    nobody = {"on_track": 0, "behind": 0, "stuck": 0, "paused": 0}
    journeys.call("POST", f"/api/runs/{journeys.run()['id']}/pause")
    assert journeys.get("/api/journeys/hello")["pace"] == {**nobody, "on_track": 1, "paused": 1}
    journeys.house.clock.advance(timedelta(days=3, minutes=6))
    assert journeys.get("/api/journeys/hello")["pace"] == {**nobody, "behind": 1, "paused": 1}
    (start, *_) = journeys.get("/api/journeys/hello/steps")["items"]
    assert start["pace"] == {**nobody, "behind": 1, "paused": 1}
    assert [run["account"] for run in journeys.get("/api/runs", pace="behind")["items"]] == ["acme-1"]
    assert journeys.get("/api/runs", pace="on_track")["items"] == []
    assert {run["pace"] for run in journeys.get("/api/runs")["items"]} == {"behind", "paused"}


def test_held_runs_are_stuck_and_one_with_an_overdue_task_is_behind(journeys: JourneyHouse) -> None:
    steps = {"start": {"kind": "task", "title": "Call", "due": {"hours": 1}, "done": "end"}, "end": {"kind": "exit"}}
    journeys.publish(steps)
    journeys.enter("acme-1", "bolt-2")
    with journeys.house.store.owner.begin_worker() as conn:
        token = conn.execute(select(journey_tokens).order_by(journey_tokens.c.id)).first()
        held = update(journey_runs).where(journey_runs.c.id == journeys.run()["id"])
        conn.execute(held.values(status=int(RunStatus.HELD)))
    assert token is not None
    due_at = journeys.house.clock.now() + timedelta(hours=1)
    journeys.seed.task(token.account_id, run_id=token.run_id, token_id=token.id, due_at=due_at)
    assert [run["account"] for run in journeys.get("/api/runs", pace="stuck")["items"]] == ["bolt-2"]
    assert journeys.get("/api/runs", pace="behind")["items"] == []
    journeys.house.clock.advance(timedelta(hours=2))
    assert [run["account"] for run in journeys.get("/api/runs", pace="behind")["items"]] == ["acme-1"]
