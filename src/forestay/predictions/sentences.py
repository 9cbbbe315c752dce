"""A reason in words: where the measure stands, what is usual, where peers stand, and since when.

Reads : a Reading of one column of one account; labels and units
Gives : Reading, Said, Words, DEFAULT_WORDS, sentence_of()
Source: DESIGN section 6 ('direction, value, own 90-day baseline, peer percentile, since when')

'Active users (7 days) are at 4, normally 11 (90-day median); lower than 92 % of mid-market accounts; falling since 3
October'. A sentence states what was seen and never why somebody left: a model knows what goes together, not causes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from forestay.health.explain import say
from forestay.health.registry import DIMENSIONS
from forestay.kit.clock import date_of
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.definition import Definition
from forestay.predictions.peers import Standing

SAID_FROM = 0.75
"""Share of peers that must lie on one side before it is said."""
_PLURAL_NO = ("ss", "us", "is")


class Label(Protocol):
    """How a column is called and counted; signals.words.Said is one."""

    @property
    def label(self) -> str:
        """As people read it."""
        ...

    @property
    def unit(self) -> str:
        """A measure's unit, 'of 100', or ''."""
        ...


class Words(Protocol):
    """Labels by column; signals.words.ColumnWords is one."""

    def __getitem__(self, column: str) -> Label:
        """The label of any column, known or not."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """A label and a unit."""

    label: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Since:
    """A stretch of days on one side of what is usual. day: its first, days since 1970-01-01; moving: 'falling',
    'rising', 'lower' or 'higher' (at a steady level); at_least: it was so as far back as was read."""

    day: int
    moving: str
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of one column of one account.

    value: None when missing. usual: median over the `usual_days` days before, None when unknown. standing: among
    peers. since: when it left what is usual. day: as-of day (days since 1970-01-01), None when not told.
    """

    column: str
    value: float | None
    usual: float | None = None
    usual_days: int = 90
    standing: Standing | None = None
    since: Since | None = None
    day: int | None = None


class DefaultWords:
    """Labels of the measures that every workspace has, of health and of accounts."""

    def __init__(self, definitions: Iterable[Definition] = DEFAULT_MEASURES) -> None:
        self._said: dict[str, Said] = {
            **{f"measure.{one.key}": Said(one.label or one.key, one.unit.value) for one in definitions},
            **{f"health.{one.key}": Said(one.name, "of 100") for one in DIMENSIONS},
            "health.score": Said("Health score", "of 100"),
            "health.confidence": Said("Confidence of the health score", "share"),
            **{f"health.ratio_{days}d": Said(f"Health against {days} days ago", "quotient") for days in (7, 30, 90)},
            **{f"health.change_{days}d": Said(f"Change of health in {days} days", "points") for days in (7, 30, 90)},
            "account.arr": Said("ARR", "money"),
            "account.seats": Said("Seats", "seats"),
            "account.days_to_renewal": Said("Days to renewal", "days"),
        }

    def __getitem__(self, column: str) -> Said:
        """Label and unit of a column; its own name in plain words when it has none."""
        return self._said.get(column) or Said((column.partition(".")[2] or column).replace("_", " ").capitalize())


DEFAULT_WORDS = DefaultWords()


def sentence_of(reading: Reading, words: Words = DEFAULT_WORDS) -> str:
    """The reading as one sentence without a full stop.

    >>> sentence_of(Reading("measure.days_since_activity", 12.0, usual=1.0))
    'No activity for 12 days, normally 1 (90-day median)'
    """
    said = words[reading.column]
    if reading.value is None:
        return f"{_named(said.label)}: not known"
    start = _start(reading.column, said, reading.value)
    if reading.usual is not None and reading.column not in _NO_USUAL:
        start += f", normally {_usual(reading.column, said, reading.usual)} ({reading.usual_days}-day median)"
    return "; ".join(part for part in (start, _among(reading.standing), _since(reading)) if part)


def _start(column: str, said: Label, value: float) -> str:
    phrase = _PHRASES.get(column)
    if phrase is not None:
        return phrase(value)
    if said.unit in ("quotient", "yes_no"):
        return f"{_named(said.label)}: {_number(value, said.unit)}"
    return f"{_named(said.label)} {_verb(said.label)} at {_number(value, said.unit)}"


def _usual(column: str, said: Label, value: float) -> str:
    return f"{value:.0f}" if column in _PHRASES else _number(value, said.unit)


def _number(value: float, unit: str) -> str:
    """A value as people write it: '35 %', 'down 40 %', '12 days', 'yes'."""
    if unit == "quotient":
        return _change(value)
    if unit == "yes_no":
        return "yes" if value > 0 else "no"
    if unit in ("days", "hours"):
        return f"{say(value, unit)} {unit[:-1] if value == 1 else unit}"
    return say(value, unit)


def _change(quotient: float) -> str:
    percent = round(100 * (quotient - 1))
    return "unchanged" if percent == 0 else f"{'up' if percent > 0 else 'down'} {abs(percent):,} %"


def _named(label: str) -> str:
    """'Active users, 7 days' -> 'Active users (7 days)'."""
    head, comma, tail = label.partition(", ")
    return f"{head} ({tail})" if comma else label


def _verb(label: str) -> str:
    head = label.partition(",")[0].partition(" of ")[0].lower()
    return "are" if head.endswith("s") and not head.endswith(_PLURAL_NO) else "is"


def _among(standing: Standing | None) -> str:
    if standing is None or max(standing.below, standing.above) < SAID_FROM:
        return ""
    lower = standing.above >= standing.below
    share = min(99, int(100 * (standing.above if lower else standing.below)))
    return f"{'lower' if lower else 'higher'} than {share} % of {standing.among}"


def _since(reading: Reading) -> str:
    if reading.since is None:
        return ""
    day = date_of(reading.since.day)
    year = f" {day.year}" if reading.day is None or date_of(reading.day).year != day.year else ""
    word = "at least since" if reading.since.at_least else "since"
    return f"{reading.since.moving} {word} {day.day} {day:%B}{year}"


def _count_of(one: str, many: str, tail: str) -> Callable[[float], str]:
    """'An executive sponsor left in the last 90 days'."""

    def phrase(value: float) -> str:
        told = f"No {many}" if value <= 0 else one if value == 1 else f"{value:.0f} {many}"
        return f"{told} {tail}"

    return phrase


def _days(value: float) -> str:
    return f"{value:.0f} day" if round(value) == 1 else f"{value:.0f} days"


def _renewal(value: float) -> str:
    return f"The renewal is {_days(value)} away" if value >= 0 else f"The renewal date passed {_days(-value)} ago"


_PHRASES: Mapping[str, Callable[[float], str]] = {
    "measure.days_since_activity": lambda value: f"No activity for {_days(value)}",
    "measure.days_since_interaction": lambda value: f"No contact with us for {_days(value)}",
    "measure.days_to_renewal": _renewal,
    "account.days_to_renewal": _renewal,
    "measure.tenure_days": lambda value: f"A customer for {_days(value)}",
    "measure.sponsor_left_90d": _count_of("An executive sponsor", "executive sponsors", "left in the last 90 days"),
    "measure.contacts_left_90d": _count_of("A contact", "contacts", "left in the last 90 days"),
    "measure.escalations_14d": _count_of("A ticket", "tickets", "escalated in the last 14 days"),
    "measure.escalations_30d": _count_of("A ticket", "tickets", "escalated in the last 30 days"),
    "measure.invoices_overdue": _count_of("An invoice", "invoices", "overdue"),
    "measure.invitations_14d": _count_of("A new user", "new users", "invited in the last 14 days"),
}
_NO_USUAL = frozenset({"measure.tenure_days", "measure.days_to_renewal", "account.days_to_renewal"})
"""Columns that move with the calendar alone; what they were 90 days ago says nothing."""
