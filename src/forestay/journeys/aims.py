"""Checks of what a journey is for: who answers, which consent, how one comes in, a goal that can be met.

Reads : Journey, Checking
Gives : aim_findings()
"""

from __future__ import annotations

from collections.abc import Iterator

from forestay.conditions.document import All, Compare, Comparison, Condition
from forestay.journeys.document import Journey
from forestay.journeys.entries import ApiEntry, ConditionEntry, EventEntry, ManualEntry, SignalEntry
from forestay.journeys.kind import Checking, Finding
from forestay.journeys.steps.draft import DraftSettings
from forestay.journeys.steps.message import MessageSettings
from forestay.journeys.words import ReEntry

_INFINITE = float("inf")
_RANGES = {"health.": (0.0, 100.0), "churn.probability": (0.0, 1.0), "expansion.readiness": (0.0, 100.0)}
_UNBOUNDED = ("health.change_", "health.ratio_", "health.band", "health.confidence")


def aim_findings(journey: Journey, checking: Checking) -> Iterator[Finding]:
    """Owner, consent class, entries, goal."""
    yield from _owner(journey, checking)
    yield from _consent(journey, checking)
    yield from _entries(journey)
    yield from _goal(journey)


def _owner(journey: Journey, checking: Checking) -> Iterator[Finding]:
    if not journey.owner:
        yield Finding("no_owner", "owner", "say who answers for it: a member's e-mail")
    elif checking.people is not None and journey.owner.lower() not in checking.people:
        yield Finding("unknown_person", "owner", f"'{journey.owner}' is no member of this workspace")


def _consent(journey: Journey, checking: Checking) -> Iterator[Finding]:
    acting = {key: step for key, step in journey.steps.items() if not step.disabled}
    writes = [key for key, step in acting.items() if _writes_without_a_class(step.settings)]
    if journey.consent is None and writes:
        said = f"'{writes[0]}' writes to people: say with 'consent' which consent class that needs"
        yield Finding("missing_consent_class", "consent", said)
    if journey.consent is None:
        return
    if checking.purposes is not None and journey.consent not in checking.purposes:
        known = ", ".join(sorted(checking.purposes))
        yield Finding("unknown_purpose", "consent", f"'{journey.consent}' is no consent class; there are {known}")
    if journey.consent == "transactional" and writes:
        said = "transactional messages pass over consent, caps and quiet hours: publishing them needs a permission"
        yield Finding("transactional", "consent", said, is_error=False)


def _writes_without_a_class(settings: object) -> bool:
    return isinstance(settings, MessageSettings | DraftSettings) and settings.purpose is None


def _entries(journey: Journey) -> Iterator[Finding]:
    if not journey.entry:
        yield Finding(
            "no_entry", "entry", "nobody comes in by itself; only another journey can start it", is_error=False
        )
    key = journey.re_entry.key
    if journey.re_entry.rule is not ReEntry.BY_KEY or key is None:
        return
    bringing = {"event": (EventEntry, ApiEntry), "signal": (SignalEntry,), "run": (ManualEntry, ApiEntry)}
    for at, entry in enumerate(journey.entry):
        if not isinstance(entry, bringing[key.partition(".")[0]]):
            yield Finding(
                "no_entry_key", f"entry[{at}]", f"who comes in this way brings no '{key}', the key of 're_entry'"
            )


def _goal(journey: Journey) -> Iterator[Finding]:
    goal = journey.goal.condition if journey.goal else None
    if goal is None:
        return
    if why := _never(goal):
        yield Finding("goal_never_met", "goal.condition", why, is_error=False)
    if journey.exit is not None and journey.exit.condition == goal:
        yield Finding(
            "goal_is_exit", "exit.condition", "the same as the goal, which is looked at first", is_error=False
        )
    for at, entry in enumerate(journey.entry):
        if isinstance(entry, ConditionEntry) and entry.condition == goal:
            yield Finding("goal_at_entry", f"entry[{at}].condition", "who comes in this way has met the goal already")


def _never(condition: Condition) -> str | None:
    """Why a conjunction cannot come true, where its comparisons of one column leave no value; None when they may."""
    parts = condition.all if isinstance(condition, All) else (condition,)
    spans: dict[str, tuple[float, float]] = {}
    for part in parts:
        if isinstance(part, All) and (why := _never(part)):
            return why
        if isinstance(part, Compare):
            low, high = spans.get(part.column) or _range(part.column)
            at_least, at_most = _span(part)
            spans[part.column] = low, high = max(low, at_least), min(high, at_most)
            if low > high:
                return f"no value of {part.column} fits: it can never be met"
    return None


def _range(column: str) -> tuple[float, float]:
    if not column.startswith(_UNBOUNDED):
        for name, span in _RANGES.items():
            if column.startswith(name):
                return span
    return -_INFINITE, _INFINITE


def _span(part: Compare) -> tuple[float, float]:
    """Lowest and highest value that a comparison allows; open ends count as closed but where that leaves nothing."""
    value = part.value
    if isinstance(value, tuple):
        numbers = [one for one in value if isinstance(one, float)]
        bounded = len(numbers) == len(value) and part.is_ in (Comparison.BETWEEN, Comparison.IN)
        return (min(numbers), max(numbers)) if bounded else (-_INFINITE, _INFINITE)
    if not isinstance(value, float):
        return -_INFINITE, _INFINITE
    a_bit = 1e-9 * max(abs(value), 1.0)
    return {
        Comparison.BELOW: (-_INFINITE, value - a_bit),
        Comparison.AT_MOST: (-_INFINITE, value),
        Comparison.ABOVE: (value + a_bit, _INFINITE),
        Comparison.AT_LEAST: (value, _INFINITE),
        Comparison.EQUAL: (value, value),
    }.get(part.is_, (-_INFINITE, _INFINITE))
