"""Checks of names: every column, date, template, segment, journey, endpoint and person that a journey names must be there.

Reads : Journey, Checking (what the workspace has; None where that is not known)
Gives : name_findings(), ACCOUNT_MOMENTS, set_values()
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches

from forestay.conditions.document import Condition
from forestay.conditions.needs import columns_of, segments_of
from forestay.journeys.document import Journey
from forestay.journeys.entries import EventEntry, SignalEntry
from forestay.journeys.fields import Mention, Names, named_in
from forestay.journeys.kind import Checking, Finding
from forestay.journeys.steps.wait_for import WaitForSettings
from forestay.kit import templates

ACCOUNT_MOMENTS: Mapping[str, str] = {
    "account.renewal_date": "renews_on",
    "account.renews_on": "renews_on",
    "account.customer_since": "customer_since",
    "account.churned_on": "churned_on",
}
"""Dates of an account, and the column of `accounts` that each is."""
_FREE = ("trait.", "contact.")
_PEOPLE = ("owner", "manager")


def name_findings(journey: Journey, checking: Checking, subjects: Mapping[str, str]) -> Iterator[Finding]:
    """Everything that is named and not there. subjects: step id -> 'account' | 'contact', whom it is about there."""
    whom = journey.subject.value
    for mention in named_in(journey):
        in_event = mention.place.startswith(".goal.if") or _in_event_entry(journey, mention.place)
        yield from _finding(mention, mention.place.removeprefix("."), _Setting(journey, checking, whom, in_event))
    for step_id, step in journey.steps.items():
        whom = subjects.get(step_id, journey.subject.value)
        for mention in named_in(step.settings):
            in_event = isinstance(step.settings, WaitForSettings) and mention.place == ".if"
            setting = _Setting(journey, checking, _whom_for(step.kind, mention, whom), in_event)
            yield from _finding(mention, f"steps.{step_id}{mention.place}", setting)


def set_values(journey: Journey) -> frozenset[str]:
    """Run values that some step sets."""
    return frozenset(
        mention.value
        for step in journey.steps.values()
        for mention in named_in(step.settings)
        if mention.what is Names.VALUE and not step.disabled
    )


class _Setting:
    """Where a name stands: what may be named there."""

    def __init__(self, journey: Journey, checking: Checking, subject: str, in_event: bool) -> None:
        self.checking, self.subject = checking, subject
        self.has_event = in_event or any(isinstance(entry, EventEntry) for entry in journey.entry)
        self.has_signal = any(isinstance(entry, SignalEntry) for entry in journey.entry)


def _whom_for(kind: str, mention: Mention, subject: str) -> str:
    return "contact" if kind == "for_each_contact" and mention.place == ".if" else subject


def _in_event_entry(journey: Journey, place: str) -> bool:
    number = place.removeprefix(".entry[").partition("]")[0]
    return place.startswith(".entry[") and isinstance(journey.entry[int(number)], EventEntry)


def _finding(mention: Mention, place: str, setting: _Setting) -> Iterator[Finding]:
    checking, what, value = setting.checking, mention.what, mention.value
    if what is Names.CONDITION:
        yield from _condition(value, place, setting)
    elif what is Names.COLUMN:
        yield from _column(value, place, setting)
    elif what is Names.MOMENT:
        yield from _moment(value, place, setting)
    elif what is Names.LIQUID:
        yield from _liquid(value, place)
    elif what is Names.PERSON:
        yield from _person(value, place, checking)
    elif what is Names.EVENT:
        yield from _among(value, checking.events, what, place, is_error=False)
    else:
        yield from _among(value, _known(checking).get(what), what, place)


def _known(checking: Checking) -> Mapping[Names, Collection[str] | None]:
    return {
        Names.TEMPLATE: checking.templates,
        Names.SEGMENT: checking.segments,
        Names.TRIGGER: checking.triggers,
        Names.JOURNEY: checking.journeys,
        Names.CALENDAR: checking.calendars,
        Names.ENDPOINT: checking.endpoints,
    }


def _among(
    value: str, known: Collection[str] | None, what: Names, place: str, *, is_error: bool = True
) -> Iterator[Finding]:
    if known is not None and value not in known:
        yield Finding(f"unknown_{what}", place, f"there is no {what} '{value}'{_near(value, known)}", is_error)


def _condition(condition: Condition, place: str, setting: _Setting) -> Iterator[Finding]:
    for column in sorted(columns_of(condition)):
        yield from _column(column, place, setting)
    for segment in sorted(segments_of(condition)):
        yield from _among(segment, setting.checking.segments, Names.SEGMENT, place)


def _column(name: str, place: str, setting: _Setting) -> Iterator[Finding]:
    family, _, rest = name.partition(".")
    if family in ("run", "event", "signal"):
        yield from _own(family, rest, place, setting)
    elif family == "contact" and setting.subject == "account":
        yield Finding("no_contact", place, f"'{name}': a run about an account has no contact here")
    elif not name.startswith(_FREE) and setting.checking.columns is not None and name not in setting.checking.columns:
        near = _near(name, setting.checking.columns)
        yield Finding("unknown_column", place, f"there is no column '{name}'{near}")


def _own(family: str, rest: str, place: str, setting: _Setting) -> Iterator[Finding]:
    if family == "event" and not setting.has_event:
        yield Finding("no_event", place, f"'event.{rest}': no event lets a run in, so there is none to look at")
    elif family == "signal" and not setting.has_signal:
        yield Finding(
            "no_signal", place, f"'signal.{rest}': no signal lets a run in, so there is no evidence to look at"
        )
    elif family == "run" and rest.partition(".")[0] not in (*setting.checking.values, "event", "signal"):
        yield Finding(
            "unset_value",
            place,
            f"no step sets 'run.{rest}'; it is missing unless it is given at entry",
            is_error=False,
        )


def _moment(name: str, place: str, setting: _Setting) -> Iterator[Finding]:
    family = name.partition(".")[0]
    if family == "account":
        if name not in ACCOUNT_MOMENTS:
            yield Finding("unknown_column", place, f"there is no date '{name}'{_near(name, ACCOUNT_MOMENTS)}")
    elif family in ("run", "event", "signal", "contact"):
        yield from _column(name, place, setting)
    elif family != "trait":
        dates = ", ".join(ACCOUNT_MOMENTS)
        yield Finding("unknown_column", place, f"'{name}' is no date; dates are {dates}, trait.<key>, run.<value>")


def _liquid(text: str, place: str) -> Iterator[Finding]:
    try:
        templates.check(text)
    except templates.TemplateRefused as refused:
        yield Finding("bad_template", place, str(refused))


def _person(value: str, place: str, checking: Checking) -> Iterator[Finding]:
    if value in _PEOPLE or value.startswith("role:"):
        return
    if "@" not in value:
        yield Finding("unknown_person", place, f"'{value}' is nobody: say owner, manager, role:<role> or an e-mail")
    else:
        yield from _among(value.lower(), checking.people, Names.PERSON, place)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(near)}?" if near else ""
