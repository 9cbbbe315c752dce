"""What a simulation knows of accounts and contacts beside the lake: zones, dates, contacts, as they are today.

Gives : People, Contacts, NOBODY
The past of these is not kept; a simulation says that it used today's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forestay.journeys.moves import NEVER
from forestay.kit.local_time import moments_at

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
_NO_DAY = np.iinfo(np.int64).min


def _none() -> Ints:
    return np.empty(0, np.int64)


Chosen = npt.NDArray[np.bool_]
EVERYBODY = "all"


@dataclass(frozen=True)
class Contacts:
    """Present contacts (n,), sorted by account; only those whom somebody may ask for need be there. zone: None = the
    account's, empty where no run is about a contact."""

    account: Ints = field(default_factory=_none)
    contact: Ints = field(default_factory=_none)
    zone: Sequence[str | None] = ()
    parts: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    """'champion', 'sponsor', 'active_users' -> who is one, (n,)."""
    columns: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)
    """contact.<name> -> float64 (NaN missing) or object column (n,)."""
    user_key: Sequence[str | None] = ()
    _found: dict[str, tuple[Ints, Ints]] = field(default_factory=dict, repr=False, compare=False)

    def contact_of(self, user_key: str) -> int:
        """The contact of a user key, 0 for a user who is none."""
        place = self._by_key.get(user_key)
        return 0 if place is None else int(self.contact[place])

    @cached_property
    def _by_key(self) -> Mapping[str, int]:
        return {key: n for n, key in enumerate(self.user_key) if key}

    def _part(self, who: str) -> tuple[Ints, Ints]:
        """Accounts and contacts of a part; found once, since every turn asks."""
        if who not in self._found:
            nobody = np.zeros(len(self.contact), bool)
            chosen: Chosen = ~nobody if who == EVERYBODY else self.parts.get(who, nobody)
            self._found[who] = self.account[chosen], self.contact[chosen]
        return self._found[who]

    def recipients(self, accounts: Ints, who: str) -> tuple[Ints, Ints]:
        """To whom a message to a part of each account goes: places in `accounts`, and contacts."""
        account, contact = self._part(who)
        first, last = (np.searchsorted(account, accounts, side=side) for side in ("left", "right"))
        places = np.repeat(np.arange(len(accounts)), last - first)
        starts = np.repeat(first - np.concatenate(([0], np.cumsum(last - first)[:-1])), last - first)
        return places, contact[starts + np.arange(len(places))]

    def of(self, account: int) -> slice:
        """Where the contacts of an account stand."""
        return slice(*np.searchsorted(self.account, [account, account + 1]).tolist())

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self.contact, kind="stable")

    def places_of(self, contacts: Ints) -> Ints:
        """Where contacts stand, by their numbers; -1 for those who are not there."""
        return _places(self.contact, self._order, contacts)

    @cached_property
    def zones(self) -> Texts:
        """As `zone`, an array of objects."""
        return _objects(self.zone)


@dataclass(frozen=True)
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
        order = np.arange(len(self.account_ids))
        for known, at in (
            (self._zones, _places(self.account_ids, order, accounts)),
            (self.contacts.zones, self.contacts.places_of(contacts)),
        ):
            here = np.flatnonzero(at >= 0) if len(known) else at[:0]
            own = known[at[here]]
            found[here] = np.where(own == None, found[here], own)  # noqa: E711 - element by element
        return list(found)

    @cached_property
    def _zones(self) -> Texts:
        return _objects(self.zones)

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


def _objects(texts: Sequence[str | None]) -> Texts:
    table: Texts = np.empty(len(texts), object)
    table[:] = texts
    return table


def _places(known: Ints, order: Ints, wanted: Ints) -> Ints:
    """Places of numbers among those known, -1 where one is not known. order: that sorts the known ones."""
    if not len(known):
        return np.full(len(wanted), -1, np.int64)
    at = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(order) - 1)]
    return np.where(known[at] == wanted, at, -1)


NOBODY = People()
"""Nothing is known but the lake."""
