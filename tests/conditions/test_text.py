"""A condition can be read by a person and read back by us."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from forestay.conditions.document import BadCondition, Condition, read_condition, write_condition
from forestay.conditions.parse import parse
from forestay.conditions.text import describe
from tests.conditions.strategies import conditions


@settings(max_examples=150, deadline=None)
@given(conditions)
def test_what_a_condition_says_in_words_is_read_back_as_the_same_condition(condition: Condition) -> None:
    assert parse(describe(condition)) == condition


@settings(max_examples=80, deadline=None)
@given(conditions)
def test_a_condition_survives_being_written_as_a_document(condition: Condition) -> None:
    assert read_condition(write_condition(condition)) == condition


def test_a_condition_reads_like_a_sentence() -> None:
    document = {
        "all": [
            {"column": "health.score", "is": "below", "value": 60},
            {
                "any": [
                    {"event": "Support Escalated", "within_days": 14},
                    {"column": "measure.open_tickets", "is": "at_least", "value": 3},
                ]
            },
        ]
    }
    words = "health.score < 60 and (event 'Support Escalated' at least 1 in 14 days or measure.open_tickets >= 3)"
    assert describe(read_condition(document)) == words


def test_and_binds_closer_than_or() -> None:
    loose = parse("health.score < 60 or measure.a > 1 and measure.b > 2")
    assert loose == parse("health.score < 60 or (measure.a > 1 and measure.b > 2)")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("health.score <", "character 15: expected a name in quotes, found the end"),
        ("health.score < 60 nad measure.a > 1", "character 19: expected 'and', 'or' or the end, found 'nad'"),
        ("event 'X' in 1.5 days", "character 14: expected a whole number, found '1.5'"),
        ("(measure.a > 1", "character 15: expected ')', found the end"),
        ("measure.a ~ 3", "character 11: cannot read '~ 3'"),
    ],
)
def test_a_slip_of_the_pen_is_shown_where_it_is(text: str, sentence: str) -> None:
    with pytest.raises(BadCondition) as refused:
        parse(text)
    assert str(refused.value) == sentence


def test_a_hostile_depth_of_brackets_is_refused_and_does_not_exhaust_the_stack() -> None:
    with pytest.raises(BadCondition, match="nested deeper"):
        parse("(" * 5000 + "measure.a > 1" + ")" * 5000)
