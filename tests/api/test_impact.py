"""What interventions do and are worth, what to do next, and how triggers learn: as the API and the command line tell it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from forestay.app.cli import app
from forestay.app.client import ApiClient
from forestay.app.job_kinds.learning_job import learn
from forestay.customers.words import Role
from tests.api.conftest import House
from tests.outcomes.firings import FIRED, NOW, TRIGGER, Company


@pytest.fixture
def company(house: House) -> Company:
    return Company(house.store, house.workspace_id)


def learned(company: Company) -> None:
    learn(company.store.worker, company.store.api.begin, company.workspace, "UTC", FIRED + timedelta(days=1))
    learn(company.store.worker, company.store.api.begin, company.workspace, "UTC", NOW)


def test_before_the_first_look_there_is_nothing_and_that_is_said(house: House, admin: dict[str, str]) -> None:
    found = house.client.get("/api/impact", headers=admin).json()
    assert (found["items"], found["computed_at"]) == ([], None)
    assert "cannot be said yet" in found["together"]["words"]


def test_an_intervention_with_a_holdout_is_told_with_its_interval_and_money(
    house: House, admin: dict[str, str], company: Company
) -> None:
    company.lived(800, gain=0.5)
    learned(company)
    found = house.client.get("/api/impact", headers=admin).json()
    item = found["items"][0]
    assert (item["kind"], item["key"], item["method"]) == ("trigger", "low", "randomised")
    assert item["effect"]["low"] < item["effect"]["estimate"] < item["effect"]["high"]
    assert item["worth"]["saved"]["estimate"] > 0
    assert item["assumptions"]
    assert found["together"]["saved"] == item["worth"]["saved"]
    assert house.client.get("/api/impact/trigger/low", headers=admin).json() == item
    assert house.client.get("/api/impact/trigger/high", headers=admin).status_code == 404
    assert house.client.get("/api/impact?kind=journey", headers=admin).json()["items"] == []


def test_another_rule_of_whom_to_treat_is_read_from_what_chance_dealt(
    house: House, admin: dict[str, str], company: Company
) -> None:
    company.lived(800, gain=0.5)
    learned(company)
    place = "/api/impact/what-if?kind=trigger&key=low"
    everybody = house.client.get(place, headers=admin).json()
    assert everybody["low"] < everybody["value"] < everybody["high"]
    assert (everybody["treated"], everybody["n"]) == (1, 800)
    nobody = house.client.get(f"{place}&rule=nobody", headers=admin).json()
    assert everybody["value"] - nobody["value"] == pytest.approx(0.25, abs=0.1)
    assert "Treating 0% by this rule" in nobody["words"]
    fewest = house.client.get(f"{place}&rule=lowest&by=account.log_arr&share=0.25", headers=admin).json()
    assert fewest["treated"] <= 0.25
    assert house.client.get(f"{place}&rule=gain&share=0.5", headers=admin).json()["treated"] == 0.5
    wrong = house.client.get(f"{place}&rule=lowest&by=trait.x", headers=admin)
    assert (wrong.status_code, wrong.json()["place"]) == (422, "by")


def test_a_rule_that_resembles_nothing_that_was_done_is_refused_in_words(
    house: House, admin: dict[str, str], company: Company
) -> None:
    company.lived(80, gain=0.5)
    learned(company)
    place = "/api/impact/what-if?kind=trigger&key=low&rule=nobody"
    refused = house.client.get(place, headers=admin)
    assert (refused.status_code, refused.json()["code"]) == (422, "off_policy_refused")
    assert "by chance first" in refused.json()["detail"]
    company.run("UPDATE interventions SET propensity = NULL, arm = 'treated'")
    undealt = house.client.get(place, headers=admin)
    assert (undealt.status_code, undealt.json()["code"]) == (409, "nobody_dealt")
    assert house.client.get("/api/impact/what-if?kind=journey&key=none", headers=admin).status_code == 404


def test_what_work_costs_is_set_in_the_workspace(house: House, admin: dict[str, str]) -> None:
    body = {"settings": {"impact": {"an_hour": 120, "minutes_a_task": 30}}}
    assert house.client.patch("/api/workspace", json=body, headers=admin).status_code == 200
    assert house.client.get("/api/impact", headers=admin).json()["costs"]["an_hour"] == 120
    wrong = house.client.patch("/api/workspace", json={"settings": {"impact": {"an_hour": -1}}}, headers=admin)
    assert (wrong.status_code, wrong.json()["place"]) == (422, "settings.impact.an_hour")


def test_the_next_best_action_of_an_account(house: House, admin: dict[str, str], company: Company) -> None:
    company.lived(800, gain=0.5)
    learned(company)
    company.run("UPDATE signals SET is_holdout = false WHERE account_id = 1")
    found = house.client.get("/api/accounts/a-1/next-best-action", headers=admin).json()
    assert found["best"]["key"] == "low"
    assert found["best"]["basis"] in ("uplift", "average")
    assert found["best"]["saves"]["estimate"] == pytest.approx(1200 * found["best"]["effect"], rel=1e-3)
    assert house.client.get("/api/accounts/nobody/next-best-action", headers=admin).status_code == 404


def wrong(company: Company) -> None:
    company.publish({**TRIGGER, "holdout_share": 0})
    company.accounts(40)
    company.fire(40, share=0)
    company.run("INSERT INTO feedback (workspace_id, signal_id, actor, verdict) "
                "SELECT :w, id, 'member:1', 'inaccurate' FROM signals")  # fmt: skip
    learn(company.store.worker, company.store.api.begin, company.workspace, "UTC", FIRED + timedelta(days=1))


def test_a_suggestion_is_read_applied_and_undone(house: House, admin: dict[str, str], company: Company) -> None:
    wrong(company)
    found = house.client.get("/api/learning/triggers", headers=admin).json()
    assert found["mode"] == "suggest"
    suggestion = found["items"][0]["suggestion"]
    assert (suggestion["move"], suggestion["to"]) == ("tighten", 57.5)
    assert house.client.get("/api/learning/triggers/low", headers=admin).json()["items"] == found["items"]
    move = house.client.post("/api/learning/triggers/low/apply", json={}, headers=admin)
    assert (move.status_code, move.json()["threshold_after"]) == (201, 57.5)
    live = house.client.get("/api/triggers/low", headers=admin).json()
    assert "57.5" in live["condition_text"]
    undone = house.client.post(f"/api/learning/moves/{move.json()['id']}/undo", headers=admin).json()
    assert undone["undone_by"]
    assert "57.5" not in house.client.get("/api/triggers/low", headers=admin).json()["condition_text"]
    moves = house.client.get("/api/learning/moves?trigger=low", headers=admin).json()["items"]
    assert [one["id"] for one in moves] == [undone["id"]]


def test_where_nothing_is_suggested_nothing_is_applied(house: House, admin: dict[str, str], company: Company) -> None:
    company.publish(TRIGGER)
    refused = house.client.post("/api/learning/triggers/low/apply", json={}, headers=admin)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_take")
    assert house.client.get("/api/learning/triggers/low", headers=admin).status_code == 404


def test_a_csm_reads_what_is_learned_and_does_not_apply_it(house: House, company: Company) -> None:
    wrong(company)
    csm = house.browser(Role.CSM)
    assert house.client.get("/api/learning/triggers", headers=csm).status_code == 200
    assert house.client.post("/api/learning/triggers/low/apply", json={}, headers=csm).status_code == 403


def test_the_command_line_says_what_is_known_and_what_is_not(
    house: House, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.lived(60)
    learned(company)
    headers = house.bearer()

    class Inside(ApiClient):
        def __init__(self, url: str, key: str | None, timeout_seconds: float = 60.0) -> None:
            self.url, self._http = url, house.client

        def __exit__(self, *_: object) -> None:
            house.client.headers.pop("Authorization", None)

        def __enter__(self) -> Inside:
            house.client.headers.update(headers)
            return self

    monkeypatch.setattr("forestay.app.commands.impact.ApiClient", Inside)
    monkeypatch.setenv("COLUMNS", "200")
    told = CliRunner().invoke(app, ["impact"]).output
    assert "cannot be said yet" in told
    assert "trigger low" in told
