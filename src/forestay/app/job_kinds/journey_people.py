"""Accounts' dates and zones, and their contacts, as they stand today, for simulations.

Reads : accounts; journey_contacts
Gives : load_people()
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from forestay.app.job_kinds.journey_contacts import ContactsAsked, load_contacts
from forestay.journeys.names import ACCOUNT_MOMENTS
from forestay.journeys.simulation.people import Ints, People
from forestay.kit.clock import number_of
from forestay.store.database import raw

_NO_DAY = np.iinfo(np.int64).min
_ACCOUNTS = """
SELECT id, zone, renews_on, customer_since, churned_on, {traits} FROM accounts
WHERE workspace_id = %s AND merged_into IS NULL ORDER BY id"""
_COLUMNS = {"renews_on": 2, "customer_since": 3, "churned_on": 4}


def load_people(
    connection: Connection, workspace_id: int, zone: str, moments: Collection[str], asked: ContactsAsked
) -> People:  # fmt: skip
    """Everybody of a workspace. moments: names of dates that journeys ask for ('account.renews_on', 'trait.go_live')."""
    traits = "traits" if any(name.startswith("trait.") for name in moments) else "NULL"
    rows: list[Any] = raw(connection).execute(_ACCOUNTS.format(traits=traits), (workspace_id,)).fetchall()
    return People(
        zone,
        np.array([row[0] for row in rows], np.int64),
        [row[1] for row in rows],
        {name: _days([_date_of(row, name) for row in rows]) for name in {*ACCOUNT_MOMENTS, *moments}},
        load_contacts(raw(connection), workspace_id, asked),
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
