"""The audit trail: who did what to what, each entry sealed by a hash over itself and the one before.

Reads : nothing but its own table
Gives : record(), verify(), digest(), AuditEntry
Source: DESIGN section 8 (audit entries hash-chained).

Changing, removing or inserting an entry breaks the chain at that place. Cutting entries off its end
does not: keep the last hash elsewhere (`GET /api/audit/verify` gives it) and compare.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, insert, select

from forestay.kit import clock
from forestay.store.tables.governance import audit_entries, workspaces

Fact = str | int | bool | None
_START = b"\x00" * 32
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class ChainState:
    """What a walk along the chain found. first_broken: None when every entry is as it was written."""

    entries: int
    last_hash: str
    first_broken: int | None


def record(
    conn: Connection,
    workspace_id: int,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Fact] | None = None,
    at: datetime | None = None,
) -> int:
    """Add one entry in the caller's transaction; gives its number.

    action is past tense ('trigger.published'), subject 'kind:key'. The workspace's row is locked until the
    transaction ends, so that two writers cannot continue from the same entry.
    """
    conn.execute(select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update(key_share=True))
    seq, previous = _head(conn, workspace_id)
    moment = at or clock.now()
    facts = {key: _clean(value) for key, value in (detail or {}).items()}
    seal = digest(previous, workspace_id, seq + 1, moment, actor, action, subject, facts)
    conn.execute(
        insert(audit_entries).values(
            workspace_id=workspace_id,
            seq=seq + 1,
            at=moment,
            actor=actor,
            action=action,
            subject=_clean(subject),
            detail=facts,
            prev_hash=previous,
            hash=seal,
        )
    )
    return seq + 1


def verify(conn: Connection, workspace_id: int) -> int | None:
    """The number of the first entry that is not as it was written, or that is missing; None if all are."""
    return walk(conn, workspace_id).first_broken


def walk(conn: Connection, workspace_id: int) -> ChainState:
    """Follow the whole chain of a workspace."""
    expected, previous, entries = 1, _START, 0
    for row in _entries(conn, workspace_id):
        entries += 1
        sealed = digest(
            previous, workspace_id, row.seq, row.at.astimezone(UTC), row.actor, row.action, row.subject, row.detail
        )
        if row.seq != expected or row.prev_hash != previous or row.hash != sealed:
            return ChainState(entries, previous.hex(), expected)
        expected, previous = expected + 1, row.hash
    return ChainState(entries, previous.hex(), None)


def digest(
    previous: bytes,
    workspace_id: int,
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Fact],
) -> bytes:
    """sha256 over the entry before and the canonical JSON of this one (sorted keys, microseconds, UTC)."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(
        [workspace_id, seq, moment, actor, action, _clean(subject), detail], sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(previous + text.encode()).digest()


def _clean(value: Fact) -> Fact:
    """PostgreSQL keeps no NUL in text."""
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


def _head(conn: Connection, workspace_id: int) -> tuple[int, bytes]:
    found = conn.execute(
        select(audit_entries.c.seq, audit_entries.c.hash)
        .where(audit_entries.c.workspace_id == workspace_id)
        .order_by(audit_entries.c.seq.desc())
        .limit(1)
    ).one_or_none()
    return (found.seq, found.hash) if found else (0, _START)


def _entries(conn: Connection, workspace_id: int) -> Iterator[Row[tuple[object, ...]]]:
    after = 0
    while True:
        rows = conn.execute(
            select(audit_entries)
            .where(audit_entries.c.workspace_id == workspace_id, audit_entries.c.seq > after)
            .order_by(audit_entries.c.seq)
            .limit(_BATCH)
        ).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        after = rows[-1].seq
