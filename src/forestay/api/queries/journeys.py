"""Journeys in numbers: who is in them, how runs came in and ended, where they stand, what each step asked for.

Reads: journeys, journey_steps, journey_runs, journey_tokens, journey_counts, journey_alarms, requests, effects
Gives: Marks, marks_of(), one_mark(), live_runs(), Tally, tallies(), alarms_of(), StepCounts, step_counts(), runs_by_version()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, func, literal_column, select

from forestay.api.queries.pace import is_behind, pace_of
from forestay.customers.words import EffectStatus
from forestay.journeys.runtime.whole import Work, work_of
from forestay.journeys.words import LIVE, RunStatus, TokenState
from forestay.store.tables.actions import effects
from forestay.store.tables.journeys import (
    journey_alarms,
    journey_counts,
    journey_runs,
    journey_steps,
    journey_tokens,
    journeys,
)
from forestay.store.tables.signals import requests

_NOW: ColumnElement[date] = literal_column("date '1970-01-01'")
"""The day under which numbers of runs stand that there are now (runtime/counting.py)."""
WHOLE = -1
"""The step under which counts of the journey itself stand."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A journey that was published once. status: 'active' | 'paused' | 'stopped', of its runs; work: what the worker carries
    on with."""

    id: int
    key: str
    status: str
    since: datetime
    work: Work | None = None


@dataclass(slots=True)
class Tally:
    """Of a period: runs that entered (in all and by what brought them), entries refused by reason, ends by
    'status:reason'."""

    entered: int = 0
    entered_by: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class StepCounts:
    """One step. standing: tokens there by state's word; paused: of them; pace: the same by how they get on; ports: how many left by each way; asked:
    requests written; waiting: of them, those that are not in the ledger yet; ledger: effects by status, all seven of them.

    Every request that is not waiting has an effect for each recipient, and at least one (skipped where nobody could be
    reached, cancelled where it was taken back first): of all time and versions, asked = waiting + requests in the ledger."""

    arrived: int = 0
    asked: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    standing: dict[str, int] = field(default_factory=dict)
    paused: int = 0
    pace: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    ledger: dict[str, int] = field(default_factory=lambda: {status.value: 0 for status in EffectStatus})


def marks_of(conn: Connection, workspace_id: int) -> dict[str, Mark]:
    """Every journey that was published once, by key."""
    rows = conn.execute(select(journeys).where(journeys.c.workspace_id == workspace_id))
    return {row.key: _mark(row) for row in rows}


def one_mark(conn: Connection, workspace_id: int, key: str) -> Mark | None:
    """One of them, None for a journey that was never published."""
    mine = (journeys.c.workspace_id == workspace_id) & (journeys.c.key == key)
    row = conn.execute(select(journeys).where(mine)).one_or_none()
    return None if row is None else _mark(row)


def _mark(row: Row[Any]) -> Mark:
    return Mark(row.id, row.key, row.status, row.since, work_of(row.work))


def live_runs(conn: Connection, workspace_id: int, journey_id: int | None = None) -> dict[int, dict[RunStatus, int]]:
    """Runs under way by journey and status, of one or of all; those that failed are counted beside, for they wait for
    somebody."""
    table = journey_counts.c
    which = (table.workspace_id == workspace_id) & (table.day == _NOW)
    if journey_id is not None:
        which &= table.journey_id == journey_id
    found: dict[int, dict[RunStatus, int]] = {}
    grouped = (
        select(table.journey_id, table.name, func.sum(table.count)).where(which).group_by(table.journey_id, table.name)
    )
    for journey, name, count in conn.execute(grouped):
        found.setdefault(journey, {})[_status(name)] = int(count)
    return found


def runs_by_version(conn: Connection, workspace_id: int, journey_id: int) -> dict[int, int]:
    """Runs under way by the version that they are pinned to."""
    table = journey_counts.c
    mine = (table.workspace_id == workspace_id) & (table.journey_id == journey_id) & (table.day == _NOW)
    found: dict[int, int] = {}
    for version, name, count in conn.execute(select(table.version, table.name, table.count).where(mine)):
        if count and _status(name) in LIVE:
            found[version] = found.get(version, 0) + int(count)
    return found


def _status(name: str) -> RunStatus:
    return RunStatus(int(name.partition(":")[2]))


def tallies(conn: Connection, workspace_id: int, since: date, journey_id: int | None = None) -> dict[int, Tally]:
    """Entries and ends since a day (UTC), by journey."""
    table = journey_counts.c
    which = (table.workspace_id == workspace_id) & (table.step == WHOLE) & (table.day >= since)
    if journey_id is not None:
        which &= table.journey_id == journey_id
    grouped = select(table.journey_id, table.name, func.sum(table.count)).where(which)
    found: dict[int, Tally] = {}
    for journey, name, count in conn.execute(grouped.group_by(table.journey_id, table.name).order_by(table.name)):
        _tell(found.setdefault(journey, Tally()), name, int(count))
    return found


def _tell(tally: Tally, name: str, count: int) -> None:
    word, _, rest = name.partition(":")
    if name == "entered":
        tally.entered = count
    elif word == "entered":
        tally.entered_by[rest] = count
    elif word == "refused":
        tally.refused[rest] = count
    elif word == "ended":
        tally.ended[rest] = count


def alarms_of(conn: Connection, workspace_id: int, since: date) -> dict[int, list[dict[str, Any]]]:
    """Alarms since a day by journey, the newest first."""
    table = journey_alarms.c
    mine = (table.workspace_id == workspace_id) & (table.day >= since)
    rows = conn.execute(select(journey_alarms).where(mine).order_by(table.at.desc()))
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.journey_id, []).append({"kind": row.kind, "at": row.at, "detail": row.detail})
    return found


def step_counts(
    conn: Connection, workspace_id: int, journey_id: int, since: date, version: int | None, now: datetime
) -> Mapping[str, StepCounts]:
    """Every step that the journey ever had, by id; counts of a period and a version (None: of all), standing tokens
    and the ledger as of now, of all versions."""
    mine = journey_steps.c.journey_id == journey_id
    named = select(journey_steps.c.number, journey_steps.c.step_id).where(
        mine, journey_steps.c.workspace_id == workspace_id
    )
    by_number = {
        row.number: (row.step_id, StepCounts()) for row in conn.execute(named.order_by(journey_steps.c.number))
    }
    counts = {number: made for number, (_, made) in by_number.items()}
    _passed(conn, workspace_id, journey_id, since, version, counts)
    _standing(conn, workspace_id, journey_id, version, counts, now)
    _asked(conn, workspace_id, journey_id, counts)
    return dict(by_number.values())


def _passed(
    conn: Connection, workspace_id: int, journey_id: int, since: date, version: int | None, counts: dict[int, StepCounts]
) -> None:  # fmt: skip
    table = journey_counts.c
    which = (table.workspace_id == workspace_id) & (table.journey_id == journey_id) & (table.day >= since)
    if version is not None:
        which &= table.version == version
    grouped = select(table.step, table.name, func.sum(table.count)).where(which).group_by(table.step, table.name)
    for step, name, count in conn.execute(grouped.order_by(table.step, table.name)):
        made = counts.get(step)
        word, _, rest = name.partition(":")
        if made is None:
            continue
        if name == "arrived":
            made.arrived = int(count)
        elif name == "asked":
            made.asked = int(count)
        elif word == "port":
            made.ports[rest] = int(count)


def _standing(
    conn: Connection, workspace_id: int, journey_id: int, version: int | None, counts: dict[int, StepCounts], now: datetime,
) -> None:  # fmt: skip
    """By way of the runs, which have an index by journey; an index of the tokens would cost at every step of every run."""
    table = journey_tokens.c
    which = (journey_runs.c.workspace_id == workspace_id) & (journey_runs.c.journey_id == journey_id)
    if version is not None:
        which &= table.version == version
    by = (table.step, table.state, table.is_paused, journey_runs.c.status, is_behind(workspace_id, now).label("late"))
    places = select(*by).join(journey_runs, journey_runs.c.id == table.run_id).where(which).subquery()
    grouped = select(*places.c, func.count()).group_by(*places.c)
    for row in conn.execute(grouped).tuples():
        step, state, is_paused, status, is_late, count = cast("tuple[int, int, bool, int, bool, int]", row)
        made = counts.get(step)
        if made is not None:
            word = TokenState(state).name.lower()
            made.standing[word] = made.standing.get(word, 0) + count
            made.paused += count if is_paused else 0
            pace = pace_of(status, is_late=is_late)
            if pace is not None:
                made.pace[pace] = made.pace.get(pace, 0) + count


def _asked(conn: Connection, workspace_id: int, journey_id: int, counts: dict[int, StepCounts]) -> None:
    table = effects.c
    ledger = (
        select(table.step, table.status, func.count())
        .where(table.workspace_id == workspace_id, table.journey_id == journey_id)
        .group_by(table.step, table.status)
    )
    for step, status, count in conn.execute(ledger):
        if step in counts:
            counts[step].ledger[status] = count
    queue = requests.c
    waiting = (
        select(queue.step, func.count())
        .where(queue.workspace_id == workspace_id, func.coalesce(queue.journey_id, 0) == journey_id)
        .where(queue.drained_at.is_(None), queue.body["kind"].astext != "withdraw")
        .group_by(queue.step)
    )
    for step, count in conn.execute(waiting):
        if step in counts:
            counts[step].waiting = count
