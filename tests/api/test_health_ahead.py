"""Where an account's health is heading, over the API: forecast, scenarios, shortfalls, and honest silence."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from forestay.app.cli import app
from forestay.app.client import ApiClient
from forestay.predictions import registry
from forestay.predictions.model_document import ModelDocument, Purpose
from forestay.predictions.policy import ModelPolicy
from forestay.predictions.registry import NewModel
from forestay.predictions.signature import fit_signature
from forestay.predictions.trajectory import fit_trajectory, future_scores
from forestay.store.tables.predictions import measures_before
from tests.api.conftest import START, House
from tests.api.seeding import Seed, whole_company
from tests.predictions.models_at_hand import at_hand
from tests.predictions.test_signature import IS_LOYAL, NO_SEGMENT, accounts
from tests.predictions.test_trajectory import company as made_up


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


@pytest.fixture(scope="module")
def trajectory_document() -> ModelDocument:
    x = made_up()
    model = fit_trajectory(x, future_scores(x, (30, 60)), horizons=(30, 60))
    figures = {"coverage_30": 0.79, "coverage_60": 0.82, "mae_30": 4.0}
    return at_hand(
        purpose=Purpose.TRAJECTORY, fitted=model.to_document(), names=model.names, features=(), metrics=figures
    )


@pytest.fixture(scope="module")
def signature_document() -> ModelDocument:
    model = fit_signature(accounts(), IS_LOYAL, NO_SEGMENT)
    return at_hand(purpose=Purpose.SIGNATURE, fitted=model.to_document(), names=model.names, features=())


def goes_live(house: House, document: ModelDocument) -> None:
    with house.store.api.begin(house.workspace_id) as conn:
        entry = registry.save(conn, house.workspace_id, NewModel(document))
        registry.promote(conn, house.workspace_id, entry, "member:1", ModelPolicy(), START)


def ahead(house: House, account: str = "acme-1") -> Any:
    answer = house.client.get(f"/api/accounts/{account}/trajectory", headers=house.bearer())
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_key(found: Any) -> Any:
    return {one["key"]: one for one in found["scenarios"]}


def test_without_models_the_answer_says_what_to_do(house: House, company: dict[str, int]) -> None:
    found = ahead(house)
    assert (found["forecast"]["state"], found["signature"]["state"]) == ("no_model", "no_model")
    assert "forestay train --purpose trajectory" in found["forecast"]["words"]
    assert (found["score"], found["scenarios"], found["forecast"]["horizons"]) == (41.0, [], [])


def test_a_live_trajectory_says_level_band_version_and_what_its_band_held(
    house: House, company: dict[str, int], trajectory_document: ModelDocument
) -> None:
    goes_live(house, trajectory_document)
    forecast = ahead(house)["forecast"]
    assert (forecast["state"], forecast["model_version"], forecast["coverage"]) == ("ok", 1, [0.79, 0.82])
    assert (forecast["mae"], forecast["mae_unchanged"]) == ([4.0, None], [None, None])
    assert [one["days"] for one in forecast["horizons"]] == [30, 60]
    assert all(0 <= one["low"] <= one["level"] <= one["high"] <= 100 for one in forecast["horizons"])


def test_scenarios_that_look_back_wait_for_what_was_a_quarter_ago(
    house: House, company: dict[str, int], trajectory_document: ModelDocument
) -> None:
    goes_live(house, trajectory_document)
    before = ahead(house)
    assert (before["quarter_ago"], by_key(before)["use_recovers"]["state"]) == (None, "not_enough_data")
    solved = by_key(before)["tickets_solved"]
    assert (solved["state"], solved["changes"], len(solved["horizons"])) == ("ok", True, 2)
    assert solved["score"] > before["score"]
    assert "does not say" in solved["words"]
    Seed(house.store.api, house.workspace_id).put(
        measures_before, account_id=company["first"], day=date(2026, 8, 23), measures={"measure.seat_use_30d": 0.9}
    )
    after = ahead(house)
    assert (after["quarter_ago"], by_key(after)["use_recovers"]["state"]) == ("2026-08-23", "ok")
    assert by_key(after)["use_recovers"]["score"] > after["score"]
    assert not by_key(after)["invoices_paid"]["changes"]


def test_an_account_without_a_score_is_told_that_too_little_is_known(
    house: House, company: dict[str, int], trajectory_document: ModelDocument, signature_document: ModelDocument
) -> None:
    goes_live(house, trajectory_document)
    goes_live(house, signature_document)
    found = ahead(house, "cove-3")
    assert (found["forecast"]["state"], found["signature"]["state"]) == ("not_enough_data", "not_enough_data")
    assert (found["scenarios"], found["score"]) == ([], None)


def test_shortfalls_against_loyal_accounts_come_with_sentences(
    house: House, company: dict[str, int], signature_document: ModelDocument
) -> None:
    goes_live(house, signature_document)
    found = ahead(house)["signature"]
    assert (found["segment"], found["by"], found["loyal_accounts"]) == (None, None, 133)
    assert (found["state"], found["model_version"], found["is_unusual"]) == ("ok", 1, True)
    assert found["shortfalls"][0]["column"] == "measure.seat_use_30d"
    assert "loyal accounts" in found["shortfalls"][0]["sentence"]


def test_both_purposes_are_trained_like_the_others(house: House) -> None:
    for purpose in ("trajectory", "signature"):
        answer = house.client.post("/api/models/train", json={"purpose": purpose}, headers=house.bearer())
        assert (answer.status_code, answer.json()["kind"]) == (202, "train")


def test_a_live_trajectory_has_a_card_like_any_model(house: House, trajectory_document: ModelDocument) -> None:
    goes_live(house, trajectory_document)
    ours = house.bearer()
    (item,) = house.client.get("/api/models?purpose=trajectory", headers=ours).json()["items"]
    card = house.client.get(f"/api/models/{item['id']}", headers=ours).json()
    assert (card["status"], card["metrics"]["coverage_30"]) == ("live", 0.79)


def test_rolling_back_the_first_trajectory_leaves_none(
    house: House, company: dict[str, int], trajectory_document: ModelDocument
) -> None:
    goes_live(house, trajectory_document)
    answer = house.client.post("/api/models/roll-back", json={"purpose": "trajectory"}, headers=house.bearer())
    assert answer.json() == {"live": None}
    assert ahead(house)["forecast"]["state"] == "no_model"


def test_explaining_an_account_tells_where_its_health_is_heading(
    house: House, company: dict[str, int], trajectory_document: ModelDocument, signature_document: ModelDocument,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    goes_live(house, trajectory_document)
    goes_live(house, signature_document)

    class Inside(ApiClient):
        def __init__(self, url: str, key: str | None, timeout_seconds: float = 60.0) -> None:
            self.url, self._http = url, house.client

        def __exit__(self, *_: object) -> None:
            house.client.headers.pop("Authorization", None)

        def __enter__(self) -> Inside:
            house.client.headers.update(house.bearer())
            return self

    monkeypatch.setattr("forestay.app.commands.models.ApiClient", Inside)
    monkeypatch.setenv("COLUMNS", "200")
    said = CliRunner().invoke(app, ["explain", "acme-1"]).output
    assert "health 41 now" in said
    assert "in 60 days" in said
    assert "where loyal accounts have" in said


def test_the_server_answers_it_without_any_library_that_learns() -> None:
    asked = (
        "import sys, forestay.api.health_ahead; "
        "print([name for name in ('lightgbm', 'sklearn', 'scipy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
