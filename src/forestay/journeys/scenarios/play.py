"""A story played through a journey: the machine of the runtime, one subject, exact moments, no effects.

Reads : Scenario, Journey
Gives : play() -> lines of what happened
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from forestay.conditions.columns import ColumnTable
from forestay.conditions.document import Condition, InSegment
from forestay.conditions.evaluate import evaluate
from forestay.journeys.compiled import Compiled, compile_journey
from forestay.journeys.document import Journey
from forestay.journeys.entries import (
    ApiEntry,
    ConditionEntry,
    DateEntry,
    EventEntry,
    ManualEntry,
    ScheduleEntry,
    SegmentEntry,
    SignalEntry,
)  # fmt: skip
from forestay.journeys.machine import advance, leave_early
from forestay.journeys.moves import NEVER, Batch, Ints, Wake
from forestay.journeys.scenarios.document import Enter, Scenario, When
from forestay.journeys.scenarios.world import StoryWorld
from forestay.journeys.simulation.crowd import Crowd, Turn
from forestay.journeys.steps.wait_for import WaitForSettings, fits
from forestay.journeys.tokens import Advanced
from forestay.journeys.trace import Line, lines_of
from forestay.journeys.words import RunStatus, TokenState
from forestay.kit.clock import micros_of, moment_of

LONGEST = timedelta(days=731)
_TURNS = 5000


def play(scenario: Scenario, journey: Journey) -> list[Line]:
    """Everything that happens, in order. Raises NotRunnable where the journey cannot be compiled."""
    stage = _Stage(scenario, compile_journey(journey))
    stage.play()
    return stage.lines


class _Stage:
    def __init__(self, scenario: Scenario, compiled: Compiled) -> None:
        self.scenario, self.compiled, self.crowd = scenario, compiled, Crowd()
        self.start = micros_of(scenario.start)
        self.world = StoryWorld(
            scenario.start, scenario.subject.zone, dict(scenario.given), dict(scenario.dates), dict(scenario.segments),
            scenario.subject.contacts,
        )  # fmt: skip
        self.lines: list[Line] = []
        self.heard: list[tuple[int, str, dict[str, Any]]] = []

    def play(self) -> None:
        values = self._come_in()
        if values is None:
            self.lines.append(Line(self.start, "", "stays out"))
            return
        account, contact = np.ones(1, np.int64), np.array([int(self.scenario.subject.contact)])
        tokens = self.crowd.enter(account, contact, [values], self.compiled.start, self.start)
        self._turn(tokens, [None])
        coming = sorted(self.scenario.when, key=lambda one: one.after)
        last = self.start + (self.scenario.lasts or LONGEST // timedelta(microseconds=1))
        for _ in range(_TURNS):
            due = self._next_due()
            if coming and self.start + coming[0].after <= due:
                self._happens(coming.pop(0))
            elif due <= last:
                self._due(due)
            else:
                return

    def _come_in(self) -> dict[str, Any] | None:
        """The run's first values, None where no entry lets the subject in."""
        enter = self.scenario.enter
        values = dict(enter.values)
        if enter.event:
            values["event"] = enter.properties
            self.heard.append((self.start, enter.event, enter.properties))
            self.world.events.append((self.world.now, enter.event))
        if enter.signal:
            values["signal"] = {"trigger": enter.signal, **enter.evidence}
        lets_in = any(
            (condition := _way_in(entry, enter)) is not None and all(self._is_true(one, values) for one in condition)
            for entry in self.compiled.journey.entry
        )
        return values if lets_in else None

    def _is_true(self, condition: Condition, values: dict[str, Any]) -> bool:
        one, start = np.ones(1, np.int64), np.full(1, self.start)
        batch = Batch(0, self.compiled.key, one, one, one, one * 0, one, start, start, [values])
        table: ColumnTable = self.world.table(batch)
        return bool(evaluate(condition, table)[0])

    def _next_due(self) -> int:
        tokens = self.crowd.tokens
        due = np.minimum(tokens["due"], tokens["answer_at"])[tokens["alive"]]
        return int(due.min(initial=NEVER))

    def _due(self, now: int) -> None:
        self.world.now = moment_of(now)
        tokens = self.crowd.tokens
        ready = np.flatnonzero(tokens["alive"] & (np.minimum(tokens["due"], tokens["answer_at"]) <= now))
        wakes: list[Wake | None] = []
        for place in ready.tolist():
            if tokens["answer_at"][place] <= now:
                wakes += self.crowd.told(np.array([place]))
            elif tokens["state"][place] == int(TokenState.ARMING):
                wakes.append(self._armed(place))
            elif tokens["state"][place] == int(TokenState.READY):
                wakes.append(None)
            else:
                wakes.append(Wake("timer", at=now))
        self._turn(ready, wakes)

    def _armed(self, place: int) -> Wake:
        """The event that a token which begins to wait has missed, if there is one."""
        run = int(self.crowd.tokens["at"][place])
        settings = self.compiled.steps[int(self.crowd.tokens["step"][place])].settings
        assert isinstance(settings, WaitForSettings)
        of_entry = settings.since == "entry"
        since = self.crowd.runs["entered_at"][run] if of_entry else self.crowd.tokens["since"][place]
        for at, name, body in self.heard:
            if at > since and fits(settings, self.crowd.values[run], name, body):
                return Wake("event", name, body, at)
        return Wake("armed", at=micros_of(self.world.now))

    def _happens(self, when: When) -> None:
        now = self.start + when.after
        self.world.now = moment_of(now)
        self.world.columns.update(when.columns)
        self.world.dates.update(when.dates)
        self.world.segments.update(when.segments)
        if when.event is not None:
            self._event(when.event, when.properties, now)
        if when.answer is not None:
            self._answer(when, now)
        self._conditions(now)

    def _event(self, name: str, body: dict[str, Any], now: int) -> None:
        self.heard.append((now, name, body))
        self.world.events.append((self.world.now, name))
        goal = self.compiled.journey.goal
        if goal is not None and goal.event == name and (goal.if_ is None or self._is_true(goal.if_, {"event": body})):
            live = np.flatnonzero(self.crowd.is_live)
            self.crowd.end(live, RunStatus.GOAL_MET, "goal", now)
            self.lines += [Line(now, "", "ends", "goal_met", {"reason": "goal"}) for _ in live]
            return
        waiting = self.crowd.waiting(TokenState.EVENT)
        self._turn(waiting, [Wake("event", name, body, now)] * len(waiting))

    def _answer(self, when: When, now: int) -> None:
        number = self.compiled.numbers.get(str(when.answer), -1)
        waiting = np.concatenate(
            [self.crowd.waiting(state, number) for state in (TokenState.OUTCOME, TokenState.CHILD)]
        )
        if not len(waiting):
            self.lines.append(Line(now, str(when.answer), "fails", "nobody waits for an answer here"))
            return
        is_child = self.crowd.tokens["state"][waiting[0]] == int(TokenState.CHILD)
        wake = Wake("child" if is_child else "outcome", str(when.with_), when.values, now)
        self._turn(waiting, [wake] * len(waiting))

    def _conditions(self, now: int) -> None:
        """Goals, exits and conditions waited for, after anything has changed."""
        living = np.flatnonzero(self.crowd.tokens["alive"])
        if len(living):
            turn = self.crowd.take(living, [None] * len(living))
            self._take_in(turn, leave_early(self.compiled, *turn.for_machine, self.world), now)
        waiting = self.crowd.waiting(TokenState.CONDITION)
        self._turn(waiting, [Wake("condition", at=now)] * len(waiting))

    def _turn(self, places: Ints, wakes: list[Wake | None]) -> None:
        if len(places):
            turn = self.crowd.take(places, wakes)
            done = advance(self.compiled, *turn.for_machine, self.world)
            self._take_in(turn, done, micros_of(self.world.now))

    def _take_in(self, turn: Turn, done: Advanced, now: int) -> None:
        self.lines += lines_of(self.compiled, done, now)
        places = self.crowd.give_back(turn, done, now)
        told = {one.answer for one in self.scenario.when}
        for one in done.requests:
            place, step = int(places[one.place]), self.compiled.steps[one.step].id
            tokens = self.crowd.tokens
            is_there = tokens["alive"][place] and tokens["step"][place] == one.step
            waits = is_there and tokens["state"][place] == int(TokenState.OUTCOME)
            if waits and step not in told and (word := _usual(one.request)):
                self.crowd.answer(np.array([place]), now, Wake("outcome", word, {"slot": one.slot}, now))


def _usual(request: Any) -> str | None:
    """What becomes of a request of which the story says nothing: messages leave, systems do what they are asked."""
    tag = type(request).__struct_config__.tag
    return {"message": "sent", "connector": "done", "webhook": "answered"}.get(str(tag))


def _way_in(entry: Any, enter: Enter) -> list[Condition] | None:
    """What must be true for coming in by this entry, None where it is another way."""
    only_if = [one] if (one := getattr(entry, "if_", None)) is not None else []
    matching = (
        (isinstance(entry, ManualEntry) and enter.manual and not _is_special(enter))
        or (isinstance(entry, ApiEntry) and enter.api)
        or (isinstance(entry, ScheduleEntry) and enter.schedule)
        or (isinstance(entry, SignalEntry) and entry.signal == enter.signal)
        or (isinstance(entry, EventEntry) and entry.event == enter.event)
        or (isinstance(entry, DateEntry) and entry.of == enter.date)
    )
    if matching:
        return only_if
    if isinstance(entry, ConditionEntry) and enter.condition:
        return [entry.condition]
    if isinstance(entry, SegmentEntry) and entry.segment == enter.segment:
        inside = InSegment(segment=entry.segment)
        return [*only_if, inside] if entry.when == "enters" else only_if
    return None


def _is_special(enter: Enter) -> bool:
    return bool(enter.signal or enter.event or enter.segment or enter.date or enter.condition or enter.api)
