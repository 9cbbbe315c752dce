"""The people of an account with what counts before one writes to them.

Reads: contacts, memberships, consents, suppressions, interactions, messages
Gives: people_of()
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from forestay.api.queries.account_parts import contacts_of
from forestay.customers.words import ChannelKind
from forestay.store.sets import within
from forestay.store.tables.actions import messages
from forestay.store.tables.customers import interactions
from forestay.store.tables.governance import consents, suppressions


def people_of(conn: Connection, workspace_id: int, account_id: int, now: datetime) -> list[dict[str, Any]]:
    """A document a person, with the fields of PersonShape; four queries however many there are."""
    rows = contacts_of(conn, workspace_id, account_id)
    numbers = [row.id for row in rows]
    answers: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    given = select(consents).where(consents.c.workspace_id == workspace_id, within(consents.c.contact_id, numbers))
    for one in conn.execute(given.order_by(consents.c.channel, consents.c.purpose)):
        answers[one.contact_id].append(one)
    talked, written = _talked(conn, workspace_id, numbers, now), _written(conn, workspace_id, numbers)
    dead = _suppressed(conn, workspace_id, [row.email.strip().lower() for row in rows if row.email])
    return [
        {
            **row._mapping,
            "last_contact_at": talked.get(row.id, (None, None))[0],
            "last_contact_channel": talked.get(row.id, (None, None))[1],
            "last_message_at": written.get(row.id),
            "consents": answers[row.id],
            "suppressed": dead.get((row.email or "").strip().lower()),
        }
        for row in rows
    ]


def _talked(conn: Connection, workspace_id: int, numbers: list[int], now: datetime) -> dict[int, tuple[datetime, str]]:
    table = interactions.c
    latest = (
        select(table.contact_id, table.at, table.channel)
        .where(table.workspace_id == workspace_id, within(table.contact_id, numbers), table.at <= now)
        .distinct(table.contact_id)
        .order_by(table.contact_id, table.at.desc())
    )
    return {row.contact_id: (row.at, row.channel) for row in conn.execute(latest)}


def _written(conn: Connection, workspace_id: int, numbers: list[int]) -> dict[int, datetime]:
    table = messages.c
    latest = (
        select(table.contact_id, func.max(table.created_at).label("at"))
        .where(table.workspace_id == workspace_id, within(table.contact_id, numbers))
        .group_by(table.contact_id)
    )
    return {row.contact_id: row.at for row in conn.execute(latest)}


def _suppressed(conn: Connection, workspace_id: int, addresses: list[str]) -> dict[str, str]:
    mine = (suppressions.c.workspace_id == workspace_id) & (suppressions.c.channel == ChannelKind.EMAIL.value)
    rows = conn.execute(select(suppressions).where(mine, within(suppressions.c.address, addresses)))
    return {row.address: row.reason for row in rows}
