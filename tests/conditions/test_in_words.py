"""Documents may say their conditions in words; what is stored is the same either way."""

from __future__ import annotations

import pytest

from forestay.conditions.document import BadCondition, read_condition
from forestay.conditions.in_words import spelled_out
from forestay.conditions.parse import parse

LOW = {"column": "health.score", "is": "below", "value": 60}


def test_a_trigger_in_words_is_the_trigger_in_full() -> None:
    words = spelled_out({"key": "low", "condition": "health.score < 60", "until": "health.score >= 63"})
    assert words["condition"] == LOW
    assert read_condition(words["until"]) == parse("health.score >= 63")


def test_single_parts_may_be_words() -> None:
    mixed = spelled_out({"condition": {"all": [LOW, {"not": "in segment small"}]}})
    assert read_condition(mixed["condition"]) == parse("health.score < 60 and not in segment small")


def test_a_scorecards_exceptions_may_be_words() -> None:
    card = spelled_out({"applies_to": "in segment big", "exceptions": [{"when": "account.arr > 5", "cap": 50}]})
    assert card["applies_to"] == {"segment": "big"}
    assert card["exceptions"][0] == {"when": {"column": "account.arr", "is": "above", "value": 5}, "cap": 50}


def test_words_that_cannot_be_read_are_refused_with_the_character() -> None:
    with pytest.raises(BadCondition) as refused:
        spelled_out({"condition": "health.score <"})
    assert refused.value.place == "character 15"


def test_a_bottomless_document_is_refused_before_it_is_walked() -> None:
    deep: dict[str, object] = LOW
    for _ in range(20_000):
        deep = {"not": deep}
    with pytest.raises(BadCondition, match="nested deeper"):
        spelled_out({"condition": deep})
