"""Condition documents from outside: what is wrong is said with its place, and size has limits."""

from __future__ import annotations

from typing import Any

import pytest

from forestay.conditions.document import BadCondition, condition_schema, read_condition
from forestay.conditions.needs import columns_of, events_of
from forestay.conditions.parse import parse
from forestay.conditions.segments import Segment, check_for_scorecard, check_segments, read_segment

LEAF = {"column": "health.score", "is": "below", "value": 60}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"all": [LEAF, {"column": "health.score", "is": "below"}]}, "condition.all[1]"),
        ({"any": []}, "condition.any"),
        ({"not": {"event": "X", "within_days": 0}}, "condition.not.within_days"),
        ({"column": "nodot", "is": "below", "value": 1}, "condition.column"),
        ({"event": "X", "within_days": 3, "extra": 1}, "condition.extra"),
        ({"nothing": 1}, "condition"),
        ("health.score < 60", "condition"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(document: Any, place: str) -> None:
    with pytest.raises(BadCondition) as refused:
        read_condition(document)
    assert refused.value.place == place


def test_a_hostile_depth_is_refused_before_anything_recursive_sees_it() -> None:
    document: dict[str, Any] = LEAF
    for _ in range(50_000):
        document = {"not": document}
    with pytest.raises(BadCondition, match="nested deeper"):
        read_condition(document)


def test_a_hostile_width_is_refused() -> None:
    with pytest.raises(BadCondition, match="larger than"):
        read_condition({"any": [LEAF] * 5_000})


def test_a_condition_tells_what_it_needs_through_its_segments() -> None:
    segments = {"busy": parse("event 'Login' in 7 days and measure.a > 1")}
    condition = parse("health.score < 60 and in segment busy and no event 'role:core' in 9 days")
    assert columns_of(condition, segments) == {"health.score", "measure.a"}
    assert events_of(condition, segments) == {"event:Login", "role:core"}


def _segment(key: str, text: str) -> Segment:
    return Segment(key=key, name=key, condition=parse(text))


def test_segments_that_name_each_other_in_a_circle_are_refused() -> None:
    with pytest.raises(BadCondition, match="circle: a → b → a"):
        check_segments([_segment("a", "in segment b"), _segment("b", "not in segment a")])


def test_a_segment_that_names_one_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadCondition, match="no segment 'ghost'"):
        check_segments([_segment("a", "in segment ghost")])


def test_a_scorecard_may_not_ask_for_health_even_through_a_segment() -> None:
    conditions = check_segments(
        [_segment("ill", "health.score < 60"), _segment("big", "account.arr > 1 and in segment ill")]
    )
    with pytest.raises(BadCondition, match=r"not health\.score"):
        check_for_scorecard(parse("in segment big"), conditions)
    check_for_scorecard(parse("account.arr > 1 and trait.tier = 'a' and measure.mrr > 2"), conditions)


def test_a_segment_document_is_read_with_its_condition() -> None:
    segment = read_segment(
        {"key": "big", "name": "Big", "condition": {"column": "account.arr", "is": "above", "value": 1}}
    )
    assert segment.condition == parse("account.arr > 1")


def test_the_schema_tells_an_editor_all_eight_forms() -> None:
    assert len(condition_schema()["$defs"]) >= 8
