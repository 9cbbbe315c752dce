"""What a journey starts, branches for contacts and other journeys, is replayed by the same clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from forestay.journeys.document import Journey
from forestay.journeys.read import from_text, read_journey
from forestay.journeys.simulation.answers import Assumptions, StepAnswer
from forestay.journeys.simulation.people import Contacts, People
from forestay.journeys.simulation.report import SimulationReport, Started
from forestay.journeys.simulation.simulate import simulate
from forestay.journeys.simulation.walk import walk
from tests.journeys.simulation.company import company
from tests.journeys.simulation.test_simulation import PERIOD, arrived, ground

IDS = np.arange(1000, 1040)
COLLEAGUES = np.arange(1, 2 * len(IDS) + 1)
TWO_EACH = People(
    contacts=Contacts(
        np.repeat(IDS, 2), COLLEAGUES, parts={"champion": COLLEAGUES % 2 == 1, "sponsor": COLLEAGUES < 0},
        columns={"title": np.array(["CTO", "Clerk"] * len(IDS), object)},
    )
)  # fmt: skip
WHEN = 'entry: [{condition: "measure.usage_change_28d < 0.7"}]\nre_entry: {rule: after_exit, after: {days: 20}}\n'
EACH = f"""
key: each
name: Each
{WHEN}
start: all
steps:
  all: {{kind: for_each_contact, ports: {{each: write, next: done, none: nobody}}}}
  write: {{kind: message, template: hello, to: contact, next: pause}}
  pause: {{kind: wait, for: {{days: 3}}, next: written}}
  written: {{kind: exit, reason: written}}
  done: {{kind: exit, reason: done}}
  nobody: {{kind: exit, reason: nobody}}
"""
CALLING = f"""
key: calling
name: Calling
{WHEN}
start: help
steps:
  help: {{kind: sub_journey, journey: help, timeout: {{days: 6}}, ports: {{next: ok, failed: "no", timeout: slow}}}}
  ok: {{kind: exit, reason: ok}}
  "no": {{kind: exit, reason: "no"}}
  slow: {{kind: exit, reason: slow}}
"""
HELP = """
key: help
name: Help
start: call
steps:
  call: {kind: task, title: Call, choices: [helped, lost], ports: {helped: rest, lost: gone}}
  rest: {kind: wait, for: {days: 1}, next: end}
  end: {kind: exit, reason: helped}
  gone: {kind: exit, reason: gone}
"""


def journey(text: str, **more: object) -> Journey:
    return read_journey({**from_text(text), **more})


def told(text: str, *others: Journey, people: People = TWO_EACH, **more: Any) -> SimulationReport:
    known = {one.key: one for one in others}
    return simulate(journey(text), PERIOD, ground(people=people, journeys=known), **more)


def started(report: SimulationReport, key: str) -> Started:
    return next(one for one in report.started if one.journey == key)


def call(hours: float, word: str = "helped") -> Assumptions:
    return Assumptions(steps={"help: call": StepAnswer(shares={word: 1.0}, hours=hours)})


def test_every_contact_is_written_to_and_the_account_goes_on_when_all_branches_have_ended() -> None:
    report = told(EACH)
    branches = started(report, "each")
    assert branches.runs == 2 * report.entered == report.messages.total > 0
    assert branches.ended == {"completed: written": branches.runs - branches.running}
    (step,) = (flow for flow in report.steps if flow.step == "all")
    assert step.wait_hours is not None
    assert step.wait_hours.p50 == step.wait_hours.most == 72
    assert report.ended == {"completed: done": report.entered - report.running}


@pytest.mark.parametrize(("wait_for", "who", "hours"), [("any", 2, 72), ("none", 2, 0), (1, 1, 72)])
def test_so_many_branches_are_waited_for_as_the_step_says(wait_for: object, who: int, hours: float) -> None:
    steps = dict(from_text(EACH)["steps"])
    steps["all"] = {**steps["all"], "wait_for": wait_for, "who": {1: "champion", 2: "all"}[who]}
    report = simulate(journey(EACH, steps=steps), PERIOD, ground(people=TWO_EACH))
    assert started(report, "each").runs == who * report.entered
    (step,) = (flow for flow in report.steps if flow.step == "all")
    assert (step.wait_hours.most if step.wait_hours else 0) == hours


def test_only_those_contacts_are_written_to_whom_the_step_asks_for() -> None:
    steps = dict(from_text(EACH)["steps"])
    steps["all"] = {**steps["all"], "if": "contact.title = 'CTO'"}
    report = simulate(journey(EACH, steps=steps), PERIOD, ground(people=TWO_EACH))
    assert report.messages.total == report.entered > 0


def test_an_account_without_contacts_goes_on_by_none() -> None:
    report = told(EACH, people=People())
    assert report.ended == {"completed: nobody": report.entered}
    assert report.started == ()


def test_a_sub_journey_is_replayed_with_its_own_steps_and_its_work_counts_here() -> None:
    report = told(CALLING, journey(HELP), assumptions=call(hours=30))
    helped = started(report, "help")
    assert helped.runs == report.entered == report.work.tasks > 0
    assert report.work.by_step == {"help: call": report.entered}
    assert {flow.step: flow.arrived for flow in helped.steps}["rest"] == helped.runs - sum(
        flow.standing for flow in helped.steps if flow.step == "call"
    )
    (step,) = (flow for flow in report.steps if flow.step == "help")
    assert step.wait_hours is not None
    assert step.wait_hours.most == 54  # 30 until the call is done, a day of rest
    assert set(report.ended) == {"completed: ok"}
    assert not [note for note in report.notes if "not replayed" in note]


def test_who_waits_too_long_for_a_sub_journey_leaves_it_behind() -> None:
    report = told(CALLING, journey(HELP), assumptions=call(hours=200))
    assert set(report.ended) == {"completed: slow"}
    assert started(report, "help").ended


def test_a_sub_journey_that_takes_nobody_twice_refuses_and_says_so() -> None:
    again = {"kind": "sub_journey", "journey": "help", "ports": {"next": "well", "failed": "no"}}
    steps = {**from_text(CALLING)["steps"], "ok": again, "well": {"kind": "exit", "reason": "well"}}
    known = {"help": journey(HELP, re_entry={"rule": "never"})}
    report = simulate(
        journey(CALLING, steps=steps), PERIOD, ground(people=TWO_EACH, journeys=known), assumptions=call(hours=3)
    )
    refused = started(report, "help").refused["again"]
    assert refused == report.ended["completed: no"] > 0
    assert set(report.ended) == {"completed: no"}


def test_the_holdout_of_a_sub_journey_gets_nothing_and_nobody_waits_for_it() -> None:
    report = told(CALLING, journey(HELP, holdout_share=0.5), assumptions=call(hours=3))
    held = started(report, "help").ended["completed: holdout"]
    assert 0 < held == report.entered - report.work.tasks
    assert set(report.ended) == {"completed: ok"}


def test_a_sub_journey_of_contacts_takes_all_of_them_or_refuses_where_there_are_none() -> None:
    contacts = journey(HELP, subject="contact")
    assert started(told(CALLING, contacts, assumptions=call(hours=3)), "help").runs == 2 * told(CALLING).entered
    alone = told(CALLING, contacts, people=People())
    assert started(alone, "help").refused == {"no_contact": alone.entered}
    assert alone.ended == {"completed: no": alone.entered}


def test_a_journey_that_is_not_published_is_over_after_the_assumed_time() -> None:
    report = told(CALLING, assumptions=Assumptions(child_hours=5))
    (step,) = (flow for flow in report.steps if flow.step == "help")
    assert step.wait_hours is not None
    assert step.wait_hours.most == 5
    assert [note for note in report.notes if "'help' is not published" in note]


def test_journeys_in_journeys_in_journeys_come_back_one_after_the_other() -> None:
    steps: Mapping[str, object] = {
        "in": {"kind": "sub_journey", "journey": "help", "ports": {"next": "end", "failed": "end"}},
        "end": {"kind": "exit"},
    }
    middle = read_journey({"key": "middle", "name": "Middle", "start": "in", "steps": steps})
    document = {**from_text(CALLING), "key": "outer"}
    document["steps"] = {**document["steps"], "help": {**document["steps"]["help"], "journey": "middle"}}
    known = {"middle": middle, "help": journey(HELP)}
    report = simulate(
        read_journey(document), PERIOD, ground(people=TWO_EACH, journeys=known), assumptions=call(hours=30)
    )
    assert [one.journey for one in report.started] == ["middle", "help"]
    assert started(report, "help").runs == started(report, "middle").runs == arrived(report, "help")
    assert set(report.ended) == {"completed: ok"}


def test_walking_an_account_tells_what_happens_in_its_sub_journeys() -> None:
    plain = company(4)
    known = ground(plain, people=TWO_EACH, journeys={"help": journey(HELP)})
    stages = [stage for n in range(4) for stage in walk(journey(CALLING), 1000 + n, PERIOD, known).stages]
    assert {(stage.journey, stage.step) for stage in stages if stage.what == "asks"} == {("help", "call")}
    assert [stage for stage in stages if stage.journey == "" and stage.what == "ends"]
