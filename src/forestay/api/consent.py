"""`/api/contacts/{id}/consents` and `/api/suppressions`: who may be written to, how and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection, select

from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.paging import Cursor, Limit, Page, Sorting, page_of
from forestay.api.shapes import Ask, Moment, Shape
from forestay.customers.words import ChannelKind
from forestay.governance.consent import Purpose, lift_suppression, record_consent, suppress
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid, NotFound
from forestay.store.tables.customers import contacts
from forestay.store.tables.governance import consents, suppressions

router = APIRouter(prefix="/api", tags=["consent"])
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
Writer = Annotated[Call, needs(Permission.ACCOUNTS_WRITE)]


class ConsentShape(Shape):
    """A contact's answer for one channel and purpose."""

    channel: ChannelKind
    purpose: Purpose
    is_given: bool
    source: str
    at: datetime


class ConsentAsk(Ask):
    """An answer to keep. at: when it was given; now if left out."""

    channel: ChannelKind
    purpose: Purpose
    is_given: bool
    source: str = Field("api", min_length=1, max_length=200)
    at: Moment | None = None


class SuppressionShape(Shape):
    """An address that is never written to."""

    channel: ChannelKind
    address: str
    reason: str
    at: datetime


class SuppressionAsk(Ask):
    """An address never to write to again."""

    channel: ChannelKind
    address: str = Field(min_length=1, max_length=500)
    reason: str = Field(min_length=1, max_length=300)


@router.get(f"/contacts/{ID_IN_PATH}/consents")
def list_consents(external_id: str, call: Reader) -> Page[ConsentShape]:
    """What a contact allowed and refused."""
    with call.begin() as conn:
        number = _contact(conn, call.workspace_id, external_id)
        mine = (consents.c.workspace_id == call.workspace_id) & (consents.c.contact_id == number)
        rows = conn.execute(select(consents).where(mine).order_by(consents.c.channel, consents.c.purpose)).all()
    return Page(items=[ConsentShape.model_validate(row) for row in rows])


@router.put(f"/contacts/{ID_IN_PATH}/consents")
def keep_consent(external_id: str, body: ConsentAsk, call: Writer) -> Page[ConsentShape]:
    """Keep a contact's answer; the newest one counts."""
    if body.purpose not in (Purpose.SUCCESS, Purpose.MARKETING):
        raise Invalid(f"{body.purpose} messages need no consent; purposes are marketing and success", place="purpose")
    with call.begin() as conn:
        number = _contact(conn, call.workspace_id, external_id)
        record_consent(
            conn, call.workspace_id, number, body.channel, body.purpose,
            is_given=body.is_given, source=body.source, at=body.at or call.now(),
        )  # fmt: skip
        facts = {"channel": body.channel.value, "purpose": body.purpose.value, "is_given": body.is_given}
        call.audit(conn, "consent.kept", f"contact:{number}", facts)
    return list_consents(external_id, call)


@router.get("/suppressions")
def list_suppressions(
    call: Reader,
    channel: ChannelKind | None = None,
    address: Annotated[str | None, Query(max_length=500)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SuppressionShape]:
    """Addresses that are never written to, in order."""
    question = ("suppressions", channel, address)
    wanted = select(suppressions).where(suppressions.c.workspace_id == call.workspace_id)
    if channel is not None:
        wanted = wanted.where(suppressions.c.channel == channel.value)
    if address is not None:
        wanted = wanted.where(suppressions.c.address == address.lower())
    sorting = Sorting(suppressions.c.address, suppressions.c.channel)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.address, row.channel), SuppressionShape.model_validate)


@router.post("/suppressions", status_code=201)
def add_suppression(body: SuppressionAsk, call: Writer) -> SuppressionShape:
    """Never write to this address again; the first reason stays."""
    with call.begin() as conn:
        suppress(conn, call.workspace_id, body.channel, body.address, body.reason, call.now())
        call.audit(conn, "suppression.added", f"channel:{body.channel.value}")
        mine = (suppressions.c.workspace_id == call.workspace_id) & (suppressions.c.channel == body.channel.value)
        row = conn.execute(select(suppressions).where(mine, suppressions.c.address == body.address.lower())).one()
    return SuppressionShape.model_validate(row)


@router.delete("/suppressions/{channel}/{address}", status_code=204)
def remove_suppression(channel: ChannelKind, address: str, call: Writer) -> None:
    """Allow the address again."""
    with call.begin() as conn:
        if not lift_suppression(conn, call.workspace_id, channel, address):
            raise NotFound("suppressed address", address)
        call.audit(conn, "suppression.lifted", f"channel:{channel.value}")


def _contact(conn: Connection, workspace_id: int, external_id: str) -> int:
    mine = (contacts.c.workspace_id == workspace_id) & (contacts.c.external_id == external_id)
    found = conn.execute(select(contacts.c.id).where(mine)).scalar_one_or_none()
    if found is None:
        raise NotFound("contact", external_id)
    return int(found)
