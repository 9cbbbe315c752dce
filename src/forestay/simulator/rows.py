"""The rows of the import files, as the company's other systems would export them.

Gives: AccountRow, ContactRow, SubscriptionRow, InvoiceRow, TicketRow, InteractionRow, SurveyRow, Row, KINDS,
       known_at(), emptied(), turning_points(), cells(), column_names().

Field names are those of customers.kinds.FIELDS. Days are day numbers (since 1970-01-01), moments microseconds UTC,
money integer cents; None is an empty field. A row is complete, its future included: known_at() hides what a
system could not know at a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar, cast

from forestay.customers.kinds import FIELDS, FieldType, ImportKind
from forestay.kit.clock import DAY_MICROS, date_of, moment_of


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of accounts.csv."""

    account_id: str
    name: str | None = None
    parent_id: str | None = None
    merged_into: str | None = None
    owner_email: str | None = None
    lifecycle_stage: str | None = None
    plan: str | None = None
    industry: str | None = None
    country: str | None = None
    zone: str | None = None
    seats: int | None = None
    arr: int | None = None
    currency: str | None = None
    customer_since: int | None = None
    churned_on: int | None = None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One line of contacts.csv."""

    contact_id: str
    account_id: str
    email: str | None = None
    name: str | None = None
    title: str | None = None
    is_sponsor: bool | None = None
    is_champion: bool | None = None
    zone: str | None = None
    created_on: int | None = None
    left_on: int | None = None
    email_consent: bool | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One line of subscriptions.csv. mrr in cents."""

    subscription_id: str
    account_id: str
    product: str
    plan: str
    seats: int
    mrr: int
    currency: str
    started_on: int
    ended_on: int | None = None
    renews_on: int | None = None
    billing_period: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One line of invoices.csv. amount in cents."""

    invoice_id: str
    account_id: str
    amount: int
    currency: str
    issued_on: int
    due_on: int | None = None
    paid_on: int | None = None
    is_void: bool | None = None


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One line of tickets.csv."""

    ticket_id: str
    account_id: str
    contact_id: str | None
    subject: str
    body: str
    priority: str | None
    opened_at: int
    first_response_at: int | None = None
    closed_at: int | None = None
    escalated_at: int | None = None
    csat: int | None = None


@dataclass(frozen=True, slots=True)
class InteractionRow:
    """One line of interactions.csv."""

    interaction_id: str
    account_id: str
    contact_id: str | None
    channel: str
    direction: str
    at: int
    subject: str
    body: str | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One line of surveys.csv."""

    response_id: str
    account_id: str
    contact_id: str | None
    survey: str
    score: int
    at: int
    comment: str | None = None


Row = AccountRow | ContactRow | SubscriptionRow | InvoiceRow | TicketRow | InteractionRow | SurveyRow
R = TypeVar("R", bound=Row)

KINDS: dict[type[Row], ImportKind] = {
    AccountRow: ImportKind.ACCOUNTS, ContactRow: ImportKind.CONTACTS, SubscriptionRow: ImportKind.SUBSCRIPTIONS,
    InvoiceRow: ImportKind.INVOICES, TicketRow: ImportKind.TICKETS, InteractionRow: ImportKind.INTERACTIONS,
    SurveyRow: ImportKind.SURVEYS,
}  # fmt: skip

_TYPES = {
    row: {field.name: field.type for field in FIELDS[kind] if field.name in {f.name for f in fields(row)}}
    for row, kind in KINDS.items()
}
_PLANNED = {"due_on", "renews_on"}
"""Dates that a system knows beforehand."""
_BIRTH = {
    SubscriptionRow: "started_on", InvoiceRow: "issued_on", ContactRow: "created_on", AccountRow: "customer_since",
    TicketRow: "opened_at", InteractionRow: "at", SurveyRow: "at",
}  # fmt: skip


def _dated(row: Row) -> list[tuple[str, int]]:
    """The fields that come true at a moment, with that moment; a day comes true at its noon, UTC."""
    found = []
    for name, kind in _TYPES[type(row)].items():
        value = getattr(row, name)
        if value is not None and name not in _PLANNED:
            if kind is FieldType.DAY:
                found.append((name, int(value) * DAY_MICROS + DAY_MICROS // 2))
            elif kind is FieldType.MOMENT:
                found.append((name, int(value)))
    return found


def known_at(row: R, micros: int) -> R | None:
    """The row as its system showed it at a moment: later dates empty; None before it came to be."""
    later = {name for name, moment in _dated(row) if moment > micros}
    if not later:
        return row
    if _BIRTH[type(row)] in later:
        return None
    if later & {"closed_at", "first_response_at"}:
        later.add("csat")
    return emptied(row, later)


def emptied(row: R, names: Iterable[str]) -> R:
    """The row with these fields empty."""
    return cast(R, replace(cast(Any, row), **dict.fromkeys(names)))


def turning_points(row: Row) -> list[int]:
    """The moments (microseconds UTC, ascending) at which what is known of the row changes."""
    return sorted({moment for _, moment in _dated(row)})


def column_names(row: type[Row]) -> list[str]:
    """The columns of a kind of row, in the order of customers.kinds.FIELDS."""
    return list(_TYPES[row])


def cells(row: Row) -> dict[str, str]:
    """The row as text by column, the way a CSV file writes it.

    >>> cells(InvoiceRow("i-1", "acc-1", 123450, "USD", 20000))["amount"]
    '1234.50'
    """
    found = {}
    for name, kind in _TYPES[type(row)].items():
        value = getattr(row, name)
        found[name] = "" if value is None else _text(value, kind)
    return found


def _text(value: str | int | bool, kind: FieldType) -> str:
    if kind is FieldType.MONEY:
        return f"{int(value) // 100}.{int(value) % 100:02d}"
    if kind is FieldType.DAY:
        return date_of(int(value)).isoformat()
    if kind is FieldType.MOMENT:
        return moment_of(int(value)).isoformat(timespec="seconds").replace("+00:00", "Z")
    if kind is FieldType.FLAG:
        return "true" if value else "false"
    return str(value)
