"""`/api/quarantine`: what could not be accepted: read it, mend it and replay it, or throw it away."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import func, select

from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, decode, encode
from forestay.api.shapes import Ask, Shape
from forestay.events.log import Codec
from forestay.governance.permissions import Permission
from forestay.sources import quarantine
from forestay.sources.quarantine import QuarantineStatus
from forestay.store.tables.ingest import quarantine as table

router = APIRouter(prefix="/api/quarantine", tags=["quarantine"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.QUARANTINE_READ)]
Writer = Annotated[Call, needs(Permission.QUARANTINE_WRITE)]
_MOST = 500


class QuarantineShape(Shape):
    """An item as it came, and why it was not accepted."""

    id: int
    received_at: datetime
    source: str
    reason_code: str
    reason: str
    item: str
    status: QuarantineStatus
    settled_at: datetime | None


class ReasonCount(Shape):
    """How many items wait for one reason."""

    reason_code: str
    waiting: int


class ReplayAsk(Ask):
    """Which items, and mended texts by id; an item without one is tried as it is."""

    ids: list[int] = Field(min_length=1, max_length=_MOST)
    fixed: dict[int, str] = Field(default_factory=dict)


class FixAsk(Ask):
    """The mended text; the item as it is if left out."""

    item: str | None = None


class DiscardAsk(Ask):
    """Which items."""

    ids: list[int] = Field(min_length=1, max_length=_MOST)


class Settled(Shape):
    """How many items were settled."""

    settled: int


@router.get("")
def list_items(
    call: Reader,
    status: Annotated[QuarantineStatus | None, Query(description="waiting if left out.")] = QuarantineStatus.WAITING,
    reason_code: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[QuarantineShape]:
    """The newest items first."""
    question = ("quarantine", status, reason_code)
    before = None if cursor is None else int(str(decode(cursor, question)[1]))
    with call.begin() as conn:
        found = quarantine.listing(
            conn, call.workspace_id, status=status, reason_code=reason_code, before_id=before, limit=limit + 1
        )
    shown = found[:limit]
    following = encode(None, shown[-1].id, question) if len(found) > limit else None
    return Page(items=[QuarantineShape.model_validate(one) for one in shown], next=following)


@router.get("/reasons")
def count_reasons(call: Reader) -> Page[ReasonCount]:
    """How many items wait, by reason, the most frequent first."""
    mine = (table.c.workspace_id == call.workspace_id) & (table.c.status == QuarantineStatus.WAITING.value)
    amount = func.count().label("waiting")
    with call.begin() as conn:
        rows = conn.execute(
            select(table.c.reason_code, amount).where(mine).group_by(table.c.reason_code).order_by(amount.desc())
        ).all()
    return Page(items=[ReasonCount.model_validate(row) for row in rows])


@router.get("/{item_id}")
def get_item(item_id: Number, call: Reader) -> QuarantineShape:
    """One item."""
    with call.begin() as conn:
        return QuarantineShape.model_validate(quarantine.get(conn, call.workspace_id, item_id))


@router.post("/{item_id}/replay")
def replay_item(item_id: Number, call: Writer, body: FixAsk | None = None) -> Settled:
    """Mend one item and take it in again."""
    fixed = {item_id: body.item} if body is not None and body.item is not None else {}
    return _replay(call, [item_id], fixed)


@router.post("/replay")
def replay_items(body: ReplayAsk, call: Writer) -> Settled:
    """Take items in again, all or none."""
    return _replay(call, body.ids, body.fixed)


@router.post("/{item_id}/discard")
def discard_item(item_id: Number, call: Writer) -> Settled:
    """Throw one item away; it stays readable."""
    return _discard(call, [item_id])


@router.post("/discard")
def discard_items(body: DiscardAsk, call: Writer) -> Settled:
    """Throw items away, all or none; they stay readable."""
    return _discard(call, body.ids)


def _replay(call: Call, ids: list[int], fixed: dict[int, str]) -> Settled:
    """The bodies are in the log before the items are marked: a crash between makes duplicates, which are found."""
    with call.begin() as conn:
        bodies = quarantine.replay(conn, call.workspace_id, ids, call.now(), fixed)
        call.audit(conn, "quarantine.replayed", "quarantine", {"items": len(bodies), "mended": len(fixed)})
        for body in bodies:
            call.append(Codec.SEGMENT, body)
    return Settled(settled=len(bodies))


def _discard(call: Call, ids: list[int]) -> Settled:
    with call.begin() as conn:
        quarantine.discard(conn, call.workspace_id, ids, call.now())
        call.audit(conn, "quarantine.discarded", "quarantine", {"items": len(set(ids))})
    return Settled(settled=len(set(ids)))
