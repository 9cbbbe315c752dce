"""`/api/tasks/{id}/send`, `/sendings`, `/similar`: the drafted message sent by hand, and what worked elsewhere.

Reads: what the guard reads, requests, effects; done tasks of the same trigger, impact_reports
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from forestay.actions import by_hand
from forestay.actions.by_hand import Foreseen, Sending
from forestay.actions.tasks import queue, work
from forestay.actions.tasks.work import Handle
from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.paging import Number, Page
from forestay.api.queries.similar import similar_to
from forestay.api.shapes import Ask, Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid

router = APIRouter(prefix="/api/tasks/{task_id}", tags=["tasks"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.TASKS_READ)]
Writer = Annotated[Call, needs(Permission.TASKS_WRITE)]


class SendAsk(Ask):
    """The message as it shall leave, and to whom."""

    to: str = Field(min_length=1, max_length=500, description="External id of a contact of the account.")
    subject: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=32_768)


class SendShape(Shape):
    """What became of it, or would. done: it is asked for, and can be taken back for a few seconds; id: give it back for
    that. not_before: caps or quiet hours hold it until then; never: why it would not leave at all."""

    done: bool
    id: int | None
    to: str | None = Field(description="The address.")
    goes: bool = Field(description="Whether it leaves at once.")
    not_before: datetime | None
    reason: str
    never: str | None


class SendingShape(Shape):
    """A message sent in the course of the task. status: asked, pending, sent, skipped, failed, cancelled or unknown."""

    id: int
    effect_id: int | None
    recipient: str | None
    subject: str | None
    status: str
    reason: str | None
    sent_by: str | None
    created_at: datetime
    due_at: datetime | None = Field(description="When it leaves, where it waits.")
    updated_at: datetime | None


class OutcomeCount(Shape):
    """How often tasks of this signal ended like that."""

    outcome: str
    count: int
    is_good: bool


class SaveShape(Shape):
    """One task of the same signal at another account that ended well."""

    id: int
    account: str
    account_name: str | None
    outcome: str
    note: str | None
    who: str | None
    done_at: datetime
    hours: float = Field(description="From when it was opened.")
    messages: int = Field(description="Sent to the account between then and its end.")


class SimilarShape(Shape):
    """What came of the same signal elsewhere in the last year. How often it ended well is no proof that it helped:
    `effect` says what is known of that."""

    trigger: str | None
    total: int
    good: int
    outcomes: list[OutcomeCount] = Field(description="The most frequent first.")
    with_message: int = Field(description="Of all, tasks in whose course a message went to the account.")
    with_message_good: int
    median_hours: float | None
    saves: list[SaveShape] = Field(description="The latest five that ended well.")
    effect: str | None = Field(
        description="What the trigger's interventions bring about, in words; null: not looked at yet."
    )


@router.post("/send")
def send(
    task_id: Number, body: SendAsk, call: Writer,
    preview: Annotated[bool, Query(description="Say what would become of it, and send nothing.")] = False,
) -> SendShape:  # fmt: skip
    """Send the message through the ledger: consent, suppression, caps and quiet hours hold as for everything."""
    with call.begin() as conn:
        task = queue.get_task(conn, call.workspace_id, task_id)
        if call.principal.member_id is None:
            raise Invalid("a key is nobody: a message by hand is sent by a member", code="needs_member")
        sending = Sending(task.account_id, body.to, body.subject, body.text, call.principal.member_id, task_id)
        foreseen = by_hand.foresee(conn, call.workspace_id, sending, call.now())
        if preview:
            return _shape(foreseen)
        number = by_hand.ask_to_send(conn, call.workspace_id, sending, foreseen, call.now())
        if task.draft:
            work.edit_draft(conn, Handle(call.workspace_id, task_id), body.subject, body.text, call.now())
        call.audit(conn, "task.message_sent", f"task:{task_id}", {"request": number})
    return _shape(foreseen, number)


@router.get("/sendings")
def list_sendings(task_id: Number, call: Reader) -> Page[SendingShape]:
    """What was sent by hand in the course of the task, and what became of it."""
    with call.begin() as conn:
        queue.get_task(conn, call.workspace_id, task_id)
        rows = by_hand.sendings_of(conn, call.workspace_id, task_id)
    return Page(items=[SendingShape.model_validate(row) for row in rows])


@router.post("/sendings/{request_id}/take-back", status_code=204)
def take_back(task_id: Number, request_id: Number, call: Writer) -> None:
    """Take a message back that was asked for a few seconds ago."""
    with call.begin() as conn:
        queue.get_task(conn, call.workspace_id, task_id)
        by_hand.take_back(conn, call.workspace_id, task_id, request_id)
        call.audit(conn, "task.message_taken_back", f"task:{task_id}", {"request": request_id})


@router.get("/similar")
def similar(task_id: Number, call: Reader) -> SimilarShape:
    """What came of tasks of the same signal at other accounts."""
    with call.begin() as conn:
        task = queue.get_task(conn, call.workspace_id, task_id)
        found = similar_to(conn, call.workspace_id, task, call.now())
    return SimilarShape.model_validate(found)


def _shape(foreseen: Foreseen, number: int | None = None) -> SendShape:
    return SendShape(
        done=number is not None, id=number, to=foreseen.to, goes=foreseen.goes, not_before=foreseen.not_before,
        reason=foreseen.reason, never=foreseen.never,
    )  # fmt: skip
