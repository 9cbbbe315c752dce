"""Contacts as they stand today, for simulations: only as much of them as the journeys ask for.

Reads : contacts, memberships, identities
Gives : ContactsAsked, contacts_asked(), load_contacts()

Most journeys are about accounts and only write to some of their contacts: then numbers are enough, which come as
binary arrays (a tenth of what texts cost). Texts, zones and user keys are read where a run can be about a contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from forestay.conditions.document import Condition
from forestay.conditions.needs import columns_of
from forestay.journeys.compiled import Compiled
from forestay.journeys.fields import Names, named_in
from forestay.journeys.simulation.people import EVERYBODY, Contacts
from forestay.journeys.simulation.world import values_as_column
from forestay.journeys.steps.for_each_contact import ForEachContactSettings
from forestay.journeys.words import SubjectKind
from forestay.kit.clock import number_of

_FLAGS = {"champion": 1, "sponsor": 2, "active_users": 4}
_FIELDS = ("external_id", "email", "name", "title", "phone", "zone", "created_on")
_IS = {"is_champion": "champion", "is_sponsor": "sponsor"}
_ROW = np.dtype([("account", ">i8"), ("contact", ">i8"), ("flags", ">i4")])
"""How PostgreSQL writes a contact's numbers; all of them come as one value, since a row each costs ten times as much."""
_PACKED = "SELECT string_agg(int8send(account) || int8send(contact) || int4send(flags), '') FROM ({sql}) AS present"
_SQL = """
SELECT m.account_id AS account, c.id AS contact,
  c.is_champion::int + 2 * c.is_sponsor::int + 4 * (i.contact_id IS NOT NULL)::int AS flags{more}
FROM memberships AS m JOIN contacts AS c ON c.id = m.contact_id
LEFT JOIN (SELECT contact_id, min(key) AS key FROM identities
           WHERE workspace_id = %(workspace)s AND {keyed} AND key LIKE 'u:%%' GROUP BY contact_id) AS i ON i.contact_id = c.id
WHERE m.workspace_id = %(workspace)s AND m.until IS NULL AND c.left_on IS NULL AND {wanted}"""
_WANTED = {"champion": "c.is_champion", "sponsor": "c.is_sponsor", "active_users": "i.contact_id IS NOT NULL"}


@dataclass(frozen=True, slots=True)
class ContactsAsked:
    """parts: 'champion', 'sponsor', 'active_users', 'all': to whom somebody writes; columns: of contact.<name>; is_subject:
    whether a run can be about a contact, so that zones and user keys count, too."""

    parts: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    is_subject: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether numbers are enough."""
        return not self.columns and not self.is_subject


def contacts_asked(plans: Iterable[Compiled], segments: Mapping[str, Condition]) -> ContactsAsked:
    """What some journeys need to know of contacts."""
    parts, columns, is_subject = set[str](), set[str](), False
    for plan in plans:
        settings = [step.settings for step in plan.steps.values()]
        is_subject |= plan.journey.subject is SubjectKind.CONTACT
        is_subject |= any(isinstance(one, ForEachContactSettings) for one in settings)
        parts.update(str(one.to) for one in settings if hasattr(one, "to"))
        named = frozenset[str]().union(*(columns_of(one, segments) for one in plan.conditions))
        shown = {one.value for part in settings for one in named_in(part) if one.what is Names.COLUMN}
        columns |= {name.removeprefix("contact.") for name in named | shown if name.startswith("contact.")}
    return ContactsAsked(frozenset(parts & {*_FLAGS, EVERYBODY}), frozenset(columns), is_subject)


def load_contacts(connection: psycopg.Connection[Any], workspace_id: int, asked: ContactsAsked) -> Contacts:
    """The present contacts that anybody can ask for, by account."""
    if asked.is_plain:
        return _numbers(connection, workspace_id, asked.parts) if asked.parts else Contacts()
    return _whole(connection, workspace_id, sorted(asked.columns))


def _numbers(connection: psycopg.Connection[Any], workspace_id: int, parts: frozenset[str]) -> Contacts:
    wanted = "true" if EVERYBODY in parts else " OR ".join(_WANTED[part] for part in sorted(parts))
    sql = _SQL.format(more="", keyed=str("active_users" in parts).lower(), wanted=f"({wanted})")
    packed = connection.execute(_PACKED.format(sql=sql), {"workspace": workspace_id}, binary=True).fetchone()
    rows = np.frombuffer((packed[0] if packed else None) or b"", _ROW)
    rows = rows[np.lexsort((rows["contact"], rows["account"]))]
    account, contact = (rows[name].astype(np.int64) for name in ("account", "contact"))
    return Contacts(account, contact, parts=_parts(rows["flags"].astype(np.int64)))


def _parts(flags: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.bool_]]:
    return {who: (flags & bit) > 0 for who, bit in _FLAGS.items()}


def _whole(connection: psycopg.Connection[Any], workspace_id: int, names: Sequence[str]) -> Contacts:
    """With zones, user keys and the named columns."""
    fields = [name for name in names if name in _FIELDS]
    traits = [name for name in names if name not in fields and name not in _IS]
    more = ["c.zone", "i.key", *(f"c.{name}" for name in fields)]
    more += [f"c.traits -> %(trait{n})s::text" for n in range(len(traits))]
    keys = {f"trait{n}": name.removeprefix("trait.") for n, name in enumerate(traits)}
    sql = _SQL.format(more=", " + ", ".join(more), keyed="true", wanted="true") + " ORDER BY 1, 2"
    rows: list[Any] = connection.execute(sql, {"workspace": workspace_id, **keys}).fetchall()
    account, contact, flags = (np.array([row[n] for row in rows], np.int64) for n in range(3))
    parts = _parts(flags)
    columns = {
        name: values_as_column([_plain(row[5 + n]) for row in rows]) for n, name in enumerate([*fields, *traits])
    }
    unknown = {name for name in traits if all(value is None or value != value for value in columns[name])}
    kept = {name: column for name, column in columns.items() if name not in unknown}
    kept |= {name: parts[part].astype(np.float64) for name, part in _IS.items() if name in names}
    return Contacts(account, contact, [row[3] for row in rows], parts, kept, [row[4] for row in rows])


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return float(number_of(value))
    return value if isinstance(value, bool | int | float | str) else None
