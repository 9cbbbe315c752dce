"""The SLA clock's hand: brings snoozed work back, marks what is overdue, and gives it to who is next.

Reads : tasks, members, accounts
Gives : escalate_overdue(), climb(), wake_snoozed(), Swept, sweep(), workspaces_of()
Source: REQUIREMENTS D4 (response times), G1 (SLA clock); DESIGN section 1 (the SLA clock lives here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from forestay.actions.tasks.owners import assignee_for
from forestay.customers.words import Role, TaskStatus
from forestay.store.tables.actions import tasks

_FALLBACK = (Role.OPS, Role.ADMIN)
_CLIMB_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """Numbers of the tasks that were escalated, that went to somebody else, and that came back."""

    escalated: tuple[int, ...] = ()
    woken: tuple[int, ...] = ()
    climbed: tuple[int, ...] = ()


def sweep(connection: Connection, now: datetime) -> Swept:
    """All of it, over all workspaces, for the worker."""
    woken = wake_snoozed(connection, now)
    return Swept(escalate_overdue(connection, now), woken, climb(connection, now))


def workspaces_of(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Whose tasks these are."""
    return set(connection.scalars(select(tasks.c.workspace_id).where(tasks.c.id.in_(ids)))) if ids else set()


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


def climb(connection: Connection, now: datetime) -> tuple[int, ...]:
    """Give tasks whose next rung has come to whom it names, open; a long absence takes the last rung that has come.
    A snoozed task climbs when it is back: somebody has said when that is."""
    due = (
        select(tasks)
        .where(tasks.c.escalate_at <= now, tasks.c.status.in_((TaskStatus.OPEN, TaskStatus.CLAIMED)))
        .order_by(tasks.c.escalate_at)
        .limit(_CLIMB_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    climbed = []
    for row in connection.execute(due).mappings().all():
        passed = [rung for rung in row["escalation"] if datetime.fromisoformat(rung["at"]) <= now]
        left = row["escalation"][len(passed) :]
        to = passed[-1]["to"] if passed else "manager"
        owner_id = assignee_for(connection, row["workspace_id"], row["account_id"], to, _FALLBACK)
        connection.execute(
            update(tasks)
            .where(tasks.c.id == row["id"])
            .values(
                owner_id=owner_id, status=TaskStatus.OPEN, escalation=left, escalated_at=row["escalated_at"] or now,
                escalate_at=datetime.fromisoformat(left[0]["at"]) if left else None, updated_at=now,
                revision=row["revision"] + 1,
            )
        )  # fmt: skip
        climbed.append(row["id"])
    return tuple(climbed)


def wake_snoozed(connection: Connection, now: datetime) -> tuple[int, ...]:
    """Snoozed tasks whose time has come are open again; the reason for the snooze stays to be read."""
    due = update(tasks).where(tasks.c.status == TaskStatus.SNOOZED, tasks.c.snoozed_until <= now)
    woken = due.values(status=TaskStatus.OPEN, snoozed_until=None, updated_at=now, revision=tasks.c.revision + 1)
    return tuple(connection.scalars(woken.returning(tasks.c.id)))
