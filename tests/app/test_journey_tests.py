"""`forestay test`: exit codes that a pipeline can rely on, and a difference that a person can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from forestay.app.cli import app

JOURNEY = """
key: greeting
name: Greeting
owner: ops@example.com
consent: success
entry: [{manual: true}]
start: hello
steps:
  hello: {kind: message, template: adoption-nudge, to: champion, next: done}
  done: {kind: exit, reason: greeted}
"""
STORY = """
name: Greeted once
journey: greeting
then:
  - {step: hello, asks: message, to: %s}
  - {ends: completed, reason: greeted}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "greeting.yaml").write_text(JOURNEY)
    (tmp_path / "greeting-test.yaml").write_text(STORY % "champion")
    return tmp_path


def run(path: Path) -> Result:
    return CliRunner().invoke(app, ["test", str(path)])


def test_all_well_is_exit_code_nought(folder: Path) -> None:
    told = run(folder)
    assert told.exit_code == 0, told.output
    assert "1 journeys checked, 1 scenarios played, nothing wrong" in told.output


def test_a_difference_is_shown_and_is_exit_code_one(folder: Path) -> None:
    (folder / "greeting-test.yaml").write_text(STORY % "sponsor")
    told = run(folder)
    assert told.exit_code == 1
    assert "hello: asks message (to: sponsor)" in told.output
    assert "to: champion" in told.output


def test_a_journey_that_may_not_be_published_is_exit_code_one(folder: Path) -> None:
    (folder / "greeting.yaml").write_text(JOURNEY.replace("owner: ops@example.com\n", ""))
    told = run(folder)
    assert told.exit_code == 1
    assert "wrong" in told.output


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "broken.yaml").write_text("scenarios: [{name: x}]")
    told = run(folder)
    assert told.exit_code == 1
    assert "broken.yaml" in told.output


def test_a_folder_without_journeys_is_no_success(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 1
