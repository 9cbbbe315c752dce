"""Who each message is about: a run of decoded messages against the identities, in the order of the log.

Reads: EventColumns, Identities
Gives: resolve() -> Resolved

Calls (identify, group, alias) change what later rows mean, so rows between two calls are looked up together
and the calls one by one: the answer is that of reading message by message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from forestay.sources.columns import FIRST_CALL, MISSING, EventColumns, Int32s, Int64s, MessageKind, Words
from forestay.sources.identity import NOBODY, Identities

_UNSEEN = -2
_MANY = 1_000


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom the rows are about. user int64 (n,): user number or NOBODY; account int32 (n,): account row or NOBODY.

    A user who is later joined or an account that is later merged in the same run keeps the number it had here:
    the steps of Identities say what became of it.
    """

    user: Int64s
    account: Int32s


class _Lookup:
    """Codes of one column of words against numbers, each distinct word looked up once, when its row comes."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.numbers = np.full(len(words.values) + 1, _UNSEEN, np.int64)
        self.numbers[MISSING] = NOBODY
        self._codes: dict[str, int] | None = None

    def rows(self, start: int, end: int) -> Int64s:
        codes = self.words.codes[start:end]
        numbers: Int64s = self.numbers[codes]
        return numbers

    def unseen(self, start: int, end: int) -> list[int]:
        """Codes without a number yet, by first appearance."""
        codes = self.words.codes[start:end]
        waiting = codes[self.numbers[codes] == _UNSEEN]
        if len(waiting) < _MANY:
            return list(dict.fromkeys(waiting.tolist()))
        first = np.full(len(self.numbers), len(waiting), np.int64)
        np.minimum.at(first, waiting, np.arange(len(waiting)))
        there = np.flatnonzero(first < len(waiting))
        in_order: list[int] = there[np.argsort(first[there])].tolist()
        return in_order

    def learn(self, codes: list[int], table: Mapping[str, int], make: Callable[[list[str]], list[int]]) -> None:
        """Numbers of words as the table has them now; new ones are made in this order."""
        words = [self.words.values[code] for code in codes]
        found = np.fromiter(map(table.get, words, repeat(_UNSEEN)), np.int64, len(words))
        if len(new := np.flatnonzero(found == _UNSEEN)):
            unknown = [words[place] for place in new.tolist()]
            make(list(dict.fromkeys(unknown)))
            found[new] = [table[word] for word in unknown]
        self.numbers[codes] = found

    def forget(self, word: str) -> None:
        """The word may mean another number from now on."""
        if self._codes is None:
            self._codes = {each: code for code, each in enumerate(self.words.values)}
        if (code := self._codes.get(word)) is not None:
            self.numbers[code] = _UNSEEN


def resolve(columns: EventColumns, known: Identities) -> Resolved:
    """Users and accounts of the rows, as of each row; new ones are made, calls are carried out."""
    run = _Run(columns, known)
    start = 0
    for row in np.flatnonzero(columns.kind >= FIRST_CALL).tolist():
        run.look_up(start, row)
        run.call(row)
        start = row + 1
    run.look_up(start, len(columns))
    return Resolved(run.user, run.account)


class _Run:
    def __init__(self, columns: EventColumns, known: Identities) -> None:
        self.columns, self.known = columns, known
        self.users, self.accounts = _Lookup(columns.user), _Lookup(columns.account)
        self.user = np.full(len(columns), NOBODY, np.int64)
        self.account = np.full(len(columns), NOBODY, np.int32)

    def look_up(self, start: int, end: int) -> None:
        """Rows that only use the product: the account named, else the user's primary."""
        if start >= end:
            return
        known = self.known
        self.users.learn(self.users.unseen(start, end), known.users, known.new_users)
        self.accounts.learn(self.accounts.unseen(start, end), known.accounts, known.new_accounts)
        users = self.users.rows(start, end)
        there = users != NOBODY
        users = np.where(there, known.canonical.values[users], NOBODY) if there.any() else users
        named = known.standing(self.accounts.rows(start, end).astype(np.int32))
        own = np.where(there, known.primary_of(users), NOBODY) if there.any() else named
        self.user[start:end] = users
        self.account[start:end] = np.where(named != NOBODY, named, own)
        known.note_seen(users[there])
        self._note_members(start, users, named)

    def call(self, row: int) -> None:
        """One identify, group or alias."""
        known, columns = self.known, self.columns
        key = _word(columns.user, row)
        if key is None:  # a call of our own, about an account and nobody in it
            if (named := _word(columns.account, row)) is not None:
                account = np.array([known.account_of(named)], np.int32)
                self.account[row] = known.standing(account)[0]
            return
        known.position = int(columns.position[row])
        user = known.user_of(key)
        kind = columns.kind[row]
        if kind == MessageKind.ALIAS:
            self._alias(user, columns.previous.get(row))
        if (anonymous := _word(columns.anonymous, row)) is not None:
            known.identify(anonymous, user)
            self.users.forget(anonymous)
        user = known.user_of(key)
        if (named := _word(columns.account, row)) is not None:
            self._name_account(row, user, known.account_of(named))
        user = known.user_of(key)
        known.note_seen(np.array([user]))
        self.user[row], self.account[row] = user, known.primary_of(np.array([user]))[0]

    def _alias(self, user: int, previous: str | None) -> None:
        if previous is None:
            return
        keys = [key for key in (f"u:{previous}", f"a:{previous}") if key in self.known.users]
        for key in keys or [f"a:{previous}"]:
            self.known.alias(key, user)
            self.users.forget(key)

    def _name_account(self, row: int, user: int, account: int) -> None:
        columns, known = self.columns, self.known
        at = int(columns.at[row])
        if columns.kind[row] == MessageKind.GROUP or known.primary[user] == NOBODY:
            order = (int(columns.position[row]) << 20) + int(columns.part[row])
            known.name_primary(user, account, order, at)
        else:
            known.belong(user, account, at)

    def _note_members(self, start: int, users: Int64s, named: Int32s) -> None:
        """A known user whose messages name an account belongs to it, though its primary account stays."""
        rows = np.flatnonzero((users != NOBODY) & (named != NOBODY))
        if not len(rows):
            return
        known = self.known
        rows = rows[known.is_known.values[users[rows]] > 0]
        known.meet(users[rows], named[rows].astype(np.int64), self.columns.at[start + rows])


def _word(words: Words, row: int) -> str | None:
    code = words.codes[row]
    return None if code == MISSING else words.values[code]
