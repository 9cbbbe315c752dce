"""Conditions asked before they are kept: what they may name, for whom they hold, and what cannot be said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func

from forestay.store.tables.customers import accounts
from tests.api.conftest import START, House
from tests.api.seeding import Seed, whole_company


@pytest.fixture
def company(house: House) -> dict[str, int]:
    return whole_company(house.store.api, house.workspace_id)


def asked(house: House, admin: dict[str, str], condition: Any) -> Any:
    return house.client.post("/api/conditions/matching", json={"condition": condition}, headers=admin).json()


def test_a_condition_that_nobody_kept_says_for_whom_it_holds(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    told = asked(house, admin, "health.score < 60 and account.arr >= 50000")
    assert (told["accounts"], told["scored"], told["unknown"]) == (1, 2, 0)
    assert told["sample"][0]["external_id"] == "acme-1"
    assert told["sample"][0]["values"] == [
        {"column": "account.arr", "value": 120_000.0}, {"column": "health.score", "value": 41.0},
    ]  # fmt: skip


def test_what_hangs_on_events_is_told_as_unknown_and_not_guessed(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    told = asked(house, admin, "health.score < 60 or event 'Report Exported' in 7 days")
    assert (told["accounts"], told["unknown"], told["events"]) == (1, 1, ["event:Report Exported"])


def test_a_missing_value_is_unknown_and_not_false(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    assert asked(house, admin, "account.seats < 100")["unknown"] == 1


def test_a_shipped_trigger_that_reads_the_alert_can_be_asked(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    told = asked(house, admin, "churn.probability >= 0.6 or churn.is_alert >= 1")
    assert (told["accounts"], told["unknown"]) == (1, 0)


def test_a_trait_of_numbers_compares_as_numbers_and_a_day_as_a_day(house: House, admin: dict[str, str]) -> None:
    seed = Seed(house.store.api, house.workspace_id)
    seed.measures()
    for name, licences in (("few", 9), ("many", 120)):
        account = seed.account(name, traits={"licences": licences}, customer_since="2024-03-01")
        seed.state(account, 70.0, "yellow")
    assert [one["external_id"] for one in asked(house, admin, "trait.licences > 10")["sample"]] == ["many"]
    assert asked(house, admin, "trait.customer_since >= '2024-03-01'")["accounts"] == 2
    assert asked(house, admin, "trait.customer_since > '2024-03-01'")["accounts"] == 0


def test_a_column_that_does_not_exist_is_told_with_those_that_are_near(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    assert "health.score" in asked(house, admin, "health.scor < 60")["detail"]


def test_the_vocabulary_has_words_types_and_values_that_occur(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    Seed(house.store.api, house.workspace_id).account("dune-4", plan="team", traits={"region": "north", "pilot": True})
    told = house.client.get("/api/conditions/vocabulary", headers=admin).json()
    fields = {one["column"]: one for one in told["fields"]}
    assert (fields["health.score"]["label"], fields["health.score"]["type"]) == ("Health score", "number")
    assert fields["account.plan"]["values"] == ["team", "enterprise"]
    assert fields["health.band"]["values"] == ["green", "yellow", "red"]
    assert (fields["trait.region"]["type"], fields["trait.region"]["values"]) == ("text", ["north"])
    assert (fields["trait.pilot"]["type"], fields["trait.renews_on"]["type"]) == ("yes_no", "day")
    assert fields["measure.open_tickets"]["description"]


def test_a_trait_that_only_one_account_has_or_that_came_just_now_can_be_named(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    def traits() -> dict[str, Any]:
        told = house.client.get("/api/conditions/vocabulary", headers=admin).json()["fields"]
        return {one["column"]: (one["type"], one["values"]) for one in told if one["group"] == "trait"}

    seed = Seed(house.store.owner, house.workspace_id)
    for number in range(30):
        seed.account(f"many-{number}", traits={"region": "north"}, updated_at=START - timedelta(days=9))
    seed.account("dune-4", traits={"cave": 3}, updated_at=START - timedelta(days=9))
    assert traits() == {"trait.region": ("text", ["north"]), "trait.cave": ("number", [])}
    with house.store.owner.begin_worker() as conn:
        changed = accounts.update().where(accounts.c.external_id == "many-7")
        conn.execute(changed.values(traits={"region": "south", "pilot": True}, updated_at=func.now()))
    assert traits() == {
        "trait.region": ("text", ["north", "south"]), "trait.cave": ("number", []), "trait.pilot": ("yes_no", []),
    }  # fmt: skip


def test_a_segment_says_how_many_belong_to_it_and_what_uses_it(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    publish(house, admin, "segments/big", {"name": "Big", "condition": "account.arr > 50000"})
    publish(house, admin, "triggers/low", TRIGGER | {"condition": "in segment big and health.score < 60"})
    (told,) = house.client.get("/api/conditions/segments", headers=admin).json()["items"]
    assert (told["accounts"], told["unknown"], told["problem"]) == (1, 0, None)
    assert told["used_by"] == [{"kind": "trigger", "key": "low", "name": "Low", "is_draft": False}]


def test_a_segment_that_something_uses_is_not_retired(house: House, admin: dict[str, str]) -> None:
    publish(house, admin, "segments/big", {"name": "Big", "condition": "account.arr > 50000"})
    publish(house, admin, "triggers/low", TRIGGER | {"condition": "in segment big"})
    refused = house.client.delete("/api/segments/big", headers=admin)
    assert (refused.status_code, refused.json()["code"]) == (409, "segment_used")
    assert "the trigger 'low'" in refused.json()["detail"]
    house.client.delete("/api/triggers/low", headers=admin)
    assert house.client.delete("/api/segments/big", headers=admin).status_code == 204


def test_a_trigger_that_is_not_kept_can_be_backtested_and_its_run_is_listed(
    house: House, admin: dict[str, str]
) -> None:
    publish(house, admin, "triggers/low", TRIGGER)
    changed = {"document": TRIGGER | {"condition": "health.score < 50"}, "since": "2026-01-01"}
    started = house.client.post("/api/triggers/low/backtest?wait=false", json=changed, headers=admin)
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    (run,) = house.client.get("/api/triggers/low/backtests", headers=admin).json()["items"]
    assert (run["job_id"], run["status"], run["report"]) == (started.json()["id"], "queued", None)
    assert run["hash"] != house.client.get("/api/triggers/low", headers=admin).json()["live"]["hash"]


def test_what_a_signal_would_say_can_be_read_before(
    house: House, admin: dict[str, str], company: dict[str, int]
) -> None:
    body = {"document": TRIGGER | {"evidence": ["account.arr"]}}
    publish(house, admin, "triggers/low", TRIGGER)
    (told,) = house.client.post("/api/triggers/low/evidence", json=body, headers=admin).json()["items"]
    assert told["account"] == "acme-1"
    assert [one["column"] for one in told["evidence"]] == ["health.score", "account.arr"]


def test_signals_of_the_holdout_can_be_asked_for(house: House, admin: dict[str, str], company: dict[str, int]) -> None:
    Seed(house.store.api, house.workspace_id).signal(company["second"], held_back="holdout", is_holdout=True)
    items = house.client.get("/api/signals?held_back=holdout", headers=admin).json()["items"]
    assert [one["account"] for one in items] == ["bolt-2"]


TRIGGER = {"name": "Low", "tier": "assisted", "risk_level": "low", "condition": "health.score < 60"}


def publish(house: House, admin: dict[str, str], path: str, body: dict[str, Any]) -> None:
    assert house.client.put(f"/api/{path}/draft", json=body, headers=admin).status_code == 200
    assert house.client.post(f"/api/{path}/publish", headers=admin).status_code == 200
