"""Whether runs go on as they should: on track, behind, stuck, paused.

Reads : journey_runs, journey_tokens, tasks
Gives : Pace, LATE, is_behind(), run_is_behind(), has_pace(), pace_of(), runs_behind()

Behind: a run whose moment passed some minutes ago without it going on, or that waits for a task whose time is over. Stuck: it
failed, or is held for a review; only a person helps. Paused: somebody stopped its clock. On track: every other that is under way.
Cost grows with what is late, by the index of due moments, and not with what waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, union

from forestay.customers.words import TaskStatus
from forestay.journeys.words import RunStatus
from forestay.store.tables.actions import tasks
from forestay.store.tables.journeys import journey_runs, journey_tokens

LATE = timedelta(minutes=5)
"""A moment that passed so long ago without anything happening is late."""
_OPEN = (TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.SNOOZED)
_STUCK = (RunStatus.FAILED, RunStatus.HELD)


class Pace(StrEnum):
    """How a run that is not over gets on."""

    ON_TRACK = "on_track"
    BEHIND = "behind"
    STUCK = "stuck"
    PAUSED = "paused"


def is_behind(workspace_id: int, now: datetime) -> ColumnElement[bool]:
    """Of a token: its moment is long past, or the task that it waits for is overdue."""
    token = journey_tokens.c
    overdue = select(tasks.c.token_id).where(
        tasks.c.workspace_id == workspace_id,
        tasks.c.status.in_(_OPEN),
        tasks.c.due_at < now,
        tasks.c.token_id.is_not(None),
    )
    return ~token.is_paused & or_(func.coalesce(token.due_at < now - LATE, False), token.id.in_(overdue))


def has_pace(pace: Pace, workspace_id: int, now: datetime) -> ColumnElement[bool]:
    """Of a run."""
    status = journey_runs.c.status
    if pace is Pace.STUCK:
        return status.in_([int(one) for one in _STUCK])
    if pace is Pace.PAUSED:
        return status == int(RunStatus.PAUSED)
    late = run_is_behind(workspace_id, now)
    return (status == int(RunStatus.RUNNING)) & (late if pace is Pace.BEHIND else ~late)


def run_is_behind(workspace_id: int, now: datetime) -> ColumnElement[bool]:
    """Of a run: any of its places is."""
    return exists(
        select(journey_tokens.c.id).where(journey_tokens.c.run_id == journey_runs.c.id, is_behind(workspace_id, now))
    )


def pace_of(status: int, *, is_late: bool) -> Pace | None:
    """From a run's status and whether it is behind; None for one that is over."""
    if status in _STUCK:
        return Pace.STUCK
    if status == RunStatus.PAUSED:
        return Pace.PAUSED
    if status != RunStatus.RUNNING:
        return None
    return Pace.BEHIND if is_late else Pace.ON_TRACK


def runs_behind(conn: Connection, workspace_id: int, now: datetime) -> dict[int, int]:
    """How many runs are behind, by journey; journeys without any are left out."""
    token, task = journey_tokens.c, tasks.c
    columns = (token.journey_id, token.run_id)
    late = select(*columns).where(token.workspace_id == workspace_id, ~token.is_paused, token.due_at < now - LATE)
    overdue = (
        select(*columns)
        .join_from(tasks, journey_tokens, token.id == task.token_id)
        .where(task.workspace_id == workspace_id, task.status.in_(_OPEN), task.due_at < now, ~token.is_paused)
    )
    found = union(late, overdue).subquery()
    running = journey_runs.c.status == int(RunStatus.RUNNING)
    counted = (
        select(found.c.journey_id, func.count())
        .join(journey_runs, (journey_runs.c.id == found.c.run_id) & running)
        .group_by(found.c.journey_id)
    )
    return {int(journey): int(count) for journey, count in conn.execute(counted)}
