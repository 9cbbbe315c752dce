"""Checks of the drawing: ways that lead nowhere, steps that nobody reaches, circles without a wait, joins of nothing.

Reads : Journey
Gives : drawing_findings(), subjects_of(), MOST_STEPS
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from forestay.journeys.document import Journey, Step
from forestay.journeys.kind import Finding

MOST_STEPS = 200
EACH = "each"
"""The way to steps that are about one contact of an account."""


def drawing_findings(journey: Journey) -> Iterator[Finding]:
    """What is wrong with the ways between the steps, in the order of the document."""
    if len(journey.steps) > MOST_STEPS:
        said = f"{len(journey.steps)} steps are more than {MOST_STEPS}; move some into a sub-journey"
        yield Finding("too_many_steps", "steps", said)
        return
    yield from _ends_of_ways(journey)
    if journey.start is None or journey.start not in journey.steps:
        said = "say with 'start' where runs begin" if journey.start is None else f"there is no step '{journey.start}'"
        yield Finding("no_start", "start", said)
        return
    reached = reach(journey.steps, [journey.start])
    yield from (
        Finding("unreachable", f"steps.{step_id}", "no way leads here")
        for step_id in journey.steps
        if step_id not in reached
    )
    yield from _joins(journey, reached)
    yield from _mixed(journey)
    taken = {step_id: replace(step, ports=step.goes) for step_id, step in journey.steps.items()}
    yield from _circles(taken)
    yield from _endings(journey, taken)


def reach(steps: Mapping[str, Step], start: Iterable[str]) -> set[str]:
    """Steps that can be come to from some others, these included."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        step_id = waiting.pop()
        if step_id in seen or step_id not in steps:
            continue
        seen.add(step_id)
        waiting += steps[step_id].ports.values()
    return seen


def subjects_of(journey: Journey) -> dict[str, str]:
    """Whom each step is about: behind 'each' it is a contact, else the journey's subject."""
    branches = [step.ports[EACH] for step in journey.steps.values() if _fans_out(step) and EACH in step.ports]
    inner = reach(journey.steps, branches)
    return {step_id: "contact" if step_id in inner else journey.subject.value for step_id in journey.steps}


def _fans_out(step: Step) -> bool:
    return step.kind == "for_each_contact"


def _ends_of_ways(journey: Journey) -> Iterator[Finding]:
    for step_id, step in journey.steps.items():
        for port in step.port_names:
            target = step.ports.get(port)
            if target is None:
                yield Finding("open_port", f"steps.{step_id}.ports.{port}", f"the way out '{port}' leads nowhere")
            elif target not in journey.steps:
                yield Finding("unknown_target", f"steps.{step_id}.ports.{port}", f"there is no step '{target}'")


def _joins(journey: Journey, reached: set[str]) -> Iterator[Finding]:
    forks = [step_id for step_id in journey.steps if journey.steps[step_id].kind == "parallel" and step_id in reached]
    behind = reach(journey.steps, forks)
    for step_id, step in journey.steps.items():
        if step.kind == "join" and step_id in reached and step_id not in behind:
            yield Finding(
                "join_without_parallel", f"steps.{step_id}", "no parallel step leads here: there is nothing to join"
            )


def _mixed(journey: Journey) -> Iterator[Finding]:
    """A step is about an account or about a contact, never about now the one and now the other."""
    own = _own_steps(journey)
    for step_id, subject in subjects_of(journey).items():
        if step_id in own and subject == "contact" and journey.subject.value == "account":
            yield Finding(
                "mixed_subjects", f"steps.{step_id}",
                "runs about the account and about its contacts both come here; give the contacts' branch its own steps",
            )  # fmt: skip


def _own_steps(journey: Journey) -> set[str]:
    """Steps that the run itself comes to, without those of its contacts' branches."""
    own, waiting = set[str](), [journey.start or ""]
    while waiting:
        step_id = waiting.pop()
        if step_id in own or step_id not in journey.steps:
            continue
        own.add(step_id)
        step = journey.steps[step_id]
        waiting += [target for port, target in step.ports.items() if not (_fans_out(step) and port == EACH)]
    return own


def _circles(taken: Mapping[str, Step]) -> Iterator[Finding]:
    """Circles of steps none of which lets time pass: a run would go round and round. taken: with the ways that runs take."""
    quick = {key: step for key, step in taken.items() if not step.parks}
    told: set[str] = set()
    for step_id, step in quick.items():
        behind = reach(quick, step.ports.values())
        if step_id in behind and step_id not in told:
            told |= {other for other in behind if step_id in reach(quick, quick[other].ports.values())}
            yield Finding("loop_without_wait", f"steps.{step_id}", "a run could go round here without ever waiting")


def _endings(journey: Journey, taken: Mapping[str, Step]) -> Iterator[Finding]:
    reached = reach(taken, [journey.start or ""])
    ends = {step_id for step_id in reached if not taken[step_id].port_names}
    if not ends & _own_steps(journey):
        yield Finding("no_exit", "steps", "no way leads to an exit or a goal: runs would never end")
        return
    stuck = [key for key in taken if key in reached and not reach(taken, [key]) & ends]
    if stuck and journey.goal is None and journey.exit is None:
        yield Finding("never_ends", f"steps.{stuck[0]}", "from here no way leads to an exit or a goal", is_error=False)
