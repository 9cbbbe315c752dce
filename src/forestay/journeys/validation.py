"""What is wrong with a journey, or worth a look: findings with a code, a place and a sentence.

Reads : Journey, Checking
Gives : inspect(), findings(), has_errors(), calls_of(), other_of()
Source: issue 'Journeys' 1; docs/journeys.md has the table of codes; tests/journeys/vectors/validation.json the examples
        that the web builder is tested with, too

Errors forbid publishing, warnings do not. A file that is checked without a workspace is not held against names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from forestay.journeys.aims import aim_findings
from forestay.journeys.document import Journey, Step
from forestay.journeys.drawing import drawing_findings, subjects_of
from forestay.journeys.hours import hour_findings
from forestay.journeys.kind import Checking, Finding, Other
from forestay.journeys.names import name_findings, set_values
from forestay.journeys.read import inspect_shape
from forestay.journeys.steps.for_each_contact import ForEachContactSettings
from forestay.journeys.steps.sub_journey import SubJourneySettings

DEEPEST = 5
"""Levels of journeys that start journeys."""
_LEADS = "flow"
"""Shelf of the kinds that choose ways, fork, meet, start other journeys or end."""


def inspect(document: Any, checking: Checking | None = None) -> tuple[Journey | None, list[Finding]]:
    """Everything about a parsed document: its shape, and what its readable parts say. The journey is None where the
    whole cannot be read."""
    journey, found = inspect_shape(document)
    if journey is None:
        return None, found
    raw = document.get("steps")
    unread = {step_id for step_id in raw if step_id not in journey.steps} if isinstance(raw, Mapping) else set()
    faulty = {_part_of(one) for one in found} - {"steps"}
    more = [
        one for one in findings(journey, checking)
        if _part_of(one) not in faulty and not _follows_from(one, unread, journey)
    ]  # fmt: skip
    return journey, [*found, *more]


def findings(journey: Journey, checking: Checking | None = None) -> list[Finding]:
    """Errors and warnings: of the whole first, then in the order of the drawing."""
    given = checking or Checking()
    known = replace(given, values=given.values | set_values(journey))
    subjects = subjects_of(journey)
    found = [
        *aim_findings(journey, known),
        *drawing_findings(journey),
        *_steps(journey, known, subjects),
        *name_findings(journey, known, subjects),
        *_calls(journey, known),
        *hour_findings(journey, known),
        *_switched_off(journey),
    ]
    return list(dict.fromkeys(_eased(one, journey) for one in found))


def has_errors(found: Iterable[Finding]) -> bool:
    """Whether it may not be published."""
    return any(one.is_error for one in found)


def calls_of(journey: Journey) -> dict[str, str]:
    """Step id -> key of the journey that the step starts."""
    called = {}
    for step_id, step in journey.steps.items():
        if isinstance(step.settings, SubJourneySettings | ForEachContactSettings) and step.settings.journey:
            called[step_id] = step.settings.journey
    return called


def other_of(journey: Journey) -> Other:
    """What other journeys must know of this one."""
    return Other(journey.subject.value, frozenset(calls_of(journey).values()))


def _switched_off(journey: Journey) -> Iterator[Finding]:
    """Steps that act or wait may be switched off; those that lead runs may not, since nobody could say where runs go."""
    for step_id, step in journey.steps.items():
        place = f"steps.{step_id}.disabled"
        if step.disabled and step.of.group == _LEADS:
            said = f"a step of the kind '{step.kind}' leads runs and cannot be switched off; take it away"
            yield Finding("cannot_switch_off", place, said)
        elif step.disabled:
            yield Finding("switched_off", place, f"switched off: runs pass it by '{step.main_port}'", is_error=False)


def _eased(finding: Finding, journey: Journey) -> Finding:
    """What is wrong within a step that is switched off is worth a look; the way by which runs pass it must hold."""
    step_id, _, field = finding.place.removeprefix("steps.").partition(".")
    step = journey.steps.get(step_id) if finding.place.startswith("steps.") else None
    is_eased = step is not None and step.disabled and _is_within(step, finding.code, field)
    return replace(finding, is_error=False) if is_eased else finding


def _is_within(step: Step, code: str, field: str) -> bool:
    if field.startswith("ports."):
        return code == "open_port" and field != f"ports.{step.main_port}"
    return field not in ("", "disabled")


def _part_of(finding: Finding) -> str:
    return finding.place.partition(".")[0].partition("[")[0]


def _follows_from(finding: Finding, unread: set[str], journey: Journey) -> bool:
    """Whether it is only there because a step could not be read."""
    if not unread:
        return False
    if finding.code in ("unreachable", "no_exit", "never_ends", "join_without_parallel"):
        return True
    if finding.code == "no_start":
        return journey.start in unread
    if finding.code != "unknown_target":
        return False
    _, step_id, _, port = finding.place.split(".", 3)
    return journey.steps[step_id].ports[port] in unread


def _steps(journey: Journey, checking: Checking, subjects: Mapping[str, str]) -> Iterator[Finding]:
    for step_id, step in journey.steps.items():
        here = replace(checking, facts={**checking.facts, "subject": subjects[step_id]})
        yield from step.of.check(step.settings, f"steps.{step_id}", here)


def _calls(journey: Journey, checking: Checking) -> Iterator[Finding]:
    others = {**(checking.journeys or {}), journey.key: other_of(journey)}
    for step_id, called in calls_of(journey).items():
        place = f"steps.{step_id}.journey"
        way = _circle(journey.key, called, others)
        if way:
            yield Finding("sub_journey_cycle", place, f"journeys start each other in a circle: {' → '.join(way)}")
        elif _depth(called, others) >= DEEPEST:
            yield Finding("too_deep", place, f"more than {DEEPEST} levels of journeys that start journeys")
        yield from _subject(journey, step_id, called, others)


def _subject(journey: Journey, step_id: str, called: str, others: Mapping[str, Other]) -> Iterator[Finding]:
    fans_out = isinstance(journey.steps[step_id].settings, ForEachContactSettings)
    wanted = "contact" if fans_out else subjects_of(journey)[step_id]
    if called in others and others[called].subject != wanted:
        said = f"'{called}' is about {others[called].subject}s, here it would be a {wanted}"
        yield Finding("wrong_subject", f"steps.{step_id}.journey", said)


def _circle(key: str, called: str, others: Mapping[str, Other]) -> list[str]:
    """The way from a journey through another back to itself, empty when there is none."""
    waiting, seen = [[key, called]], set[str]()
    while waiting:
        way = waiting.pop()
        if way[-1] == key:
            return way
        if way[-1] in seen or way[-1] not in others:
            continue
        seen.add(way[-1])
        waiting += [[*way, following] for following in sorted(others[way[-1]].calls)]
    return []


def _depth(key: str, others: Mapping[str, Other]) -> int:
    """Levels from a journey on, itself included; no more than one beyond the limit."""
    level, depth = {key}, 0
    while level and depth <= DEEPEST:
        depth += 1
        level = {called for one in level if one in others for called in others[one].calls}
    return depth
