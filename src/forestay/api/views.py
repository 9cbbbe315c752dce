"""`/api/views`: saved views of lists, one's own and those that are shared with everybody.

A view is changed by its owner, or by who runs operations; sharing one needs leave to write accounts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.revisions import Stale, revision_of
from forestay.api.shapes import Ask, Shape
from forestay.customers.words import Role
from forestay.governance.permissions import Permission
from forestay.kit.errors import ForestayError, Invalid, NotFound
from forestay.store.tables.desk import saved_views as views
from forestay.store.tables.governance import members

router = APIRouter(prefix="/api/views", tags=["views"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
IfMatch = Annotated[str | None, Header(alias="If-Match", description='The revision that was read, for example "3".')]
PageWord = Literal["accounts", "inbox"]
_LEADERS = (Role.ADMIN, Role.OPS)


class ViewOfAnother(ForestayError):
    """Only its owner, or who runs operations, changes a view: save one of your own."""

    code = "view_of_another"
    http_status = 403


class ViewBody(Ask):
    """What the page shows. search: the words of its address; columns: their keys in order, all as usual if left out."""

    search: dict[str, str | int | bool | list[str]] = Field(default_factory=dict, max_length=60)
    columns: list[str] | None = Field(None, max_length=60)


class ViewAsk(Ask):
    """A view to keep."""

    page: PageWord = "accounts"
    name: str = Field(min_length=1, max_length=80)
    is_shared: bool = False
    body: ViewBody


class ViewShape(Shape):
    """A saved view."""

    id: int
    page: PageWord
    name: str
    owner: str | None = Field(description="E-mail address of whose it is; null: made with a key.")
    owner_name: str | None
    is_shared: bool
    is_mine: bool = Field(description="Whether the caller may change it.")
    body: ViewBody
    revision: int
    updated_at: datetime


@router.get("")
def list_views(
    call: Reader, page: Annotated[PageWord, Query(description="Of which page.")] = "accounts",
    limit: Limit = 200, cursor: Cursor = None,
) -> Page[ViewShape]:  # fmt: skip
    """The caller's own and the shared ones, by name."""
    question = ("views", page, call.principal.actor)
    with call.begin() as conn:
        wanted = _visible(call).where(views.c.page == page)
        rows = conn.execute(Sorting(views.c.name, views.c.id).of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.name, row.id), lambda row: _shape(call, row))


@router.post("", status_code=201)
def save_view(body: ViewAsk, call: Reader, response: Response) -> ViewShape:
    """Keep a view. With a key it is nobody's, so it must be shared."""
    _check_sharing(call, is_shared=body.is_shared)
    with call.begin() as conn:
        at = call.now()
        made = insert(views).values(
            workspace_id=call.workspace_id, page=body.page, name=body.name, owner_id=call.principal.member_id,
            is_shared=body.is_shared, body=body.body.model_dump(), created_at=at, updated_at=at,
        )  # fmt: skip
        view_id = int(conn.execute(made.returning(views.c.id)).scalar_one())
        call.audit(conn, "view.saved", f"view:{view_id}", {"name": body.name, "is_shared": body.is_shared})
        return _shown(conn, call, view_id, response)


@router.put("/{view_id}")
def change_view(
    view_id: Number, body: ViewAsk, call: Reader, response: Response, if_match: IfMatch = None
) -> ViewShape:
    """Keep it as it is now; 412 when it was changed since it was read."""
    _check_sharing(call, is_shared=body.is_shared)
    with call.begin() as conn:
        row = _mine(conn, call, view_id)
        if (revision_of(if_match) or row.revision) != row.revision:
            raise Stale("the view was changed meanwhile; read it again and decide")
        values = {"name": body.name, "is_shared": body.is_shared, "body": body.body.model_dump(), "page": body.page}
        conn.execute(
            update(views).where(_is(call, view_id)).values(**values, updated_at=call.now(), revision=row.revision + 1)
        )
        call.audit(conn, "view.changed", f"view:{view_id}", {"name": body.name, "is_shared": body.is_shared})
        return _shown(conn, call, view_id, response)


@router.delete("/{view_id}", status_code=204)
def delete_view(view_id: Number, call: Reader) -> None:
    """Forget the view."""
    with call.begin() as conn:
        row = _mine(conn, call, view_id)
        conn.execute(delete(views).where(_is(call, view_id)))
        call.audit(conn, "view.deleted", f"view:{view_id}", {"name": row.name})


def _check_sharing(call: Call, *, is_shared: bool) -> None:
    if is_shared:
        call.principal.require(Permission.ACCOUNTS_WRITE)
    elif call.principal.member_id is None:
        raise Invalid("a key is nobody, so a view of its own is seen by nobody: share it", place="is_shared")


def _visible(call: Call) -> Any:
    own = views.c.owner_id == call.principal.member_id
    return (
        select(views, members.c.email.label("owner"), members.c.name.label("owner_name"))
        .outerjoin(members, members.c.id == views.c.owner_id)
        .where(views.c.workspace_id == call.workspace_id, or_(views.c.is_shared, own))
    )


def _is(call: Call, view_id: int) -> Any:
    return (views.c.workspace_id == call.workspace_id) & (views.c.id == view_id)


def _one(conn: Connection, call: Call, view_id: int) -> Row[Any]:
    row: Row[Any] | None = conn.execute(_visible(call).where(views.c.id == view_id)).one_or_none()
    if row is None:
        raise NotFound("view", str(view_id))
    return row


def _mine(conn: Connection, call: Call, view_id: int) -> Row[Any]:
    row = _one(conn, call, view_id)
    if not _is_mine(call, row):
        raise ViewOfAnother(f"this view is {row.owner_name or 'somebody'}'s; save one of your own")
    return row


def _is_mine(call: Call, row: Row[Any]) -> bool:
    own = call.principal.member_id is not None and row.owner_id == call.principal.member_id
    return own or call.principal.role in (None, *_LEADERS)


def _shown(conn: Connection, call: Call, view_id: int, response: Response) -> ViewShape:
    shape = _shape(call, _one(conn, call, view_id))
    response.headers["ETag"] = f'"{shape.revision}"'
    return shape


def _shape(call: Call, row: Row[Any]) -> ViewShape:
    return ViewShape.model_validate({**row._mapping, "is_mine": _is_mine(call, row)})
