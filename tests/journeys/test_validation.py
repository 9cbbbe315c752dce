"""What is said of a journey before it is published. The same vectors are read by the tests of the web builder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from forestay.journeys.validation import has_errors, inspect
from tests.journeys.checking import checking_of, said
from tests.journeys.write_schema import WRITTEN, schema_text
from tests.journeys.write_vectors import bases, changed

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "validation.json").read_text())
DOCS = Path(__file__).parents[2] / "docs" / "journeys.md"


CHANGED: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "changed.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_fault_is_named_at_its_place_and_nothing_else_is(vector: dict[str, Any]) -> None:
    _, found = inspect(vector["document"], checking_of(vector.get("workspace", {})))
    assert [said(one) for one in found] == vector["findings"], "run: python -m tests.journeys.write_vectors"
    assert all(len(one.message) > 10 for one in found)


@pytest.mark.parametrize("base", CHANGED["bases"])
def test_a_change_of_one_part_is_told_as_the_builder_tells_it(base: str) -> None:
    document, changes = CHANGED["bases"][base], [one for one in CHANGED["changes"] if one["base"] == base]
    for change in changes:
        found = inspect(changed(document, change), checking_of(CHANGED["workspace"] if change["knows"] else {}))[1]
        before = CHANGED["findings"][base][change["knows"]]
        expected = [one for one in before if one not in change["less"]] + change["more"]
        assert sorted(map(str, map(said, found))) == sorted(map(str, expected)), change["at"]


def test_the_playbooks_that_are_changed_are_those_that_ship() -> None:
    assert CHANGED["bases"] == bases(), "run: python -m tests.journeys.write_vectors"


def test_a_warning_does_not_forbid_publishing() -> None:
    named = {vector["name"]: vector for vector in VECTORS}
    _, warned = inspect(named["nobody comes in by itself"]["document"])
    _, refused = inspect(named["nobody answers for it"]["document"])
    assert (has_errors(warned), has_errors(refused)) == (False, True)


def test_a_fault_in_one_part_does_not_hide_those_of_others() -> None:
    document = {
        "key": "two", "name": "Two", "colour": "red", "owner": None, "entry": [{"manual": True}], "start": "a",
        "steps": {"a": {"kind": "wait", "for": {"days": 1}}, "b": {"kind": "teleport"}, "end": {"kind": "exit"}},
    }  # fmt: skip
    _, found = inspect(document)
    codes = {one.code for one in found}
    assert codes == {"unknown_field", "unknown_step", "no_owner", "open_port"}


def test_a_wrong_name_is_answered_with_the_near_ones() -> None:
    named = {vector["name"]: vector for vector in VECTORS}
    vector = named["a column that there is not"]
    _, found = inspect(vector["document"], checking_of(vector["workspace"]))
    assert "did you mean health.score?" in found[0].message


def test_the_manual_lists_every_code_that_a_vector_shows() -> None:
    told = set(re.findall(r"^\| `([a-z0-9_]+)` \|", DOCS.read_text(), re.MULTILINE))
    assert {one["code"] for vector in VECTORS for one in vector["findings"]} <= told


def test_a_hostile_document_is_refused_quickly() -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = {"not": deep}
    assert [one.code for one in inspect({"key": "x", "name": "x", "goal": {"condition": deep}})[1]] == ["too_large"]


def test_the_web_workspace_is_built_with_the_schema_of_now() -> None:
    assert WRITTEN.read_text() == schema_text(), "run: python -m tests.journeys.write_schema"
