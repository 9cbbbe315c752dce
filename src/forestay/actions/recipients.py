"""To whom a request goes: contacts by their part at the account, with the address a channel needs.

Reads : contacts, memberships, identities
Gives : Recipient, recipients_of(), contact_for(), settled_account()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from forestay.customers.words import ChannelKind
from forestay.store.tables.customers import accounts, contacts, identities, memberships

MOST = 200
"""Contacts of one account that one request reaches; more is a mass mailing and not a signal's answer."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """contact_id and the address on the channel; None when the contact has none."""

    contact_id: int
    address: str | None


def recipients_of(connection: Connection, workspace_id: int, account_id: int, to: str, channel: ChannelKind,
                  now: datetime) -> Sequence[Recipient]:  # fmt: skip
    """Contacts that `to` names: sponsor, champion, active_users (those who sign in to the product), all, or
    'contact:<external id>'. People who left are not among them; empty when nobody fits."""
    rows = connection.execute(
        select(contacts.c.id, contacts.c.email, contacts.c.external_id)
        .join(memberships, memberships.c.contact_id == contacts.c.id)
        .where(
            memberships.c.workspace_id == workspace_id,
            memberships.c.account_id == account_id,
            contacts.c.workspace_id == workspace_id,
            or_(memberships.c.until.is_(None), memberships.c.until > now),
            or_(contacts.c.left_on.is_(None), contacts.c.left_on > now.date()),
            _fits(to),
        )
        .order_by(contacts.c.id)
        .limit(MOST)
    )
    return [Recipient(row.id, _address(channel, row.email, row.external_id)) for row in rows]


def contact_for(connection: Connection, workspace_id: int, account_id: int, to: str, now: datetime) -> int | None:
    """The one contact that a person should write to: `to`, else the sponsor, the champion, anyone with an address."""
    for wanted in (to, "sponsor", "champion", "all"):
        found = recipients_of(connection, workspace_id, account_id, wanted, ChannelKind.EMAIL, now)
        if reachable := [each for each in found if each.address]:
            return reachable[0].contact_id
    return None


def settled_account(connection: Connection, workspace_id: int, account_id: int) -> int | None:
    """The account itself, or the one it was merged into; None when it is gone."""
    seen: set[int] = set()
    current: int | None = account_id
    while current is not None and current not in seen:
        seen.add(current)
        row = connection.execute(
            select(accounts.c.id, accounts.c.merged_into).where(
                accounts.c.workspace_id == workspace_id, accounts.c.id == current
            )
        ).one_or_none()
        if row is None or row.merged_into is None:
            return None if row is None else row.id
        current = row.merged_into
    return None


def _fits(to: str) -> ColumnElement[bool]:
    if to.startswith("contact:"):
        return contacts.c.external_id == to.removeprefix("contact:")
    if to == "sponsor":
        return contacts.c.is_sponsor
    if to == "champion":
        return contacts.c.is_champion
    if to == "active_users":
        # The store keeps no activity of single users; who has an identity has signed in to the product.
        return exists().where(
            identities.c.workspace_id == contacts.c.workspace_id, identities.c.contact_id == contacts.c.id
        )
    return contacts.c.id.is_not(None) if to == "all" else contacts.c.id.is_(None)


def _address(channel: ChannelKind, email: str | None, external_id: str) -> str | None:
    if channel is ChannelKind.IN_APP:
        return external_id
    return email.strip().lower() if email and "@" in email else None
