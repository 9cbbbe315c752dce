"""Entries by date and by schedule: what fell due since the last look comes in, once.

Reads : live journeys, accounts (dates, zones), segments over the worker's memory, journey_clocks
Gives : let_in_by_clock(), forget_clocks()
Writes: journey_inbox, journey_clocks
The first look at an entry only notes the time: publishing lets nobody in by itself. A look after a rest covers the
whole rest, so nobody is left out because the product was away at nine o'clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from forestay.app.journey_people import StorePeople
from forestay.app.journey_world import WorkerWorld, account_table
from forestay.app.shard import WorkspaceMemory
from forestay.conditions.document import InSegment
from forestay.conditions.evaluate import evaluate
from forestay.customers.kinds import account_field
from forestay.journeys import inbox
from forestay.journeys.compiled import Compiled
from forestay.journeys.entries import DateEntry, ScheduleEntry
from forestay.journeys.moves import NEVER, Batch, Ints
from forestay.journeys.names import ACCOUNT_MOMENTS
from forestay.journeys.runtime.book import LiveJourney
from forestay.journeys.steps.wait import DateOf, shifted
from forestay.journeys.words import SubjectKind
from forestay.kit.clock import date_of, micros_of, number_of
from forestay.kit.windows import next_occurrence
from forestay.store.database import raw

_LONGEST = timedelta(days=31)
_LOOKED = "SELECT looked_at FROM journey_clocks WHERE journey_id = %s AND entry = %s FOR UPDATE"
_NOTE = """
INSERT INTO journey_clocks (workspace_id, journey_id, entry, looked_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (journey_id, entry) DO UPDATE SET looked_at = EXCLUDED.looked_at"""
_FORGET = """
DELETE FROM journey_clocks AS c USING journeys AS j WHERE j.id = c.journey_id AND NOT EXISTS (
  SELECT FROM documents AS d WHERE d.workspace_id = j.workspace_id AND d.kind = 'journey' AND d.key = j.key
    AND d.status IN ('published', 'paused'))"""
_PEOPLE = """
SELECT m.account_id, m.contact_id FROM memberships AS m JOIN contacts AS c ON c.id = m.contact_id
WHERE m.workspace_id = %s AND m.until IS NULL AND c.left_on IS NULL ORDER BY 1, 2"""


def forget_clocks(connection: Connection) -> None:
    """Of journeys that are live no more: one that is published again begins to look at the clock then, and lets nobody in
    for the time between."""
    raw(connection).execute(_FORGET)


def let_in_by_clock(connection: Connection, space: WorkspaceMemory, live: LiveJourney, people: StorePeople) -> int:
    """Let in whoever is due by one journey's dates and schedules; gives how many. people.now is the moment."""
    entered = 0
    if live.is_paused:
        return entered
    for number, entry in enumerate(live.compiled.journey.entry):
        if isinstance(entry, DateEntry | ScheduleEntry):
            since = _since(connection, live.compiled, entry, people.now)
            if since is not None:
                due = _due(connection, space, live.compiled, entry, people, since)
                rows = [_entry(live.compiled, number, entry, *one, people.now) for one in due]
                inbox.enter_many(connection, space.workspace_id, rows)
                entered += len(rows)
    return entered


def _since(
    connection: Connection, compiled: Compiled, entry: DateEntry | ScheduleEntry, now: datetime
) -> datetime | None:
    """The last look, None at the first one; now counts as the last one from here on."""
    said = entry.model_dump_json(by_alias=True, exclude={"if_"})
    name = f"{entry_word(entry)}:{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    row: Any = raw(connection).execute(_LOOKED, (compiled.journey_id, name)).fetchone()
    raw(connection).execute(_NOTE, (compiled.workspace_id, compiled.journey_id, name, now))
    return None if row is None else max(row[0], now - _LONGEST)


def _due(
    connection: Connection, space: WorkspaceMemory, compiled: Compiled, entry: DateEntry | ScheduleEntry,
    people: StorePeople, since: datetime,
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """(account, contact) of those that are due in (since, now]; contact 0 where the subject is an account."""
    if isinstance(entry, ScheduleEntry):
        if next_occurrence(since, entry.schedule, people.zone) <= people.now:
            for account in _members(space, entry, people.now).tolist():
                yield account, 0
        return
    batch = _everybody(connection, space, compiled, _near(space, entry, since, people.now))
    world = WorkerWorld(space, people, people.now)
    moments = shifted(world.moments(batch, entry.of), _as_date(entry), world.zones(batch))
    is_due = (moments != NEVER) & (moments > micros_of(since)) & (moments <= micros_of(people.now))
    yield from zip(batch.account[is_due].tolist(), batch.contact[is_due].tolist(), strict=True)


def _as_date(entry: DateEntry) -> DateOf:
    return DateOf(of=entry.of, days_before=entry.days_before, days_after=entry.days_after, at=entry.at)


def _members(space: WorkspaceMemory, entry: ScheduleEntry, now: datetime) -> Ints:
    rows = space.living()
    if entry.segment is not None and len(rows):
        rows = rows[evaluate(InSegment(segment=entry.segment), account_table(space, rows, now))]
    return np.array([space.known.account_ids[row] for row in rows.tolist()], np.int64)


def _near(space: WorkspaceMemory, entry: DateEntry, since: datetime, now: datetime) -> Ints:
    """Rows of accounts whose date, by what is in memory, lies within two days of the look: the others need no question
    to the store, however many they are."""
    rows = space.living()
    key = account_field(ACCOUNT_MOMENTS.get(entry.of, entry.of.partition(".")[2]))
    first, last = (number_of(moment.date()) - entry.offset for moment in (since, now))
    values = space.memory.traits.get(key, rows)
    if values.dtype != object:
        near = (values >= first - 2) & (values <= last + 2)
    else:
        days = {date_of(day).isoformat() for day in range(first - 2, last + 3)}
        near = np.fromiter((value is not None and value[:10] in days for value in values.tolist()), bool, len(values))
    return rows[near]


def _everybody(connection: Connection, space: WorkspaceMemory, compiled: Compiled, near: Ints) -> Batch:
    """Subjects to ask dates of: the accounts of these rows, or all contacts, whose dates only the store knows."""
    if compiled.journey.subject is SubjectKind.CONTACT:
        rows: list[Any] = raw(connection).execute(_PEOPLE, (space.workspace_id,)).fetchall()
        account, contact = (np.array([row[n] for row in rows], np.int64) for n in (0, 1))
    else:
        account = np.array([space.known.account_ids[row] for row in near.tolist()], np.int64)
        contact = np.zeros(len(account), np.int64)
    zeros = np.zeros(len(account), np.int64)
    return Batch(
        space.workspace_id, compiled.key, zeros, zeros, account, contact, zeros, zeros, zeros, [{}] * len(account)
    )


def _entry(
    compiled: Compiled, number: int, entry: DateEntry | ScheduleEntry, account: int, contact: int, now: datetime
) -> inbox.Entry:  # fmt: skip
    return inbox.Entry(
        compiled.journey_id, account, now, contact or None, None, None, entry_word(entry), {"entry": number}
    )


def entry_word(entry: DateEntry | ScheduleEntry) -> str:
    """What the history says brought them in."""
    return "date" if isinstance(entry, DateEntry) else "schedule"
