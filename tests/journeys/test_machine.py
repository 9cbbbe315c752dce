"""The machine: what a run does between two waits, and how its branches meet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from forestay.journeys.compiled import Compiled, compile_journey
from forestay.journeys.machine import advance
from forestay.journeys.moves import Wake
from forestay.journeys.read import read_journey
from forestay.journeys.tokens import Advanced, Runs, Tokens
from forestay.journeys.words import Happening, RunStatus, TokenState
from forestay.kit.clock import micros_of
from tests.journeys.still_world import StillWorld

Steps = Mapping[str, Mapping[str, Any]]


def compiled(steps: Steps, start: str = "start", **more: Any) -> Compiled:
    return compile_journey(read_journey({"key": "rescue", "name": "Rescue", "start": start, "steps": steps, **more}))


def entered(journey: Compiled, accounts: list[int], world: StillWorld) -> tuple[Runs, Tokens]:
    n = len(accounts)
    now = micros_of(world.now)
    runs = Runs(np.arange(1, n + 1), np.array(accounts), np.zeros(n, np.int64), np.full(n, now), [{} for _ in accounts])
    return runs, Tokens.new(np.arange(n), journey.start, now, np.arange(101, 101 + n))


def run(journey: Compiled, accounts: list[int], world: StillWorld) -> Advanced:
    return advance(journey, *entered(journey, accounts, world), world)


def steps_of(journey: Compiled, done: Advanced) -> list[str]:
    living = np.flatnonzero(~done.gone).tolist()
    return [journey.steps[int(done.tokens.step[place])].id for place in living]


def next_turn(journey: Compiled, done: Advanced, world: StillWorld, **at: Wake) -> Advanced:
    """The living tokens again, those at the named steps woken."""
    tokens = done.tokens.chosen(np.flatnonzero(~done.gone))
    for place in range(len(tokens)):
        tokens.woken[place] = at.get(journey.steps[int(tokens.step[place])].id)
    tokens.claimed = np.array([wake is not None for wake in tokens.woken])
    return advance(journey, done.runs, tokens, world)


LOW = {"column": "health.score", "is": "below", "value": 60}
RESCUE: Steps = {
    "start": {"kind": "condition", "branches": [{"if": LOW, "port": "low"}], "ports": {"low": "greet", "else": "done"}},
    "greet": {"kind": "message", "template": "low-usage", "to": "champion", "next": "pause"},
    "pause": {"kind": "wait", "for": {"days": 3}, "next": "done"},
    "done": {"kind": "exit", "reason": "done"},
}


def test_a_run_goes_on_to_its_next_wait_in_one_turn() -> None:
    journey, world = compiled(RESCUE), StillWorld(columns={"health.score": {1: 40.0, 2: 80.0}})
    done = run(journey, [1, 2], world)
    assert steps_of(journey, done) == ["pause"]
    assert done.ended == {1: (RunStatus.COMPLETED, "done")}
    assert [(request.place, request.slot) for request in done.requests] == [(0, "message")]
    assert done.tokens.due[0] == micros_of(world.now + timedelta(days=3))


def test_a_step_that_is_switched_off_is_passed_by_its_main_way_and_history_says_so() -> None:
    quiet = {**RESCUE["greet"], "disabled": True, "follow": True, "ports": {"sent": "pause", "failed": "done"}}
    no_wait = {**RESCUE["pause"], "disabled": True}
    steps = {**RESCUE, "greet": {key: part for key, part in quiet.items() if key != "next"}, "pause": no_wait}
    journey, world = compiled(steps), StillWorld(columns={"health.score": {1: 40.0}})
    done = run(journey, [1], world)
    assert done.ended == {0: (RunStatus.COMPLETED, "done")}
    assert not done.requests
    assert done.counts[journey.numbers["greet"], "port:sent"] == 1
    told = {journey.steps[one.step].id: one.details for one in done.passages if one.step in journey.steps}
    assert (told["greet"], told["pause"]) == ({0: {"switched_off": True}}, {0: {"switched_off": True}})


def test_a_fork_with_a_branch_that_is_switched_off_still_meets() -> None:
    steps: Steps = {
        "start": {"kind": "parallel", "branches": ["a", "b"], "ports": {"a": "call", "b": "pause"}},
        "call": {
            "kind": "task",
            "title": "Call",
            "disabled": True,
            "choices": ["yes", "no"],
            "ports": {"yes": "meet", "no": "end"},
        },
        "pause": {"kind": "wait", "for": {"days": 3}, "disabled": True, "next": "meet"},
        "meet": {"kind": "join", "next": "end"},
        "end": {"kind": "exit", "reason": "met"},
    }
    done = run(compiled(steps), [1, 2], StillWorld())
    assert done.ended == {0: (RunStatus.COMPLETED, "met"), 1: (RunStatus.COMPLETED, "met")}


def test_history_tells_the_way_in_order() -> None:
    journey, world = compiled(RESCUE), StillWorld(columns={"health.score": {1: 40.0}})
    done = run(journey, [1], world)
    told = [(p.hop, journey.steps[p.step].id, p.happening) for p in done.passages]
    assert told == [(1, "start", Happening.LEFT), (2, "greet", Happening.ASKED), (3, "pause", Happening.WAITED)]


def test_counts_of_arrivals_and_ways_out_add_up() -> None:
    journey, world = compiled(RESCUE), StillWorld(columns={"health.score": dict.fromkeys(range(5), 40.0)})
    done = run(journey, list(range(10)), world)
    number = journey.numbers
    assert done.counts[number["start"], "arrived"] == 10
    assert (done.counts[number["start"], "port:low"], done.counts[number["start"], "port:else"]) == (5, 5)
    assert done.counts[number["greet"], "asked"] == 5
    assert done.counts[-1, "ended:completed:done"] == 5


def test_a_timer_lets_the_run_go_on() -> None:
    journey, world = compiled(RESCUE), StillWorld(columns={"health.score": {1: 40.0}})
    done = run(journey, [1], world)
    world.now += timedelta(days=3)
    done = next_turn(journey, done, world, pause=Wake("timer"))
    assert done.ended == {0: (RunStatus.COMPLETED, "done")}
    assert done.gone.all()


def test_who_meets_the_goal_leaves_before_anything_else_is_asked() -> None:
    goal = {"condition": {"column": "health.score", "is": "above", "value": 70}}
    journey, world = compiled(RESCUE, goal=goal), StillWorld(columns={"health.score": {1: 40.0, 2: 80.0}})
    done = run(journey, [1, 2], world)
    assert done.ended == {1: (RunStatus.GOAL_MET, "goal")}


def test_a_step_that_fails_for_one_takes_nobody_else_along() -> None:
    class Moody(StillWorld):
        def zones(self, batch: Any) -> list[str]:
            if 13 in batch.account.tolist():
                raise ValueError("no zone for the thirteenth")
            return ["UTC"] * len(batch)

    steps: Steps = {
        "start": {"kind": "wait", "window": {"hours": [{"start": "10:00", "end": "11:00"}]}, "next": "done"},
        "done": {"kind": "exit"},
    }
    journey = compiled(steps)
    done = run(journey, list(range(20)), Moody())
    assert {run: how[0] for run, how in done.ended.items()} == {13: RunStatus.FAILED}
    assert "no zone" in done.ended[13][1]
    assert done.tokens.state.tolist().count(TokenState.STUCK) == 1
    assert (done.tokens.state[np.arange(20) != 13] == TokenState.TIMER).all()


FORKED: Steps = {
    "start": {"kind": "parallel", "branches": ["a", "b", "c"], "ports": {"a": "wait_a", "b": "wait_b", "c": "wait_c"}},
    "wait_a": {"kind": "wait", "for": {"days": 1}, "next": "meet"},
    "wait_b": {"kind": "wait", "for": {"days": 2}, "next": "meet"},
    "wait_c": {"kind": "wait", "for": {"days": 3}, "next": "meet"},
    "meet": {"kind": "join", "wait_for": "all", "next": "after"},
    "after": {"kind": "wait", "for": {"days": 1}, "next": "done"},
    "done": {"kind": "exit"},
}


def with_join(wait_for: Any) -> Compiled:
    return compiled({**FORKED, "meet": {**FORKED["meet"], "wait_for": wait_for}})


@pytest.mark.parametrize(("wait_for", "days"), [("all", 3), ("any", 1), (2, 2), (1, 1)])
def test_branches_meet_when_enough_have_come(wait_for: Any, days: int) -> None:
    journey, world = with_join(wait_for), StillWorld()
    done = run(journey, [1], world)
    assert sorted(steps_of(journey, done)) == ["wait_a", "wait_b", "wait_c"]
    for name in ("wait_a", "wait_b", "wait_c")[:days]:
        assert "after" not in steps_of(journey, done)
        world.now += timedelta(days=1)
        done = next_turn(journey, done, world, **{name: Wake("timer")})
    assert steps_of(journey, done) == ["after"]
    assert not done.tokens.is_forked[~done.gone].any()


def test_a_join_waits_for_nobody_who_went_another_way() -> None:
    steps = {
        **FORKED,
        "wait_b": {"kind": "wait", "for": {"days": 2}, "next": "alone"},
        "alone": {"kind": "wait", "for": {"days": 30}, "next": "done"},
    }
    journey, world = compiled(steps), StillWorld()
    done = run(journey, [1], world)
    world.now += timedelta(days=3)
    woken = {name: Wake("timer") for name in ("wait_a", "wait_b", "wait_c")}
    done = next_turn(journey, done, world, **woken)
    assert sorted(steps_of(journey, done)) == ["after", "alone"]


def test_a_fork_within_a_fork_meets_within_it() -> None:
    steps: Steps = {
        "start": {"kind": "parallel", "branches": ["a", "b"], "ports": {"a": "inner", "b": "late"}},
        "inner": {"kind": "parallel", "branches": ["c", "d"], "ports": {"c": "meet_in", "d": "meet_in"}},
        "meet_in": {"kind": "join", "next": "pause"},
        "pause": {"kind": "wait", "for": {"days": 1}, "next": "meet_out"},
        "late": {"kind": "wait", "for": {"days": 9}, "next": "meet_out"},
        "meet_out": {"kind": "join", "next": "again"},
        "again": {"kind": "wait", "for": {"days": 1}, "next": "start"},
    }
    journey, world = compiled(steps), StillWorld()
    done = run(journey, [1], world)
    assert sorted(steps_of(journey, done)) == ["late", "pause"]
    world.now += timedelta(days=9)
    done = next_turn(journey, done, world, pause=Wake("timer"), late=Wake("timer"))
    assert steps_of(journey, done) == ["again"]
    world.now += timedelta(days=1)
    done = next_turn(journey, done, world, again=Wake("timer"))
    assert sorted(steps_of(journey, done)) == ["late", "pause"]


def test_a_run_that_comes_again_asks_anew() -> None:
    steps = {**RESCUE, "pause": {"kind": "wait", "for": {"days": 3}, "next": "start"}}
    journey, world = compiled(steps), StillWorld(columns={"health.score": {1: 40.0}})
    done = run(journey, [1], world)
    first = [request.passed for request in done.requests]
    world.now += timedelta(days=3)
    done = next_turn(journey, done, world, pause=Wake("timer"))
    assert (first, [request.passed for request in done.requests]) == ([1], [2])


def test_a_circle_without_a_wait_fails_and_does_not_spin() -> None:
    steps: Steps = {
        "start": {
            "kind": "condition",
            "branches": [{"if": LOW, "port": "low"}],
            "ports": {"low": "start", "else": "start"},
        }
    }
    journey, world = compiled(steps), StillWorld(columns={"health.score": {1: 40.0}})
    done = run(journey, [1], world)
    for _ in range(30):
        done = advance(journey, done.runs, done.tokens, world) if not done.ended else done
    assert done.ended[0][0] is RunStatus.FAILED
    assert "circles" in done.ended[0][1]


def test_nobody_at_all_is_no_trouble() -> None:
    journey = compiled(RESCUE)
    assert run(journey, [], StillWorld()).transitions == 0
