"""Who works on an effect now: claims, leases, and what became of those whose worker died.

Reads : effects, effect_attempts
Gives : hold_workspace(), claim(), recover_lost(), lease(), release(), postpone(), skip(), LEASE
Source: DESIGN section 7: the attempt is recorded before the call; an unclear answer ends in `unknown`.

The life of an effect's row:
  pending, free  -> claim(): pending, leased -> begin_attempts(): attempt n open -> settle_all(): outcome, free again.
A lease that ran out without an attempt harms nothing: the effect is free. A lease that ran out with an open
attempt means that the worker died between the call and its record: recover_lost() frees the effect when the
channel is idempotent and calls it `unknown` when it is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, text, update

from forestay.actions.attempts import LOST
from forestay.actions.flows import Flow
from forestay.actions.outcomes import tell_settled
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.journeys.runtime.taking_back import given_up
from forestay.store.database import raw
from forestay.store.sets import within
from forestay.store.tables.actions import effects

LEASE = timedelta(minutes=2)
"""How long a claimed effect may wait for its attempt."""
_LOCK_CLASS = 0x0EFF


def hold_workspace(connection: Connection, workspace_id: int) -> bool:
    """Take the workspace for this transaction, so that caps are counted by one worker at a time; False if taken."""
    return bool(
        connection.scalar(
            text("SELECT pg_try_advisory_xact_lock(:class, CAST(:workspace % 2147483647 AS int))"),
            {"class": _LOCK_CLASS, "workspace": workspace_id},
        )
    )


_CLAIM = text("""
    SELECT e.* FROM effects AS e WHERE e.id IN (
      SELECT next.id
      FROM unnest(CAST(:channels AS text[]), CAST(:journeys AS bigint[]), CAST(:rooms AS int[])) AS u (channel, journey, room)
      CROSS JOIN LATERAL (
        SELECT f.id FROM effects AS f
        WHERE f.workspace_id = :workspace AND f.channel = u.channel AND COALESCE(f.journey_id, 0) = u.journey
          AND f.status = 'pending' AND f.due_at <= :now AND (f.leased_until IS NULL OR f.leased_until < :now)
          AND NOT EXISTS (SELECT FROM effect_attempts AS a
                          WHERE a.effect_id = f.id AND a.number = f.attempts AND a.outcome IS NULL)
        ORDER BY f.due_at, f.id LIMIT u.room) AS next)
      AND e.status = 'pending' AND e.due_at <= :now AND (e.leased_until IS NULL OR e.leased_until < :now)
    ORDER BY e.due_at, e.id FOR UPDATE OF e SKIP LOCKED""")


def claim(connection: Connection, workspace_id: int, now: datetime, rooms: Mapping[Flow, int]) -> Sequence[RowMapping]:
    """Lock free, due effects of the workspace, of each flow as many as it was dealt, the longest due first; rows of
    `effects`."""
    mine = [(flow, room) for flow, room in rooms.items() if flow.workspace_id == workspace_id]
    values = {
        "workspace": workspace_id, "now": now, "channels": [flow.channel for flow, _ in mine],
        "journeys": [flow.journey_id for flow, _ in mine], "rooms": [room for _, room in mine],
    }  # fmt: skip
    return connection.execute(_CLAIM, values).mappings().all() if mine else []


def recover_lost(connection: Connection, workspace_id: int, now: datetime, idempotent: Collection[ChannelKind]) -> int:
    """Settle attempts whose worker died: `unknown` where the provider cannot tell twice from once, else free to
    go again. Gives how many were found."""
    values = {"workspace": workspace_id, "now": now, "again": list(idempotent), "lost": LOST}
    lost = connection.execute(_RECOVER, values).mappings().all()
    tell_settled(connection, [row["id"] for row in lost if row["status"] == EffectStatus.UNKNOWN], now)
    return len(lost)


_RECOVER = text("""
    WITH lost AS (
      SELECT e.id, e.attempts, e.channel = ANY(:again) AS again FROM effects AS e
      JOIN effect_attempts AS a ON a.effect_id = e.id AND a.number = e.attempts AND a.outcome IS NULL
      WHERE e.workspace_id = :workspace AND e.status = 'pending' AND e.leased_until < :now
      ORDER BY e.id FOR UPDATE OF e SKIP LOCKED
    ), ended AS (
      UPDATE effect_attempts AS a SET ended_at = :now, detail = :lost,
        outcome = CASE WHEN l.again THEN 'unclear' ELSE 'unknown' END
      FROM lost AS l WHERE a.effect_id = l.id AND a.number = l.attempts
    )
    UPDATE effects AS e SET leased_until = NULL, updated_at = :now,
      status = CASE WHEN NOT l.again OR e.reason LIKE 'withdrawn:%' THEN 'unknown' ELSE e.status END,
      reason = CASE WHEN l.again THEN e.reason ELSE :lost END
    FROM lost AS l WHERE e.id = l.id RETURNING e.id, e.status""")


def lease(connection: Connection, ids: Iterable[int], now: datetime, until: datetime) -> None:
    """Lease effects that claim() locked in this transaction; from now on they count under the caps."""
    if wanted := list(ids):
        connection.execute(
            update(effects).where(within(effects.c.id, wanted)).values(leased_until=until, updated_at=now)
        )


def release(connection: Connection, ids: Iterable[int]) -> None:
    """Give leases back whose attempt never began."""
    if wanted := list(ids):
        connection.execute(
            update(effects)
            .where(within(effects.c.id, wanted), effects.c.status == EffectStatus.PENDING)
            .values(leased_until=None)
        )


def postpone(connection: Connection, until: Sequence[tuple[int, datetime, str]], now: datetime) -> None:
    """Move effects to a later due moment, with the reason; rows: (id, moment, reason)."""
    if until:
        ids, moments, reasons = ([row[place] for row in until] for place in range(3))
        raw(connection).execute(_POSTPONE, (now, ids, moments, reasons))


_POSTPONE = """
UPDATE effects AS e SET due_at = u.due_at, reason = u.reason, updated_at = %s, leased_until = NULL
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS u (id, due_at, reason) WHERE e.id = u.id"""


def skip(connection: Connection, skipped: Sequence[tuple[int, str]], now: datetime) -> None:
    """End effects as skipped, with the reason, and tell who waits for them; rows: (id, reason)."""
    if skipped:
        ids, reasons = [row[0] for row in skipped], [row[1] for row in skipped]
        raw(connection).execute(_SKIP, (now, ids, reasons))
        tell_settled(connection, ids, now)


_SKIP = f"""
UPDATE effects AS e SET status = {given_up("'skipped'")}, reason = u.reason, updated_at = %s, leased_until = NULL
FROM unnest(%s::bigint[], %s::text[]) AS u (id, reason) WHERE e.id = u.id"""  # noqa: S608 - our own words
