"""Checks of times: messages that are timed into the quiet hours, where they would only be held until morning.

Reads : Journey, the workspace's quiet hours
Gives : hour_findings()
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from forestay.journeys.document import Journey, Step
from forestay.journeys.entries import DateEntry, ScheduleEntry
from forestay.journeys.kind import Checking, Finding
from forestay.journeys.steps.message import MessageSettings
from forestay.journeys.steps.wait import WaitSettings
from forestay.kit.calendars import Shift
from forestay.kit.quiet_hours import QuietWindow

_FREE = ("transactional", "internal")
_DAY = 24 * 60


def hour_findings(journey: Journey, checking: Checking) -> Iterator[Finding]:
    """Waits and entries whose time lies in the quiet hours, with an e-mail behind them. Without a workspace, the usual
    quiet hours count."""
    quiet = checking.facts.get("quiet_hours", QuietWindow())
    if not isinstance(quiet, QuietWindow):
        return
    for step_id, step in journey.steps.items():
        if step.disabled or not isinstance(step.settings, WaitSettings) or "next" not in step.ports:
            continue
        if _writes(journey, step.ports["next"]):
            for place, said in _of_wait(step.settings, quiet):
                yield _finding(f"steps.{step_id}.{place}", said, quiet)
    if journey.start is not None and _writes(journey, journey.start):
        for at, entry in enumerate(journey.entry):
            if isinstance(entry, DateEntry) and _is_quiet(entry.at, quiet):
                yield _finding(f"entry[{at}].at", entry.at, quiet)
            if isinstance(entry, ScheduleEntry):
                for wall in (wall for wall in entry.schedule.at if _is_quiet(wall, quiet)):
                    yield _finding(f"entry[{at}].schedule.at", wall, quiet)


def _finding(place: str, said: str, quiet: QuietWindow) -> Finding:
    hours = f"{quiet.start:%H:%M} to {quiet.end:%H:%M}"
    told = f"{said} lies in the quiet hours ({hours}): the e-mail behind it would be held until they end"
    return Finding("quiet_hours_conflict", place, told, is_error=False)


def _of_wait(settings: WaitSettings, quiet: QuietWindow) -> Iterator[tuple[str, str]]:
    if settings.window is not None:
        if all(_is_all_quiet(shift, quiet) for shift in settings.window.hours):
            yield "window", "the window"
    elif settings.date is not None and settings.date.at is not None and _is_quiet(settings.date.at, quiet):
        yield "date.at", settings.date.at
    elif settings.until is not None and _is_local(settings.until) and _is_quiet(f"{settings.until:%H:%M}", quiet):
        yield "until", f"{settings.until:%H:%M}"


def _is_local(until: datetime) -> bool:
    return until.tzinfo is None and until.time() != time(0)


def _writes(journey: Journey, first: str) -> bool:
    """Whether a run comes from here to an e-mail without waiting in between."""
    seen: set[str] = set()
    waiting = [first]
    while waiting:
        step_id = waiting.pop()
        step = journey.steps.get(step_id)
        if step is None or step_id in seen:
            continue
        seen.add(step_id)
        if _is_email(step, journey):
            return True
        if step.disabled or not (step.parks or isinstance(step.settings, WaitSettings)):
            waiting += step.goes.values()
    return False


def _is_email(step: Step, journey: Journey) -> bool:
    settings = step.settings
    if step.disabled or not isinstance(settings, MessageSettings) or settings.channel != "email":
        return False
    return (settings.purpose or journey.consent) not in _FREE


def _is_quiet(wall: str, quiet: QuietWindow) -> bool:
    return _minute(wall) % _DAY in _minutes(quiet)


def _is_all_quiet(shift: Shift, quiet: QuietWindow) -> bool:
    start, end = _minute(shift.start), _minute(shift.end)
    span = range(start, end if end > start else end + _DAY)
    return all(minute % _DAY in _minutes(quiet) for minute in span)


def _minutes(quiet: QuietWindow) -> frozenset[int]:
    start, end = quiet.start.hour * 60 + quiet.start.minute, quiet.end.hour * 60 + quiet.end.minute
    return frozenset(minute % _DAY for minute in range(start, end if end > start else end + _DAY))


def _minute(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)
