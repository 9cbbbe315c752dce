"""From requests to effects: read what was asked for, find the recipients, enter each effect once.

Reads : requests (undrained), contacts, accounts, workspaces
Gives : drain_requests(), Drained, RequestRefused
Source: DESIGN section 7: requests come in the asker's own transaction; draining enters effects and marks the
        request in ONE transaction, so a crash anywhere repeats nothing and loses nothing.

Each round takes an even share of every flow (actions/flows.py), so that a hundred thousand requests of one journey
delay nobody else's. What is refused stays in the request with its reason; a recipient without an address enters as
skipped, so that the ledger shows whom we could not reach, and so does a refused request of a journey, whose ledger
shall add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, select, text, update

from forestay.actions.addressing import Desk, RequestRefused, addressed
from forestay.actions.flows import deal, request_flows
from forestay.actions.ledger import Entry, effect_key, enter, load_workspace
from forestay.actions.withdrawing import withdraw
from forestay.customers.requests import ActionRequest, WithdrawRequest, decode
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.governance.consent import Purpose
from forestay.store.changes import about
from forestay.store.database import raw
from forestay.store.tables.signals import signals

__all__ = ["Drained", "RequestRefused", "drain_requests"]
_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Drained:
    """How many requests were read, effects newly entered, and requests refused."""

    requests: int = 0
    effects: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """A row of `requests` and what it asks for, or the refusal."""

    row: RowMapping
    request: ActionRequest | None
    refusal: RequestRefused | None = None


def drain_requests(connection: Connection, now: datetime, limit: int = 200, turn: int = 0) -> Drained:
    """Drain up to `limit` waiting requests, an even share of every flow, the oldest of each first; several drainers may
    run at once. turn: the round's number."""
    rows = _claim(connection, now, limit, turn)
    about(connection, {row["workspace_id"] for row in rows})
    read = [_read(row) for row in rows]
    entries: list[Entry] = []
    refusals: dict[int, str] = {}
    for workspace_id in {row["workspace_id"] for row in rows}:
        mine = [each for each in read if each.row["workspace_id"] == workspace_id]
        desk = Desk(connection, load_workspace(connection, workspace_id), now)
        desk.look_up([(each.row, each.request) for each in mine if each.request is not None])
        for each in mine:
            try:
                entries.extend(_entries(desk, each))
            except (RequestRefused, ValidationError) as refusal:
                refusals[each.row["id"]] = str(refusal)[:500]
                entries.extend(_refused(each, refusal))
    entries = _with_known_signals(connection, entries)
    entered = enter(connection, entries, now)
    _stamp_decided(connection, entries, now)
    _mark(connection, rows, refusals, now)
    for each in read:
        if isinstance(each.request, WithdrawRequest):  # last: what it takes back may have been entered just now
            withdraw(connection, each.row, each.request, now)
    return Drained(len(rows), entered, len(refusals))


_CLAIM = text("""
    SELECT r.* FROM requests AS r WHERE r.id IN (
      SELECT next.id FROM unnest(CAST(:workspaces AS bigint[]), CAST(:journeys AS bigint[]), CAST(:rooms AS int[]))
        AS u (workspace, journey, room)
      CROSS JOIN LATERAL (
        SELECT f.id FROM requests AS f
        WHERE f.workspace_id = u.workspace AND COALESCE(f.journey_id, 0) = u.journey AND f.drained_at IS NULL
          AND COALESCE(f.not_before, CAST('-infinity' AS timestamptz)) <= :now
        ORDER BY COALESCE(f.not_before, CAST('-infinity' AS timestamptz)), f.id LIMIT u.room) AS next)
      AND r.drained_at IS NULL
    ORDER BY r.id FOR UPDATE OF r SKIP LOCKED""")


def _claim(connection: Connection, now: datetime, limit: int, turn: int) -> Sequence[RowMapping]:
    dealt = list(deal(request_flows(connection, now), {"": limit}, turn).items())
    if not dealt:
        return []
    values = {
        "workspaces": [flow.workspace_id for flow, _ in dealt], "journeys": [flow.journey_id for flow, _ in dealt],
        "rooms": [room for _, room in dealt], "now": now,
    }  # fmt: skip
    return connection.execute(_CLAIM, values).mappings().all()


def _read(row: RowMapping) -> _Read:
    try:
        return _Read(row, decode(row["body"]))
    except msgspec.ValidationError as wrong:
        return _Read(row, None, RequestRefused(str(wrong), word=_UNREADABLE))


def _entries(desk: Desk, read: _Read) -> Iterator[Entry]:
    if read.refusal is not None:
        raise read.refusal
    row, request = read.row, read.request
    if request is None or isinstance(request, WithdrawRequest):
        return
    for to in addressed(desk, row, request):
        yield Entry(
            workspace_id=row["workspace_id"],
            key=effect_key(row["workspace_id"], row["cause"], row["slot"], to.recipient, to.purpose),
            request_id=row["id"], channel=to.channel, purpose=to.purpose, recipient=to.recipient,
            account_id=to.account_id, contact_id=to.contact_id, signal_id=request.signal_id,
            run_id=_run_of(row["cause"]), token_id=row["token_id"], journey_id=row["journey_id"], step=row["step"],
            status=EffectStatus.PENDING if to.is_reachable else EffectStatus.SKIPPED,
            reason=None if to.is_reachable else "no_address",
        )  # fmt: skip


def _refused(read: _Read, refusal: Exception) -> Iterator[Entry]:
    """What stands in a journey's ledger for a request that reached nobody."""
    row = read.row
    if row["token_id"] is not None:
        word = refusal.word if isinstance(refusal, RequestRefused) else "settings"
        yield Entry(
            workspace_id=row["workspace_id"], key=effect_key(row["workspace_id"], row["cause"], row["slot"], "", ""),
            request_id=row["id"], channel=_channel_of(row["body"]), purpose=Purpose.INTERNAL, recipient="",
            run_id=_run_of(row["cause"]), token_id=row["token_id"], journey_id=row["journey_id"], step=row["step"],
            status=EffectStatus.SKIPPED, reason=f"{word}: {refusal}"[:500],
        )  # fmt: skip


def _channel_of(body: object) -> ChannelKind:
    kind = body.get("kind") if isinstance(body, dict) else None
    named = body.get("channel") if isinstance(body, dict) and kind == "message" else kind
    return ChannelKind(named) if named in list(ChannelKind) else ChannelKind.TASK


def _run_of(cause: str) -> int | None:
    """The run in 'run:<run>:<step number>:<passed>'."""
    parts = cause.split(":")
    return int(parts[1]) if parts[0] == "run" and len(parts) > 1 and parts[1].isdecimal() else None


def _with_known_signals(connection: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """A signal that is gone, or another workspace's, is not carried along; a row of ours must not hang on it."""
    ids = {entry.signal_id for entry in entries if entry.signal_id is not None}
    if not ids:
        return list(entries)
    known = {
        (row.workspace_id, row.id)
        for row in connection.execute(select(signals.c.workspace_id, signals.c.id).where(signals.c.id.in_(ids)))
    }
    return [
        entry if (entry.workspace_id, entry.signal_id) in known else replace(entry, signal_id=None) for entry in entries
    ]


def _stamp_decided(connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
    """The decision stage of the time-to-intervention clock, where the trigger has not stamped it."""
    if ids := {entry.signal_id for entry in entries if entry.signal_id is not None}:
        connection.execute(
            update(signals).where(signals.c.id.in_(ids), signals.c.decided_at.is_(None)).values(decided_at=now)
        )


_MARK = """
UPDATE requests AS r SET drained_at = %s, refusal = u.refusal
FROM unnest(%s::bigint[], %s::text[]) AS u (id, refusal) WHERE r.id = u.id"""


def _mark(connection: Connection, rows: Sequence[RowMapping], refusals: dict[int, str], now: datetime) -> None:
    if rows:
        ids = [row["id"] for row in rows]
        raw(connection).execute(_MARK, (now, ids, [refusals.get(number) for number in ids]))
