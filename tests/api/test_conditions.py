"""Conditions as words over HTTP: read, written, and in documents."""

from __future__ import annotations

from tests.api.conftest import House

WORDS = "health.score < 60 and (event 'Support Escalated' at least 1 in 14 days or measure.open_tickets >= 3)"


def test_words_become_a_condition_and_words_again(house: House, admin: dict[str, str]) -> None:
    made = house.client.post("/api/conditions/parse", json={"text": WORDS}, headers=admin).json()
    assert made["condition"]["all"][0] == {"column": "health.score", "is": "below", "value": 60.0}
    assert house.client.post("/api/conditions/describe", json=made, headers=admin).json() == {"text": WORDS}


def test_a_fault_in_the_words_is_told_with_its_character(house: House, admin: dict[str, str]) -> None:
    answer = house.client.post("/api/conditions/parse", json={"text": "health.score << 60"}, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_condition")
    assert answer.json()["place"] == "character 15"


def test_the_schema_of_conditions_is_there_for_editors(house: House, admin: dict[str, str]) -> None:
    schema = house.client.get("/api/schemas/condition", headers=admin).json()
    assert {"All", "Not", "NoEvent", "Compare"} <= schema["$defs"].keys()


def test_a_trigger_may_say_its_condition_in_words_and_shows_it_so(house: House, admin: dict[str, str]) -> None:
    body = {"name": "Low", "tier": "assisted", "risk_level": "low", "condition": "health.score < 60",
            "until": "health.score >= 63"}  # fmt: skip
    kept = house.client.put("/api/triggers/low/draft", json=body, headers=admin).json()
    assert kept["body"]["condition"] == {"column": "health.score", "is": "below", "value": 60.0}
    one = house.client.get("/api/triggers/low", headers=admin).json()
    assert (one["condition_text"], one["until_text"]) == ("health.score < 60", "health.score >= 63")
    assert house.client.get("/api/triggers", headers=admin).json()["items"][0]["condition_text"] == "health.score < 60"


def test_a_segment_and_a_scorecard_may_too(house: House, admin: dict[str, str]) -> None:
    segment = {"name": "Big", "condition": "account.arr > 50000"}
    assert house.client.put("/api/segments/big/draft", json=segment, headers=admin).status_code == 200
    house.client.post("/api/segments/big/publish", headers=admin)
    card = {"name": "Big", "applies_to": "in segment big",
            "exceptions": [{"when": "account.seats < 3", "reason": "Tiny", "no_score": True}]}  # fmt: skip
    kept = house.client.put("/api/scorecards/big/draft", json=card, headers=admin).json()["body"]
    assert kept["applies_to"] == {"segment": "big"}
    assert kept["exceptions"][0]["when"] == {"column": "account.seats", "is": "below", "value": 3.0}


def test_a_column_that_does_not_exist_is_refused_in_words_too(house: House, admin: dict[str, str]) -> None:
    body = {"name": "Odd", "tier": "assisted", "risk_level": "low", "condition": "measure.shoe_size > 40"}
    answer = house.client.put("/api/triggers/odd/draft", json=body, headers=admin)
    assert (answer.status_code, "measure.shoe_size" in answer.json()["detail"]) == (422, True)
