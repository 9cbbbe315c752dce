"""Who is who in one workspace: users and their joins, accounts and their merges, who belongs where.

Gives : Identities; the changes it makes as Joined, Adopted, Merged (for cube and facts, in order) and in
        IdentityChanges (for the store)
Source: docs/architecture.md, 'Identity'

A *user number* stands for a person, known or anonymous; an *account row* for an account. Both are dense and
never reused. Everything is a function of the log's order, so a replay gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from forestay.sources.columns import Int32s, Int64s
from forestay.sources.growing import Growing, Pairs

NOBODY = -1
"""No user, or no account."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Two user numbers turned out to be one person; `kept` is the earlier."""

    kept: int
    gone: int


@dataclass(frozen=True, slots=True)
class Adopted:
    """A user got a first account: what was counted apart belongs to it now."""

    user: int
    account: int


@dataclass(frozen=True, slots=True)
class Merged:
    """An account became part of another."""

    gone: int
    stays: int


Step = Joined | Adopted | Merged


@dataclass(frozen=True, slots=True)
class Membership:
    """A known user belongs to an account. since: microseconds UTC, 0 when not known."""

    user: int
    account: int
    is_primary: bool
    since: int


@dataclass(slots=True)
class IdentityChanges:
    """What the store must learn. accounts: new rows; contacts: newly known users; identities: (key, user); acted: known
    users (n,) seen to act for the first time; met: columns (user, account, since in microseconds UTC) of users who were
    seen with an account, none of them as its primary one."""

    accounts: list[int] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)
    identities: list[tuple[str, int]] = field(default_factory=list)
    acted: list[Int64s] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    met: list[tuple[Int64s, Int64s, Int64s]] = field(default_factory=list)
    joined_contacts: list[Joined] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)

    def __bool__(self) -> bool:
        told = (self.accounts, self.contacts, self.identities, self.acted, self.memberships, self.met)
        return any((*told, self.joined_contacts, self.merged))


class Identities:
    """The maps of one workspace and every rule that changes them.

    users: key -> number as first given; canonical: number -> the number it is counted under. accounts: external
    id -> row; merged: row -> the row it is part of. primary: user -> account row or NOBODY, named_at its place in
    the log. contact_ids, account_ids: the store's ids, 0 while unknown. contact_keys: number -> userId of a known
    user, '' of an anonymous one; is_known: 1 where there is one. keys: number -> the key it was made for. seen: 1 when the user ever acted, so that the
    store can tell people who use the product from those who only stand in an export.
    """

    def __init__(self) -> None:
        self.users: dict[str, int] = {}
        self.keys: list[str] = []
        self.contact_keys: list[str] = []
        self.canonical = Growing(np.int32, NOBODY)
        self.primary = Growing(np.int32, NOBODY)
        self.named_at = Growing(np.int64, NOBODY)
        self.contact_ids = Growing(np.int64, 0)
        self.seen = Growing(np.uint8, 0)
        self.is_known = Growing(np.uint8, 0)
        self.accounts: dict[str, int] = {}
        self.account_keys: list[str] = []
        self.merged = Growing(np.int32, NOBODY)
        self.account_ids = Growing(np.int64, 0)
        self.members = Pairs()
        self.changes = IdentityChanges()
        self.steps: list[tuple[int, Step]] = []
        self.position = 0
        self.further_keys: dict[int, list[str]] = {}
        self._met = Growing(np.int32, NOBODY)
        """An account of which the user is known to be a member: nearly always the one named next, and quickly asked."""
        self._followers: dict[int, list[int]] = {}
        self._parts: dict[int, list[int]] = {}

    def take_changes(self) -> IdentityChanges:
        """What changed since the last call, for the store."""
        changes, self.changes = self.changes, IdentityChanges()
        return changes

    def take_steps(self) -> list[tuple[int, Step]]:
        """Joins, adoptions and merges since the last call, in order, each with the position of the record that
        brought it (`position`, which whoever tells us something keeps up to date)."""
        steps, self.steps = self.steps, []
        return steps

    def remember_followers(self) -> None:
        """Find again who was joined and merged into whom, and who is known, after the columns were read back."""
        known = np.fromiter((key != "" for key in self.contact_keys), np.uint8, len(self.contact_keys))
        self.is_known = Growing(np.uint8, 0, known)
        for number in np.flatnonzero(self.canonical.values != np.arange(len(self.canonical))).tolist():
            self._followers.setdefault(self.canonical[number], []).append(number)
        for row in np.flatnonzero(self.merged.values != np.arange(len(self.merged))).tolist():
            self._parts.setdefault(self.merged[row], []).append(row)

    def user_of(self, key: str) -> int:
        """The user counted under a key, made if new."""
        number = self.users.get(key)
        return self.new_users([key])[0] if number is None else self.canonical[number]

    def account_of(self, external_id: str) -> int:
        """The account row that an external id means today, made if new."""
        row = self.accounts.get(external_id)
        return self.new_accounts([external_id])[0] if row is None else self.merged[row]

    def primary_of(self, users: Int64s) -> Int32s:
        """Account rows of user numbers (n,), NOBODY where there is none."""
        return self.standing(self.primary.values[users])

    def standing(self, rows: Int32s) -> Int32s:
        """The rows that account rows are part of today; NOBODY stays NOBODY."""
        if not len(self.merged):
            return rows
        stands: Int32s = np.where(rows == NOBODY, NOBODY, self.merged.values[rows])
        return stands

    def join(self, one: int, other: int) -> int:
        """Two numbers are one person; gives the one that is kept, the earlier."""
        kept, gone = sorted((self.canonical[one], self.canonical[other]))
        if kept == gone:
            return kept
        followers = [gone, *self._followers.pop(gone, [])]
        self._followers.setdefault(kept, []).extend(followers)
        self.canonical.values[followers] = kept
        self.steps.append((self.position, Joined(kept, gone)))
        if self.named_at[gone] > self.named_at[kept]:
            self.primary[kept], self.named_at[kept] = self.primary[gone], self.named_at[gone]
        self._join_contacts(kept, gone)
        if (account := self.primary[kept]) != NOBODY:
            self.steps.append((self.position, Adopted(kept, self.merged[account])))
        return kept

    def alias(self, key: str, user: int) -> int:
        """A further key means this user, whoever was behind it becomes one with it; gives the user's number."""
        if key in self.users:
            return self.join(self.users[key], user)
        return self._give_key(key, user)

    def identify(self, anonymous: str, user: int) -> int:
        """A device's key and a user are one; gives the user's number.

        A device that already belongs to another known user changes hands from here on: two people who share a
        computer stay two people. Only an alias call makes known users one.
        """
        before = self.users.get(anonymous)
        kept = self.canonical[user]
        if before is not None and self._are_two_people(self.canonical[before], kept):
            return self._give_key(anonymous, kept)
        return self.alias(anonymous, user)

    def _are_two_people(self, one: int, other: int) -> bool:
        return one != other and bool(self.contact_keys[one] and self.contact_keys[other])

    def _give_key(self, key: str, user: int) -> int:
        kept = self.canonical[user]
        self.users[key] = kept
        self.further_keys.setdefault(kept, []).append(key)
        if self.contact_keys[kept]:
            self.changes.identities.append((key, kept))
        return kept

    def belong(self, user: int, account: int, since: int) -> None:
        """A user has been seen with an account: a member of it, though not by that its primary account."""
        if self.contact_keys[user] and len(self.members.add(_one(user), _one(account))):
            self.changes.memberships.append(Membership(user, account, False, since))

    def meet(self, users: Int64s, accounts: Int64s, since: Int64s) -> None:
        """Known users (n,) have been seen with accounts (n,) at moments (n,): members of them, as by belong()."""
        self._met.grow_to(len(self.canonical))
        again = self._met.values[users] == accounts
        if again.all():
            return
        users, accounts, since = users[~again], accounts[~again], since[~again]
        new = self.members.add(users, accounts)
        self._met.values[users] = accounts
        if len(new):
            self.changes.met.append((users[new], accounts[new], since[new]))

    def name_primary(self, user: int, account: int, order: int, since: int) -> None:
        """A group call or a contact import names the user's account; from now on it gets the user's events."""
        had_none = self.primary[user] == NOBODY
        changed = had_none or self.merged[self.primary[user]] != account
        self.primary[user], self.named_at[user] = account, order
        if self.contact_keys[user]:
            is_new = len(self.members.add(_one(user), _one(account))) > 0
            if is_new or changed:
                self.changes.memberships.append(Membership(user, account, True, since))
        if had_none:
            self.steps.append((self.position, Adopted(user, account)))

    def note_seen(self, users: Int64s) -> None:
        """These users (n,) acted; the store learns a known user's own key the first time."""
        fresh = np.sort(users[self.seen.values[users] == 0])
        fresh = fresh[np.diff(fresh, prepend=NOBODY) > 0]
        self.seen.values[fresh] = 1
        known = fresh[self.is_known.values[fresh] > 0]
        if len(known):
            self.changes.acted.append(known)

    def merge(self, gone_id: str, stays_id: str) -> None:
        """One account becomes part of another; a merge into itself, or into its own part, changes nothing."""
        gone, stays = self.account_of(gone_id), self.account_of(stays_id)
        if gone == stays:
            return
        parts = [gone, *self._parts.pop(gone, [])]
        self._parts.setdefault(stays, []).extend(parts)
        self.merged.values[parts] = stays
        members = np.array(self.members.lefts_of(gone), np.int64)
        self.members.add(members, np.full(len(members), stays, np.int64))
        self.steps.append((self.position, Merged(gone, stays)))
        self.changes.merged.append(Merged(gone, stays))

    def new_users(self, keys: Sequence[str]) -> list[int]:
        """Users of keys (n,) that nobody had, each once, in this order."""
        start, size = len(self.canonical), len(self.canonical) + len(keys)
        for column in (self.canonical, self.primary, self.named_at, self.contact_ids, self.seen, self.is_known):
            column.grow_to(size)
        numbers = list(range(start, size))
        self.canonical.values[start:] = numbers
        self.users.update(zip(keys, numbers, strict=True))
        self.keys += keys
        self.contact_keys += [key[2:] if key.startswith("u:") else "" for key in keys]
        known = [number for number, key in zip(numbers, keys, strict=True) if key.startswith("u:")]
        self.is_known.values[known] = 1
        self.changes.contacts += known
        return numbers

    def new_accounts(self, external_ids: Sequence[str]) -> list[int]:
        """Rows of external ids (n,) that no account had, each once, in this order."""
        start, size = len(self.merged), len(self.merged) + len(external_ids)
        self.merged.grow_to(size)
        self.account_ids.grow_to(size)
        rows = list(range(start, size))
        self.merged.values[start:] = rows
        self.accounts.update(zip(external_ids, rows, strict=True))
        self.account_keys += external_ids
        self.changes.accounts += rows
        return rows

    def _join_contacts(self, kept: int, gone: int) -> None:
        """The joined user is known if either was; an earlier anonymous number takes over the known one's contact."""
        was_known, comes_known = bool(self.contact_keys[kept]), bool(self.contact_keys[gone])
        if was_known and comes_known:
            self.changes.joined_contacts.append(Joined(kept, gone))
        elif comes_known:
            self.contact_keys[kept], self.contact_ids[kept] = self.contact_keys[gone], self.contact_ids[gone]
            self.is_known[kept] = 1
            self.changes.contacts = [kept if number == gone else number for number in self.changes.contacts]
        newly_known = self._keys_of(kept if comes_known else gone) if was_known != comes_known else []
        self.changes.identities += [(key, kept) for key in newly_known]
        self.seen[kept] = self.seen[gone if comes_known and not was_known else kept]
        self.further_keys[kept] = [*self.further_keys.get(kept, []), *self._keys_of(gone)]
        rows = np.array(self.members.rights_of(gone), np.int64)
        self.members.add(np.full(len(rows), kept, np.int64), rows)
        if self.contact_keys[kept] and (account := self.primary[kept]) != NOBODY:
            self.members.add(_one(kept), _one(account))
            self.changes.memberships.append(Membership(kept, account, True, 0))

    def _keys_of(self, number: int) -> list[str]:
        """Keys counted under a number; a device that changed hands since is no longer among them."""
        keys = dict.fromkeys([self.keys[number], *self.further_keys.get(number, [])])
        return [key for key in keys if self.canonical[self.users[key]] == self.canonical[number]]


def _one(number: int) -> Int64s:
    return np.array([number], np.int64)
