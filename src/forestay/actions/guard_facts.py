"""What the guard reads before it rules: one set-based query per question, for a whole batch.

Reads : effects, messages, contacts, accounts, tickets, tasks, interactions, journeys, journey_runs
Gives : Zones, zones(), contacts_who_left(), people_at_work(), Halted, halted(), approved(), written_by_people(),
        sent_to_contacts(), sent_to_accounts()
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, text

from forestay.actions.channel import Effect
from forestay.customers.words import TaskStatus
from forestay.governance.consent import ContactPolicy
from forestay.journeys.words import RunStatus
from forestay.kit.local_time import local_of
from forestay.store.sets import within
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts, contacts, interactions, tickets
from forestay.store.tables.governance import members
from forestay.store.tables.journeys import journey_runs, journeys

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
            contacts.c.workspace_id == workspace_id, within(contacts.c.id, contact_ids)
        )
    )
    of_accounts = connection.execute(
        select(accounts.c.id, accounts.c.zone).where(
            accounts.c.workspace_id == workspace_id, within(accounts.c.id, account_ids)
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
                contacts.c.workspace_id == workspace_id, within(contacts.c.id, contact_ids), contacts.c.left_on <= today
            )
        )
    )


def colleagues(connection: Connection, workspace_id: int, addresses: Collection[str]) -> Set[str]:
    """Which of these addresses, in lower case, are members' of the workspace."""
    mine = select(members.c.email).where(members.c.workspace_id == workspace_id, within(members.c.email, addresses))
    return {str(email).lower() for email in connection.scalars(mine)}


def people_at_work(connection: Connection, workspace_id: int, account_ids: Collection[int], policy: ContactPolicy,
                   now: datetime) -> Mapping[int, str]:  # fmt: skip
    """Accounts where a person is at work now, and which kind of work; automation stays out of it."""
    found: dict[int, str] = {}
    if policy.pause_during_conversation:
        claimed = select(tasks.c.account_id).where(
            tasks.c.workspace_id == workspace_id,
            within(tasks.c.account_id, account_ids),
            tasks.c.status == TaskStatus.CLAIMED,
        )
        heard = select(interactions.c.account_id).where(
            interactions.c.workspace_id == workspace_id,
            within(interactions.c.account_id, account_ids),
            interactions.c.direction.in_(("inbound", "outbound")),
            interactions.c.at > now - timedelta(days=policy.conversation_days),
            interactions.c.at <= now,
        )
        found |= dict.fromkeys(connection.scalars(claimed.union(heard)), CONVERSATION)
    if policy.pause_during_escalation:
        escalated = select(tickets.c.account_id).where(
            tickets.c.workspace_id == workspace_id,
            within(tickets.c.account_id, account_ids),
            tickets.c.escalated_at <= now,
            tickets.c.closed_at.is_(None),
        )
        found |= dict.fromkeys(connection.scalars(escalated), ESCALATION)
    return found


@dataclass(frozen=True, slots=True)
class Halted:
    """Journeys and runs that do not go on: journey -> 'paused' | 'stopped', run -> its status."""

    journeys: Mapping[int, str]
    runs: Mapping[int, int]

    def is_over(self, effect: Effect) -> bool:
        """Whether it shall never be carried out."""
        return self.of(effect) in ("stopped", "cancelled", "merged")

    def is_paused(self, effect: Effect) -> bool:
        """Whether it shall wait."""
        return self.of(effect) == "paused"

    def of(self, effect: Effect) -> str | None:
        """What holds the effect up, None for nothing."""
        return self.journeys.get(effect.journey_id or 0) or _HALTS.get(self.runs.get(effect.run_id or 0, -1))


_HALTS: Mapping[int, str] = {
    RunStatus.PAUSED: "paused", RunStatus.HELD: "paused", RunStatus.CANCELLED: "cancelled",
    RunStatus.STOPPED: "stopped", RunStatus.MERGED: "merged",
}  # fmt: skip


def halted(connection: Connection, journey_ids: Collection[int | None], run_ids: Collection[int | None]) -> Halted:
    """Journeys and runs among these that do not go on. The journeys' rows are read under a lock that stopping them
    waits for: once a stop is committed, nothing of it begins."""
    of_journeys = connection.execute(
        select(journeys.c.id, journeys.c.status).where(within(journeys.c.id, journey_ids)).with_for_update(read=True)
    )
    of_runs = connection.execute(
        select(journey_runs.c.id, journey_runs.c.status).where(
            within(journey_runs.c.id, run_ids), journey_runs.c.status.in_(list(_HALTS))
        )
    )
    return Halted(
        {row.id: row.status for row in of_journeys if row.status != "active"}, {row.id: row.status for row in of_runs}
    )


def approved(connection: Connection, workspace_id: int, account_ids: Collection[int | None]) -> Set[tuple[int, str]]:
    """(run, text) of drafted messages to these accounts that a person approved."""
    if not account_ids:
        return set()
    rows = connection.execute(
        select(tasks.c.run_id, tasks.c.draft["body"].astext).where(
            tasks.c.workspace_id == workspace_id, within(tasks.c.account_id, account_ids), tasks.c.purpose == "draft",
            tasks.c.status == TaskStatus.DONE, tasks.c.outcome == "approved", tasks.c.run_id.is_not(None),
        )
    )  # fmt: skip
    return {(run, body) for run, body in rows}


def written_by_people(connection: Connection, workspace_id: int, account_ids: Collection[int], since: datetime,
                      now: datetime) -> Iterator[tuple[int | None, int, datetime]]:  # fmt: skip
    """(contact or None, account, moment) of what members wrote themselves: it is pressure like any other."""
    rows = connection.execute(
        select(interactions.c.contact_id, interactions.c.account_id, interactions.c.at).where(
            interactions.c.workspace_id == workspace_id, within(interactions.c.account_id, account_ids),
            interactions.c.direction == "outbound", interactions.c.at > since, interactions.c.at <= now,
        )
    )  # fmt: skip
    return ((contact, account, at) for contact, account, at in rows)


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
