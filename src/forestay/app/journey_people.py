"""What a journey's steps ask of accounts and contacts as they stand in the store: zones, dates, contacts, calendars.

Reads : accounts, contacts, memberships, calendars, journey_arms, workspaces
Gives : StorePeople
One question a batch and a kind of answer; nothing is kept beyond the turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np

from forestay.app.asking import Asking
from forestay.conditions.columns import Values
from forestay.customers.kinds import account_field
from forestay.journeys.experiments.assignment import Allocation
from forestay.journeys.moves import Ints
from forestay.journeys.names import ACCOUNT_MOMENTS
from forestay.kit.calendars import BusinessCalendar, CalendarDocument

_ACCOUNTS = "SELECT id, zone, renews_on, customer_since, churned_on, traits FROM accounts WHERE workspace_id = %s AND id = ANY(%s)"
_CONTACTS = """
SELECT id, external_id, email, name, title, phone, zone, is_sponsor, is_champion, created_on, left_on, traits FROM contacts
WHERE workspace_id = %s AND id = ANY(%s)"""
_PRESENT = """
SELECT m.account_id, c.id FROM memberships AS m JOIN contacts AS c ON c.id = m.contact_id
WHERE m.workspace_id = %(space)s AND m.account_id = ANY(%(accounts)s)
  AND (m.until IS NULL OR m.until > %(now)s) AND (c.left_on IS NULL OR c.left_on > %(now)s::date)
  AND CASE %(who)s WHEN 'sponsor' THEN c.is_sponsor WHEN 'champion' THEN c.is_champion
      WHEN 'active_users' THEN EXISTS (SELECT FROM identities AS i WHERE i.contact_id = c.id AND i.key LIKE 'u:%%')
      ELSE true END
ORDER BY 1, 2"""
_CALENDARS = "SELECT key, body FROM calendars WHERE workspace_id = %s"
_ARMS = """
SELECT a.bucket_version, a.shares, a.stopped FROM journey_arms AS a JOIN journeys AS j ON j.id = a.journey_id
WHERE a.workspace_id = %s AND j.key = %s AND a.test = %s"""
_FIELDS = (
    "external_id", "email", "name", "title", "phone", "zone", "is_sponsor", "is_champion", "created_on", "left_on",
)  # fmt: skip


@dataclass(slots=True)
class StorePeople:
    """Of one workspace, for one turn. zone: the workspace's own."""

    ask: Asking
    workspace_id: int
    zone: str
    now: datetime
    _accounts: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    _contacts: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    _calendars: dict[str, CalendarDocument] | None = None

    def zones(self, accounts: Ints, contacts: Ints) -> Sequence[str]:
        """The contact's, else the account's, else the workspace's; (n,)."""
        self._meet(accounts, contacts)
        return [
            (self._contacts[c][6] if c in self._contacts else None)
            or (self._accounts[a][1] if a in self._accounts else None)
            or self.zone
            for a, c in zip(accounts.tolist(), contacts.tolist(), strict=True)
        ]

    def account_value(self, accounts: Ints, name: str) -> list[Any]:
        """A date of accounts ('account.renews_on') or a trait ('trait.go_live'); None where there is none."""
        self._meet(accounts, accounts[:0])
        family, _, rest = name.partition(".")
        rows = [self._accounts.get(account) for account in accounts.tolist()]
        place = {"renews_on": 2, "customer_since": 3, "churned_on": 4}.get(
            account_field(rest) if family == "trait" else ACCOUNT_MOMENTS.get(name, "")
        )
        if family == "trait":
            own = [row and row[5].get(rest) for row in rows]
            return [
                row[place] if row is not None and value is None and place is not None else value
                for row, value in zip(rows, own, strict=True)
            ]
        return [None if row is None or place is None else row[place] for row in rows]

    def contact_value(self, contacts: Ints, name: str) -> list[Any]:
        """A field or a trait of contacts by its name; None where there is none."""
        self._meet(contacts[:0], contacts)
        rows = [self._contacts.get(contact) for contact in contacts.tolist()]
        if name in _FIELDS:
            return [row and row[1 + _FIELDS.index(name)] for row in rows]
        return [row and row[11].get(name.removeprefix("trait.")) for row in rows]

    def present(self, accounts: Ints, who: str) -> Mapping[int, list[int]]:
        """Contacts by account: sponsor, champion, active_users (those who sign in) or all, who have not left."""
        given = {"space": self.workspace_id, "accounts": np.unique(accounts).tolist(), "now": self.now, "who": who}
        found: dict[int, list[int]] = {}
        for account, contact in self.ask(lambda it: it.execute(_PRESENT, given).fetchall()):
            found.setdefault(int(str(account)), []).append(int(str(contact)))
        return found

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        """The calendar of that key, for None the one called 'default'; the usual week where there is none."""
        if self._calendars is None:
            rows = self.ask(lambda it: it.execute(_CALENDARS, (self.workspace_id,)).fetchall())
            self._calendars = {str(name): CalendarDocument.model_validate(document) for name, document in rows}
        return BusinessCalendar(self._calendars.get(key or "default") or CalendarDocument(), zone)

    def allocation(self, journey: str, test: str) -> Allocation | None:
        """The row of journey_arms, None when there is none or it says nothing of shares."""
        row: Any = self.ask(lambda it: it.execute(_ARMS, (self.workspace_id, journey, test)).fetchone())
        if row is None or not (row[1] or row[2]):
            return None
        return Allocation({arm: float(share) for arm, share in row[1].items()}, int(row[0]), frozenset(row[2]))

    def _meet(self, accounts: Ints, contacts: Ints) -> None:
        for known, statement, numbers in (
            (self._accounts, _ACCOUNTS, accounts), (self._contacts, _CONTACTS, contacts[contacts > 0]),
        ):  # fmt: skip
            missing = sorted(set(numbers.tolist()) - set(known))
            if missing:
                known.update({int(row[0]): row for row in self._rows(statement, missing)})

    def _rows(self, statement: str, numbers: list[int]) -> list[Any]:
        return self.ask(lambda it: it.execute(statement, (self.workspace_id, numbers)).fetchall())


def as_column(values: Sequence[Any]) -> Values:
    """float64 for numbers, flags and dates (day numbers); text with None where any value is text."""
    plain = [_plain(value) for value in values]
    if any(isinstance(value, str) for value in plain):
        return np.array([None if value is None else str(value) for value in plain], object)
    return np.array([np.nan if value is None else float(value) for value in plain], np.float64)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return float(value.toordinal() - _FIRST_DAY)
    return value if isinstance(value, bool | int | float | str) else None


_FIRST_DAY = date(1970, 1, 1).toordinal()
