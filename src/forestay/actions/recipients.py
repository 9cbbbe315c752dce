"""To whom a request goes: contacts by their part at the account, with the address a channel needs.

Reads : contacts, memberships, identities, accounts
Gives : Recipient, Wanted, recipients_of_all(), recipients_of(), contact_for(), settled_accounts()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, or_, select, text

from forestay.customers.words import ChannelKind
from forestay.store.sets import within
from forestay.store.tables.customers import contacts, identities, memberships

MOST = 200
"""Contacts of one account that one request reaches; more is a mass mailing and not a signal's answer."""


class Wanted(NamedTuple):
    """Contacts of an account. to: sponsor, champion, active_users (those who sign in to the product), all,
    'contact:<external id>' or 'number:<contact id>'."""

    account_id: int
    to: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """A contact and what it can be reached by."""

    contact_id: int
    email: str | None
    external_id: str

    def address(self, channel: ChannelKind) -> str | None:
        """Address on the channel; None when the contact has none."""
        if channel is ChannelKind.IN_APP:
            return self.external_id
        return self.email.strip().lower() if self.email and "@" in self.email else None


def recipients_of_all(
    connection: Connection, workspace_id: int, wanted: Collection[Wanted], now: datetime
) -> Mapping[Wanted, Sequence[Recipient]]:
    """Who fits each, at most MOST, by number; one query for each word. People who left are not among them."""
    by_word: defaultdict[str, list[Wanted]] = defaultdict(list)
    for each in wanted:
        by_word[each.to.partition(":")[0]].append(each)
    found: defaultdict[Wanted, list[Recipient]] = defaultdict(list)
    for word, group in by_word.items():
        values = [each.to.partition(":")[2] for each in group]
        rows = connection.execute(
            select(memberships.c.account_id, contacts.c.id, contacts.c.email, contacts.c.external_id)
            .join(memberships, memberships.c.contact_id == contacts.c.id)
            .where(
                memberships.c.workspace_id == workspace_id,
                within(memberships.c.account_id, {each.account_id for each in group}),
                contacts.c.workspace_id == workspace_id,
                or_(memberships.c.until.is_(None), memberships.c.until > now),
                or_(contacts.c.left_on.is_(None), contacts.c.left_on > now.date()),
                _fits(word, values),
            )
            .order_by(contacts.c.id)
        )
        for account_id, number, email, external_id in rows:
            tail = {"contact": f":{external_id}", "number": f":{number}"}.get(word, "")
            fitting = found[Wanted(account_id, word + tail)]
            if len(fitting) < MOST:
                fitting.append(Recipient(number, email, external_id))
    return {each: found[each] for each in wanted if each in found}


def recipients_of(
    connection: Connection, workspace_id: int, account_id: int, to: str, now: datetime
) -> Sequence[Recipient]:
    """The same for one account; empty when nobody fits."""
    wanted = Wanted(account_id, to)
    return recipients_of_all(connection, workspace_id, [wanted], now).get(wanted, ())


def contact_for(connection: Connection, workspace_id: int, account_id: int, to: str, now: datetime) -> int | None:
    """The one contact that a person should write to: `to`, else the sponsor, the champion, anyone with an address."""
    for wanted in (to, "sponsor", "champion", "all"):
        found = recipients_of(connection, workspace_id, account_id, wanted, now)
        if reachable := [each for each in found if each.address(ChannelKind.EMAIL)]:
            return reachable[0].contact_id
    return None


_SETTLED = text("""
    WITH RECURSIVE chain AS (
      SELECT id AS first, id, merged_into, 0 AS hops FROM accounts WHERE workspace_id = :workspace AND id = ANY(:ids)
      UNION ALL
      SELECT c.first, a.id, a.merged_into, c.hops + 1 FROM chain AS c
      JOIN accounts AS a ON a.workspace_id = :workspace AND a.id = c.merged_into WHERE c.hops < 50)
    SELECT first, id FROM chain WHERE merged_into IS NULL""")


def settled_accounts(connection: Connection, workspace_id: int, account_ids: Collection[int]) -> Mapping[int, int]:
    """Each account -> itself, or the one it was merged into; without those that are gone."""
    values = {"workspace": workspace_id, "ids": sorted(account_ids)}
    return {row.first: row.id for row in connection.execute(_SETTLED, values)} if account_ids else {}


def _fits(word: str, values: Sequence[str]) -> ColumnElement[bool]:
    if word == "contact":
        return within(contacts.c.external_id, values)
    if word == "number":
        return within(contacts.c.id, [int(value) for value in values])
    if word == "sponsor":
        return contacts.c.is_sponsor
    if word == "champion":
        return contacts.c.is_champion
    if word == "active_users":
        # The store keeps no activity of single users; who has an identity has signed in to the product.
        return exists().where(
            identities.c.workspace_id == contacts.c.workspace_id, identities.c.contact_id == contacts.c.id
        )
    return contacts.c.id.is_not(None) if word == "all" else contacts.c.id.is_(None)
