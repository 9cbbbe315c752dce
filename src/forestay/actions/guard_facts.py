"""What the guard reads before it rules: one set-based query per question, for a whole batch.

Reads : effects, messages, contacts, accounts, tickets, tasks, interactions
Gives : Zones, zones(), contacts_who_left(), people_at_work(), sent_to_contacts(), sent_to_accounts()
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, text

from forestay.customers.words import TaskStatus
from forestay.governance.consent import ContactPolicy
from forestay.kit.local_time import local_of
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts, contacts, interactions, tickets

ESCALATION = "escalation_in_progress"
CONVERSATION = "conversation_in_progress"


@dataclass(frozen=True, slots=True)
class Zones:
    """Zone names as the records have them, valid or not."""

    contacts: Mapping[int, str | None]
    accounts: Mapping[int, str | None]

    def of(self, contact_id: int | None, account_id: int | None) -> tuple[str | None, str | None]:
        """The fallback chain's first two links."""
        return self.contacts.get(contact_id or 0), self.accounts.get(account_id or 0)


def zones(
    connection: Connection, workspace_id: int, contact_ids: Collection[int], account_ids: Collection[int]
) -> Zones:
    """Where contacts and accounts are."""
    of_contacts = connection.execute(
        select(contacts.c.id, contacts.c.zone).where(
            contacts.c.workspace_id == workspace_id, contacts.c.id.in_(contact_ids)
        )
    )
    of_accounts = connection.execute(
        select(accounts.c.id, accounts.c.zone).where(
            accounts.c.workspace_id == workspace_id, accounts.c.id.in_(account_ids)
        )
    )
    return Zones({row.id: row.zone for row in of_contacts}, {row.id: row.zone for row in of_accounts})


def contacts_who_left(
    connection: Connection, workspace_id: int, contact_ids: Collection[int], now: datetime
) -> Set[int]:
    """Contacts who no longer work there."""
    today = local_of(now, "UTC").date()
    return set(
        connection.scalars(
            select(contacts.c.id).where(
                contacts.c.workspace_id == workspace_id, contacts.c.id.in_(contact_ids), contacts.c.left_on <= today
            )
        )
    )


def people_at_work(connection: Connection, workspace_id: int, account_ids: Collection[int], policy: ContactPolicy,
                   now: datetime) -> Mapping[int, str]:  # fmt: skip
    """Accounts where a person is at work now, and which kind of work; automation stays out of it."""
    found: dict[int, str] = {}
    if policy.pause_during_conversation:
        claimed = select(tasks.c.account_id).where(
            tasks.c.workspace_id == workspace_id,
            tasks.c.account_id.in_(account_ids),
            tasks.c.status == TaskStatus.CLAIMED,
        )
        heard = select(interactions.c.account_id).where(
            interactions.c.workspace_id == workspace_id,
            interactions.c.account_id.in_(account_ids),
            interactions.c.direction == "inbound",
            interactions.c.at > now - timedelta(days=policy.conversation_days),
            interactions.c.at <= now,
        )
        found |= dict.fromkeys(connection.scalars(claimed.union(heard)), CONVERSATION)
    if policy.pause_during_escalation:
        escalated = select(tickets.c.account_id).where(
            tickets.c.workspace_id == workspace_id,
            tickets.c.account_id.in_(account_ids),
            tickets.c.escalated_at <= now,
            tickets.c.closed_at.is_(None),
        )
        found |= dict.fromkeys(connection.scalars(escalated), ESCALATION)
    return found


_SENT_TO_CONTACTS = text("""
    SELECT c.id, COALESCE(m.created_at, e.updated_at)
    FROM contacts AS c
    CROSS JOIN LATERAL (VALUES ('email', lower(c.email)), ('in_app', c.external_id)) AS r (channel, recipient)
    JOIN effects AS e ON e.workspace_id = c.workspace_id AND e.channel = r.channel AND e.recipient = r.recipient
                     AND e.updated_at > :since
    LEFT JOIN messages AS m ON m.effect_id = e.id
    WHERE c.workspace_id = :workspace AND c.id = ANY(:ids)
      AND (e.status IN ('sent', 'unknown') OR e.status = 'pending' AND e.leased_until > :now)
""")

_SENT_TO_ACCOUNTS = text("""
    SELECT e.account_id, COALESCE(m.created_at, e.updated_at)
    FROM effects AS e LEFT JOIN messages AS m ON m.effect_id = e.id
    WHERE e.workspace_id = :workspace AND e.account_id = ANY(:ids) AND e.channel IN ('email', 'in_app')
      AND e.updated_at > :since
      AND (e.status IN ('sent', 'unknown') OR e.status = 'pending' AND e.leased_until > :now)
""")


def sent_to_contacts(connection: Connection, workspace_id: int, contact_ids: Collection[int], since: datetime,
                     now: datetime) -> Iterator[tuple[int, datetime]]:  # fmt: skip
    """(contact, moment) of each message since; what may have arrived, and what is leaving now, counts."""
    values = {"workspace": workspace_id, "ids": list(contact_ids), "since": since, "now": now}
    return ((contact, moment) for contact, moment in connection.execute(_SENT_TO_CONTACTS, values))


def sent_to_accounts(connection: Connection, workspace_id: int, account_ids: Collection[int], since: datetime,
                     now: datetime) -> Iterator[tuple[int, datetime]]:  # fmt: skip
    """(account, moment) of each message since, to whichever contact."""
    values = {"workspace": workspace_id, "ids": list(account_ids), "since": since, "now": now}
    return ((account, moment) for account, moment in connection.execute(_SENT_TO_ACCOUNTS, values))
