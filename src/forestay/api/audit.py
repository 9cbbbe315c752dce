"""`/api/audit`: who did what, and whether the trail is as it was written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Row, or_, select

from forestay.api.calls import Call, needs
from forestay.api.paging import Cursor, Limit, Page, Sorting, page_of
from forestay.api.shapes import Moment, Shape
from forestay.governance import audit
from forestay.governance.permissions import Permission
from forestay.store.tables.governance import audit_entries

router = APIRouter(prefix="/api/audit", tags=["audit"])


class AuditShape(Shape):
    """One entry. hash seals it and the one before."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


class AuditState(Shape):
    """What a walk along the whole chain found."""

    entries: int
    intact: bool
    first_broken: int | None = Field(description="Number of the first entry that is altered or missing.")
    last_hash: str = Field(description="Keep it elsewhere: with it, entries cut off the end are found too.")


@router.get("")
def list_entries(
    call: Annotated[Call, needs(Permission.AUDIT_READ)],
    actor: Annotated[str | None, Query(description="member:7, key:3 or system")] = None,
    action: Annotated[str | None, Query(description="For example trigger.published")] = None,
    subject: Annotated[str | None, Query(description="For example trigger:health-below-60")] = None,
    since: Moment | None = None,
    until: Moment | None = None,
    kind: Annotated[
        str | None, Query(pattern="^[a-z_-]{1,40}$", description="What the subject is, for example trigger.")
    ] = None,
    q: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Part of actor, action or subject.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditShape]:
    """The newest entries first."""
    table = audit_entries.c
    question = ("audit", actor, action, subject, since, until, kind, q)
    wanted = select(audit_entries).where(table.workspace_id == call.workspace_id)
    for column, value in ((table.actor, actor), (table.action, action), (table.subject, subject)):
        if value is not None:
            wanted = wanted.where(column == value)
    if since is not None:
        wanted = wanted.where(table.at >= since)
    if until is not None:
        wanted = wanted.where(table.at < until)
    if kind is not None:
        wanted = wanted.where(or_(table.subject == kind, table.subject.startswith(f"{kind}:", autoescape=True)))
    if q is not None:
        parts = (table.actor, table.action, table.subject)
        wanted = wanted.where(or_(*(column.icontains(q, autoescape=True) for column in parts)))
    sorting = Sorting(table.seq, table.seq, descending=True)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.seq, row.seq), _shape)


@router.get("/verify")
def verify(call: Annotated[Call, needs(Permission.AUDIT_READ)]) -> AuditState:
    """Walk the whole chain."""
    with call.begin() as conn:
        found = audit.walk(conn, call.workspace_id)
    return AuditState(
        entries=found.entries,
        intact=found.first_broken is None,
        first_broken=found.first_broken,
        last_hash=found.last_hash,
    )


def _shape(row: Row[Any]) -> AuditShape:
    return AuditShape(
        seq=row.seq, at=row.at, actor=row.actor, action=row.action, subject=row.subject, detail=row.detail,
        hash=row.hash.hex(),
    )  # fmt: skip
