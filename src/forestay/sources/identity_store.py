"""Who is who, in the store: ids of new accounts and contacts, their keys, memberships, joins and merges.

Reads : Identities, IdentityChanges
Gives : give_ids() (before the tick's transaction), identity_statements() (inside it)
Source: docs/architecture.md, 'Identity'; only known users stand in the store

An account is made in a transaction of its own before the tick's: a crash in between leaves a row that replay finds by
its external id, and nothing else. A contact gets its number then and its row in the tick's transaction, so that many
people who are seen for the first time cost the store one statement a table.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psycopg

from forestay.kit.clock import moment_of
from forestay.sources.columns import Int64s
from forestay.sources.identity import Identities, IdentityChanges, Joined, Membership, Merged
from forestay.sources.record_tables import Statement

Connection = psycopg.Connection[tuple[object, ...]]

_MAKE_ACCOUNTS = """
INSERT INTO accounts (workspace_id, external_id) SELECT %s, unnest(%s::text[])
ON CONFLICT DO NOTHING RETURNING external_id, id"""
_FIND_ACCOUNTS = """
SELECT a.external_id, a.id FROM unnest(%s::text[]) AS key,
LATERAL (SELECT external_id, id FROM accounts WHERE workspace_id = %s AND external_id = key OFFSET 0) AS a"""
_NUMBER_CONTACTS = """
SELECT COALESCE(c.id, nextval('contacts_id_seq')), c.id IS NULL
FROM unnest(%s::text[]) WITH ORDINALITY AS u (key, place) LEFT JOIN
LATERAL (SELECT id FROM contacts WHERE workspace_id = %s AND external_id = key OFFSET 0) AS c ON true ORDER BY place"""
_MAKE_CONTACTS = """
INSERT INTO contacts (workspace_id, external_id, id) SELECT %s, * FROM unnest(%s::text[], %s::bigint[])"""
_IDENTITIES = """
INSERT INTO identities (workspace_id, key, contact_id) SELECT %s, * FROM unnest(%s::text[], %s::bigint[])
ON CONFLICT (workspace_id, key) DO UPDATE SET contact_id = EXCLUDED.contact_id"""
_MEMBERSHIPS = """
INSERT INTO memberships AS m (workspace_id, contact_id, account_id, is_primary, since)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[], %s::timestamptz[])
ON CONFLICT (workspace_id, contact_id, account_id) DO UPDATE
SET is_primary = m.is_primary OR EXCLUDED.is_primary, since = LEAST(m.since, EXCLUDED.since)"""
_MET = """
INSERT INTO memberships AS m (workspace_id, contact_id, account_id, is_primary, since)
SELECT %s, contact, account, false, timestamptz 'epoch' + since * interval '1 microsecond'
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS u (contact, account, since)
ON CONFLICT (workspace_id, contact_id, account_id) DO UPDATE SET since = LEAST(m.since, EXCLUDED.since)"""
_OTHERS_NOT_PRIMARY = """
UPDATE memberships AS m SET is_primary = false
FROM unnest(%s::bigint[], %s::bigint[]) AS u (contact_id, account_id)
WHERE m.workspace_id = %s AND m.contact_id = u.contact_id AND m.account_id <> u.account_id AND m.is_primary"""

_JOIN_CONTACTS = (
    "UPDATE identities SET contact_id = %(kept)s WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s",
    """INSERT INTO memberships (workspace_id, contact_id, account_id, is_primary, since, until)
    SELECT workspace_id, %(kept)s, account_id, false, since, until FROM memberships
    WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s ON CONFLICT DO NOTHING""",
    """UPDATE contacts AS c SET email = COALESCE(c.email, g.email), name = COALESCE(c.name, g.name),
    title = COALESCE(c.title, g.title), phone = COALESCE(c.phone, g.phone), zone = COALESCE(c.zone, g.zone),
    is_sponsor = c.is_sponsor OR g.is_sponsor, is_champion = c.is_champion OR g.is_champion,
    created_on = LEAST(c.created_on, g.created_on), traits = g.traits || c.traits, updated_at = now()
    FROM contacts AS g WHERE c.id = %(kept)s AND g.id = %(gone)s AND c.workspace_id = %(workspace)s""",
    "UPDATE tickets SET contact_id = %(kept)s WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s",
    "UPDATE interactions SET contact_id = %(kept)s WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s",
    "UPDATE surveys SET contact_id = %(kept)s WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s",
    """INSERT INTO consents (workspace_id, contact_id, channel, purpose, is_given, source, at)
    SELECT workspace_id, %(kept)s, channel, purpose, is_given, source, at FROM consents
    WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s
    ON CONFLICT (workspace_id, contact_id, channel, purpose) DO UPDATE
    SET is_given = consents.is_given AND EXCLUDED.is_given""",
    "UPDATE messages SET contact_id = %(kept)s WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s",
    "UPDATE effects SET contact_id = %(kept)s WHERE workspace_id = %(workspace)s AND contact_id = %(gone)s",
    """INSERT INTO journey_inbox (workspace_id, kind, account_id, contact_id, at)
    VALUES (%(workspace)s, 'join', %(kept)s, %(gone)s, now())""",
    "DELETE FROM contacts WHERE workspace_id = %(workspace)s AND id = %(gone)s",
)
"""A refusal that either contact gave holds for the one person they are."""

_MOVED_TABLES = (
    "subscriptions", "invoices", "tickets", "interactions", "surveys", "tasks", "effects", "messages", "requests",
    "recent_events", "account_notes",
)  # fmt: skip
_MERGE_ACCOUNTS = (
    """INSERT INTO memberships (workspace_id, contact_id, account_id, is_primary, since, until)
    SELECT workspace_id, contact_id, %(stays)s, is_primary, since, until FROM memberships
    WHERE workspace_id = %(workspace)s AND account_id = %(gone)s
    ON CONFLICT (workspace_id, contact_id, account_id) DO UPDATE
    SET is_primary = memberships.is_primary OR EXCLUDED.is_primary""",
    "DELETE FROM memberships WHERE workspace_id = %(workspace)s AND account_id = %(gone)s",
    """UPDATE signals AS s SET status = 'closed', closed_at = now(), closed_reason = 'merged', updated_at = now()
    WHERE s.workspace_id = %(workspace)s AND s.account_id = %(gone)s AND s.status = 'open' AND EXISTS (
      SELECT FROM signals AS o WHERE o.workspace_id = s.workspace_id AND o.account_id = %(stays)s
      AND o.trigger_key = s.trigger_key AND o.status = 'open')""",
    "UPDATE signals SET account_id = %(stays)s WHERE workspace_id = %(workspace)s AND account_id = %(gone)s",
    *(
        f"UPDATE {table} SET account_id = %(stays)s WHERE workspace_id = %(workspace)s AND account_id = %(gone)s"  # noqa: S608
        for table in _MOVED_TABLES
    ),
    """INSERT INTO trigger_states AS t (workspace_id, trigger_key, account_id, is_on, since, last_fired_at)
    SELECT workspace_id, trigger_key, %(stays)s, is_on, since, last_fired_at FROM trigger_states
    WHERE workspace_id = %(workspace)s AND account_id = %(gone)s
    ON CONFLICT (workspace_id, trigger_key, account_id) DO UPDATE SET is_on = t.is_on OR EXCLUDED.is_on,
    since = CASE WHEN t.is_on OR NOT EXCLUDED.is_on THEN t.since ELSE EXCLUDED.since END,
    last_fired_at = GREATEST(t.last_fired_at, EXCLUDED.last_fired_at)""",
    "DELETE FROM trigger_states WHERE workspace_id = %(workspace)s AND account_id = %(gone)s",
    "DELETE FROM account_states WHERE workspace_id = %(workspace)s AND account_id = %(gone)s",
    "DELETE FROM predictions WHERE workspace_id = %(workspace)s AND account_id = %(gone)s",
    """INSERT INTO journey_inbox (workspace_id, kind, account_id, contact_id, at)
    VALUES (%(workspace)s, 'merge', %(stays)s, %(gone)s, now())""",
    """UPDATE accounts SET parent_id = CASE WHEN id = %(stays)s THEN NULL ELSE %(stays)s END
    WHERE workspace_id = %(workspace)s AND parent_id = %(gone)s""",
    """UPDATE accounts SET merged_into = %(stays)s, updated_at = now()
    WHERE workspace_id = %(workspace)s AND (id = %(gone)s OR merged_into = %(gone)s)""",
)


def give_ids(connection: Connection, workspace_id: int, known: Identities, changes: IdentityChanges) -> list[Statement]:
    """Make new accounts in the store and find numbers for new contacts, or find them there, and note their ids.

    Gives the statements that make the new contacts; they come before all others that name them.
    """
    if changes.accounts:
        keys = [known.account_keys[row] for row in changes.accounts]
        ids = _made(connection, workspace_id, keys)
        for row, key in zip(changes.accounts, keys, strict=True):
            known.account_ids[row] = ids[key]
    return _number_contacts(connection, workspace_id, known, changes.contacts) if changes.contacts else []


def identity_statements(workspace_id: int, known: Identities, changes: IdentityChanges) -> list[Statement]:
    """What the store must do to know what changed: joins first, then keys and memberships, merges last."""
    statements = [s for joined in changes.joined_contacts for s in _joining(workspace_id, known, joined)]
    if changes.acted:
        users = np.unique(np.concatenate(changes.acted))
        keys = [f"u:{known.contact_keys[user]}" for user in users.tolist()]
        statements.append(_identities(workspace_id, keys, _contact_ids(known, users)))
    if changes.identities:
        numbers = np.array([number for _, number in changes.identities], np.int64)
        statements.append(
            _identities(workspace_id, [key for key, _ in changes.identities], _contact_ids(known, numbers))
        )
    if changes.met:
        statements.append(_meeting(workspace_id, known, changes.met))
    if changes.memberships:
        statements += _membership_statements(workspace_id, known, changes.memberships)
    return statements + [s for merged in changes.merged for s in _merging(workspace_id, known, merged)]


def _number_contacts(
    connection: Connection, workspace_id: int, known: Identities, users: Sequence[int]
) -> list[Statement]:
    """Numbers of contacts: their own where the store has them, else the next of its sequence."""
    keys = [known.contact_keys[user] for user in users]
    found = connection.execute(_NUMBER_CONTACTS, (keys, workspace_id)).fetchall()
    ids = [int(str(number)) for number, _ in found]
    known.contact_ids.values[list(users)] = ids
    new = {key: number for key, number, (_, is_new) in zip(keys, ids, found, strict=True) if is_new}
    return [Statement(_MAKE_CONTACTS, (workspace_id, list(new), list(new.values())))] if new else []


def _made(connection: Connection, workspace_id: int, keys: Sequence[str]) -> dict[str, int]:
    made = connection.execute(_MAKE_ACCOUNTS, (workspace_id, list(keys)))
    ids = {str(key): int(str(number)) for key, number in made}
    there = [key for key in keys if key not in ids]
    found = connection.execute(_FIND_ACCOUNTS, (there, workspace_id)) if there else ()
    return ids | {str(key): int(str(number)) for key, number in found}


def _contact_id(known: Identities, number: int) -> int:
    return known.contact_ids[known.canonical[number]]


def _contact_ids(known: Identities, users: Int64s) -> Int64s:
    ids: Int64s = known.contact_ids.values[known.canonical.values[users]]
    return ids


def _identities(workspace_id: int, keys: Sequence[str], ids: Int64s) -> Statement:
    """One row a key, the last word on it; keys of nobody known are left out."""
    by_key = {key: number for key, number in zip(keys, ids.tolist(), strict=True) if number}
    return Statement(_IDENTITIES, (workspace_id, list(by_key), list(by_key.values())))


def _meeting(workspace_id: int, known: Identities, met: Sequence[tuple[Int64s, Int64s, Int64s]]) -> Statement:
    """Memberships by being seen, one row a pair, since its first moment."""
    users, accounts, since = (np.concatenate(column) for column in zip(*met, strict=True))
    contacts = _contact_ids(known, users)
    ids: Int64s = known.account_ids.values[known.merged.values[accounts]]
    order = np.lexsort((since, ids, contacts))
    contacts, ids, since = contacts[order], ids[order], since[order]
    is_first = np.append(True, (np.diff(contacts) != 0) | (np.diff(ids) != 0)) & (contacts > 0)
    return Statement(_MET, (workspace_id, *(column[is_first].tolist() for column in (contacts, ids, since))))


def _membership_statements(workspace_id: int, known: Identities, told: Sequence[Membership]) -> list[Statement]:
    folded: dict[tuple[int, int], tuple[bool, int]] = {}
    primary: dict[int, int] = {}
    for one in told:
        contact, account = _contact_id(known, one.user), known.account_ids[known.merged[one.account]]
        if not contact:
            continue
        was_primary, since = folded.get((contact, account), (False, one.since))
        folded[contact, account] = (was_primary or one.is_primary, min(since, one.since or since))
        if one.is_primary:
            primary[contact] = account
    rows = [
        (contact, account, is_primary and primary.get(contact) == account, moment_of(since))
        for (contact, account), (is_primary, since) in folded.items()
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    if not rows:
        return []
    others = Statement(_OTHERS_NOT_PRIMARY, (list(primary), list(primary.values()), workspace_id))
    return [Statement(_MEMBERSHIPS, (workspace_id, *columns)), *([others] if primary else [])]


def _joining(workspace_id: int, known: Identities, joined: Joined) -> list[Statement]:
    kept, gone = _contact_id(known, joined.kept), known.contact_ids[joined.gone]
    if not kept or not gone or kept == gone:
        return []
    return [Statement(sql, {"workspace": workspace_id, "kept": kept, "gone": gone}) for sql in _JOIN_CONTACTS]


def _merging(workspace_id: int, known: Identities, merged: Merged) -> list[Statement]:
    ids = {
        "workspace": workspace_id,
        "gone": known.account_ids[merged.gone],
        "stays": known.account_ids[known.merged[merged.stays]],
    }
    return [Statement(sql, ids) for sql in _MERGE_ACCOUNTS]
