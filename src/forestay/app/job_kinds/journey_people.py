"""Accounts' dates and zones and their contacts, as they stand today, for simulations.

Reads : accounts, contacts, memberships, identities
Gives : load_people()
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from forestay.journeys.names import ACCOUNT_MOMENTS
from forestay.journeys.simulation.people import Contacts, Ints, People
from forestay.journeys.simulation.world import values_as_column
from forestay.kit.clock import number_of
from forestay.store.database import raw

_NO_DAY = np.iinfo(np.int64).min
_ACCOUNTS = """
SELECT id, zone, renews_on, customer_since, churned_on, traits FROM accounts
WHERE workspace_id = %s AND merged_into IS NULL ORDER BY id"""
_COLUMNS = {"renews_on": 2, "customer_since": 3, "churned_on": 4}
# keys are gathered once: asked for contact by contact, a hundred thousand of them took minutes
_CONTACTS = """
SELECT m.account_id, c.id, c.zone, c.is_champion, c.is_sponsor, i.key,
       c.external_id, c.email, c.name, c.title, c.phone, c.created_on, c.traits
FROM memberships AS m JOIN contacts AS c ON c.id = m.contact_id
LEFT JOIN (SELECT contact_id, min(key) AS key FROM identities WHERE workspace_id = %(workspace)s AND key LIKE 'u:%%'
           GROUP BY contact_id) AS i ON i.contact_id = c.id
WHERE m.workspace_id = %(workspace)s AND m.until IS NULL AND c.left_on IS NULL ORDER BY 1, 2"""
_FIELDS = {"external_id": 6, "email": 7, "name": 8, "title": 9, "phone": 10, "zone": 2, "created_on": 11}


def load_people(connection: Connection, workspace_id: int, zone: str, moments: Collection[str]) -> People:
    """Everybody of a workspace. moments: names of dates that journeys ask for ('account.renews_on', 'trait.go_live')."""
    rows: list[Any] = raw(connection).execute(_ACCOUNTS, (workspace_id,)).fetchall()
    return People(
        zone,
        np.array([row[0] for row in rows], np.int64),
        [row[1] for row in rows],
        {name: _days([_date_of(row, name) for row in rows]) for name in {*ACCOUNT_MOMENTS, *moments}},
        _contacts(connection, workspace_id),
    )


def _date_of(row: Sequence[Any], name: str) -> Any:
    family, _, rest = name.partition(".")
    if family == "trait":
        return row[5].get(rest)
    place = _COLUMNS.get(ACCOUNT_MOMENTS.get(name, ""))
    return None if place is None else row[place]


def _days(values: Sequence[Any]) -> Ints:
    """Day numbers of dates, of moments and of texts that say one; the smallest number for anything else."""
    return np.array([_day(value) for value in values], np.int64)


def _day(value: Any) -> int:
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value).date()
    except ValueError:
        return _NO_DAY
    return number_of(value) if isinstance(value, date) else _NO_DAY


def _contacts(connection: Connection, workspace_id: int) -> Contacts:
    rows: list[Any] = raw(connection).execute(_CONTACTS, {"workspace": workspace_id}).fetchall()
    names = sorted({name for row in rows for name in row[12]})

    columns = {name: values_as_column([_plain(row[at]) for row in rows]) for name, at in _FIELDS.items()}
    for name in names:
        column = values_as_column([_plain(row[12].get(name)) for row in rows])
        columns[f"trait.{name}"] = column
        columns.setdefault(name, column)
    parts = {"champion": 3, "sponsor": 4, "active_users": 5}
    return Contacts(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        [row[2] for row in rows],
        {who: np.array([bool(row[at]) for row in rows], bool) for who, at in parts.items()},
        {**columns, "is_champion": _flags(rows, 3), "is_sponsor": _flags(rows, 4)},
        [row[5] for row in rows],
    )


def _flags(rows: Sequence[Any], at: int) -> Any:
    return np.array([float(row[at]) for row in rows], np.float64)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return float(number_of(value))
    return value if isinstance(value, bool | int | float | str) else None
