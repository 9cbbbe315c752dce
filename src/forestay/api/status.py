"""`/api/status`: how far the worker is, and the workspace in a few numbers.

Reads: the log's position, the worker's sign of life (run/worker.json), the store
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import ColumnElement, Connection, Table, func, select

from forestay.api.calls import Call, needs
from forestay.api.queries.account_parts import feeds_seen
from forestay.api.shapes import Shape
from forestay.customers.words import Band, EffectStatus, Feed, SignalStatus, TaskStatus
from forestay.governance.permissions import Permission
from forestay.health.feeds import FLOOR
from forestay.store.tables.actions import effects, tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.ingest import quarantine
from forestay.store.tables.scores import account_states
from forestay.store.tables.signals import signals

router = APIRouter(prefix="/api/status", tags=["status"])
LONG_LAG = 200
"""Bodies behind from which the lag is worth a word."""


class SignOfLife(msgspec.Struct):
    """What the worker writes into run/worker.json after a tick and every second at rest."""

    position: int = 0
    lake_position: int = 0
    is_catching_up: bool = False
    """True while the past is being scored after an import of history."""


class FeedState(Shape):
    """A source. state: not_connected, live or stale."""

    feed: Feed
    state: str
    last_at: datetime | None


class Status(Shape):
    """position: last body of the log whose effects are committed; lag: bodies behind it that wait."""

    last_position: int
    position: int
    lag: int
    lake_position: int
    is_catching_up: bool
    accounts: int
    bands: dict[str, int] = Field(description="Accounts by band; 'none' have no score.")
    open_signals: int
    open_tasks: int
    overdue_tasks: int
    feeds: list[FeedState]
    attention: list[str] = Field(description="What needs a person, in sentences.")


@router.get("")
def get_status(call: Annotated[Call, needs(Permission.ACCOUNTS_READ)]) -> Status:
    """How it stands now."""
    last, life = call.deps.log.last_position(), sign_of_life(call)
    with call.begin() as conn:
        bands = _bands(conn, call)
        open_tasks = tasks.c.status.in_((TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.SNOOZED))
        overdue = _count(conn, call, tasks, open_tasks & (tasks.c.due_at < call.now()))
        feeds = [_feed(one.feed, one.last_at, call.now()) for one in feeds_seen(conn, call.workspace_id)]
        lag = max(0, last - life.position)
        return Status(
            last_position=last,
            position=life.position,
            lag=lag,
            lake_position=life.lake_position,
            is_catching_up=life.is_catching_up,
            accounts=sum(bands.values()),
            bands=bands,
            open_signals=_count(conn, call, signals, signals.c.status == SignalStatus.OPEN),
            open_tasks=_count(conn, call, tasks, open_tasks),
            overdue_tasks=overdue,
            feeds=feeds,
            attention=list(_attention(conn, call, lag, feeds)),
        )


def sign_of_life(call: Call) -> SignOfLife:
    """The worker's last word; zeros before its first."""
    path = call.deps.settings.data_dir / "run" / "worker.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=SignOfLife)
    except (FileNotFoundError, msgspec.DecodeError):
        return SignOfLife()


def _bands(conn: Connection, call: Call) -> dict[str, int]:
    band = func.coalesce(account_states.c.band, "none")
    living = (accounts.c.workspace_id == call.workspace_id) & accounts.c.merged_into.is_(None)
    joined = accounts.outerjoin(account_states, account_states.c.account_id == accounts.c.id)
    rows = conn.execute(select(band, func.count()).select_from(joined).where(living).group_by(band)).all()
    counts = {str(name): int(count) for name, count in rows}
    return {name: counts.get(name, 0) for name in (*(one.value for one in Band), "none")}


def _count(conn: Connection, call: Call, table: Table, condition: ColumnElement[bool]) -> int:
    rows = select(func.count()).where(table.c.workspace_id == call.workspace_id, condition)
    return int(conn.execute(rows).scalar_one())


def _feed(feed: Feed, last_at: datetime | None, now: datetime) -> FeedState:
    state = "not_connected" if last_at is None else "stale" if now - last_at > FLOOR[feed] else "live"
    return FeedState(feed=feed, state=state, last_at=last_at)


def _attention(conn: Connection, call: Call, lag: int, feeds: list[FeedState]) -> list[str]:
    counts = (
        (_count(conn, call, quarantine, quarantine.c.status == "waiting"), "items wait in the quarantine (GET /api/quarantine)"),
        (_count(conn, call, effects, effects.c.status == EffectStatus.UNKNOWN), "effects ended unclear (GET /api/effects?status=unknown)"),
        (_count(conn, call, effects, effects.c.status == EffectStatus.FAILED), "effects failed (GET /api/effects?status=failed)"),
    )  # fmt: skip
    said = [f"{count} {words}" for count, words in counts if count]
    said += [
        f"the feed '{feed.feed}' is silent since {feed.last_at:%Y-%m-%d}" for feed in feeds if feed.state == "stale"
    ]
    return said + ([f"the worker is {lag:,} bodies behind"] if lag > LONG_LAG else [])
