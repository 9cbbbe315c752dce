"""The effect ledger: every action asked for stands here once, under a key that no retry can change.

Reads : effects, effect_attempts
Gives : effect_key(), Entry, enter(), counts(), counts_by_step(), load_workspace(), effect_of()
Source: DESIGN section 7: effect key = hash(workspace, cause, slot, recipient, purpose); sent + skipped +
        failed + cancelled + unknown + pending = entered, always.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, text

from forestay.actions.channel import Effect, Workspace
from forestay.actions.outcomes import tell_settled
from forestay.customers.requests import decode
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.kit.errors import NotFound
from forestay.store.database import raw
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
    request_id: int
    channel: ChannelKind
    purpose: str
    recipient: str
    account_id: int | None = None
    contact_id: int | None = None
    signal_id: int | None = None
    run_id: int | None = None
    token_id: int | None = None
    journey_id: int | None = None
    step: int | None = None
    status: EffectStatus = EffectStatus.PENDING
    reason: str | None = None


_ENTER = """
INSERT INTO effects (workspace_id, effect_key, request_id, account_id, contact_id, signal_id, run_id, token_id, journey_id,
                     step, channel, purpose, recipient, body, status, reason, due_at, created_at, updated_at)
SELECT u.workspace_id, u.effect_key, u.request_id, u.account_id, u.contact_id, u.signal_id, u.run_id, u.token_id,
       u.journey_id, u.step, u.channel, u.purpose, u.recipient, r.body, u.status, u.reason, %s, %s, %s
FROM unnest(%s::bigint[], %s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::smallint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
  AS u (workspace_id, effect_key, request_id, account_id, contact_id, signal_id, run_id, token_id, journey_id, step,
        channel, purpose, recipient, status, reason, place)
JOIN requests AS r ON r.id = u.request_id
ORDER BY u.place
ON CONFLICT (workspace_id, effect_key) DO NOTHING RETURNING id, status, token_id"""


def enter(connection: Connection, entries: Sequence[Entry], now: datetime) -> int:
    """Write the effects that are not there yet, with their request's body; gives how many were new."""
    if not entries:
        return 0
    columns = [list(column) for column in zip(*(_row(entry) for entry in entries), strict=True)]
    new = raw(connection).execute(_ENTER, (now, now, now, *columns)).fetchall()
    tell_settled(
        connection, [int(str(i)) for i, status, token in new if token is not None and status != "pending"], now
    )
    return len(new)


def counts(connection: Connection, workspace_id: int) -> Mapping[EffectStatus, int]:
    """How many effects stand in each status; every status is named, and the sum is what entered."""
    found = connection.execute(
        select(effects.c.status, func.count()).where(effects.c.workspace_id == workspace_id).group_by(effects.c.status)
    )
    numbers = {EffectStatus(status): count for status, count in found}
    return {status: numbers.get(status, 0) for status in EffectStatus}


_BY_STEP = text("""
    SELECT step, status, count(*) FROM effects WHERE workspace_id = :workspace AND journey_id = :journey
    GROUP BY step, status""")


def counts_by_step(
    connection: Connection, workspace_id: int, journey_id: int
) -> Mapping[int, Mapping[EffectStatus, int]]:
    """Step number -> how many effects stand in each status; each step's sum is what it asked for."""
    found: dict[int, dict[EffectStatus, int]] = {}
    for step, status, number in connection.execute(_BY_STEP, {"workspace": workspace_id, "journey": journey_id}):
        found.setdefault(step, dict.fromkeys(EffectStatus, 0))[EffectStatus(status)] = number
    return found


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
        request_id=row["request_id"], run_id=row["run_id"], token_id=row["token_id"], journey_id=row["journey_id"],
        step=row["step"],
    )  # fmt: skip


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        entry.workspace_id, entry.key, entry.request_id, entry.account_id, entry.contact_id, entry.signal_id,
        entry.run_id, entry.token_id, entry.journey_id, entry.step, entry.channel.value, entry.purpose, entry.recipient,
        entry.status.value, entry.reason,
    )  # fmt: skip
