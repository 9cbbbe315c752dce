"""The SLA clock's hand: brings snoozed work back and escalates what is overdue.

Reads : tasks
Gives : escalate_overdue(), wake_snoozed(), Swept, sweep()
Source: REQUIREMENTS D4 (response times), G1 (SLA clock); DESIGN section 1 (the SLA clock lives here).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from forestay.customers.words import TaskStatus
from forestay.store.tables.actions import tasks


@dataclass(frozen=True, slots=True)
class Swept:
    """Numbers of the tasks that were escalated and that came back."""

    escalated: tuple[int, ...] = ()
    woken: tuple[int, ...] = ()


def sweep(connection: Connection, now: datetime) -> Swept:
    """Both, over all workspaces, for the worker."""
    woken = wake_snoozed(connection, now)
    return Swept(escalate_overdue(connection, now), woken)


def escalate_overdue(connection: Connection, now: datetime, workspace_id: int | None = None) -> tuple[int, ...]:
    """Mark tasks that nobody finished in time; once each. A snoozed task is overdue when it comes back."""
    overdue = update(tasks).where(
        tasks.c.status.in_((TaskStatus.OPEN, TaskStatus.CLAIMED)),
        tasks.c.due_at < now,
        tasks.c.escalated_at.is_(None),
    )
    if workspace_id is not None:
        overdue = overdue.where(tasks.c.workspace_id == workspace_id)
    marked = overdue.values(escalated_at=now, updated_at=now, revision=tasks.c.revision + 1)
    return tuple(connection.scalars(marked.returning(tasks.c.id)))


def wake_snoozed(connection: Connection, now: datetime) -> tuple[int, ...]:
    """Snoozed tasks whose time has come are open again; the reason for the snooze stays to be read."""
    due = update(tasks).where(tasks.c.status == TaskStatus.SNOOZED, tasks.c.snoozed_until <= now)
    woken = due.values(status=TaskStatus.OPEN, snoozed_until=None, updated_at=now, revision=tasks.c.revision + 1)
    return tuple(connection.scalars(woken.returning(tasks.c.id)))
