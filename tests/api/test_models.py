"""Models over the API: their cards, who lets which one answer, and what is foreseen of an account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, text
from typer.testing import CliRunner

from forestay.app.cli import app
from forestay.app.client import ApiClient
from forestay.customers.words import Role
from forestay.learning.drift import Alarm, AlarmKind, DriftReport, Outlook
from forestay.predictions import registry
from forestay.predictions.model_document import State
from forestay.predictions.registry import NewModel
from forestay.store.tables.customers import accounts
from forestay.store.tables.predictions import drift_reports, prediction_changes, predictions
from tests.api.conftest import START, House
from tests.api.seeding import whole_company
from tests.predictions.models_at_hand import at_hand

OUTLOOK = Outlook(300, 0.7, 0.2, 12.0, 4, 0.5)
NAMES = ("health.score", "measure.seat_use_30d")


class Models:
    """The register of a house's workspace, filled as jobs would."""

    def __init__(self, house: House) -> None:
        self.house, self.ours = house, house.bearer()

    def trained(self, **values: Any) -> int:
        document = at_hand(names=NAMES, **values)
        with self.house.store.api.begin(self.house.workspace_id) as conn:
            return registry.save(conn, self.house.workspace_id, NewModel(document)).id

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return self.house.client.post(f"/api/models/{path}", json=body, headers=headers or self.ours)

    def get(self, path: str) -> Any:
        return self.house.client.get(path, headers=self.ours).json()

    def put(self, table: Any, **values: Any) -> None:
        with self.house.store.api.begin(self.house.workspace_id) as conn:
            conn.execute(insert(table).values(workspace_id=self.house.workspace_id, **values))

    def settings(self, **models: Any) -> None:
        answer = self.house.client.patch("/api/workspace", json={"settings": {"models": models}}, headers=self.ours)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def models(house: House) -> Models:
    return Models(house)


def test_a_history_that_ends_in_the_future_is_refused(models: Models) -> None:
    refused = models.post("train", {"purpose": "churn", "until": "2999-01-01"})
    assert (refused.status_code, refused.json()["place"]) == (422, "until")


def test_the_command_line_lists_exports_and_explains(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.post(f"{models.trained()}/promote", {"note": "the first one"})
    with models.house.store.api.begin(models.house.workspace_id) as conn:
        conn.execute(insert(accounts).values(workspace_id=models.house.workspace_id, external_id="eu/42"))
    headers = models.ours

    class Inside(ApiClient):
        def __init__(self, url: str, key: str | None, timeout_seconds: float = 60.0) -> None:
            self.url, self._http = url, models.house.client

        def __exit__(self, *_: object) -> None:
            models.house.client.headers.pop("Authorization", None)

        def __enter__(self) -> Inside:
            models.house.client.headers.update(headers)
            return self

    monkeypatch.setattr("forestay.app.commands.models.ApiClient", Inside)
    monkeypatch.setenv("COLUMNS", "80")
    runner = CliRunner()
    listed = runner.invoke(app, ["models"]).output
    assert max(len(line) for line in listed.splitlines()) <= 80
    assert "churn:1 the first one" in listed
    exported = runner.invoke(app, ["models", "export", "churn:1", "--mlflow", str(tmp_path / "out")])
    assert (exported.exit_code, (tmp_path / "out" / "MLmodel").exists()) == (0, True)
    assert "eu/42" in runner.invoke(app, ["explain", "eu/42"]).output


def test_training_is_a_job_and_only_one_at_a_time(models: Models) -> None:
    answer = models.post("train", {"purpose": "churn"})
    assert (answer.status_code, answer.json()["kind"]) == (202, "train")
    assert answer.headers["location"] == f"/api/jobs/{answer.json()['id']}"
    again = models.post("train", {"purpose": "churn"})
    assert (again.status_code, again.json()["code"]) == (409, "training_under_way")
    assert models.post("train", {"purpose": "expansion"}).status_code == 202


def test_a_draft_goes_live_shows_so_and_is_written_into_the_audit_trail(models: Models) -> None:
    number = models.trained()
    assert models.post(f"{number}/promote").json()["status"] == "live"
    (item,) = models.get("/api/models?purpose=churn")["items"]
    assert (item["id"], item["status"], item["has_alarm"]) == (number, "live", False)
    entry = models.get("/api/audit")["items"][0]
    assert (entry["action"], entry["subject"]) == ("model.promoted", "model:churn")


def test_where_an_admin_must_approve_the_one_who_asked_cannot(models: Models, house: House) -> None:
    models.settings(approval="admin")
    number = models.trained()
    asked = models.post(f"{number}/promote").json()
    assert (asked["status"], asked["asked_by"] is not None) == ("draft", True)
    refused = models.post(f"{number}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "approval_refused")
    csrf = house.browser(Role.ADMIN)
    approved = house.client.post(f"/api/models/{number}/approve", headers=csrf)
    assert approved.json()["status"] == "live"


def test_settings_of_models_that_mean_nothing_are_refused_with_their_place(models: Models) -> None:
    answer = models.house.client.patch(
        "/api/workspace", json={"settings": {"models": {"retrain_every_days": 0}}}, headers=models.ours
    )
    assert (answer.status_code, answer.json()["place"]) == (422, "settings.models.retrain_every_days")


def test_a_viewer_reads_models_and_changes_none(models: Models, house: House) -> None:
    number = models.trained()
    csrf = house.browser(Role.VIEWER)
    assert house.client.get(f"/api/models/{number}", headers=csrf).status_code == 200
    for path in ("train", "roll-back", f"{number}/promote", f"{number}/retire"):
        assert house.client.post(f"/api/models/{path}", headers=csrf).status_code == 403


def test_rolling_back_tells_what_answers_now(models: Models) -> None:
    first, second = models.trained(), models.trained(level=-1.0)
    models.post(f"{first}/promote")
    models.house.clock.advance(START - START.replace(hour=11))
    models.post(f"{second}/promote")
    assert models.post("roll-back").json()["live"]["id"] == first
    assert models.post("roll-back", {"purpose": "churn"}).json() == {"live": None}


def test_the_reasons_that_were_typed_stand_in_the_history_and_in_the_audit_trail(models: Models, house: House) -> None:
    first, second = models.trained(), models.trained(level=-1.0)
    csrf = house.browser(Role.ADMIN)
    models.post(f"{first}/promote", {"note": "  better than the rule "}, csrf)
    house.clock.advance(START - START.replace(hour=11))
    models.post(f"{second}/promote", {"note": "newer"})
    back = models.post("roll-back", {"note": "it alerted on everybody"}).json()["live"]
    assert back["note"].endswith(": it alerted on everybody")
    told = models.get(f"/api/models/{first}")["decisions"]
    assert [(one["deed"], one["version"], one["before"], one["note"]) for one in told] == [
        ("rolled_back", 1, 2, "it alerted on everybody"), ("promoted", 2, None, "newer"),
        ("promoted", 1, None, "better than the rule"),
    ]  # fmt: skip
    assert (told[2]["name"], told[0]["name"]) == ("Admin", None)
    assert models.get("/api/audit")["items"][0]["detail"] == {
        "from": 2, "to": 1, "note": "it alerted on everybody",
    }  # fmt: skip
    assert models.get(f"/api/models/{second}")["note"] == "it alerted on everybody"


def test_not_enough_data_is_told_and_not_promoted(models: Models) -> None:
    number = models.trained(state=State.NOT_ENOUGH_DATA, fitted=None, candidate="rule")
    answer = models.post(f"{number}/promote")
    assert (answer.status_code, answer.json()["code"]) == (409, "model_not_promotable")
    assert "not enough data" in answer.json()["detail"]


def test_a_card_says_from_what_it_learned_and_what_moved_since(models: Models) -> None:
    number = models.trained(measure_hashes={"seat_use_30d": "another"})
    report = DriftReport([], 0.3, 0.1, (0.8, 0.75, 0.85), OUTLOOK, OUTLOOK, [Alarm(AlarmKind.INPUTS, "seats moved")])
    models.put(drift_reports, model_id=number, day=START.date(), is_alarm=True, report=msgspec.to_builtins(report))
    card = models.get(f"/api/models/{number}")
    assert card["window"]["events"] == 31
    assert card["changed_measures"] == ["seat_use_30d"]
    assert card["drift"]["alarms"] == [{"kind": "inputs_moved", "sentence": "seats moved"}]
    assert card["has_alarm"]
    assert models.get(f"/api/models/{number}/drift")["items"][0]["domain"] == [0.8, 0.75, 0.85]


def test_drift_is_looked_at_on_past_weeks_too_and_only_of_what_is_live(models: Models) -> None:
    number = models.trained()
    assert models.post(f"{number}/drift").json()["code"] == "model_not_live"
    models.post(f"{number}/promote")
    job = models.post(f"{number}/drift", {"since": "2026-11-01"})
    assert job.status_code == 202
    with models.house.store.owner.begin_worker() as conn:
        days = conn.scalar(text("SELECT params -> 'days' FROM jobs WHERE kind = 'drift'"))
    assert days == ["2026-11-05", "2026-11-12", "2026-11-19"]


def test_a_model_can_be_taken_out_as_json(models: Models) -> None:
    number = models.trained()
    document = models.get(f"/api/models/{number}/document")
    assert (document["purpose"], document["fitted"]["kind"]) == ("churn", "logistic")


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


def foreseen(models: Models, account: str = "acme-1") -> Any:
    return models.get(f"/api/accounts/{account}/prediction")


def account_number(models: Models, name: str = "acme-1") -> int:
    with models.house.store.api.begin(models.house.workspace_id) as conn:
        return int(conn.scalar(text("SELECT id FROM accounts WHERE external_id = :name"), {"name": name}) or 0)


def ticked(models: Models, state: str = "ok") -> None:
    """What the worker writes once a model is live."""
    models.put(predictions, account_id=account_number(models), as_of=START, model_version=1, state=state,
               horizons=[0.2, 0.4, 0.62], low=0.5, high=0.7)  # fmt: skip
    with models.house.store.owner.begin_worker() as conn:
        conn.execute(text("UPDATE account_states SET churn_model = 1"))


def test_without_a_model_the_rule_is_named_and_explained(models: Models, company: dict[str, int]) -> None:
    found = foreseen(models)
    assert (found["source"], found["probability"], found["model_version"]) == ("rule", 0.62, None)
    assert "sponsor left" in found["reasons"][0]["sentence"]
    assert found["expansion"]["source"] == "rule"


def test_a_live_model_says_horizons_interval_and_reasons(models: Models, company: dict[str, int]) -> None:
    models.post(f"{models.trained(slope=-3.0)}/promote")
    ticked(models)
    found = foreseen(models)
    assert (found["source"], found["model_version"], found["is_alert"]) == ("model", 1, True)
    assert [one["days"] for one in found["horizons"] if not one["until_renewal"]] == [30, 60, 90]
    assert (found["low"], found["high"], found["alert_days"]) == (0.5, 0.7, 90)
    assert found["reasons"][0]["source"] == "model"
    whole = models.get("/api/accounts/acme-1")["churn"]
    assert (whole["source"], whole["model_version"]) == ("model", 1)
    assert whole["reasons"][0]["sentence"] == found["reasons"][0]["sentence"]


def test_an_alert_is_judged_at_the_horizon_that_its_threshold_is_about(models: Models, company: dict[str, int]) -> None:
    document = at_hand(names=NAMES, alert=0.5)
    assert document.thresholds is not None
    soon = document.thresholds.recommended.model_copy(update={"horizon_days": 30})
    thresholds = document.thresholds.model_copy(update={"recommended": soon})
    models.post(f"{models.trained(thresholds=thresholds)}/promote")
    ticked(models)
    assert (foreseen(models)["probability"], foreseen(models)["is_alert"]) == (0.62, False)


def test_the_renewal_stands_among_the_horizons_when_it_is_near(models: Models, company: dict[str, int]) -> None:
    models.post(f"{models.trained()}/promote")
    ticked(models)
    days = {one["days"]: one["until_renewal"] for one in foreseen(models)["horizons"]}
    assert days == {30: False, 51: True, 60: False, 90: False}


def test_an_account_of_which_too_little_is_known_gets_the_prior_and_no_reasons(
    models: Models, company: dict[str, int]
) -> None:
    models.post(f"{models.trained()}/promote")
    ticked(models, state="not_enough_data")
    found = foreseen(models)
    assert (found["source"], found["state"], found["reasons"]) == ("prior", "not_enough_data", [])


def test_a_list_names_whose_probability_it_shows(models: Models, company: dict[str, int]) -> None:
    assert {one["churn"]["source"] for one in models.get("/api/accounts")["items"] if one["churn"]} == {"rule"}
    models.post(f"{models.trained()}/promote")
    ticked(models)
    assert {one["churn"]["source"] for one in models.get("/api/accounts")["items"] if one["churn"]} == {"model"}


def test_the_history_of_a_prediction_names_the_model_of_each_line(models: Models, company: dict[str, int]) -> None:
    for version, probability in ((None, 0.3), (1, 0.62)):
        models.put(prediction_changes, account_id=account_number(models), at=START, model_version=version,
                   probability=probability, low=None, high=None, readiness=12.0)  # fmt: skip
    points = models.get("/api/accounts/acme-1/prediction/history")["points"]
    assert [(one["model_version"], one["probability"]) for one in points] == [
        (None, pytest.approx(0.3)), (1, pytest.approx(0.62)),
    ]  # fmt: skip
