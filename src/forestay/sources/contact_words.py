"""What a contact's row says beside its own columns: consent to e-mail, and that the person left the account.

Reads : rows of kind CONTACTS
Gives : contact_statements()
A 'yes' allows marketing and success mail, a 'no' forbids both; a person who left stays a member with an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from forestay.sources.identity import NOBODY, Identities
from forestay.sources.record_tables import Statement
from forestay.sources.rows import Row

PURPOSES = ("marketing", "success")

_CONSENTS = """
INSERT INTO consents (workspace_id, contact_id, channel, purpose, is_given, source)
SELECT %s, contact_id, 'email', purpose, is_given, 'import'
FROM unnest(%s::bigint[], %s::boolean[]) AS u (contact_id, is_given) CROSS JOIN unnest(%s::text[]) AS purpose
ON CONFLICT (workspace_id, contact_id, channel, purpose) DO UPDATE
SET is_given = EXCLUDED.is_given, source = EXCLUDED.source, at = now()
WHERE consents.is_given IS DISTINCT FROM EXCLUDED.is_given"""
_LEFT = """
UPDATE memberships AS m SET until = u.until
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS u (contact_id, account_id, until)
WHERE m.workspace_id = %s AND m.contact_id = u.contact_id AND m.account_id = u.account_id"""


def contact_statements(workspace_id: int, known: Identities, rows: Sequence[Row]) -> list[Statement]:
    """Consents and ends of memberships that the rows tell of; the contacts have ids by now."""
    consents: dict[int, bool] = {}
    left: dict[tuple[int, int], datetime] = {}
    for row in rows:
        contact = known.contact_ids[known.canonical[row.user]] if row.user != NOBODY else 0
        consent, gone = row.fields.get("email_consent"), row.fields.get("left_on")
        if contact and isinstance(consent, bool):
            consents[contact] = consent
        if contact and row.account != NOBODY and isinstance(gone, date):
            account = known.account_ids[known.merged[row.account]]
            left[contact, account] = datetime.combine(gone, time(), UTC)
    statements: list[Statement] = []
    if consents:
        values = (workspace_id, list(consents), list(consents.values()), list(PURPOSES))
        statements.append(Statement(_CONSENTS, values))
    if left:
        contacts, accounts = [contact for contact, _ in left], [account for _, account in left]
        statements.append(Statement(_LEFT, (contacts, accounts, list(left.values()), workspace_id)))
    return statements
