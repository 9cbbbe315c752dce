"""The effect ledger: every action asked for stands here once, under a key that no retry can change.

Reads : effects, effect_attempts
Gives : effect_key(), Entry, enter(), counts(), load_workspace(), effect_of()
Source: DESIGN section 7: effect key = hash(workspace, cause, slot, recipient, purpose); sent + skipped +
        failed + cancelled + unknown + pending = entered, always.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select
from sqlalchemy.dialects.postgresql import insert

from forestay.actions.channel import Effect, Workspace
from forestay.customers.requests import decode
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.kit.errors import NotFound
from forestay.store.tables.actions import effects
from forestay.store.tables.governance import workspaces


def effect_key(workspace_id: int, cause: str, slot: str, recipient: str, purpose: str) -> bytes:
    """16 bytes that name one effect; each part is preceded by its length, so no two lists of parts read alike.

    >>> effect_key(1, "signal:7:0", "task", "account:3", "internal").hex()[:8]
    'b5c81ffa'
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in (str(workspace_id), cause, slot, recipient, purpose):
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An effect to be entered. status: pending, or skipped with the reason why it never will be tried."""

    workspace_id: int
    key: bytes
    request_id: int | None
    channel: ChannelKind
    purpose: str
    recipient: str
    body: Mapping[str, Any]
    account_id: int | None = None
    contact_id: int | None = None
    signal_id: int | None = None
    status: EffectStatus = EffectStatus.PENDING
    reason: str | None = None


def enter(connection: Connection, entries: Sequence[Entry], now: datetime) -> int:
    """Write the effects that are not there yet; gives how many were new."""
    if not entries:
        return 0
    rows = [_row(entry, now) for entry in entries]
    statement = insert(effects).on_conflict_do_nothing(index_elements=["workspace_id", "effect_key"])
    return len(connection.execute(statement.returning(effects.c.id), rows).all())


def counts(connection: Connection, workspace_id: int) -> Mapping[EffectStatus, int]:
    """How many effects stand in each status; every status is named, and the sum is what entered."""
    found = connection.execute(
        select(effects.c.status, func.count()).where(effects.c.workspace_id == workspace_id).group_by(effects.c.status)
    )
    numbers = {EffectStatus(status): count for status, count in found}
    return {status: numbers.get(status, 0) for status in EffectStatus}


def load_workspace(connection: Connection, workspace_id: int) -> Workspace:
    """The workspace's name, zone, currency and settings. Raises NotFound."""
    row = connection.execute(select(workspaces).where(workspaces.c.id == workspace_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("workspace", str(workspace_id))
    return Workspace(row["id"], row["name"], row["zone"], row["currency"], row["settings"])


def effect_of(row: RowMapping) -> Effect:
    """An effect from a row of `effects`. Raises msgspec.ValidationError when its body is none of ours."""
    return Effect(
        id=row["id"], workspace_id=row["workspace_id"], key=bytes(row["effect_key"]),
        channel=ChannelKind(row["channel"]), purpose=row["purpose"], recipient=row["recipient"],
        request=decode(row["body"]), account_id=row["account_id"], contact_id=row["contact_id"],
        signal_id=row["signal_id"], attempts=row["attempts"], created_at=row["created_at"], lease=row["leased_until"],
    )  # fmt: skip


def _row(entry: Entry, now: datetime) -> dict[str, object]:
    return {
        "workspace_id": entry.workspace_id, "effect_key": entry.key, "request_id": entry.request_id,
        "account_id": entry.account_id, "contact_id": entry.contact_id, "signal_id": entry.signal_id,
        "channel": entry.channel, "purpose": entry.purpose, "recipient": entry.recipient, "body": entry.body,
        "status": entry.status, "reason": entry.reason, "due_at": now, "created_at": now, "updated_at": now,
    }  # fmt: skip
