"""What is said of a journey before it is published. The same vectors are read by the tests of the web builder."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forestay.journeys.kind import Checking, Other
from forestay.journeys.validation import has_errors, inspect
from forestay.kit.quiet_hours import QuietWindow
from tests.journeys.write_schema import WRITTEN, schema_text

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "validation.json").read_text())
DOCS = Path(__file__).parents[2] / "docs" / "journeys.md"


def checking_of(workspace: dict[str, Any]) -> Checking:
    """A vector's workspace: lists of names; `journeys` key -> {subject, calls}; `quiet_hours` {start, end}."""
    plain = {name: frozenset(names) for name, names in workspace.items() if isinstance(names, list)}
    journeys = {
        key: Other(one.get("subject", "account"), frozenset(one.get("calls", ())))
        for key, one in workspace.get("journeys", {}).items()
    }
    quiet = [QuietWindow.model_validate(workspace["quiet_hours"])] if "quiet_hours" in workspace else []
    checking = replace(Checking(), **plain, facts=dict.fromkeys(["quiet_hours"][: len(quiet)], *quiet))
    return replace(checking, journeys=journeys) if "journeys" in workspace else checking


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_fault_is_named_at_its_place_and_nothing_else_is(vector: dict[str, Any]) -> None:
    _, found = inspect(vector["document"], checking_of(vector.get("workspace", {})))
    said = {(one.code, one.place, one.is_error) for one in found}
    assert said == {(one["code"], one["place"], one["is_error"]) for one in vector["findings"]}
    assert all(len(one.message) > 10 for one in found)


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
    said = {one.code for one in found}
    assert said == {"unknown_field", "unknown_step", "no_owner", "open_port"}


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
