"""Simulation: what a draft would have done, by the machine of the runtime, for whole sets and without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from forestay.journeys.compiled import compile_journey
from forestay.journeys.document import Journey
from forestay.journeys.library import shipped_journeys
from forestay.journeys.read import from_text, read_journey
from forestay.journeys.simulation.answers import Assumptions, StepAnswer
from forestay.journeys.simulation.happenings import NamedEvents
from forestay.journeys.simulation.people import Contacts, People
from forestay.journeys.simulation.report import SimulationReport
from forestay.journeys.simulation.simulate import Days, Ground, simulate
from forestay.journeys.simulation.walk import walk
from forestay.kit.clock import micros_of, start_of_day
from forestay.signals.columns import Making
from forestay.signals.library import shipped_triggers
from tests.journeys.simulation.company import DAYS, FIRST, OneByOne, QuickPast, company
from tests.signals.world import MEASURES, Plain, trigger

RESCUE = """
key: rescue
name: Rescue
owner: ops@example.com
consent: success
re_entry: {rule: after_exit, after: {days: 20}}
entry: [{condition: "measure.usage_change_28d < 0.7"}]
exit: {condition: "account.is_churned >= 1"}
start: nudge
steps:
  nudge: {kind: message, channel: in_app, template: adoption-nudge, to: active_users, next: pause}
  pause: {kind: wait, for: {days: 3, hours: 5}, next: how}
  how:
    kind: condition
    branches: [{if: "measure.usage_change_28d >= 1", port: better}, {if: "measure.events_7d < 3", port: silent}]
    ports: {better: well, silent: call, else: ask}
  ask: {kind: message, channel: email, template: low-usage-help, to: champion, next: week}
  week: {kind: wait, for: {days: 7}, next: call}
  call: {kind: task, title: Call, choices: [helped, lost], timeout: {days: 4}, ports: {helped: back, lost: lost, timeout: back}}
  back: {kind: wait_for, condition: "measure.usage_change_28d >= 0.9", timeout: {days: 21}, ports: {next: well, timeout: lost}}
  well: {kind: goal, reason: well}
  lost: {kind: exit, reason: lost}
"""
PERIOD = Days(FIRST + 90, FIRST + DAYS - 1)


def rescue(**more: object) -> Journey:
    return read_journey({**from_text(RESCUE), **more})


def ground(plain: Plain | None = None, **more: object) -> Ground:
    return Ground(QuickPast(plain or company()), Making(), MEASURES, **more)  # type: ignore[arg-type]


def arrived(report: SimulationReport, step: str) -> int:
    return next(flow.arrived for flow in report.steps if flow.step == step)


@pytest.mark.parametrize("seed", [5, 6])
@pytest.mark.parametrize("answered", [1.0, 0.6])
def test_sets_come_to_the_same_as_every_account_by_itself(seed: int, answered: float) -> None:
    plain, assumptions = company(12, seed), Assumptions(task_hours=30, answered_share=answered)
    compiled = compile_journey(rescue())
    alone = OneByOne(compiled, plain, assumptions)
    alone.run(PERIOD.since, PERIOD.until)
    together = simulate(rescue(), PERIOD, ground(plain), assumptions=assumptions)
    assert together.entered == alone.entered >= 8
    for flow in together.steps:
        number = compiled.numbers[flow.step]
        assert flow.arrived == alone.counts[number, "arrived"], flow.step
        assert flow.ports == {port: alone.counts[number, f"port:{port}"] for port in flow.ports}, flow.step


def test_everybody_who_entered_has_ended_or_is_on_the_way() -> None:
    told = simulate(rescue(), PERIOD, ground())
    assert told.entered == sum(told.ended.values()) + told.running
    for flow in told.steps:
        if flow.kind not in ("goal", "exit"):
            left_early = told.ended.get("left: exit", 0)
            gap = flow.arrived - sum(flow.ports.values()) - flow.standing
            assert 0 <= gap <= left_early


@pytest.mark.parametrize("journey", shipped_journeys(), ids=lambda journey: journey.key)
def test_every_playbook_can_be_simulated_and_told_as_json(journey: Journey) -> None:
    triggers = {one.key: one for one in shipped_triggers()}
    told = simulate(journey, PERIOD, ground(triggers=triggers))
    assert not [reason for reason in told.ended if reason.startswith("failed")]
    assert msgspec.json.decode(msgspec.json.encode(told))["journey"] == journey.key


def test_what_stood_before_the_period_does_not_enter() -> None:
    always = rescue(entry=[{"condition": "measure.tenure_days >= 0"}])
    assert simulate(always, PERIOD, ground()).entered == 0


def test_the_holdout_enters_and_gets_nothing() -> None:
    all_of_them, half = simulate(rescue(), PERIOD, ground()), simulate(rescue(holdout_share=0.5), PERIOD, ground())
    assert half.ended["completed: holdout"] > 0
    assert arrived(half, "nudge") == half.entered - half.ended["completed: holdout"] < all_of_them.entered


@pytest.mark.parametrize(("shares", "step"), [({"lost": 1.0}, "lost"), ({"helped": 1.0}, "back")])
def test_a_step_is_answered_as_assumed(shares: dict[str, float], step: str) -> None:
    told = simulate(rescue(), PERIOD, ground(), assumptions=Assumptions(steps={"call": StepAnswer(shares=shares)}))
    call = next(flow for flow in told.steps if flow.step == "call")
    assert {port for port, count in call.ports.items() if count} == {"lost" if step == "lost" else "helped"}


def test_who_is_never_answered_leaves_by_the_timeout_after_its_time() -> None:
    told = simulate(rescue(), PERIOD, ground(), assumptions=Assumptions(answered_share=0.0))
    call = next(flow for flow in told.steps if flow.step == "call")
    assert call.ports["timeout"] > 0 == call.ports["helped"] + call.ports["lost"]
    assert call.wait_hours is not None
    assert call.wait_hours.most == 96


def test_a_draft_like_the_published_version_differs_in_nothing() -> None:
    told = simulate(rescue(), PERIOD, ground(), published=rescue())
    assert [(one.what, one.published == one.draft) for one in told.compared] == [("entered", True)]


def test_a_draft_that_leaves_a_message_out_shows_in_the_comparison() -> None:
    steps = dict(from_text(RESCUE)["steps"])
    steps["how"] = {**steps["how"], "ports": {"better": "well", "silent": "call", "else": "week"}}
    del steps["ask"]
    told = simulate(rescue(steps=steps), PERIOD, ground(), published=rescue())
    changes = {one.what: one.draft - one.published for one in told.compared}
    assert changes["messages"] == changes["arrived at ask"] < 0
    assert changes["entered"] == 0


def test_two_journeys_that_write_to_the_same_champion_collide() -> None:
    other = read_journey({**from_text(RESCUE), "key": "other"})
    told = simulate(rescue(), PERIOD, ground(), others=[other])
    (collision,) = told.collisions
    assert (collision.journey, collision.messages) == ("other", told.messages.total)
    assert 0 < collision.accounts <= told.entered


def test_work_is_told_by_csm_against_the_hours_there_are() -> None:
    plain = company(30)
    mine = Ground(QuickPast(plain, owners=[7] * 20 + [8] * 10), Making(), MEASURES)
    told = simulate(rescue(), PERIOD, mine, assumptions=Assumptions(task_minutes=60, csm_hours_a_week=1))
    assert {load.owner_id for load in told.work.by_person} == {7, 8}
    assert told.work.hours == told.work.tasks == sum(load.tasks for load in told.work.by_person)
    assert any(load.weeks_over for load in told.work.by_person if load.busiest_week_hours > 1)


class Reports:
    """Events of the past: account 1003 ran reports on two days, 1005 once."""

    def named_events(self, accounts: np.ndarray, names: Sequence[str], since: int, until: int) -> NamedEvents:
        told = [(1003, 130, '{"pages": 9}'), (1003, 131, '{"pages": 1}'), (1005, 140, '{"pages": 12}')]
        at = np.array([micros_of(start_of_day(FIRST + day)) + 36_000_000_000 for _, day, _ in told])
        row = np.searchsorted(accounts, [account for account, _, _ in told])
        zeros = np.zeros(len(told), np.int64) + list(names).index("Report Run")
        keys = [f"u:{account}" for account, _, _ in told]
        return NamedEvents(tuple(names), at, row, zeros, keys, [properties for _, _, properties in told])


REPORTS = """
key: reports
name: Reports
entry: [{event: Report Run, if: "event.pages >= 5"}]
start: again
steps:
  again: {kind: wait_for, event: Report Run, timeout: {days: 5}, ports: {next: keen, timeout: once}}
  keen: {kind: exit, reason: keen}
  once: {kind: exit, reason: once}
"""


def test_events_let_in_at_their_moment_and_wake_who_waits_for_them() -> None:
    told = simulate(read_journey(from_text(REPORTS)), PERIOD, ground(events=Reports()))
    assert told.entered_by == {"0: event Report Run": 2}
    assert told.ended == {"completed: keen": 1, "completed: once": 1}


def test_without_events_nobody_enters_by_one_and_the_report_says_so() -> None:
    told = simulate(read_journey(from_text(REPORTS)), PERIOD, ground())
    assert told.entered == 0
    assert any("Events could not be read" in note for note in told.notes)


def test_a_goal_that_is_an_event_ends_the_run() -> None:
    steps = {"pause": {"kind": "wait", "for": {"days": 30}, "next": "end"}, "end": {"kind": "exit"}}
    document = {**from_text(REPORTS), "start": "pause", "steps": steps, "goal": {"event": "Report Run"}}
    told = simulate(read_journey(document), PERIOD, ground(events=Reports()))
    assert told.ended == {"goal_met: goal": 1, "completed: done": 1}


def test_a_renewal_lets_in_so_many_days_before_on_the_accounts_own_clock() -> None:
    entry = [{"days_before": 30, "of": "account.renews_on", "at": "09:00"}]
    ids = np.arange(1000, 1040)
    dates = np.full(40, np.iinfo(np.int64).min)
    dates[4] = FIRST + 160
    people = People(account_ids=ids, zones=["Asia/Tokyo"] * 40, dates={"account.renews_on": dates})
    told = walk(rescue(entry=entry), 1004, PERIOD, ground(people=people))
    assert told.entered == 1
    assert told.stages[0].at == start_of_day(FIRST + 130)  # 09:00 in Tokyo is midnight in UTC


def test_a_signal_lets_in_when_its_trigger_fired() -> None:
    fires = trigger("measure.usage_change_28d < 0.7", key="usage-down")
    told = simulate(rescue(entry=[{"signal": "usage-down"}]), PERIOD, ground(triggers={"usage-down": fires}))
    assert told.entered == simulate(rescue(), PERIOD, ground()).entered > 0


def test_a_journey_of_contacts_takes_the_contacts_of_the_account() -> None:
    contacts = Contacts(np.array([1003, 1003]), np.array([1, 2]), [None, None], user_key=["u:1003", "u:x"])
    mine = read_journey({**from_text(REPORTS), "subject": "contact"})
    told = simulate(mine, PERIOD, ground(events=Reports(), people=People(contacts=contacts)))
    assert told.entered == 1


def test_a_message_to_everybody_is_one_for_each_who_is_there() -> None:
    ids = np.repeat(np.arange(1000, 1040), 3)
    who = np.arange(1, len(ids) + 1)
    parts = {"active_users": np.ones(len(ids), bool), "champion": who % 3 == 1}
    known = simulate(rescue(), PERIOD, ground(people=People(contacts=Contacts(ids, who, parts=parts))))
    unknown = simulate(rescue(), PERIOD, ground())
    assert known.messages.by_step["nudge"] == 3 * unknown.messages.by_step["nudge"] > 0
    assert known.messages.by_step["ask"] == unknown.messages.by_step["ask"] > 0


def test_walking_an_account_tells_its_way_and_nobody_elses() -> None:
    plain = company(4)
    whole = simulate(rescue(), PERIOD, ground(plain))
    walks = [walk(rescue(), 1000 + row, PERIOD, ground(plain)) for row in range(4)]
    assert sum(one.entered for one in walks) == whole.entered
    ends = [stage for one in walks for stage in one.stages if stage.what == "ends"]
    assert len(ends) == sum(whole.ended.values())
    assert {one.stages[0].word for one in walks if one.stages} <= {"message", "left"}


def test_a_simulation_has_no_way_to_the_store_or_to_actions() -> None:
    package = Path(str(walk.__code__.co_filename)).parent
    imports = [line for file in package.glob("*.py") for line in file.read_text().splitlines() if "import" in line]
    assert [line for line in imports if "forestay.store" in line or "forestay.actions" in line] == []


def test_many_small_blocks_come_to_the_same_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = company(24)
    whole = simulate(rescue(), PERIOD, ground(plain))
    monkeypatch.setattr(QuickPast, "size", 5)
    assert simulate(rescue(), PERIOD, ground(plain)) == whole
