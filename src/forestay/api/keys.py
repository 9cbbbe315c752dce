"""`/api/keys`: make, list and revoke keys. A secret is shown once, in the answer that makes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select

from forestay.api.calls import Call, needs
from forestay.api.once import OnceSecretRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.shapes import Ask, Shape
from forestay.governance import keys as secrets
from forestay.governance.keys import KeyKind
from forestay.governance.permissions import Permission, granted_by_scopes
from forestay.store.tables.governance import api_keys

router = APIRouter(prefix="/api/keys", tags=["keys"], route_class=OnceSecretRoute)


class KeyShape(Shape):
    """A key without its secret."""

    id: int
    kind: KeyKind
    name: str
    prefix: str = Field(description="The first characters, to know it by.")
    scopes: list[str]
    created_by: int | None
    created_at: datetime
    last_used_at: datetime | None = Field(description="Coarse: within five minutes.")
    revoked_at: datetime | None


class KeyMade(KeyShape):
    """A key just made, with its secret for the only time."""

    secret: str


class KeyAsk(Ask):
    """A key to make. scopes: permissions or '*', for management keys only."""

    kind: KeyKind
    name: str = Field(min_length=1, max_length=200)
    scopes: list[str] = Field(default_factory=list, max_length=50)


@router.get("")
def list_keys(
    call: Annotated[Call, needs(Permission.KEYS_ADMIN)],
    kind: KeyKind | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[KeyShape]:
    """Every key, the newest first."""
    question = ("keys", kind)
    wanted = select(api_keys).where(api_keys.c.workspace_id == call.workspace_id)
    if kind is not None:
        wanted = wanted.where(api_keys.c.kind == kind.value)
    sorting = Sorting(api_keys.c.created_at, api_keys.c.id, descending=True)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.created_at, row.id), KeyShape.model_validate)


@router.post("", status_code=201)
def make_key(body: KeyAsk, call: Annotated[Call, needs(Permission.KEYS_ADMIN)]) -> KeyMade:
    """Make a key. It cannot be given more than its maker may do."""
    for permission in granted_by_scopes(body.scopes):
        call.principal.require(permission)
    with call.begin() as conn:
        made = secrets.create(
            conn, call.workspace_id, body.kind, body.name, body.scopes, created_by=call.principal.member_id
        )
        call.audit(
            conn, "key.created", f"key:{made.key_id}", {"kind": body.kind.value, "scopes": " ".join(body.scopes)}
        )
        row = conn.execute(select(api_keys).where(api_keys.c.id == made.key_id)).one()
    return KeyMade(**KeyShape.model_validate(row).model_dump(), secret=made.secret)


@router.delete("/{key_id}", status_code=204)
def revoke_key(key_id: Number, call: Annotated[Call, needs(Permission.KEYS_ADMIN)]) -> None:
    """Shut a key for good, at once."""
    with call.begin() as conn:
        key_hash = secrets.revoke(conn, call.workspace_id, key_id)
        call.audit(conn, "key.revoked", f"key:{key_id}")
    call.deps.keys.forget(key_hash)
