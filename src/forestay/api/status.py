"""`/api/status`: how Forestay is, in one answer: how far the worker has come, accounts by band, open work, what needs a person.

Reads: the log, positions, the worker's sign of life (run/worker.json), counts of the workspace
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection, func, select

from forestay.actions.tasks.opening import STILL_OPEN
from forestay.api.calls import Call, needs
from forestay.api.queries.account_parts import feeds_seen
from forestay.api.shapes import Shape
from forestay.customers.words import Band, EffectStatus, Feed, SignalStatus
from forestay.governance.permissions import Permission
from forestay.store.jobs import JobStatus
from forestay.store.tables.actions import effects, tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.ingest import jobs, quarantine
from forestay.store.tables.scores import account_states, positions
from forestay.store.tables.signals import signals

router = APIRouter(prefix="/api/status", tags=["status"])


class FeedStatus(Shape):
    """A source. state: not_connected, fresh or stale."""

    feed: Feed
    state: str
    last_at: datetime | None


class StatusShape(Shape):
    """How it is now. Positions are those of the event log."""

    last_position: int = Field(description="Of the last durable body.")
    position: int = Field(
        description="Up to which everything is committed, and scored but for what a large import is still speaking of."
    )
    lag: int = Field(description="Bodies that wait for the worker.")
    lake_position: int | None
    is_catching_up: bool = Field(description="The worker replays, or scores days that are past.")
    accounts: int
    bands: dict[str, int] = Field(description="green, yellow, red, none.")
    open_signals: int
    open_tasks: int
    overdue_tasks: int
    feeds: list[FeedStatus]
    attention: list[str] = Field(description="What needs a person, in words.")


class _WorkerSign(msgspec.Struct):
    """What the worker writes to run/worker.json; every part may be missing."""

    lake_position: int | None = None
    is_catching_up: bool = False


@router.get("")
def get_status(call: Annotated[Call, needs(Permission.JOBS_READ)]) -> StatusShape:
    """How it is now."""
    sign = _sign(call.deps.settings.data_dir / "run" / "worker.json")
    last = call.deps.log.last_position()
    with call.begin() as conn:
        reached = _position(conn)
        bands = _bands(conn, call.workspace_id)
        feeds = _feeds(conn, call)
        attention = [*_attention(conn, call), *(f"{one.feed} has gone silent" for one in feeds if one.state == "stale")]
        open_tasks, overdue = _tasks(conn, call)
        is_open = (signals.c.workspace_id == call.workspace_id) & (signals.c.status == SignalStatus.OPEN.value)
        open_signals = int(conn.execute(select(func.count()).select_from(signals).where(is_open)).scalar_one())
    return StatusShape(
        last_position=last,
        position=reached,
        lag=max(0, last - reached),
        lake_position=sign.lake_position,
        is_catching_up=sign.is_catching_up,
        accounts=sum(bands.values()),
        bands=bands,
        open_signals=open_signals,
        open_tasks=open_tasks,
        overdue_tasks=overdue,
        feeds=feeds,
        attention=attention,
    )


def _sign(path: Path) -> _WorkerSign:
    """Half-written or missing: nothing is known."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_WorkerSign)
    except (OSError, msgspec.MsgspecError):
        return _WorkerSign()


def _position(conn: Connection) -> int:
    """The position that the last tick committed with what it computed."""
    return int(conn.execute(select(func.coalesce(func.min(positions.c.position), 0))).scalar_one())


def _bands(conn: Connection, workspace_id: int) -> dict[str, int]:
    """Living accounts by band. Two counts and no join: right after a large import nothing is known of the tables'
    sizes, and a join of them was planned as if they were empty (a minute for 20,000 accounts)."""
    mine = accounts.c.workspace_id == workspace_id
    merged = select(accounts.c.id).where(mine, accounts.c.merged_into.is_not(None))
    by_band = (
        select(account_states.c.band, func.count())
        .where(account_states.c.workspace_id == workspace_id, account_states.c.account_id.not_in(merged))
        .group_by(account_states.c.band)
    )
    counts = {str(band): int(number) for band, number in conn.execute(by_band) if band is not None}
    living = conn.execute(select(func.count()).select_from(accounts).where(mine, accounts.c.merged_into.is_(None)))
    scored = {band.value: counts.get(band.value, 0) for band in Band}
    return {**scored, "none": max(0, int(living.scalar_one()) - sum(scored.values()))}


def _feeds(conn: Connection, call: Call) -> list[FeedStatus]:
    made = []
    for seen in feeds_seen(conn, call.workspace_id):
        silent = seen.is_stale(call.now())
        state = "not_connected" if seen.connected_at is None else "stale" if silent else "fresh"
        made.append(FeedStatus(feed=seen.feed, state=state, last_at=seen.last_at))
    return made


def _tasks(conn: Connection, call: Call) -> tuple[int, int]:
    mine = (tasks.c.workspace_id == call.workspace_id) & tasks.c.status.in_([status.value for status in STILL_OPEN])
    overdue = func.count().filter(tasks.c.due_at < call.now())
    row = conn.execute(select(func.count(), overdue).select_from(tasks).where(mine)).one()
    return int(row[0]), int(row[1])


def _attention(conn: Connection, call: Call) -> list[str]:
    at, week = call.workspace_id, call.now() - timedelta(days=7)
    sentences = {
        "items wait in the quarantine": (
            select(func.count()).where(quarantine.c.workspace_id == at, quarantine.c.status == "waiting")
        ),
        "effects ended unknown: resolve each": (
            select(func.count()).where(effects.c.workspace_id == at, effects.c.status == EffectStatus.UNKNOWN.value)
        ),
        "effects failed in the last week": (
            select(func.count()).where(
                effects.c.workspace_id == at,
                effects.c.status == EffectStatus.FAILED.value,
                effects.c.updated_at >= week,
            )
        ),
        "jobs failed in the last week": (
            select(func.count()).where(
                jobs.c.workspace_id == at, jobs.c.status == JobStatus.FAILED.value, jobs.c.finished_at >= week
            )
        ),
    }
    counted = [(int(conn.execute(question).scalar_one()), words) for words, question in sentences.items()]
    return [f"{count:,} {words}" for count, words in counted if count]
