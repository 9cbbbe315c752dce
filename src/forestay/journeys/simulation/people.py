"""What a simulation knows of accounts and contacts beside the lake: zones, dates, contacts, as they are today.

Gives : People, Contacts, NOBODY
The past of these is not kept; a simulation says that it used today's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time

import numpy as np
import numpy.typing as npt

from forestay.journeys.moves import NEVER
from forestay.kit.local_time import moments_at

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

    def recipients(self, accounts: Ints, who: str) -> tuple[Ints, Ints]:
        """To whom a message to a part of each account goes: places in `accounts`, and contacts."""
        chosen = (
            np.ones(len(self.contact), bool) if who == "all" else self.parts.get(who, np.zeros(len(self.contact), bool))
        )
        account, contact = self.account[chosen], self.contact[chosen]
        first, last = (np.searchsorted(account, accounts, side=side) for side in ("left", "right"))
        places = np.repeat(np.arange(len(accounts)), last - first)
        starts = np.repeat(first - np.concatenate(([0], np.cumsum(last - first)[:-1])), last - first)
        return places, contact[starts + np.arange(len(places))]

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
        found = np.full(len(accounts), self.zone, object)
        for known, zones, wanted in (
            (self.account_ids, self.zones, accounts),
            (self.contacts.contact, self.contacts.zone, contacts),
        ):
            if len(zones) and len(wanted):
                own = _looked_up(known, zones, wanted)
                found = np.where(own == None, found, own)  # noqa: E711 - element by element
        return list(found)

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
        there = np.flatnonzero(days != _NO_DAY)
        found[there] = moments_at(days[there], time(0), [zones[place] for place in there.tolist()])
        return found


def _looked_up(known: Ints, values: Sequence[str | None], wanted: Ints) -> Texts:
    """Values by number, None where the number is not known."""
    order = np.argsort(known, kind="stable")
    at = order[np.minimum(np.searchsorted(known[order], wanted), len(order) - 1)]
    table = np.empty(len(values), object)
    table[:] = values
    found: Texts = table[at]
    found[known[at] != wanted] = None
    return found


NOBODY = People()
"""Nothing is known but the lake."""
