"""What people do with tasks: claim, complete, snooze, reassign, cancel, reopen.

Reads : tasks, members
Gives : claim_task(), complete_task(), snooze_task(), reassign_task(), cancel_task(),
        reopen_task(), edit_draft(), Completion, TaskOutcome
Source: issue item 10; REQUIREMENTS G1, G3.

Every change takes the task under a row lock and raises its revision. A caller that read the task gives the
revision it saw; if somebody was faster it gets a Conflict that says who has the task now.

  open ──claim──> claimed ──complete──> done      open, claimed ──snooze──> snoozed ──(its time comes)──> open
  open, claimed, snoozed ──cancel──> cancelled     done, cancelled ──reopen──> open or claimed as it was
  snoozed ──reopen──> open
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, select, update

from forestay.actions.outcomes import tell_task
from forestay.actions.tasks.opening import APPROVED, DRAFT, STILL_OPEN, WORK
from forestay.actions.tasks.queue import Task, get_task
from forestay.actions.touch import stamp_outcome, stamp_touch
from forestay.customers.words import Role, TaskStatus
from forestay.kit.errors import Conflict, ForestayError, Invalid, NotFound
from forestay.store.shapes import Json
from forestay.store.tables.actions import tasks
from forestay.store.tables.governance import members

DONE = "done"
"""What a run without choices of its own is told."""
_ENDED = (TaskStatus.DONE, TaskStatus.CANCELLED)


class TaskOutcome(StrEnum):
    """What the work came to; the first four count as a converted intervention."""

    RESOLVED = "resolved"
    RECOVERY_AGREED = "recovery_agreed"
    EXPANDED = "expanded"
    RENEWED = "renewed"
    NO_ANSWER = "no_answer"
    NOT_NEEDED = "not_needed"
    LOST = "lost"


CONVERTED = frozenset((TaskOutcome.RESOLVED, TaskOutcome.RECOVERY_AGREED, TaskOutcome.EXPANDED, TaskOutcome.RENEWED))


@dataclass(frozen=True, slots=True)
class Handle:
    """Which task, and the revision the caller saw; None = change it whatever happened meanwhile."""

    workspace_id: int
    task_id: int
    revision: int | None = None


class TaskTaken(Conflict):
    """Somebody else holds the task; talk to them, or have it reassigned."""

    code = "task_taken"

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"{holder} has this task; ask them, or have it reassigned")


class NotTheirs(ForestayError):
    """Leave was asked of somebody else: have them answer, or have the task reassigned."""

    code = "not_asked_of_you"
    http_status = 403

    def __init__(self, holder: str) -> None:
        super().__init__(f"this was asked of {holder}; have them answer, or have the task reassigned")


class TaskChanged(Conflict):
    """The task is no longer what the caller saw; read it again and decide."""

    code = "task_changed"


def claim_task(connection: Connection, handle: Handle, member_id: int, now: datetime) -> Task:
    """Take it up; claiming one's own task again changes nothing. Raises TaskTaken when another member has it."""
    row = _held(connection, handle, TaskStatus.OPEN, TaskStatus.SNOOZED, TaskStatus.CLAIMED)
    if row["status"] == TaskStatus.CLAIMED and row["owner_id"] == member_id:
        return get_task(connection, handle.workspace_id, handle.task_id)
    if row["status"] == TaskStatus.CLAIMED and row["owner_id"] is not None:
        raise TaskTaken(_name_of(connection, row))
    _must_be_member(connection, handle.workspace_id, member_id)
    return _change(connection, row, now, status=TaskStatus.CLAIMED, owner_id=member_id, snoozed_until=None,
                   snooze_reason=None, touched=True)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Completion:
    """What the work came to. outcome: one of the task's choices, or a TaskOutcome where it has none. subject, text: the
    drafted message as it shall be sent; None = as it stands. member_id: who says so; None for a key."""

    outcome: str
    note: str | None = None
    subject: str | None = None
    text: str | None = None
    member_id: int | None = None


def complete_task(connection: Connection, handle: Handle, done: Completion, now: datetime) -> Task:
    """Done; stamps the signal's outcome and tells the run that waits for it. From any open state: work done without a
    claim was done all the same. Raises Invalid for an outcome that is no choice, NotTheirs."""
    row = _held(connection, handle, *STILL_OPEN)
    _must_be_a_choice(row, done.outcome)
    if row["purpose"] != WORK:
        _must_be_asked(connection, row, done.member_id)
    draft = _corrected(row, done)
    if row["purpose"] == DRAFT and done.outcome == APPROVED and not str(draft.get("body", "")).strip():
        raise Invalid("the drafted message has no text; write one, or reject it", place="text")
    stamp_outcome(connection, handle.workspace_id, row["signal_id"], done.outcome, now)
    body: dict[str, Json] = {"note": done.note or "", "member": done.member_id}
    if row["purpose"] == DRAFT:
        body |= {"subject": str(draft.get("subject", "")), "text": str(draft.get("body", ""))}
    tell_task(connection, row, done.outcome, body, now)
    return _change(connection, row, now, status=TaskStatus.DONE, outcome=done.outcome, outcome_note=done.note, done_at=now,
                   snoozed_until=None, draft=draft, escalate_at=None, touched=True)  # fmt: skip


def edit_draft(connection: Connection, handle: Handle, subject: str | None, text: str | None, now: datetime) -> Task:
    """Correct the drafted message. Raises Conflict when the task has none."""
    row = _held(connection, handle, *STILL_OPEN)
    if not row["draft"]:
        raise Conflict("this task has no drafted message")
    return _change(
        connection, row, now, draft=_corrected(row, Completion("", subject=subject, text=text)), touched=True
    )


def _corrected(row: RowMapping, done: Completion) -> dict[str, object]:
    words = {"subject": done.subject, "body": done.text}
    changes = {name: value for name, value in words.items() if value is not None}
    return {**row["draft"], **changes} if row["draft"] else {}


def _must_be_a_choice(row: RowMapping, outcome: str) -> None:
    choices = list(row["choices"]) or [*TaskOutcome, *([DONE] if row["token_id"] is not None else [])]
    if outcome not in choices:
        raise Invalid(f"'{outcome}' is no outcome of this task; choose {', '.join(choices)}", place="outcome")


def _must_be_asked(connection: Connection, row: RowMapping, member_id: int | None) -> None:
    """An approval is given by whom it was asked of, or by who runs operations."""
    if member_id is None or row["owner_id"] in (None, member_id):
        return
    role = connection.scalar(
        select(members.c.role).where(members.c.workspace_id == row["workspace_id"], members.c.id == member_id)
    )
    if role not in (Role.ADMIN, Role.OPS):
        raise NotTheirs(_name_of(connection, row))


def snooze_task(connection: Connection, handle: Handle, until: datetime, reason: str, now: datetime) -> Task:
    """Lay it aside until a moment; it comes back open, with the owner it has."""
    if until <= now:
        raise Invalid("snooze until a moment that is still to come", place="until")
    row = _held(connection, handle, *STILL_OPEN)
    return _change(connection, row, now, status=TaskStatus.SNOOZED, snoozed_until=until, snooze_reason=reason,
                   touched=True)  # fmt: skip


def reassign_task(connection: Connection, handle: Handle, member_id: int, now: datetime) -> Task:
    """Give it to another member, open: they have not taken it up yet."""
    _must_be_member(connection, handle.workspace_id, member_id)
    row = _held(connection, handle, *STILL_OPEN)
    status = TaskStatus.SNOOZED if row["status"] == TaskStatus.SNOOZED else TaskStatus.OPEN
    return _change(connection, row, now, status=status, owner_id=member_id)


def cancel_task(connection: Connection, handle: Handle, reason: str | None, now: datetime) -> Task:
    """It will not be done; the reason stays with it."""
    row = _held(connection, handle, *STILL_OPEN)
    tell_task(connection, row, TaskStatus.CANCELLED.value, {"reason": reason or ""}, now)
    return _change(
        connection, row, now, status=TaskStatus.CANCELLED, outcome_note=reason, done_at=now, snoozed_until=None,
        escalate_at=None,
    )  # fmt: skip


def reopen_task(connection: Connection, handle: Handle, now: datetime) -> Task:
    """Undo a completion, a cancellation or a snooze. Raises Conflict when a newer task of the same signal is
    open already, or a journey has gone on with the outcome."""
    row = _held(connection, handle, *_ENDED, TaskStatus.SNOOZED)
    if row["status"] == TaskStatus.SNOOZED:
        return _change(connection, row, now, status=TaskStatus.OPEN, snoozed_until=None, snooze_reason=None)
    if row["token_id"] is not None:
        raise Conflict("a journey has gone on with what this task came to; start that run again from its step instead")
    newer = select(tasks.c.id).where(
        tasks.c.workspace_id == handle.workspace_id,
        tasks.c.account_id == row["account_id"],
        tasks.c.signal_id == row["signal_id"],
        tasks.c.status.in_(STILL_OPEN),
    )
    if row["signal_id"] is not None and (other := connection.scalar(newer.limit(1))) is not None:
        raise Conflict(f"task {other} is open for the same signal; work on that one")
    if row["status"] == TaskStatus.DONE:
        stamp_outcome(connection, handle.workspace_id, row["signal_id"], None, now)
    was_claimed = row["first_touch_at"] is not None and row["owner_id"] is not None
    return _change(connection, row, now, status=TaskStatus.CLAIMED if was_claimed else TaskStatus.OPEN, outcome=None,
                   outcome_note=None, done_at=None)  # fmt: skip


def _held(connection: Connection, handle: Handle, *allowed: TaskStatus) -> RowMapping:
    """The task under a row lock, in a state that allows the change and as the caller saw it."""
    found = connection.execute(
        select(tasks).where(tasks.c.workspace_id == handle.workspace_id, tasks.c.id == handle.task_id).with_for_update()
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound("task", str(handle.task_id))
    if row["status"] not in allowed:
        raise TaskChanged(f"the task is {row['status']} now ({_name_of(connection, row)}); read it again")
    if handle.revision is not None and row["revision"] != handle.revision:
        raise TaskChanged(f"the task was changed meanwhile ({_name_of(connection, row)}); read it again")
    return row


def _change(
    connection: Connection, row: RowMapping, now: datetime, *, touched: bool = False, **changes: object
) -> Task:
    if touched and row["first_touch_at"] is None:
        changes["first_touch_at"] = now
        stamp_touch(connection, row["workspace_id"], [row["signal_id"]], now)
    connection.execute(
        update(tasks)
        .where(tasks.c.workspace_id == row["workspace_id"], tasks.c.id == row["id"])
        .values(**changes, updated_at=now, revision=row["revision"] + 1)
    )
    return get_task(connection, row["workspace_id"], row["id"])


def _name_of(connection: Connection, row: RowMapping) -> str:
    name = connection.scalar(
        select(members.c.name).where(members.c.workspace_id == row["workspace_id"], members.c.id == row["owner_id"])
    )
    return name or "nobody"


def _must_be_member(connection: Connection, workspace_id: int, member_id: int) -> None:
    active = select(members.c.id).where(
        members.c.workspace_id == workspace_id, members.c.id == member_id, members.c.disabled_at.is_(None)
    )
    if connection.scalar(active) is None:
        raise NotFound("active member", str(member_id))
