"""What a simulation knows of accounts and contacts beside the lake: zones, dates, contacts, as they are today.

Gives : People, Contacts, NOBODY
The past of these is not kept; a simulation says that it used today's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from forestay.journeys.moves import NEVER
from forestay.kit.clock import start_of_day

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
_NO_DAY = np.iinfo(np.int64).min


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Present contacts (n,), sorted by account. zone: None = the account's; is_champion, is_sponsor, is_active: bool;
    traits: object columns by name, as contact.* shows them."""

    account: Ints = field(default_factory=_none)
    contact: Ints = field(default_factory=_none)
    zone: Sequence[str | None] = ()
    parts: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    """'champion', 'sponsor', 'active_users' -> who is one, (n,)."""
    columns: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)
    """contact.<name> -> float64 (NaN missing) or object column (n,)."""
    user_key: Sequence[str | None] = ()
    _by_key: dict[str, int] = field(default_factory=dict, repr=False)

    def contact_of(self, user_key: str) -> int:
        """The contact of a user key, 0 for a user who is none."""
        if not self._by_key:
            self._by_key.update({key: n for n, key in enumerate(self.user_key) if key})
        place = self._by_key.get(user_key)
        return 0 if place is None else int(self.contact[place])

    def of(self, account: int) -> slice:
        """Where the contacts of an account stand."""
        return slice(*np.searchsorted(self.account, [account, account + 1]).tolist())


@dataclass(frozen=True, slots=True)
class People:
    """zone: of the workspace. account_ids ascending (n,); zones: IANA zone of each, or None for the workspace's; dates:
    'account.renews_on' -> day numbers (n,), missing = smallest int64."""

    zone: str = "UTC"
    account_ids: Ints = field(default_factory=_none)
    zones: Sequence[str | None] = ()
    dates: Mapping[str, Ints] = field(default_factory=dict)
    contacts: Contacts = field(default_factory=Contacts)

    def zones_of(self, accounts: Ints, contacts: Ints) -> list[str]:
        """Zone of each: the contact's, else the account's, else the workspace's."""
        if not len(self.zones) and not len(self.contacts.zone):
            return [self.zone] * len(accounts)
        return [
            self._zone(account, contact) for account, contact in zip(accounts.tolist(), contacts.tolist(), strict=True)
        ]

    def _zone(self, account: int, contact: int) -> str:
        if contact and len(self.contacts.zone):
            at = int(np.searchsorted(self.contacts.account, account))
            while at < len(self.contacts.account) and self.contacts.account[at] == account:
                if self.contacts.contact[at] == contact:
                    return self.contacts.zone[at] or self._account_zone(account)
                at += 1
        return self._account_zone(account)

    def _account_zone(self, account: int) -> str:
        at = int(np.searchsorted(self.account_ids, account))
        known = at < len(self.zones) and self.account_ids[at] == account
        return (self.zones[at] if known else None) or self.zone

    def days_of(self, name: str, accounts: Ints) -> Ints | None:
        """Day numbers of a date (smallest int64 where there is none); None for a date that nobody has."""
        days = self.dates.get(name)
        if days is None or not len(self.account_ids):
            return None
        at = np.minimum(np.searchsorted(self.account_ids, accounts), len(self.account_ids) - 1)
        return np.where(self.account_ids[at] == accounts, days[at], _NO_DAY)

    def moments_of(self, name: str, accounts: Ints, zones: Sequence[str]) -> Ints:
        """Midnights of a date in each one's zone, microseconds UTC; NEVER where there is none."""
        days = self.days_of(name, accounts)
        found = np.full(len(accounts), NEVER, np.int64)
        if days is None:
            return found
        for place in np.flatnonzero(days != _NO_DAY).tolist():
            found[place] = int(start_of_day(int(days[place]), zones[place]).timestamp()) * 1_000_000
        return found


NOBODY = People()
"""Nothing is known but the lake."""
