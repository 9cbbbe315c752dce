"""`/api/bulk`: one thing done for many accounts: prepared (and counted), carried out in portions, and taken back.

Prepare fixes to whom: what was counted is what is done. `run` does the next portion and says how far it is; call it until
nothing is left. `undo` works in the same way, and leaves alone what somebody has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection, Row, select

from forestay.actions.tasks.writing import NewTask, write_tasks
from forestay.api.account_question import Selection, chosen_numbers
from forestay.api.accounts import active_member
from forestay.api.calls import Call, needs
from forestay.api.journey_entering import NoWayIn, busy_accounts, open_journey
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.queries import bulk as queries
from forestay.api.queries.journeys import one_mark
from forestay.api.shapes import Ask, Moment, Shape
from forestay.customers.words import RiskLevel
from forestay.governance.permissions import Permission
from forestay.journeys import inbox
from forestay.journeys.entries import ApiEntry, ManualEntry
from forestay.journeys.inbox import Entry
from forestay.journeys.words import ReEntry, SubjectKind
from forestay.kit.errors import Conflict, Forbidden
from forestay.store.tables.customers import accounts
from forestay.store.tables.desk import bulk_items

router = APIRouter(prefix="/api/bulk", tags=["bulk"], route_class=OnceRoute)
_PORTION = 500
_NEEDED = {
    "assign": Permission.ACCOUNTS_WRITE, "task": Permission.TASKS_WRITE, "journey": Permission.JOURNEYS_OPERATE,
}  # fmt: skip
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
Kind = Literal["assign", "task", "journey"]


class NotYours(Forbidden):
    """Who prepared the work carries it out and takes it back."""

    code = "bulk_of_another"


class AssignAsk(Ask):
    """Who shall own them: a member's e-mail address, null for nobody."""

    accounts: Selection
    owner: str | None = Field(max_length=320)


class TaskForEach(Ask):
    """The task that each of them gets."""

    accounts: Selection
    title: str = Field(min_length=1, max_length=300)
    text: str | None = Field(None, max_length=8000)
    risk_level: RiskLevel = RiskLevel.MEDIUM
    due_at: Moment | None = Field(None, description="The usual time of its risk level if left out.")
    owner: str | None = Field(
        None, max_length=320, description="E-mail of a member; whoever owns the account if left out."
    )


class JourneyForEach(Ask):
    """The journey that each of them enters."""

    accounts: Selection
    journey: str = Field(max_length=120)


class BulkShape(Shape):
    """One piece of work. waiting: accounts still to do (or to undo); refused: left out, with the reason in its item."""

    id: int
    kind: Kind
    body: dict[str, Any]
    total: int
    waiting: int
    done: int
    unchanged: int
    refused: int
    undone: int
    kept: int
    created_at: datetime
    undone_at: datetime | None


class ItemShape(Shape):
    """What became of one account; outcome null: not done yet."""

    account: str
    account_name: str | None
    outcome: str | None
    detail: str | None
    at: datetime | None


@router.post("/assign", status_code=201)
def prepare_assign(body: AssignAsk, call: Annotated[Call, needs(Permission.ACCOUNTS_WRITE)]) -> BulkShape:
    """Prepare to give accounts to a member."""
    with call.begin() as conn:
        owner_id, email = active_member(conn, call, body.owner)
        said = {"owner": body.owner, "owner_id": owner_id, "email": email}
        return _prepared(conn, call, "assign", said, chosen_numbers(conn, call, body.accounts), {})


@router.post("/tasks", status_code=201)
def prepare_tasks(body: TaskForEach, call: Annotated[Call, needs(Permission.TASKS_WRITE)]) -> BulkShape:
    """Prepare a task for each account."""
    with call.begin() as conn:
        owner_id, _ = active_member(conn, call, body.owner)
        said = {**body.model_dump(mode="json", exclude={"accounts"}), "owner_id": owner_id}
        return _prepared(conn, call, "task", said, chosen_numbers(conn, call, body.accounts), {})


@router.post("/journeys", status_code=201)
def prepare_journey(body: JourneyForEach, call: Annotated[Call, needs(Permission.JOURNEYS_OPERATE)]) -> BulkShape:
    """Prepare to let accounts enter a journey by hand; those that are in it, or may not come again, are left out."""
    with call.begin() as conn:
        mark, journey = open_journey(conn, call, body.journey)
        if not any(isinstance(entry, ManualEntry | ApiEntry) for entry in journey.entry):
            raise NoWayIn(f"'{body.journey}' has no entry by hand or by API; add {{manual: true}} to its entries")
        if journey.subject is not SubjectKind.ACCOUNT:
            raise NoWayIn(f"'{body.journey}' is about contacts; let each enter from the account's page")
        numbers = chosen_numbers(conn, call, body.accounts)
        ever = journey.re_entry.rule is ReEntry.NEVER
        busy = busy_accounts(conn, call, mark, np.array(numbers, np.int64), ever=ever)
        why = "it went through it before, and it takes each in once" if ever else "it is in it now"
        refused = dict.fromkeys(busy.tolist(), why)
        return _prepared(conn, call, "journey", {"journey": body.journey}, numbers, refused)


@router.get("/{bulk_id}")
def get_bulk(bulk_id: Number, call: Reader) -> BulkShape:
    """How far it is."""
    with call.begin() as conn:
        return _shape(conn, call, queries.one(conn, call.workspace_id, bulk_id))


@router.get("/{bulk_id}/items")
def list_items(bulk_id: Number, call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[ItemShape]:
    """What became of each account."""
    question = ("bulk", bulk_id)
    item = bulk_items.c
    wanted = (
        select(item.account_id, item.outcome, item.detail, item.at, accounts.c.external_id.label("account"),
               accounts.c.name.label("account_name"))
        .join(accounts, accounts.c.id == item.account_id)
        .where(item.workspace_id == call.workspace_id, item.bulk_id == bulk_id)
    )  # fmt: skip
    with call.begin() as conn:
        queries.one(conn, call.workspace_id, bulk_id)
        rows = conn.execute(Sorting(item.account_id, item.account_id).of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.account_id, row.account_id), ItemShape.model_validate)


@router.post("/{bulk_id}/run")
def run(bulk_id: Number, call: Reader) -> BulkShape:
    """Do the next portion."""
    with call.begin() as conn:
        work = _mine(conn, call, bulk_id)
        if work.undone_at is not None:
            raise Conflict("this was taken back; prepare it anew")
        numbers = [row.account_id for row in queries.waiting(conn, call.workspace_id, bulk_id, _PORTION)]
        if numbers:
            queries.settle(conn, call.workspace_id, bulk_id, _carry_out(conn, call, work, numbers), call.now())
            call.audit(conn, f"bulk.{work.kind}", f"bulk:{bulk_id}", {"accounts": len(numbers)})
        return _shape(conn, call, work)


@router.post("/{bulk_id}/undo")
def undo(bulk_id: Number, call: Reader) -> BulkShape:
    """Take back the next portion of what was done."""
    with call.begin() as conn:
        work = _mine(conn, call, bulk_id)
        items = queries.waiting(conn, call.workspace_id, bulk_id, _PORTION, outcome="done")
        queries.mark_undone(conn, call.workspace_id, bulk_id, call.now())
        if items:
            queries.settle(conn, call.workspace_id, bulk_id, _take_back(conn, call, work, items), call.now())
            call.audit(conn, f"bulk.{work.kind}_undone", f"bulk:{bulk_id}", {"accounts": len(items)})
        return _shape(conn, call, queries.one(conn, call.workspace_id, bulk_id))


def _carry_out(conn: Connection, call: Call, work: Row[Any], numbers: list[int]) -> queries.Outcomes:
    said, at = work.body, call.now()
    if work.kind == "assign":
        return queries.assign(conn, call.workspace_id, numbers, said["owner_id"], said["email"], at)
    if work.kind == "task":
        due = None if said["due_at"] is None else datetime.fromisoformat(said["due_at"])
        new = NewTask(said["title"], RiskLevel(said["risk_level"]), said["text"], due, said["owner_id"])
        made = write_tasks(conn, call.workspace_id, numbers, new, at)
        return {n: ("done", None, {"task": made[n]}) if n in made else ("refused", "it is gone", {}) for n in numbers}
    mark, _ = open_journey(conn, call, said["journey"])
    key = queries.said_by(work.id)
    entries = [Entry(mark.id, n, at, entry_key=key, by="manual") for n in numbers]
    inbox.enter_many(conn, call.workspace_id, entries)
    return {n: ("done", None, {"journey_id": mark.id}) for n in numbers}


def _take_back(conn: Connection, call: Call, work: Row[Any], items: list[Any]) -> queries.Outcomes:
    if work.kind == "assign":
        return queries.give_back(conn, call.workspace_id, items, work.body["owner_id"], call.now())
    if work.kind == "task":
        return queries.cancel_untouched(conn, call.workspace_id, items, call.now())
    mark = one_mark(conn, call.workspace_id, work.body["journey"])
    number = mark.id if mark is not None else 0
    return queries.leave_journey(conn, call.workspace_id, work.id, items, number, call.now())


def _prepared(
    conn: Connection, call: Call, kind: Kind, said: Mapping[str, Any], numbers: list[int], refused: Mapping[int, str]
) -> BulkShape:
    bulk_id = queries.prepare(conn, call.workspace_id, call.principal.actor, kind, said, numbers, refused, call.now())
    return _shape(conn, call, queries.one(conn, call.workspace_id, bulk_id))


def _mine(conn: Connection, call: Call, bulk_id: int) -> Row[Any]:
    work: Row[Any] = queries.one(conn, call.workspace_id, bulk_id)
    call.principal.require(_NEEDED[work.kind])
    if work.actor != call.principal.actor:
        raise NotYours("somebody else prepared this; prepare it yourself")
    return work


def _shape(conn: Connection, call: Call, work: Row[Any]) -> BulkShape:
    counts = queries.counts_of(conn, call.workspace_id, work.id)
    words = ("done", "unchanged", "refused", "undone", "kept")
    left = counts.get("done", 0) if work.undone_at is not None else counts.get(None, 0)
    return BulkShape(
        id=work.id, kind=work.kind, body=work.body, total=sum(counts.values()), waiting=left,
        created_at=work.created_at, undone_at=work.undone_at, **{word: counts.get(word, 0) for word in words},
    )  # fmt: skip
