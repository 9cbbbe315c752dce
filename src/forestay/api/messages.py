"""`/api/messages`: what was sent to whom, and the in-app queue that an application reads for its user."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import ColumnElement, Row, Select, select, update

from forestay.api.calls import Call, needs
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.shapes import Moment, Shape
from forestay.customers.words import ChannelKind
from forestay.governance.permissions import Permission
from forestay.kit.errors import NotFound
from forestay.store.tables.actions import effects, messages
from forestay.store.tables.customers import accounts, contacts

router = APIRouter(prefix="/api/messages", tags=["messages"])


class MessageShape(Shape):
    """One message as it was rendered."""

    id: int
    channel: ChannelKind
    account: str | None = Field(description="External id of the account.")
    account_id: int | None
    account_name: str | None
    contact: str | None = Field(description="External id of the contact.")
    contact_name: str | None
    to_address: str
    template: str | None
    subject: str | None
    body: str
    status: str | None = Field(description="Of its effect: pending, sent, skipped, failed, cancelled, unknown.")
    created_at: datetime
    seen_at: datetime | None
    dismissed_at: datetime | None


@router.get("")
def list_messages(
    call: Annotated[Call, needs(Permission.MESSAGES_READ)],
    account: Annotated[str | None, Query(description="External id of an account.")] = None,
    contact: Annotated[str | None, Query(description="External id of a contact: their in-app queue.")] = None,
    channel: ChannelKind | None = None,
    since: Moment | None = None,
    effect: Annotated[
        int | None, Query(ge=1, le=2**63 - 1, description="Number of the effect that carries it.")
    ] = None,
    waiting: Annotated[bool, Query(description="Only those not dismissed.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MessageShape]:
    """The newest messages first."""
    question = ("messages", account, contact, channel, since, effect, waiting)
    wanted = _select(call.workspace_id)
    for column, value in ((accounts.c.external_id, account), (contacts.c.external_id, contact)):
        if value is not None:
            wanted = wanted.where(column == value)
    if channel is not None:
        wanted = wanted.where(messages.c.channel == channel.value)
    if since is not None:
        wanted = wanted.where(messages.c.created_at >= since)
    if effect is not None:
        wanted = wanted.where(messages.c.effect_id == effect)
    if waiting:
        wanted = wanted.where(messages.c.dismissed_at.is_(None))
    sorting = Sorting(messages.c.created_at, messages.c.id, descending=True)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.created_at, row.id), _shape)


@router.get("/{message_id}")
def get_message(message_id: Number, call: Annotated[Call, needs(Permission.MESSAGES_READ)]) -> MessageShape:
    """One message."""
    with call.begin() as conn:
        row = conn.execute(_select(call.workspace_id).where(messages.c.id == message_id)).one_or_none()
    if row is None:
        raise NotFound("message", str(message_id))
    return _shape(row)


@router.post("/{message_id}/seen")
def mark_seen(message_id: Number, call: Annotated[Call, needs(Permission.FEEDBACK_WRITE)]) -> MessageShape:
    """The contact saw the in-app message; the first time counts."""
    return _mark(call, message_id, messages.c.seen_at)


@router.post("/{message_id}/dismiss")
def dismiss(message_id: Number, call: Annotated[Call, needs(Permission.FEEDBACK_WRITE)]) -> MessageShape:
    """The contact put the in-app message away; the first time counts."""
    return _mark(call, message_id, messages.c.dismissed_at)


def _mark(call: Call, message_id: int, column: ColumnElement[Any]) -> MessageShape:
    mine = (
        (messages.c.workspace_id == call.workspace_id)
        & (messages.c.id == message_id)
        & (messages.c.channel == ChannelKind.IN_APP.value)
    )
    with call.begin() as conn:
        conn.execute(update(messages).where(mine, column.is_(None)).values({column: call.now()}))
        row = conn.execute(_select(call.workspace_id).where(mine)).one_or_none()
    if row is None:
        raise NotFound("in-app message", str(message_id))
    return _shape(row)


def _select(workspace_id: int) -> Select[Any]:
    return (
        select(
            messages,
            effects.c.status,
            accounts.c.external_id.label("account_external_id"),
            accounts.c.name.label("account_name"),
            contacts.c.external_id.label("contact_external_id"),
            contacts.c.name.label("contact_name"),
        )
        .outerjoin(effects, effects.c.id == messages.c.effect_id)
        .outerjoin(accounts, accounts.c.id == messages.c.account_id)
        .outerjoin(contacts, contacts.c.id == messages.c.contact_id)
        .where(messages.c.workspace_id == workspace_id)
    )


def _shape(row: Row[Any]) -> MessageShape:
    return MessageShape(
        id=row.id,
        channel=ChannelKind(row.channel),
        account=row.account_external_id,
        account_id=row.account_id,
        account_name=row.account_name,
        contact=row.contact_external_id,
        contact_name=row.contact_name,
        to_address=row.to_address,
        template=row.template_key,
        subject=row.subject,
        body=row.body,
        status=row.status,
        created_at=row.created_at,
        seen_at=row.seen_at,
        dismissed_at=row.dismissed_at,
    )
