"""A journey is written, kept, sent round and read again, and nothing of it is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from forestay.journeys.compiled import NotRunnable, compile_journey, step_numbers
from forestay.journeys.library import PLAYBOOKS, shipped_text
from forestay.journeys.read import BadJourney, body_of, body_of_text, from_text, read_journey, text_of_body, to_yaml
from forestay.journeys.registry import KINDS
from forestay.journeys.schema import journey_schema
from forestay.journeys.validation import inspect
from tests.journeys.drawn import journeys

QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
HELLO: dict[str, Any] = {
    "key": "hello", "name": "Hello", "start": "a",
    "steps": {"a": {"kind": "wait", "for": {"days": 1}, "next": "b"}, "b": {"kind": "exit"}},
}  # fmt: skip


@QUICK
@given(journeys())
def test_what_is_written_is_read_as_the_same_journey(document: dict[str, Any]) -> None:
    journey = read_journey(document)
    assert read_journey(journey.written()) == journey
    assert read_journey(json.loads(json.dumps(journey.written()))) == journey
    assert read_journey(from_text(to_yaml(journey))) == journey
    assert read_journey(journey.written()).written() == journey.written()


@QUICK
@given(journeys())
def test_a_file_is_kept_word_for_word_and_says_the_same_as_its_document(document: dict[str, Any]) -> None:
    apart = json.loads(json.dumps(document))  # parts that two places share would be written as aliases
    text = "# why it is so\n" + yaml.safe_dump(apart, sort_keys=True, allow_unicode=True, default_flow_style=None)
    body = json.loads(json.dumps(body_of_text(text)))
    assert text_of_body(body) == text
    assert read_journey(body["document"]) == read_journey(document)
    canonical = text_of_body(body_of(document))
    assert body_of_text(canonical)["source"] is None


@QUICK
@given(journeys())
def test_the_schema_allows_what_the_reader_reads(document: dict[str, Any]) -> None:
    _VALIDATOR.validate(document)
    _VALIDATOR.validate(read_journey(document).written())


@QUICK
@given(journeys())
def test_any_drawing_can_be_judged(document: dict[str, Any]) -> None:
    journey, found = inspect(document)
    assert journey is not None
    assert all(one.message and one.place is not None for one in found)


_VALIDATOR = jsonschema.Draft202012Validator(journey_schema())


def test_there_is_one_schema_and_it_lists_the_palette() -> None:
    jsonschema.Draft202012Validator.check_schema(journey_schema())
    assert [form["kind"] for form in journey_schema()["x-steps"]][:2] == ["message", "draft"]


def test_words_that_yaml_once_took_for_flags_and_numbers_stay_words() -> None:
    read = from_text('{on: off, at: 10:30, day: 2026-12-24, yes: no, n: 7, f: 1.5, e: 1e3, t: true, z: null, s: "7"}')
    assert read == {
        "on": "off", "at": "10:30", "day": "2026-12-24", "yes": "no", "n": 7, "f": 1.5, "e": 1000.0, "t": True, "z": None, "s": "7",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "twice"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("7: x", "quotes"),
        ("a: [", "YAML"),
        ("x" * 400_001, "longer"),
    ],
)
def test_a_text_that_could_be_misread_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadJourney, match=said):
        from_text(text)


def test_ways_out_may_stand_beside_the_settings_or_apart() -> None:
    apart = {**HELLO, "steps": {**HELLO["steps"], "a": {"kind": "wait", "for": {"days": 1}, "ports": {"next": "b"}}}}
    assert read_journey(apart) == read_journey(HELLO)
    assert read_journey(HELLO).written()["steps"]["a"] == {"kind": "wait", "for": {"days": 1}, "ports": {"next": "b"}}


_MANUAL = (Path(__file__).parents[2] / "docs" / "journeys.md").read_text()
_EXAMPLES = re.findall(r"^```yaml step\n(.*?)^```", _MANUAL, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", _EXAMPLES)
def test_an_example_of_the_manual_can_be_copied(example: str) -> None:
    step = from_text(example)
    _, found = inspect(
        {"key": "x", "name": "X", "start": "s", "steps": {"s": step, "a": {"kind": "exit"}, "b": {"kind": "exit"}}}
    )
    assert [
        one for one in found if one.place.startswith("steps.s") and one.is_error and one.code not in _OF_THE_WHOLE
    ] == []


_OF_THE_WHOLE = ("join_without_parallel", "sub_journey_cycle", "loop_without_wait", "no_event")


def test_the_manual_shows_every_kind_of_step_and_a_whole_journey() -> None:
    whole = re.findall(r"^```yaml\n(.*?)^```", _MANUAL, re.MULTILINE | re.DOTALL)[0]
    assert {from_text(example)["kind"] for example in _EXAMPLES} == set(KINDS)
    assert inspect(from_text(whole))[1] == []


@pytest.mark.parametrize("key", PLAYBOOKS)
def test_a_playbook_comes_back_as_it_ships(key: str) -> None:
    assert text_of_body(body_of_text(shipped_text(key))) == shipped_text(key)


def test_a_step_keeps_its_number_and_a_new_one_gets_one_that_nobody_had() -> None:
    assert step_numbers(["new", "kept"], {"gone": 9, "kept": 2}) == {"new": 10, "kept": 2}


def test_a_compiled_journey_knows_its_steps_by_number_and_what_it_listens_for() -> None:
    document = {
        **HELLO, "entry": [{"event": "Trial Started"}], "goal": {"condition": "health.score > 80"},
        "steps": {**HELLO["steps"], "a": {"kind": "wait_for", "event": "Order Paid", "if": "event.amount > 5", "next": "b"}},
    }  # fmt: skip
    compiled = compile_journey(read_journey(document), {"a": 4, "b": 7}, version=3)
    assert (compiled.start, compiled.steps[4].ports, compiled.version) == (4, {"next": 7}, 3)
    assert compiled.events == {"Trial Started", "Order Paid"}
    assert compiled.columns == {"health.score", "event.amount"}


def test_what_leads_nowhere_is_not_compiled() -> None:
    lost = {**HELLO, "steps": {"a": {"kind": "go_to", "to": "nowhere"}}}
    with pytest.raises(NotRunnable, match="nowhere"):
        compile_journey(read_journey(lost))


def test_texts_that_look_like_numbers_flags_or_breaks_stay_texts() -> None:
    odd = [
        "1e100",
        "007",
        "08",
        "0x1f",
        "10:30",
        "on",
        "yes",
        "null",
        "~",
        "1_000",
        "2026-01-01",
        " a",
        "a: b",
        "#x",
        "1.",
        "\x85x",
    ]
    document = {**HELLO, "layout": {"odd": odd, **dict.fromkeys(odd, 1)}}
    assert from_text(text_of_body(body_of(document)))["layout"] == document["layout"]
