"""`/api/accounts/{id}/notes`: what people write down about an account.

A note is changed by who wrote it, or by who runs operations. A deleted note can be put back for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import Field
from sqlalchemy import Connection, Row, delete, insert, select, update

from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.queries.accounts import account_number
from forestay.api.revisions import Stale, revision_of
from forestay.api.shapes import Ask, Shape
from forestay.customers.words import Role
from forestay.governance.permissions import Permission
from forestay.kit.errors import ForestayError, NotFound
from forestay.store.tables.desk import account_notes as notes
from forestay.store.tables.governance import members

router = APIRouter(prefix=f"/api/accounts/{ID_IN_PATH}/notes", tags=["accounts"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
Writer = Annotated[Call, needs(Permission.ACCOUNTS_WRITE)]
IfMatch = Annotated[str | None, Header(alias="If-Match", description='The revision that was read, for example "3".')]
_KEPT = timedelta(days=1)
_LEADERS = (Role.ADMIN, Role.OPS)


class NotesOf(ForestayError):
    """Only its author, or who runs operations, changes a note: write one of your own."""

    code = "note_of_another"
    http_status = 403


class NoteShape(Shape):
    """One note. text: a little Markdown; it is shown as text and never as markup of its own."""

    id: int
    author: str | None = Field(description="E-mail address of who wrote it.")
    author_name: str | None
    author_id: int | None
    text: str
    is_mine: bool = Field(description="Whether the caller may change it.")
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class NoteAsk(Ask):
    """What to write down."""

    text: str = Field(min_length=1, max_length=20_000)


@router.get("")
def list_notes(external_id: str, call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[NoteShape]:
    """The newest notes first."""
    question = ("notes", external_id)
    with call.begin() as conn:
        number = account_number(conn, call.workspace_id, external_id)
        wanted = _select(call).where(notes.c.account_id == number, notes.c.deleted_at.is_(None))
        rows = conn.execute(Sorting(notes.c.id, notes.c.id, descending=True).of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.id, row.id), lambda row: _shape(call, row))


@router.post("", status_code=201)
def write_note(external_id: str, body: NoteAsk, call: Writer, response: Response) -> NoteShape:
    """Write a note."""
    with call.begin() as conn:
        number = account_number(conn, call.workspace_id, external_id)
        values = {"workspace_id": call.workspace_id, "account_id": number, "author_id": call.principal.member_id}
        made = insert(notes).values(**values, text=body.text, created_at=call.now(), updated_at=call.now())
        note_id = int(conn.execute(made.returning(notes.c.id)).scalar_one())
        call.audit(conn, "note.written", f"account:{external_id}", {"note": note_id})
        return _shown(conn, call, number, note_id, response)


@router.put("/{note_id}")
def change_note(
    external_id: str, note_id: Number, body: NoteAsk, call: Writer, response: Response, if_match: IfMatch = None
) -> NoteShape:
    """Change its text; 412 when it was changed since it was read."""
    with call.begin() as conn:
        number, row = _mine(conn, call, external_id, note_id)
        if (revision_of(if_match) or row.revision) != row.revision:
            raise Stale("the note was changed meanwhile; read it again and decide")
        _change(conn, call, note_id, text=body.text, updated_at=call.now(), revision=row.revision + 1)
        call.audit(conn, "note.changed", f"account:{external_id}", {"note": note_id})
        return _shown(conn, call, number, note_id, response)


@router.delete("/{note_id}", status_code=204)
def delete_note(external_id: str, note_id: Number, call: Writer) -> None:
    """Take the note away; it can be put back for a day, and is forgotten after that."""
    with call.begin() as conn:
        _mine(conn, call, external_id, note_id)
        _change(conn, call, note_id, deleted_at=call.now())
        old = (notes.c.workspace_id == call.workspace_id) & (notes.c.deleted_at < call.now() - _KEPT)
        conn.execute(delete(notes).where(old))
        call.audit(conn, "note.deleted", f"account:{external_id}", {"note": note_id})


@router.post("/{note_id}/restore")
def restore_note(external_id: str, note_id: Number, call: Writer, response: Response) -> NoteShape:
    """Put back a note that was deleted within the last day."""
    with call.begin() as conn:
        number, _ = _mine(conn, call, external_id, note_id)
        _change(conn, call, note_id, deleted_at=None)
        call.audit(conn, "note.restored", f"account:{external_id}", {"note": note_id})
        return _shown(conn, call, number, note_id, response)


def _select(call: Call) -> Any:
    return (
        select(notes, members.c.email.label("author"), members.c.name.label("author_name"))
        .outerjoin(members, members.c.id == notes.c.author_id)
        .where(notes.c.workspace_id == call.workspace_id)
    )


def _one(conn: Connection, call: Call, number: int, note_id: int) -> Row[Any]:
    wanted = _select(call).where(notes.c.id == note_id, notes.c.account_id == number)
    row: Row[Any] | None = conn.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("note", str(note_id))
    return row


def _mine(conn: Connection, call: Call, external_id: str, note_id: int) -> tuple[int, Row[Any]]:
    number = account_number(conn, call.workspace_id, external_id)
    row = _one(conn, call, number, note_id)
    if not _is_mine(call, row):
        raise NotesOf(f"this note is {row.author_name or 'somebody'}'s; write one of your own")
    return number, row


def _is_mine(call: Call, row: Row[Any]) -> bool:
    own = call.principal.member_id is not None and row.author_id == call.principal.member_id
    return own or call.principal.role in (None, *_LEADERS)


def _change(conn: Connection, call: Call, note_id: int, **values: object) -> None:
    mine = (notes.c.workspace_id == call.workspace_id) & (notes.c.id == note_id)
    conn.execute(update(notes).where(mine).values(**values))


def _shown(conn: Connection, call: Call, number: int, note_id: int, response: Response) -> NoteShape:
    shape = _shape(call, _one(conn, call, number, note_id))
    response.headers["ETag"] = f'"{shape.revision}"'
    return shape


def _shape(call: Call, row: Row[Any]) -> NoteShape:
    return NoteShape.model_validate({**row._mapping, "is_mine": _is_mine(call, row)})
