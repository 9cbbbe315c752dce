"""Scenarios: stories of customers played through journeys, and what is said when another comes of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.journeys.library import PLAYBOOKS
from forestay.journeys.read import read_journey
from forestay.journeys.scenarios.document import BadScenario, Scenario, microseconds_of, read_scenarios
from forestay.journeys.scenarios.verdict import Verdict, judge, run_folder

STORIES = Path(__file__).parent / "scenarios"
SHIPPED = list(run_folder(STORIES))
JOURNEY = read_journey(
    {
        "key": "rescue", "name": "Rescue", "start": "greet",
        "entry": [{"condition": "health.score < 60"}, {"event": "Trial Started", "if": "event.seats >= 5"}, {"manual": True}],
        "goal": {"event": "Report Exported"},
        "steps": {
            "greet": {"kind": "message", "template": "adoption-nudge", "to": "champion", "next": "pause"},
            "pause": {"kind": "wait", "for": {"days": 3}, "next": "better"},
            "better": {
                "kind": "condition", "branches": [{"if": "health.score >= 70", "port": "yes"}],
                "ports": {"yes": "done", "else": "call"},
            },
            "call": {"kind": "task", "title": "Call them", "choices": ["won", "lost"], "ports": {"won": "done", "lost": "gone"}},
            "done": {"kind": "exit", "reason": "well"},
            "gone": {"kind": "exit", "reason": "lost"},
        },
    }
)  # fmt: skip
GREETED: dict[str, object] = {"at": "0d", "step": "greet", "asks": "message", "to": "champion"}
CALLED: dict[str, object] = {"at": "3d", "step": "call", "asks": "task", "title": "Call them"}


def verdict(then: list[dict[str, object]], **more: object) -> Verdict:
    return judge(Scenario.model_validate({"name": "A story", "journey": "rescue", "then": then, **more}), JOURNEY)


@pytest.mark.parametrize("told", SHIPPED, ids=lambda told: f"{Path(told.file).stem}: {told.name}")
def test_a_shipped_playbook_does_what_its_story_says(told: Verdict) -> None:
    assert "\n".join(told.difference) == ""


def test_every_playbook_has_a_story_that_ends_well_and_one_that_ends_otherwise() -> None:
    ends = {
        file.stem: {one.ends or one.enters for scenario in read_scenarios(file) for one in scenario.then} - {None}
        for file in STORIES.glob("*.yaml")
    }
    assert sorted(ends) == sorted(PLAYBOOKS)
    assert [key for key, found in ends.items() if len(found) < 2] == []
    assert Counter(Path(told.file).stem for told in SHIPPED).most_common()[-1][1] >= 2


def test_a_story_that_comes_true_is_well() -> None:
    told = verdict([GREETED, CALLED, {"at": "4d", "ends": "completed", "reason": "lost"}],
                   when=[{"after": "4d", "answer": "call", "with": "lost"}])  # fmt: skip
    assert told.is_well


def test_what_must_come_and_does_not_is_shown_where_it_should_have_come() -> None:
    told = verdict([GREETED, {"at": "2d", "step": "call", "asks": "task"}], lasts="5d")
    assert [line for line in told.difference if line[0] in "+-"] == [
        "- day   2 00:00  call: asks task",
        "+ day   3 00:00  call: asks task (title: Call them, assignee: owner)",
    ]


def test_a_request_that_nobody_told_of_is_shown() -> None:
    told = verdict([GREETED], lasts="5d")
    assert [line for line in told.difference if line[0] in "+-"] == [
        "+ day   3 00:00  call: asks task (title: Call them, assignee: owner)"
    ]


def test_a_request_with_another_recipient_is_another_request() -> None:
    told = verdict([{**GREETED, "to": "sponsor"}], lasts="1d")
    assert {line[0] for line in told.difference if "greet: asks" in line} == {"+", "-"}


def test_an_answer_where_nobody_waits_is_a_fault_of_the_story() -> None:
    told = verdict([GREETED], lasts="2d", when=[{"after": "1d", "answer": "call", "with": "won"}])
    assert any("nobody waits for an answer here" in line for line in told.difference)


def test_columns_change_at_their_moment() -> None:
    better = [{"after": "2d", "columns": {"health.score": 75}}]
    told = verdict([GREETED, {"at": "3d", "step": "better", "port": "yes"}, {"at": "3d", "ends": "completed"}],
                   given={"health.score": 50}, when=better, enter={"condition": True})  # fmt: skip
    assert told.is_well


def test_a_goal_that_is_an_event_ends_the_story() -> None:
    told = verdict([GREETED, {"at": "1d", "ends": "goal_met"}], when=[{"after": "1d", "event": "Report Exported"}])
    assert told.is_well


@pytest.mark.parametrize(("seats", "enters"), [(3, False), (8, True)])
def test_an_entry_asks_its_own_condition_of_the_event(seats: int, enters: bool) -> None:
    expected: list[dict[str, object]] = [GREETED] if enters else [{"enters": False}]
    told = verdict(expected, lasts="1d", enter={"event": "Trial Started", "properties": {"seats": seats}})
    assert told.is_well


@pytest.mark.parametrize(
    "story",
    [
        {"name": "x", "journey": "x", "then": []},
        {"name": "x", "journey": "x", "then": [{"at": "3 fortnights", "ends": "completed"}]},
        {"name": "x", "journey": "x", "then": [{"ends": "completed", "colour": "red"}]},
        {"name": "x", "journey": "x", "then": [{"ends": "completed"}], "when": [{"after": "1d"}]},
        {"name": "x", "journey": "x", "then": [{"ends": "completed"}], "when": [{"answer": "call"}]},
    ],
)  # fmt: skip
def test_a_story_that_cannot_be_read_is_refused_with_its_place(story: dict[str, object], tmp_path: Path) -> None:
    file = tmp_path / "story.json"
    file.write_text(json.dumps(story))
    with pytest.raises(BadScenario) as refused:
        read_scenarios(file)
    assert "story.json[0]" in str(refused.value.place)


@settings(max_examples=30)
@given(st.integers(0, 50), st.integers(0, 23), st.integers(1, 59))
def test_lengths_of_time_add_up(days: int, hours: int, minutes: int) -> None:
    assert microseconds_of(f"{days}d {hours}h {minutes}m") == ((days * 24 + hours) * 60 + minutes) * 60_000_000
