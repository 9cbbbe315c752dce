"""From requests to effects: read what was asked for, find the recipients, enter each effect once.

Reads : requests (undrained), contacts, workspaces
Gives : drain_requests(), next_request(), Drained
Source: DESIGN section 7: requests come in the asker's own transaction; draining enters effects and marks the
        request in ONE transaction, so a crash anywhere repeats nothing and loses nothing.

What is refused stays in the request with its reason; a recipient without an address enters as skipped, so
that the ledger shows whom we could not reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, bindparam, func, or_, select, update

from forestay.actions.channel import Workspace
from forestay.actions.channels.webhook import WebhookSettings
from forestay.actions.ledger import Entry, effect_key, enter, load_workspace
from forestay.actions.recipients import recipients_of, settled_account
from forestay.customers.requests import ActionRequest, MessageRequest, TaskRequest, WebhookRequest, decode
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.governance.consent import Purpose, is_pressing
from forestay.kit.errors import Invalid
from forestay.store.tables.signals import requests, signals

_MESSAGE_CHANNELS = (ChannelKind.EMAIL, ChannelKind.IN_APP)


class RequestRefused(Invalid):
    """A request that cannot become an effect; the sentence is kept in requests.refusal."""

    code = "request_refused"


@dataclass(frozen=True, slots=True)
class Drained:
    """How many requests were read, effects newly entered, and requests refused."""

    requests: int = 0
    effects: int = 0
    refused: int = 0


def drain_requests(connection: Connection, now: datetime, limit: int = 200) -> Drained:
    """Drain up to `limit` waiting requests of all workspaces, oldest first; several drainers may run at once."""
    waiting = _claim(connection, now, limit)
    desk: dict[int, Workspace] = {}
    entries: list[Entry] = []
    refusals: dict[int, str] = {}
    for row in waiting:
        if row["workspace_id"] not in desk:
            desk[row["workspace_id"]] = load_workspace(connection, row["workspace_id"])
        try:
            entries.extend(_entries(connection, desk[row["workspace_id"]], row, now))
        except (RequestRefused, msgspec.ValidationError, ValidationError) as refusal:
            refusals[row["id"]] = str(refusal)[:500]
    entries = _with_known_signals(connection, entries)
    entered = enter(connection, entries, now)
    _stamp_decided(connection, entries, now)
    _mark(connection, waiting, refusals, now)
    return Drained(len(waiting), entered, len(refusals))


def next_request(connection: Connection) -> datetime | None:
    """When the earliest undrained request may be drained; None when none waits."""
    earliest = select(func.min(func.coalesce(requests.c.not_before, requests.c.created_at)))
    return connection.scalar(earliest.where(requests.c.drained_at.is_(None)))


def _claim(connection: Connection, now: datetime, limit: int) -> Sequence[RowMapping]:
    return (
        connection.execute(
            select(requests)
            .where(requests.c.drained_at.is_(None), or_(requests.c.not_before.is_(None), requests.c.not_before <= now))
            .order_by(requests.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        .mappings()
        .all()
    )


def _entries(connection: Connection, workspace: Workspace, row: RowMapping, now: datetime) -> Iterator[Entry]:
    request = decode(row["body"])
    account_id = row["account_id"]
    if account_id is not None:
        account_id = settled_account(connection, workspace.id, account_id)
    if isinstance(request, WebhookRequest):
        if request.endpoint not in WebhookSettings.of(workspace).by_key():
            raise RequestRefused(f"no webhook endpoint '{request.endpoint}' is set up", place="settings.webhooks")
        yield _entry(row, request, ChannelKind.WEBHOOK, Purpose.INTERNAL, request.endpoint, account_id)
    elif account_id is None:
        raise RequestRefused("the account is gone")
    elif isinstance(request, TaskRequest):
        yield _entry(row, request, ChannelKind.TASK, Purpose.INTERNAL, f"account:{account_id}", account_id)
    elif isinstance(request, MessageRequest):
        yield from _messages(connection, row, request, account_id, now)
    else:
        raise RequestRefused(f"there is nothing that carries out '{row['body']['kind']}'")


def _messages(
    connection: Connection, row: RowMapping, request: MessageRequest, account_id: int, now: datetime
) -> Iterator[Entry]:
    if request.channel not in _MESSAGE_CHANNELS:
        raise RequestRefused(f"'{request.channel}' is not a channel for messages; email and in_app are")
    if not is_pressing(request.purpose) and not row["cause"].startswith("api:"):
        # A signal or a journey must not talk its way past consent and caps; only a call that says so itself may.
        raise RequestRefused(f"a message of this cause cannot be '{request.purpose}'; use success or marketing")
    channel = ChannelKind(request.channel)
    found = recipients_of(connection, row["workspace_id"], account_id, request.to, channel, now)
    if not found:
        raise RequestRefused(f"the account has no contact that is '{request.to}'")
    for recipient in found:
        address, reachable = recipient.address or f"contact:{recipient.contact_id}", recipient.address is not None
        yield _entry(
            row, request, channel, request.purpose, address, account_id, recipient.contact_id, reachable=reachable
        )


def _entry(row: RowMapping, request: ActionRequest, channel: ChannelKind, purpose: str, recipient: str, account_id: int | None,
           contact_id: int | None = None, *, reachable: bool = True) -> Entry:  # fmt: skip
    body: dict[str, Any] = row["body"]
    return Entry(
        workspace_id=row["workspace_id"],
        key=effect_key(row["workspace_id"], row["cause"], row["slot"], recipient, purpose),
        request_id=row["id"], channel=channel, purpose=purpose, recipient=recipient, body=body,
        account_id=account_id, contact_id=contact_id, signal_id=request.signal_id,
        status=EffectStatus.PENDING if reachable else EffectStatus.SKIPPED,
        reason=None if reachable else "no_address",
    )  # fmt: skip


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


def _mark(connection: Connection, rows: Sequence[RowMapping], refusals: dict[int, str], now: datetime) -> None:
    if rows:
        connection.execute(
            update(requests)
            .where(requests.c.id == bindparam("request"))
            .values(drained_at=now, refusal=bindparam("why")),
            [{"request": row["id"], "why": refusals.get(row["id"])} for row in rows],
        )
