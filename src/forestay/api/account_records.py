"""`/api/accounts/{id}/tickets`, `/invoices`, `/people`, `/usage`: what the account's sources say, row by row.

Reads: tickets, invoices, contacts, consents, suppressions, interactions, messages; the lake for usage
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Row, select

from forestay.api.account_view import ContactView
from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.paging import Cursor, Limit, Page, Sorting, page_of
from forestay.api.queries import accounts as queries
from forestay.api.queries.people import people_of
from forestay.api.queries.usage import usage_of
from forestay.api.shapes import Shape
from forestay.customers.words import ChannelKind
from forestay.governance.consent import Purpose
from forestay.governance.permissions import Permission
from forestay.store.tables.customers import invoices, tickets

router = APIRouter(prefix=f"/api/accounts/{ID_IN_PATH}", tags=["accounts"])
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]


class TicketShape(Shape):
    """A support ticket. csat: 1 to 5."""

    external_id: str
    subject: str | None
    priority: str | None
    opened_at: datetime
    first_response_at: datetime | None
    closed_at: datetime | None
    escalated_at: datetime | None
    csat: float | None


class InvoiceShape(Shape):
    """An invoice. status: open, overdue, paid, paid_late or void; days_late: of the payment, or until today."""

    external_id: str
    amount: float | None
    currency: str | None
    issued_on: date
    due_on: date | None
    paid_on: date | None
    status: Literal["open", "overdue", "paid", "paid_late", "void"]
    days_late: int | None


class ConsentView(Shape):
    """A contact's answer."""

    channel: ChannelKind
    purpose: Purpose
    is_given: bool
    at: datetime


class PersonShape(ContactView):
    """A contact with what counts before one writes. last_contact_at: of a mail, call or meeting; suppressed: why its
    address is never written to."""

    last_contact_at: datetime | None
    last_contact_channel: str | None
    last_message_at: datetime | None
    consents: list[ConsentView]
    suppressed: str | None


class DayShape(Shape):
    """One day of use: events, and distinct users who caused them."""

    day: date
    events: int
    users: int


class FeatureUse(Shape):
    """Events of one feature in the last 30 days and the 30 before. days_since: since its last event; null: none in the
    period."""

    key: str
    name: str
    is_sticky: bool
    is_premium: bool
    deployed_on: date | None
    events_30d: int
    events_before: int
    last_on: date | None


class UserUse(Shape):
    """A person's days of use in the last 30 and the 30 before."""

    contact: str | None = Field(description="External id, where it is known who it is.")
    name: str | None
    title: str | None
    days_30d: int
    days_before: int
    last_on: date


class UsageView(Shape):
    """Use as the lake has it; it is a few minutes behind. Anomalies stand in the account's health."""

    since: date
    until: date
    days: list[DayShape] = Field(description="Every day of the period, the earliest first.")
    features: list[FeatureUse] = Field(description="The most used first.")
    users: list[UserUse] = Field(description="The most active first, at most 50.")
    users_30d: int
    users_before: int


@router.get("/tickets")
def list_tickets(
    external_id: str, call: Reader,
    is_open: Annotated[bool | None, Query(description="Only open, or only closed ones.")] = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> Page[TicketShape]:  # fmt: skip
    """The newest tickets first."""
    question = ("tickets", external_id, is_open)
    with call.begin() as conn:
        number = queries.account_number(conn, call.workspace_id, external_id)
        wanted = select(tickets).where(tickets.c.workspace_id == call.workspace_id, tickets.c.account_id == number)
        if is_open is not None:
            wanted = wanted.where(tickets.c.closed_at.is_(None) if is_open else tickets.c.closed_at.is_not(None))
        order = Sorting(tickets.c.opened_at, tickets.c.id, descending=True)
        rows = conn.execute(order.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.opened_at, row.id), TicketShape.model_validate)


@router.get("/invoices")
def list_invoices(external_id: str, call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[InvoiceShape]:
    """The newest invoices first, with when they were paid."""
    question = ("invoices", external_id)
    today = call.now().date()
    with call.begin() as conn:
        number = queries.account_number(conn, call.workspace_id, external_id)
        wanted = select(invoices).where(invoices.c.workspace_id == call.workspace_id, invoices.c.account_id == number)
        order = Sorting(invoices.c.issued_on, invoices.c.id, descending=True)
        rows = conn.execute(order.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.issued_on, row.id), lambda row: _invoice(row, today))


@router.get("/people")
def list_people(external_id: str, call: Reader) -> Page[PersonShape]:
    """Everybody at the account, sponsors and champions first, those who left last; at most 200."""
    with call.begin() as conn:
        number = queries.account_number(conn, call.workspace_id, external_id)
        found = people_of(conn, call.workspace_id, number, call.now())
    return Page(items=[PersonShape.model_validate(one) for one in found])


@router.get("/usage")
def usage(
    external_id: str, call: Reader, days: Annotated[int, Query(ge=60, le=400, description="How far back.")] = 90
) -> UsageView:
    """Use by the day, features and users, out of the full history."""
    with call.begin() as conn:
        number = queries.account_number(conn, call.workspace_id, external_id)
        found = usage_of(conn, call.workspace_id, number, call.deps.settings, days, call.now())
    return UsageView.model_validate(found)


def _invoice(row: Row[Any], today: date) -> InvoiceShape:
    late = None if row.due_on is None else ((row.paid_on or today) - row.due_on).days
    is_late = late is not None and late > 0
    if row.is_void:
        status = "void"
    elif row.paid_on is not None:
        status = "paid_late" if is_late else "paid"
    else:
        status = "overdue" if is_late else "open"
    amount = None if row.amount is None else float(row.amount)
    return InvoiceShape.model_validate(
        {**row._mapping, "amount": amount, "status": status, "days_late": late if is_late and not row.is_void else None}
    )
