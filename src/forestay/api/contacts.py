"""`/api/contacts`: find a person at any customer, for consents and previews."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import func, or_, select

from forestay.api.calls import Call, needs
from forestay.api.paging import Cursor, Limit, Page, Sorting, page_of
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.store.tables.customers import accounts, contacts, memberships

router = APIRouter(prefix="/api/contacts", tags=["contacts"])


class ContactShape(Shape):
    """A person at a customer."""

    external_id: str
    name: str | None
    email: str | None
    title: str | None
    is_sponsor: bool
    is_champion: bool
    has_left: bool
    accounts: list[str] = Field(description="External ids of their accounts.")


@router.get("")
def list_contacts(
    call: Annotated[Call, needs(Permission.ACCOUNTS_READ)],
    q: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Part of name, address or external id.")
    ] = None,
    account: Annotated[str | None, Query(max_length=500, description="External id of an account.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ContactShape]:
    """Contacts by external id."""
    question = ("contacts", q, account)
    mine = (memberships.c.contact_id == contacts.c.id) & (memberships.c.workspace_id == call.workspace_id)
    theirs = (
        select(func.array_agg(accounts.c.external_id))
        .select_from(memberships.join(accounts, accounts.c.id == memberships.c.account_id))
        .where(mine)
        .scalar_subquery()
    )
    wanted = select(contacts, func.coalesce(theirs, []).label("accounts")).where(
        contacts.c.workspace_id == call.workspace_id
    )
    if q is not None:
        named = (contacts.c.name, contacts.c.email, contacts.c.external_id)
        wanted = wanted.where(or_(*(column.icontains(q, autoescape=True) for column in named)))
    if account is not None:
        there = memberships.join(accounts, accounts.c.id == memberships.c.account_id)
        wanted = wanted.where(
            select(memberships.c.contact_id).select_from(there).where(mine, accounts.c.external_id == account).exists()
        )
    sorting = Sorting(contacts.c.external_id, contacts.c.id)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.external_id, row.id), lambda row: ContactShape(
        external_id=row.external_id, name=row.name, email=row.email, title=row.title, is_sponsor=row.is_sponsor,
        is_champion=row.is_champion, has_left=row.left_on is not None, accounts=sorted(row.accounts),
    ))  # fmt: skip
