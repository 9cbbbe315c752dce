"""`/api/tasks`: the queue of human work, and what people do with it.

A change may carry If-Match with the task's revision in quotes; if somebody was faster, 409 says who has it now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field
from sqlalchemy import Connection

from forestay.actions.tasks import queue, work
from forestay.actions.tasks.queue import Task, TaskFilter, TaskOrder
from forestay.actions.tasks.work import Completion, Handle, TaskOutcome
from forestay.actions.tasks.writing import NewTask, write_tasks
from forestay.api import paging
from forestay.api.accounts import active_member
from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.owners import NOBODY, OwnerWord, owner_number
from forestay.api.paging import Cursor, Limit, Number, Page
from forestay.api.queries.accounts import account_number
from forestay.api.queries.signals import one_signal
from forestay.api.revisions import revision_of
from forestay.api.shapes import Ask, Moment
from forestay.api.signals import FeedbackAsk, FeedbackShape, record_verdict
from forestay.api.task_shapes import TaskShape
from forestay.customers.words import RiskLevel, TaskStatus
from forestay.governance.permissions import Permission
from forestay.kit.errors import Conflict, Invalid

router = APIRouter(prefix="/api/tasks", tags=["tasks"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.TASKS_READ)]
Writer = Annotated[Call, needs(Permission.TASKS_WRITE)]
IfMatch = Annotated[str | None, Header(alias="If-Match", description='The revision that was read, for example "3".')]


class TaskAsk(Ask):
    """Work for a person."""

    account: str = Field(max_length=500, description="External id of the account.")
    title: str = Field(min_length=1, max_length=300)
    text: str | None = Field(None, max_length=8000, description="More of what to do.")
    risk_level: RiskLevel = RiskLevel.MEDIUM
    due_at: Moment | None = Field(None, description="The usual time of its risk level if left out.")
    owner: str | None = Field(
        None, max_length=320, description="E-mail of a member; whoever owns the account if left out."
    )
    signal_id: int | None = Field(None, ge=1, description="Number of the signal that it is about.")


class ClaimAsk(Ask):
    """Who takes it; the caller if left out."""

    member_id: int | None = Field(None, ge=1)


class CompleteAsk(Ask):
    """What the work came to."""

    outcome: str = Field(
        min_length=1, max_length=64,
        description=f"One of the task's choices; where it has none: {', '.join(TaskOutcome)} (or done, for a journey's).",
    )  # fmt: skip
    note: str | None = Field(None, max_length=4000)
    subject: str | None = Field(None, max_length=500, description="Of the drafted message, as it shall be sent.")
    text: str | None = Field(None, max_length=32_768, description="Of the drafted message, as it shall be sent.")


class DraftAsk(Ask):
    """The drafted message, corrected; what is left out stays."""

    subject: str | None = Field(None, max_length=500)
    text: str | None = Field(None, max_length=32_768)


class SnoozeAsk(Ask):
    """Until when, and why."""

    until: Moment
    reason: str = Field("", max_length=500)


class ReassignAsk(Ask):
    """Who shall do it."""

    member_id: int = Field(ge=1)


class CancelAsk(Ask):
    """Why it will not be done."""

    reason: str | None = Field(None, max_length=1000)


@router.get("")
def list_tasks(
    call: Reader,
    account: Annotated[str | None, Query(max_length=500, description="External id of an account.")] = None,
    status: Annotated[list[TaskStatus] | None, Query(description="One or several.")] = None,
    owner: OwnerWord = None,
    trigger: Annotated[str | None, Query(max_length=100)] = None,
    risk_level: Annotated[list[RiskLevel] | None, Query(description="One or several.")] = None,
    signal: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Number of a signal.")] = None,
    overdue: bool = False,
    order: Annotated[
        TaskOrder,
        Query(description="urgency: by risk level; stake: by ARR x churn probability; due: by due time alone."),
    ] = TaskOrder.URGENCY,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TaskShape]:
    """The most urgent first: by risk level, then by due time; or in the order asked for."""
    question = ("tasks", account, status, owner, trigger, risk_level, signal, overdue, order)
    place = None if cursor is None else str(paging.decode(cursor, question)[0])
    with call.begin() as conn:
        wanted = TaskFilter(
            account=account,
            statuses=tuple(status or ()),
            owner_id=owner_number(conn, call, owner),
            unowned=owner == NOBODY,
            risk_levels=tuple(risk_level or ()),
            trigger_key=trigger,
            signal_id=signal,
            overdue_at=call.now() if overdue else None,
        )
        page = queue.list_tasks(conn, call.workspace_id, wanted, order=order, cursor=place, limit=limit)
    following = None if page.next is None else paging.encode(page.next, 0, question)
    return Page(items=[TaskShape.model_validate(one) for one in page.items], next=following)


@router.post("", status_code=201)
def write_task(body: TaskAsk, call: Writer, response: Response) -> TaskShape:
    """Make a task by hand. About a signal it stands beside what the trigger asked for."""
    with call.begin() as conn:
        account = account_number(conn, call.workspace_id, body.account)
        owner_id, _ = active_member(conn, call, body.owner)
        signal = None if body.signal_id is None else one_signal(conn, call.workspace_id, body.signal_id)
        if signal is not None and signal.account_id != account:
            raise Invalid("this signal is of another account", place="signal_id")
        new = NewTask(
            body.title, body.risk_level, body.text, body.due_at, owner_id, body.signal_id,
            signal.trigger_key if signal is not None else None,
        )  # fmt: skip
        made = write_tasks(conn, call.workspace_id, [account], new, call.now())
        if account not in made:
            raise Conflict(f"the account '{body.account}' has been merged into another; write it for that one")
        call.audit(conn, "task.written", f"task:{made[account]}", {"account": body.account})
        return _shown(queue.get_task(conn, call.workspace_id, made[account]), response)


@router.get("/{task_id}")
def get_task(task_id: Number, call: Reader, response: Response) -> TaskShape:
    """One task."""
    with call.begin() as conn:
        return _shown(queue.get_task(conn, call.workspace_id, task_id), response)


@router.post("/{task_id}/claim")
def claim(
    task_id: Number, call: Writer, response: Response, body: ClaimAsk | None = None, if_match: IfMatch = None
) -> TaskShape:
    """Take it up, or let another member take it up."""
    member_id = (body.member_id if body else None) or call.principal.member_id
    if member_id is None:
        raise Invalid("a key is nobody: say with member_id who takes the task", place="member_id")
    return _change(
        call, task_id, if_match, "claimed", response, lambda c, h: work.claim_task(c, h, member_id, call.now())
    )


@router.post("/{task_id}/complete")
def complete(
    task_id: Number, body: CompleteAsk, call: Writer, response: Response, if_match: IfMatch = None
) -> TaskShape:
    """It is done; the outcome counts in the KPIs, and a journey that waits for it goes on."""
    done = Completion(body.outcome, body.note, body.subject, body.text, call.principal.member_id)
    return _change(
        call, task_id, if_match, "completed", response,
        lambda conn, handle: work.complete_task(conn, handle, done, call.now()),
    )  # fmt: skip


@router.put("/{task_id}/draft")
def edit_draft(
    task_id: Number, body: DraftAsk, call: Writer, response: Response, if_match: IfMatch = None
) -> TaskShape:
    """Correct the drafted message before it is approved."""
    return _change(
        call, task_id, if_match, "draft_edited", response,
        lambda conn, handle: work.edit_draft(conn, handle, body.subject, body.text, call.now()),
    )  # fmt: skip


@router.post("/{task_id}/snooze")
def snooze(task_id: Number, body: SnoozeAsk, call: Writer, response: Response, if_match: IfMatch = None) -> TaskShape:
    """Lay it aside until a moment."""
    return _change(
        call, task_id, if_match, "snoozed", response,
        lambda conn, handle: work.snooze_task(conn, handle, body.until, body.reason, call.now()),
    )  # fmt: skip


@router.post("/{task_id}/reassign")
def reassign(
    task_id: Number, body: ReassignAsk, call: Writer, response: Response, if_match: IfMatch = None
) -> TaskShape:
    """Give it to another member."""
    return _change(
        call, task_id, if_match, "reassigned", response,
        lambda conn, handle: work.reassign_task(conn, handle, body.member_id, call.now()),
    )  # fmt: skip


@router.post("/{task_id}/cancel")
def cancel(task_id: Number, body: CancelAsk, call: Writer, response: Response, if_match: IfMatch = None) -> TaskShape:
    """It will not be done."""
    return _change(
        call, task_id, if_match, "cancelled", response,
        lambda conn, handle: work.cancel_task(conn, handle, body.reason, call.now()),
    )  # fmt: skip


@router.post("/{task_id}/undo")
def undo(task_id: Number, call: Writer, response: Response, if_match: IfMatch = None) -> TaskShape:
    """Take back a completion, a cancellation or a snooze."""
    return _change(
        call, task_id, if_match, "reopened", response, lambda conn, handle: work.reopen_task(conn, handle, call.now())
    )


@router.post("/{task_id}/feedback", status_code=201)
def give_feedback(
    task_id: Number, body: FeedbackAsk, call: Annotated[Call, needs(Permission.FEEDBACK_WRITE)]
) -> FeedbackShape:
    """Say what the insight behind the task was worth."""
    with call.begin() as conn:
        task = queue.get_task(conn, call.workspace_id, task_id)
    if task.signal_id is None:
        raise Conflict("this task came from no signal, so there is no insight to judge")
    return record_verdict(call, task.signal_id, task_id, body)


Change = Callable[[Connection, Handle], Task]


def _change(call: Call, task_id: int, if_match: str | None, what: str, response: Response, change: Change) -> TaskShape:
    handle = Handle(call.workspace_id, task_id, revision_of(if_match))
    with call.begin() as conn:
        task = change(conn, handle)
        call.audit(conn, f"task.{what}", f"task:{task_id}", {"status": task.status.value, "outcome": task.outcome})
    return _shown(task, response)


def _shown(task: Task, response: Response) -> TaskShape:
    response.headers["ETag"] = f'"{task.revision}"'
    return TaskShape.model_validate(task)
