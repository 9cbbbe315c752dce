"""What people decided about the versions of one purpose, and why: the audit trail, read as a history.

Reads: audit_entries, members
Gives: Decision, decisions_of()
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, and_, cast, func, select

from forestay.store.tables.governance import audit_entries, members

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """One deed. deed: promoted, promotion_asked, approved, shadowed, retired or rolled_back; version: the one that it
    was about, None where a roll-back left the rule score; before: the one whose place was taken by a roll-back; name: of
    the member, None for keys and for who is gone; note: the reason that was typed."""

    at: datetime
    actor: str
    name: str | None
    deed: str
    version: int | None
    before: int | None
    note: str | None


def decisions_of(conn: Connection, workspace_id: int, purpose: str) -> list[Decision]:
    """The newest first, at most 50."""
    entry = audit_entries.c
    is_actor = and_(
        members.c.workspace_id == workspace_id, entry.actor == func.concat("member:", cast(members.c.id, String))
    )
    rows = conn.execute(
        select(entry.at, entry.actor, entry.action, entry.detail, members.c.name)
        .outerjoin(members, is_actor)
        .where(entry.workspace_id == workspace_id, entry.subject == f"model:{purpose}")
        .order_by(entry.seq.desc())
        .limit(SHOWN)
    )
    return [
        Decision(
            row.at, row.actor, row.name, row.action.removeprefix("model."), row.detail.get("version", row.detail.get("to")),
            row.detail.get("from"), row.detail.get("note"),
        )
        for row in rows
    ]  # fmt: skip
