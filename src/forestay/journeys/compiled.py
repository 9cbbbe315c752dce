"""A journey as the machine runs it: steps by number, ports that lead to numbers, conditions ready to ask.

Reads : Journey, the numbers of its steps (table journey_steps: a step id keeps its number through all versions)
Gives : Compiled, CompiledStep, compile_journey(), step_numbers()
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forestay.conditions.document import Condition
from forestay.conditions.needs import columns_of, events_of
from forestay.journeys.document import Journey
from forestay.journeys.fields import Names, named_in
from forestay.journeys.graph import Graph, graph_of
from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.steps import join, off, parallel
from forestay.journeys.steps.join import JoinSettings
from forestay.journeys.steps.wait_for import WaitForSettings
from forestay.kit.errors import Invalid


class NotRunnable(Invalid):
    """The journey cannot be compiled; its findings say why."""

    code = "not_runnable"


_NAMING = (Names.COLUMN, Names.MOMENT, Names.LIQUID)


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """One step. ports: name of a way out -> number of the step behind it."""

    number: int
    id: str
    kind: StepKind[Any]
    settings: StepSettings
    ports: Mapping[str, int]
    name: str = ""

    def needs(self, coming: int) -> int:
        """At a join: how many branches must have arrived, of those that have or still can."""
        return self.settings.needs(coming) if isinstance(self.settings, JoinSettings) else coming

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.name or self.id


@dataclass(frozen=True)
class Compiled:
    """One version, ready to run. journey_id, workspace_id: 0 where it stands in no store (simulation, tests)."""

    journey: Journey
    steps: Mapping[int, CompiledStep]
    start: int
    version: int = 0
    journey_id: int = 0
    workspace_id: int = 0
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The journey's key."""
        return self.journey.key

    @property
    def consent(self) -> str:
        """Purpose of the messages that name none."""
        return self.journey.consent or "success"

    @property
    def goal_condition(self) -> Condition | None:
        """What ends a run content, wherever it stands; None when the goal is an event or there is none."""
        return self.journey.goal.condition if self.journey.goal else None

    @property
    def exit_condition(self) -> Condition | None:
        """What ends a run early."""
        return self.journey.exit.condition if self.journey.exit else None

    @cached_property
    def graph(self) -> Graph:
        """What the machine must know of the drawing."""
        return graph_of(
            {step.number: step.ports.values() for step in self.steps.values()},
            self.start,
            [step.number for step in self.steps.values() if step.kind is parallel.KIND],
            [step.number for step in self.steps.values() if step.kind is join.KIND],
        )

    @cached_property
    def listens(self) -> Mapping[int, str]:
        """Steps that wait for an event from when they are reached, with its name."""
        asked = {number: step.settings for number, step in self.steps.items()}
        return {
            number: one.event
            for number, one in asked.items()
            if isinstance(one, WaitForSettings) and one.event is not None and one.since == "now"
        }

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition that it asks anywhere."""
        parts = (self.journey, *(step.settings for step in self.steps.values()))
        return tuple(one.value for part in parts for one in named_in(part) if one.what is Names.CONDITION)

    @cached_property
    def events(self) -> frozenset[str]:
        """Names of the events that let in, wake or are the goal: whose properties must be kept for it."""
        parts = (self.journey, *(step.settings for step in self.steps.values()))
        return frozenset(one.value for part in parts for one in named_in(part) if one.what is Names.EVENT)

    @cached_property
    def words(self) -> str:
        """Every text in which it may name a property of the event or a column of the signal that lets in."""
        parts = (self.journey, *(step.settings for step in self.steps.values()))
        named = [one.value for part in parts for one in named_in(part) if one.what in _NAMING]
        return "\n".join([*named, *self.columns, str(self.journey.re_entry.key or "")])

    @cached_property
    def columns(self) -> frozenset[str]:
        """Columns that its conditions read, without those of segments."""
        return frozenset(name for condition in self.conditions for name in columns_of(condition))

    @cached_property
    def series(self) -> frozenset[str]:
        """Series that its conditions count, without those of segments ('event:<name>')."""
        return frozenset(name for condition in self.conditions for name in events_of(condition))


def compile_journey(
    journey: Journey,
    numbers: Mapping[str, int] | None = None,
    *,
    version: int = 0,
    journey_id: int = 0,
    workspace_id: int = 0,
) -> Compiled:
    """The journey ready to run. numbers: step id -> number, by the order in the document when left out.

    Raises NotRunnable where a step is missing that start or a port names; other findings do not stop it.
    """
    numbers = step_numbers(journey.steps) if numbers is None else numbers
    if journey.start not in journey.steps:
        raise NotRunnable("'start' names no step", place="start")
    steps = {}
    for step_id, step in journey.steps.items():
        lost = next((port for port, target in step.ports.items() if target not in journey.steps), None)
        if lost is not None:
            raise NotRunnable(f"there is no step '{step.ports[lost]}'", place=f"steps.{step_id}.ports.{lost}")
        ports = {port: numbers[target] for port, target in step.goes.items()}
        number = numbers[step_id]
        kind, settings = (off.KIND, off.OffSettings(port=step.main_port)) if step.disabled else (step.of, step.settings)
        steps[number] = CompiledStep(number, step_id, kind, settings, ports, step.name)
    return Compiled(journey, steps, numbers[journey.start], version, journey_id, workspace_id, dict(numbers))


def step_numbers(ids: Iterable[str], known: Mapping[str, int] | None = None) -> dict[str, int]:
    """A number for each id: the known one, else the next that was never given.

    >>> step_numbers(["a", "b", "c"], {"b": 1})
    {'a': 2, 'b': 1, 'c': 3}
    """
    found = dict(known or {})
    following = max(found.values(), default=0)
    for step_id in ids:
        if step_id not in found:
            following += 1
            found[step_id] = following
    return {step_id: found[step_id] for step_id in ids}
