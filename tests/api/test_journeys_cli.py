"""`forestay journeys ...` talks to the API and prints what a person can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forestay.app.cli import app
from forestay.app.client import ApiClient
from tests.api.conftest import House
from tests.api.journey_house import WAIT, JourneyHouse


@pytest.fixture
def journeys(house: House, monkeypatch: pytest.MonkeyPatch) -> JourneyHouse:
    """The command line talks to the API under test."""
    made = JourneyHouse(house)
    made.accounts("acme-1", "bolt-2")

    class Inside(ApiClient):
        def __init__(self, url: str, key: str | None, timeout_seconds: float = 60.0) -> None:
            self.url, self._http = url, house.client

        def __exit__(self, *_: object) -> None:
            house.client.headers.pop("Authorization", None)

        def __enter__(self) -> Inside:
            house.client.headers.update(made.headers)
            return self

    for module in ("journeys", "journey_runs"):
        monkeypatch.setattr(f"forestay.app.commands.{module}.ApiClient", Inside)
    monkeypatch.setenv("COLUMNS", "200")
    return made


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["journeys", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_the_list_shows_who_is_where(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2")
    (line,) = (line.split() for line in said("list").splitlines() if line.startswith("hello"))
    assert line == ["hello", "active", "1", "2", "0", "0", "0", "2", "0"]
    assert [item["key"] for item in json.loads(said("list", "--json", "--status", "active"))] == ["hello"]


def test_one_journey_is_shown_with_its_steps_and_one_run_with_its_history(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    shown = said("show", "hello")
    assert "Hello (hello), active, version 1" in shown
    assert [line.split()[:3] for line in shown.splitlines() if line.startswith("start")] == [["start", "wait", "1"]]
    assert "acme-1" in said("runs", "--journey", "hello", "--status", "running")
    told = said("runs", str(journeys.run()["id"]))
    assert "stands at start (timer), goes on 2026-11-23 12:00" in told


def test_a_file_is_published_and_its_runs_migrated_after_a_look(journeys: JourneyHouse, tmp_path: Path) -> None:
    journeys.publish()
    journeys.enter("acme-1")
    document = journeys.get("/api/journeys/hello")["live"]["body"]["document"]
    steps = {"first": WAIT["start"], "mail": WAIT["mail"], "end": WAIT["end"]}
    (tmp_path / "hello.yaml").write_text(json.dumps({**document, "steps": steps, "start": "first"}))
    assert "1 runs stay with version 1" in said("publish", "hello", "--file", str(tmp_path / "hello.yaml"))
    assert "unclear" in said("migrate", "hello", "--from", "1", code=2)
    assert "1 runs moved to version 2" in said("migrate", "hello", "--from", "1", "--plan", "start=first", "--yes")


def test_pause_resume_stop_and_repair_say_what_they_did(journeys: JourneyHouse) -> None:
    journeys.publish()
    journeys.enter("acme-1", "bolt-2")
    assert "2 runs stand still" in said("pause", "hello")
    assert "2 runs go on" in said("resume", "hello")
    assert "2 runs were ended" in said("stop", "hello")
    assert "0 runs to mend" in said("repair", "--dry-run")
    assert "0 runs mended" in said("repair")
