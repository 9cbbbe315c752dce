"""Who would have come in, when, and with what: every way of entry over a block of the past.

Reads : Journey.entry, BlockPast, NamedEvents, triggers, People
Gives : Arrivals, NO_ARRIVALS, arrivals_of(), became_true(), Watching

Entries by condition, segment and signal are judged at the end of each day, those by event at the event's moment, by
date and schedule at theirs. What stood already when the replay begins does not enter (`existing: ignore`), as when a
version is published. Entries by hand and by API are nobody's guess: there are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

import numpy as np

from forestay.conditions.columns import Flags, Values
from forestay.conditions.document import Condition, InSegment
from forestay.conditions.evaluate import evaluate, judge
from forestay.journeys.document import Journey
from forestay.journeys.entries import ConditionEntry, DateEntry, EventEntry, ScheduleEntry, SegmentEntry, SignalEntry
from forestay.journeys.moves import Ints
from forestay.journeys.simulation.happenings import NamedEvents
from forestay.journeys.simulation.past import BlockPast
from forestay.journeys.simulation.people import People
from forestay.journeys.simulation.world import values_as_column
from forestay.journeys.words import SubjectKind
from forestay.kit.clock import day_of, micros_of, moment_of, start_of_day
from forestay.kit.local_time import moments_at
from forestay.kit.windows import next_occurrence
from forestay.signals.evaluation import Judged, Subjects, Transitions, advance, judge_trigger
from forestay.signals.states import TriggerStates
from forestay.signals.trigger import LiveTrigger, Trigger


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Entries (n,) in the order of time. at: microseconds UTC; row: place in the block; contact: 0 for the account;
    values: {"event": ...} or {"signal": ...}, which become event.* and signal.*; way: number of the document's entry."""

    at: Ints
    row: Ints
    contact: Ints
    values: list[dict[str, Any]]
    way: Ints

    def __len__(self) -> int:
        return len(self.at)

    def of_row(self, row: int) -> Arrivals:
        """Those of one account."""
        here = np.flatnonzero(self.row == row)
        values = [self.values[place] for place in here.tolist()]
        return Arrivals(self.at[here], self.row[here], self.contact[here], values, self.way[here])


_NOTHING = np.empty(0, np.int64)
NO_ARRIVALS = Arrivals(_NOTHING, _NOTHING, _NOTHING, [], _NOTHING)
"""Nobody comes from outside."""


@dataclass(frozen=True, slots=True)
class Watching:
    """What entries are looked for in. since, until: days, both included."""

    past: BlockPast
    events: NamedEvents
    triggers: Mapping[str, Trigger]
    people: People
    since: int
    until: int
    signal_columns: frozenset[str] = frozenset()
    """Evidence of signals that somebody reads as signal.<column>."""

    def end_of(self, day: int) -> int:
        """The last second of a day, at which its conditions are judged; microseconds UTC."""
        return micros_of(start_of_day(day + 1, self.people.zone) - timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class _Found:
    at: Ints
    row: Ints
    day: Ints
    """As of which day `if` is judged."""
    values: list[dict[str, Any]] | None = None
    user_key: list[str] | None = None


def arrivals_of(journey: Journey, watching: Watching) -> Arrivals:
    """All entries of the period, by every way of the document."""
    parts = []
    for way, entry in enumerate(journey.entry):
        found = _by(entry, watching)
        if found is not None and len(found.at):
            found = _only_if(getattr(entry, "if_", None), found, watching)
            parts.append(_of_subjects(journey, found, watching, way))
    if not parts:
        return NO_ARRIVALS
    whole = [np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "row", "contact", "way")]
    values = [one for part in parts for one in part.values]
    order = np.lexsort((whole[3], whole[1], whole[0]))
    return Arrivals(
        whole[0][order], whole[1][order], whole[2][order], [values[n] for n in order.tolist()], whole[3][order]
    )


def became_true(yes: Flags, no: Flags) -> Flags:
    """Where an episode begins: (n, m) in, (n, m) out. It lasts until the condition is known to be false; one that
    stands in the first column began before. Unknown changes nothing."""
    began = np.zeros(yes.shape[::-1], bool)
    on = yes[:, 0].copy()
    for day, (is_yes, is_no) in enumerate(zip(yes.T, no.T, strict=True)):
        began[day] = is_yes & ~on
        on = np.where(on, ~is_no, is_yes)
    began[0] = False
    return began.T


def _by(entry: object, watching: Watching) -> _Found | None:
    if isinstance(entry, ConditionEntry):
        return _by_condition(entry.condition, watching, leaves=False)
    if isinstance(entry, SegmentEntry):
        return _by_condition(InSegment(segment=entry.segment), watching, leaves=entry.when == "leaves")
    if isinstance(entry, SignalEntry):
        trigger = watching.triggers.get(entry.signal)
        return None if trigger is None else _by_signal(trigger, watching)
    if isinstance(entry, EventEntry):
        return _by_event(entry, watching)
    if isinstance(entry, DateEntry):
        return _by_date(entry, watching)
    return _by_schedule(entry, watching) if isinstance(entry, ScheduleEntry) else None


def _run_in(watching: Watching) -> int:
    """Column from which transitions are looked for; its own state stood before."""
    return max(0, watching.since - watching.past.first - 1)


def _at_ends(watching: Watching, rows: Ints, columns: Ints, values: list[dict[str, Any]] | None = None) -> _Found:
    """Found at the ends of days; columns: of the grid."""
    days = columns + watching.past.first
    ends = {day: watching.end_of(day) for day in np.unique(days).tolist()}
    return _Found(np.array([ends[day] for day in days.tolist()], np.int64), rows, days, values)


def _inside(watching: Watching, columns: Ints) -> Flags:
    days = columns + watching.past.first
    return (days >= watching.since) & (days <= watching.until)


def _by_condition(condition: Condition, watching: Watching, *, leaves: bool) -> _Found:
    yes, no = judge(condition, watching.past.table)
    yes, no = yes & watching.past.known, no | ~watching.past.known
    start = _run_in(watching)
    began = became_true(*((no, yes) if leaves else (yes, no)))
    rows, columns = np.nonzero(began[:, start:])
    columns = columns + start
    inside = _inside(watching, columns)
    return _at_ends(watching, rows[inside], columns[inside])


def _by_signal(trigger: Trigger, watching: Watching) -> _Found:
    """The trigger's own state machine over the days, as in a backtest."""
    past = watching.past
    judged = judge_trigger(trigger, past.table)
    live, states = LiveTrigger(trigger, 0), TriggerStates()
    n = len(past)
    subjects = Subjects(np.arange(n, dtype=np.int64), past.account_ids, past.owner_ids)
    rows, columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    start = max(0, watching.since - past.first - int(trigger.cooldown_days) - 1)
    for column in range(start, past.days):
        known = past.known[:, column]
        now = Judged(judged.on[:, column] & known, judged.off[:, column] | ~known, judged.risk[:, column])
        moved, day = Transitions(), column + past.first
        advance(live, now, subjects, states, moment_of(watching.end_of(day)), moved, day=day, accounts=n)
        for group in moved.fired:
            rows.append(group.at)
            columns.append(np.full(len(group.at), column))
    row, column_of = np.concatenate(rows), np.concatenate(columns)
    inside = _inside(watching, column_of)
    row, column_of = row[inside], column_of[inside]
    return _at_ends(watching, row, column_of, _signals(trigger, watching, row, column_of))


def _signals(trigger: Trigger, watching: Watching, rows: Ints, columns: Ints) -> list[dict[str, Any]]:
    """What came with each signal: its trigger, level, and the evidence that is read."""
    head = {"trigger": trigger.key, "risk_level": str(trigger.risk_level)}
    shown: dict[str, list[Any]] = {}
    for name in sorted(watching.signal_columns):
        matrix = watching.past.matrix(name)
        if matrix is not None and len(rows):
            shown[name] = _plain(matrix[rows, columns])
    return [{"signal": head | {name: values[n] for name, values in shown.items()}} for n in range(len(rows))]


def _plain(values: Values) -> list[Any]:
    return [None if isinstance(one, float) and one != one else one for one in values.tolist()]


def _by_event(entry: EventEntry, watching: Watching) -> _Found:
    events = watching.events
    places = events.named(entry.event)
    at = events.at[places]
    first, last = micros_of(start_of_day(watching.since, watching.people.zone)), watching.end_of(watching.until)
    places = places[(at >= first) & (at <= last)]
    values = [{"event": events.body(place)} for place in places.tolist()]
    keys = [events.user_key[place] for place in places.tolist()]
    day = np.array([_day_before(watching, moment) for moment in events.at[places].tolist()], np.int64)
    return _Found(events.at[places], events.row[places], day, values, keys)


def _day_before(watching: Watching, moment: int) -> int:
    """The last complete day at a moment."""
    return day_of(moment_of(moment), watching.people.zone) - 1


def _by_date(entry: DateEntry, watching: Watching) -> _Found | None:
    past, people = watching.past, watching.people
    days = people.days_of(entry.of, past.account_ids)
    if days is None:
        return None
    due = days + entry.offset
    rows = np.flatnonzero((days > 0) & (due >= watching.since) & (due <= watching.until))
    zones = people.zones_of(past.account_ids[rows], np.zeros(len(rows), np.int64))
    hours, minutes = (int(part) for part in str(entry.at).split(":")[:2])
    at = moments_at(due[rows], time(hours % 24, minutes), zones)
    return _Found(at, rows, due[rows] - 1)


def _by_schedule(entry: ScheduleEntry, watching: Watching) -> _Found:
    """Everybody (of the segment) at each occurrence, by the workspace's clock where the schedule names none."""
    past, at, rows, days = watching.past, [], [], []
    for moment in _occurrences(entry, watching):
        day = _day_before(watching, micros_of(moment))
        column = min(max(day - past.first, 0), past.days - 1)
        here = past.known[:, column]
        if entry.segment is not None:
            here = here & evaluate(InSegment(segment=entry.segment), past.cut(np.arange(len(past)), day))
        found = np.flatnonzero(here)
        rows.append(found)
        at.append(np.full(len(found), micros_of(moment)))
        days.append(np.full(len(found), day))
    return _Found(_whole(at), _whole(rows), _whole(days))


def _whole(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _occurrences(entry: ScheduleEntry, watching: Watching) -> Iterator[Any]:
    moment = start_of_day(watching.since, watching.people.zone) - timedelta(seconds=1)
    while True:
        moment = next_occurrence(moment, entry.schedule, watching.people.zone)
        if micros_of(moment) > watching.end_of(watching.until):
            return
        yield moment


def _only_if(condition: Condition | None, found: _Found, watching: Watching) -> _Found:
    """Those for whom the entry's own condition is true at their moment."""
    if condition is None or not len(found.at):
        return found
    keep = np.zeros(len(found.at), bool)
    for day in np.unique(found.day).tolist():
        places = np.flatnonzero(found.day == day)
        values = [found.values[place] for place in places.tolist()] if found.values else [{}] * len(places)
        own = {
            family: _family([one.get(family) or {} for one in values]) for family in ("event", "signal")
        }  # fmt: skip
        keep[places] = evaluate(condition, watching.past.cut(found.row[places], day, own))
    kept = np.flatnonzero(keep)
    return _Found(
        found.at[kept], found.row[kept], found.day[kept],
        None if found.values is None else [found.values[n] for n in kept.tolist()],
        None if found.user_key is None else [found.user_key[n] for n in kept.tolist()],
    )  # fmt: skip


def _family(values: list[dict[str, Any]]) -> Any:
    return lambda name: values_as_column([one.get(name) for one in values])


def _of_subjects(journey: Journey, found: _Found, watching: Watching, way: int) -> Arrivals:
    """Accounts as they are; for a journey of contacts the event's own contact, else every contact of the account."""
    values = found.values or [{}] * len(found.at)
    places, contact = np.arange(len(found.at)), np.zeros(len(found.at), np.int64)
    if journey.subject is SubjectKind.CONTACT:
        places, contact = _contacts_of(found, watching)
    return Arrivals(
        found.at[places], found.row[places], contact, [values[n] for n in places.tolist()], np.full(len(places), way)
    )


def _contacts_of(found: _Found, watching: Watching) -> tuple[Ints, Ints]:
    contacts, places, who = watching.people.contacts, [], []
    for place, row in enumerate(found.row.tolist()):
        where = contacts.of(int(watching.past.account_ids[row]))
        for at in range(where.start, where.stop):
            if found.user_key is None or (contacts.user_key and contacts.user_key[at] == found.user_key[place]):
                places.append(place)
                who.append(int(contacts.contact[at]))
    return np.array(places, np.int64), np.array(who, np.int64)
