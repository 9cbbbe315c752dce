"""Which account and which person each row is about; what rows and calls say of identity itself.

Reads: RowBatch, EventColumns with their Resolved, Identities
Gives: rows_of_import(), rows_of_calls()
"""

from __future__ import annotations

import numpy as np

from forestay.customers.kinds import ImportKind
from forestay.sources.columns import MISSING, EventColumns, MessageKind
from forestay.sources.decode_arrow import RowBatch
from forestay.sources.growing import Growing
from forestay.sources.identity import NOBODY, Identities
from forestay.sources.resolution import Resolved
from forestay.sources.rows import Row, row_of_traits, rows_of_batch

NEVER_TOLD = np.iinfo(np.int64).min


class LastWords:
    """When each user and each account was last told of, so that a late call does not undo a newer one."""

    def __init__(self) -> None:
        self.users = Growing(np.int64, int(NEVER_TOLD))
        self.accounts = Growing(np.int64, int(NEVER_TOLD))

    def is_late(self, told: Growing, number: int, at: int) -> bool:
        """Whether newer words were heard before; notes the moment otherwise."""
        told.grow_to(number + 1)
        if at < told[number]:
            return True
        told[number] = at
        return False


def rows_of_import(batch: RowBatch, known: Identities) -> list[Row]:
    """Rows of an import with the account and person each is about; contacts join their account, merges happen."""
    return [_about(row, known) for row in rows_of_batch(batch)]


def rows_of_calls(columns: EventColumns, resolved: Resolved, known: Identities, last: LastWords) -> list[Row]:
    """Rows made of the traits of identify calls of known users and of group calls."""
    rows: list[Row] = []
    for at in np.flatnonzero((columns.kind == MessageKind.IDENTIFY) | (columns.kind == MessageKind.GROUP)).tolist():
        if columns.payload[at] in (b"", b"{}", b"null"):
            continue
        place = (int(columns.at[at]), int(columns.position[at]), int(columns.part[at]))
        row = _of_group(columns, at, known, last, place)
        if columns.kind[at] == MessageKind.IDENTIFY:
            row = _of_identify(columns.payload[at], int(resolved.user[at]), known, last, place)
        if row is not None and (row.fields or row.traits):
            rows.append(row)
    return rows


def _of_group(
    columns: EventColumns, at: int, known: Identities, last: LastWords, place: tuple[int, int, int]
) -> Row | None:
    code = columns.account.codes[at]
    if columns.kind[at] != MessageKind.GROUP or code == MISSING:
        return None
    account = known.account_of(columns.account.values[code])
    row = row_of_traits(ImportKind.ACCOUNTS, known.account_keys[account], columns.payload[at], place)
    is_part = known.accounts[columns.account.values[code]] != account
    row.account, row.only_blanks = account, last.is_late(last.accounts, account, place[0]) or is_part
    return row


def _of_identify(
    payload: bytes, user: int, known: Identities, last: LastWords, place: tuple[int, int, int]
) -> Row | None:
    user = known.canonical[user] if user != NOBODY else NOBODY
    if user == NOBODY or not known.contact_keys[user]:
        return None
    row = row_of_traits(ImportKind.CONTACTS, known.contact_keys[user], payload, place)
    row.user, row.only_blanks = user, last.is_late(last.users, user, place[0])
    return row


def _about(row: Row, known: Identities) -> Row:
    known.position = row.position
    if row.kind is ImportKind.ACCOUNTS:
        return _about_account(row, known)
    if (account := row.fields.pop("account_id", None)) is not None:
        row.account = known.account_of(str(account))
    if row.kind is ImportKind.CONTACTS:
        return _about_contact(row, known)
    if (contact := row.fields.pop("contact_id", None)) is not None:
        row.user = known.user_of(f"u:{contact}")
        if row.account != NOBODY:
            known.belong(row.user, row.account, row.told_at)
    return row


def _about_account(row: Row, known: Identities) -> Row:
    merged_into = row.fields.pop("merged_into", None)
    if merged_into is not None and str(merged_into) != row.key:
        known.merge(row.key, str(merged_into))
    parent = row.fields.pop("parent_id", None)
    if parent is not None and str(parent) != row.key:
        row.fields["parent_row"] = known.account_of(str(parent))
    row.account = known.account_of(row.key)
    if known.accounts[row.key] != row.account:  # part of another: what is said of it only fills that one's blanks
        row.key, row.only_blanks = known.account_keys[row.account], True
    return row


def _about_contact(row: Row, known: Identities) -> Row:
    row.user = known.user_of(f"u:{row.key}")
    row.key = known.contact_keys[row.user]
    if row.account != NOBODY:
        order = (row.position << 20) + row.part
        known.name_primary(row.user, row.account, order, row.told_at)
    return row
