"""Conditions asked before they are kept: what they may name, for whom they hold, and what cannot be said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import House
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
