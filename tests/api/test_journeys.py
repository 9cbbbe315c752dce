"""Journeys as documents over HTTP and as files: kept word for word, refused with every fault, never live unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forestay.api.journeys import checking_of
from forestay.app.client import ApiClient
from forestay.app.commands import configuration
from forestay.customers.words import Role
from forestay.governance.bootstrap import create_workspace
from forestay.journeys.library import PLAYBOOKS
from tests.api.conftest import House
from tests.conftest import what_ships

TEXT = """\
# The first journey of ours.
key: hello
name: "Hello"
owner: boss@acme.example.com   # who answers for it
consent: success
entry: [{manual: true}]
start: wait
steps:
  wait: {kind: wait, for: {days: 1}, next: end}   # a day is enough
  end: {kind: exit}
layout: {wait: {x: 10, y: 20}}
"""


@pytest.fixture
def cli(house: House, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> House:
    """The command line talks to the API under test, which knows the journey's owner."""

    class Inside(ApiClient):
        def __init__(self, url: str, key: str | None) -> None:
            self.url, self._http = url, house.client

        def __exit__(self, *_: object) -> None:
            house.client.headers.pop("Authorization", None)

        def __enter__(self) -> Inside:
            house.client.headers.update(admin)
            return self

    monkeypatch.setattr(configuration, "ApiClient", Inside)
    house.member(Role.OPS, "boss@acme.example.com")
    return house


def put(house: House, admin: dict[str, str], body: dict[str, Any], key: str = "hello") -> Any:
    return house.client.put(f"/api/journeys/{key}/draft", json=body, headers=admin)


def test_a_file_comes_back_word_for_word_with_its_comments(cli: House, tmp_path: Path) -> None:
    (tmp_path / "in" / "journeys").mkdir(parents=True)
    (tmp_path / "in" / "journeys" / "hello.yaml").write_text(TEXT)
    assert configuration.show_difference(tmp_path / "in", "", None)
    configuration.apply_from(tmp_path / "in", "", None, publish=True)
    assert not configuration.show_difference(tmp_path / "in", "", None)
    configuration.export_to(tmp_path / "out", "", None)
    assert (tmp_path / "out" / "journeys" / "hello.yaml").read_text() == TEXT


def test_a_changed_comment_is_a_difference_of_its_line_alone(
    cli: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "hello.yaml").write_text(TEXT)
    configuration.apply_from(tmp_path, "", None, publish=True)
    (tmp_path / "journeys" / "hello.yaml").write_text(TEXT.replace("a day is enough", "one day"))
    capsys.readouterr()
    assert configuration.show_difference(tmp_path, "", None)
    shown = [line for line in capsys.readouterr().out.splitlines() if line[:1] in "+-" and line[1:2] not in "+-"]
    assert [line.partition("# ")[2] for line in shown] == ["a day is enough", "one day"]


def test_a_half_drawn_journey_is_kept_and_not_published(house: House, admin: dict[str, str]) -> None:
    half = {"name": "Half", "steps": {"first": {"kind": "message"}}}
    assert put(house, admin, {"document": half}, "half").status_code == 200
    answer = house.client.post("/api/journeys/half/publish", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_journey")


def test_judging_a_journey_tells_every_finding_and_the_ways_out(house: House, admin: dict[str, str]) -> None:
    document = {
        "name": "Ask", "start": "ask",
        "steps": {"ask": {"kind": "task", "title": "Call", "choices": ["yes", "no"], "yes": "end"}, "end": {"kind": "exit"}},
    }  # fmt: skip
    said = house.client.post("/api/journeys/ask/validate", json={"document": document}, headers=admin).json()
    assert {one["code"] for one in said["findings"]} == {"no_owner", "no_entry", "open_port"}
    assert (said["valid"], said["ports"]) == (False, {"ask": ["yes", "no"], "end": []})


def test_transactional_messages_need_a_permission_of_their_own(house: House, admin: dict[str, str]) -> None:
    house.member(Role.OPS, "boss@acme.example.com")
    document = {
        "key": "notice", "name": "Notice", "owner": "boss@acme.example.com", "consent": "transactional",
        "entry": [{"manual": True}], "start": "mail",
        "steps": {"mail": {"kind": "message", "template": "feature-guide", "next": "end"}, "end": {"kind": "exit"}},
    }  # fmt: skip
    assert put(house, admin, {"document": document}, "notice").status_code == 200
    few = house.bearer("journeys:read", "journeys:write", "journeys:publish")
    refused = house.client.post("/api/journeys/notice/publish", headers=few)
    allowed = house.client.post("/api/journeys/notice/publish", headers=admin)
    assert (refused.status_code, allowed.status_code) == (403, 200)


def test_the_playbooks_ship_as_drafts_with_their_comments(house: House) -> None:
    with house.store.owner.begin_worker() as conn:
        number = create_workspace(conn, "fresh", "Fresh", what_ships())
    pairs = house.client.get("/api/journeys", headers=house.bearer(workspace_id=number)).json()["items"]
    assert {pair["key"] for pair in pairs} == set(PLAYBOOKS)
    assert all(pair["live"] is None and pair["draft"]["body"]["source"] for pair in pairs)


def test_there_is_one_schema_of_journeys(house: House, admin: dict[str, str]) -> None:
    schema = house.client.get("/api/schemas/journey", headers=admin).json()
    assert {"message", "wait", "exit"} <= {form["kind"] for form in schema["x-steps"]}


def test_the_builder_is_told_every_name_that_validation_holds_journeys_against(
    house: House, admin: dict[str, str]
) -> None:
    told = house.client.get("/api/schemas/journey/names", headers=admin).json()
    with house.store.owner.begin_worker() as conn:
        known = checking_of(conn, house.workspace_id)
    for name in ("columns", "templates", "segments", "triggers", "calendars", "endpoints", "people"):
        assert told[name] == sorted(getattr(known, name))
    assert told["journeys"].keys() == (known.journeys or {}).keys()
    assert told["quiet_hours"] == {"start": "20:00:00", "end": "08:00:00"}
    assert "health.score" in told["columns"]
