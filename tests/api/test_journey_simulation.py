"""Simulations over the API, carried out by the real job over a lake of the test's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forestay.app.job_kinds import simulation_job
from forestay.app.job_kinds.workshop import Workshop
from forestay.kit import clock
from forestay.kit.settings import Settings
from forestay.lake.writer import LakeWriter
from forestay.store import jobs
from tests.api.conftest import House
from tests.api.journey_house import WAIT, JourneyHouse

ENTRY = [{"days_after": 0, "of": "account.customer_since", "at": "09:00"}]


@pytest.fixture
def journeys(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JourneyHouse:
    """One customer came twenty days ago, another long ago; a jobs process is done before the server looks."""
    settings = Settings(data_dir=tmp_path, lake_url=str(tmp_path / "lake"))
    LakeWriter(settings.lake_root)

    def wake(_call: object) -> None:
        with house.store.worker.begin_worker() as conn:
            job = jobs.claim(conn)
        assert job is not None
        result: Mapping[str, Any] = simulation_job.carry_out(job, Workshop(settings, house.store.worker))
        with house.store.worker.begin_worker() as conn:
            jobs.finish(conn, job, result)

    monkeypatch.setattr("forestay.api.calls.Call.wake_jobs", wake)
    monkeypatch.setattr("forestay.api.jobs.QUICK_SECONDS", 60.0)
    made = JourneyHouse(house)
    today = clock.now().date()
    made.seed.account("new-1", customer_since=today - timedelta(days=20))
    made.seed.account("old-2", customer_since=today - timedelta(days=900))
    return made


def test_a_simulation_tells_who_would_have_entered_and_changes_nothing(journeys: JourneyHouse) -> None:
    journeys.publish(entry=ENTRY)
    told = journeys.call("POST", "/api/journeys/hello/simulate", {"days": 60})
    assert (told["accounts"], told["entered"], told["ended"]) == (2, 1, {"completed: done": 1})
    assert [(step["step"], step["arrived"]) for step in told["steps"]] == [("start", 1), ("mail", 1), ("end", 1)]
    assert (told["compared"], journeys.get("/api/runs")["items"]) == ([], [])


def test_a_draft_is_compared_with_what_is_live(journeys: JourneyHouse) -> None:
    journeys.publish(entry=ENTRY)
    text = "name: Hello\nentry: [{days_after: 5, of: account.customer_since}]\nstart: end\nsteps: {end: {kind: exit}}\n"
    asked = {"days": 60, "source": text, "assumptions": {"task_hours": 5}}
    told = journeys.call("POST", "/api/journeys/hello/simulate", asked)
    assert told["messages"]["total"] == 0
    assert {one["what"] for one in told["compared"]} >= {"messages"}


def test_one_customer_is_walked_through_step_by_step(journeys: JourneyHouse) -> None:
    journeys.publish(entry=ENTRY)
    told = journeys.call("POST", "/api/journeys/hello/walk", {"account": "new-1", "days": 60})
    stages = [(one["step"], one["what"]) for one in told["stages"]]
    assert (told["entered"], stages[0], stages[-1]) == (1, ("start", "waits"), ("end", "ends"))
    assert ("mail", "asks") in stages
    assert journeys.call("POST", "/api/journeys/hello/walk", {"account": "old-2"})["entered"] == 0


def test_what_cannot_run_is_refused_before_a_job_waits(journeys: JourneyHouse) -> None:
    journeys.publish(entry=ENTRY)
    refused = journeys.call("POST", "/api/journeys/hello/simulate", {"source": "name: X\nsteps: {}\n"}, 422)
    assert refused["code"] == "not_runnable"
    assert journeys.call("POST", "/api/journeys/hello/simulate", {"others": ["none"]}, 404)["code"] == "not_found"


def test_a_long_one_answers_with_a_job_to_poll(journeys: JourneyHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    journeys.publish({**WAIT}, entry=ENTRY)
    monkeypatch.setattr("forestay.api.calls.Call.wake_jobs", lambda _call: None)
    monkeypatch.setattr("forestay.api.jobs.QUICK_SECONDS", 0.0)
    job = journeys.call("POST", "/api/journeys/hello/simulate", {"days": 5}, 202)
    assert (job["kind"], job["status"]) == ("journey_simulation", "queued")


def test_an_unsaved_document_is_simulated_and_its_branches_name_their_accounts(journeys: JourneyHouse) -> None:
    journeys.publish(entry=ENTRY)
    known = journeys.get("/api/journeys/hello")["live"]["body"]["document"]
    steps = {**known["steps"], "start": {"kind": "wait", "for": {"days": 30}, "next": "mail"}}
    told = journeys.call("POST", "/api/journeys/hello/simulate", {"days": 60, "document": {**known, "steps": steps}})
    (start, *_) = told["steps"]
    names = {one["number"]: one["external_id"] for one in told["named"]}
    assert [names[number] for number in start["accounts"][""]] == ["new-1"]
    assert [step["arrived"] for step in told["published_steps"]] == [1, 1, 1]
    assert ("arrived at mail", 1.0, 0.0) in [(one["what"], one["published"], one["draft"]) for one in told["compared"]]


def test_what_is_assumed_is_said_in_words_and_offered_with_its_usual_values(journeys: JourneyHouse) -> None:
    journeys.publish(entry=ENTRY)
    journeys.publish(key="other")
    ground = journeys.get("/api/journeys/hello/simulate")
    assert (ground["usual"]["task_hours"], ground["others"]) == (24.0, ["other"])
    told = journeys.call("POST", "/api/journeys/hello/simulate", {"days": 60, "assumptions": {"sent_share": 0.5}})
    assert "50% of the messages leave; the rest is skipped (consent, caps, no recipient)." in told["notes"]


def test_a_walk_says_why_a_branch_was_taken(journeys: JourneyHouse) -> None:
    steps = {
        "start": {
            "kind": "condition", "branches": [{"if": "measure.tenure_days >= 9000", "port": "old"}],
            "ports": {"old": "end", "else": "end"},
        },
        "end": {"kind": "exit"},
    }  # fmt: skip
    journeys.publish(steps, entry=ENTRY)
    told = journeys.call("POST", "/api/journeys/hello/walk", {"account": "new-1", "days": 60})
    (why,) = [one["detail"]["why"] for one in told["stages"] if one["what"] == "leaves"]
    assert why.startswith("none of: measure.tenure_days >= 9000 (")


def test_a_simulation_is_cancelled_by_who_began_it(journeys: JourneyHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    journeys.publish(entry=ENTRY)
    monkeypatch.setattr("forestay.api.calls.Call.wake_jobs", lambda _call: None)
    job = journeys.call("POST", "/api/journeys/hello/simulate?wait=0", {"days": 5}, 202)
    journeys.headers = journeys.house.bearer("jobs:read")
    assert journeys.call("POST", f"/api/jobs/{job['id']}/cancel", None, 403)["code"] == "permission_missing"
    journeys.headers = journeys.house.bearer()
    journeys.call("POST", f"/api/jobs/{job['id']}/cancel")
