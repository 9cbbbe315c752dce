"""`/api/triggers`: the standing conditions: draft, validate, backtest, publish, pause, roll back.

Reads: documents of kind trigger; signals for what each does now
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import Connection, func, select

from forestay.api.calls import Call, needs
from forestay.api.configuration import segments_of, shipped_measure_keys
from forestay.api.documents import (
    DocumentPair,
    DocumentResource,
    DocumentRules,
    DocumentShape,
    Key,
    etag,
    pair_shape,
    pairs_of,
)
from forestay.api.paging import Page
from forestay.api.queries.asking import ask
from forestay.api.shapes import Shape
from forestay.conditions.document import BadCondition
from forestay.conditions.needs import columns_of, events_of
from forestay.conditions.needs import segments_of as segments_named
from forestay.conditions.text import describe
from forestay.customers.words import RiskLevel, SignalStatus, Tier
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid
from forestay.signals.trigger import Trigger, read_trigger
from forestay.signals.words import ColumnWords
from forestay.store import documents as store
from forestay.store.documents import Document, DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts
from forestay.store.tables.ingest import jobs as job_rows
from forestay.store.tables.signals import signals

router = APIRouter(prefix="/api/triggers", tags=["triggers"])
Reader = Annotated[Call, needs(Permission.TRIGGERS_READ)]
_SHOWN = 100


class LastBacktest(Shape):
    """What the newest backtest of the trigger found, in short. lead_days: the median."""

    at: datetime
    firings: int
    precision: float | None
    recall: float | None
    lead_days: float | None


class TriggerItem(DocumentPair):
    """A trigger and what it does now."""

    name: str
    condition_text: str = Field(description="The condition in words, as `condition` may also be written.")
    until_text: str | None
    tier: Tier
    risk_level: RiskLevel
    is_paused: bool
    open_signals: int
    fired_30d: int
    last_backtest: LastBacktest | None = Field(
        None, description="The newest that is done, of this document or another state of it."
    )


class Matching(Shape):
    """Accounts for which the condition holds now, by what the last tick stored."""

    accounts: int
    scored: int = Field(description="Accounts that could be asked.")
    account_ids: list[str] = Field(description=f"External ids of the first {_SHOWN}.")


def check_trigger(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    """Raise Invalid unless the trigger is whole: its columns, segments and measures exist."""
    trigger = read_trigger(body)
    segments = {key: segment.condition for key, segment in segments_of(conn, workspace_id).items()}
    for part in (trigger.condition, *([trigger.until] if trigger.until else [])):
        unknown = sorted(segments_named(part) - segments.keys())
        if unknown:
            raise BadCondition(f"there is no segment '{unknown[0]}'", place="condition")
        _check_columns(conn, workspace_id, sorted(columns_of(part, segments)))


def _check_columns(conn: Connection, workspace_id: int, names: list[str]) -> None:
    own = {document.key for document in store.list_live(conn, workspace_id, DocumentKind.MEASURE)}
    known = {f"measure.{key}" for key in own | set(shipped_measure_keys())} | set(ColumnWords().names)
    known |= {"health.band_confidence"}
    for name in names:
        if name not in known and not name.startswith("trait."):
            near = (
                f"; measures are {', '.join(sorted(own | set(shipped_measure_keys())))}"
                if name.startswith("measure.")
                else ""
            )
            raise BadCondition(f"there is no column '{name}'{near}", place="condition")


RULES = DocumentRules(
    DocumentKind.TRIGGER, "triggers", check_trigger, has_conditions=True,
    read=Permission.TRIGGERS_READ, write=Permission.TRIGGERS_WRITE, publish=Permission.TRIGGERS_PUBLISH,
)  # fmt: skip
DOCUMENTS = DocumentResource(RULES)
DOCUMENTS.add_writing()


@router.get("")
def list_triggers(call: Reader) -> Page[TriggerItem]:
    """Every trigger with what it does now."""
    with call.begin() as conn:
        pairs = pairs_of(conn, call.workspace_id, DocumentKind.TRIGGER)
        counts, tested = _counts(conn, call), _last_backtests(conn, call)
    return Page(items=[_item(key, pair, counts, tested.get(key)) for key, pair in sorted(pairs.items())])


@router.get("/{key}")
def get_trigger(key: Key, call: Reader, response: Response) -> TriggerItem:
    """One trigger: what is live, the draft beside it, and what it does now. The ETag is the newest one's."""
    with call.begin() as conn:
        pair = DOCUMENTS.pair(conn, call, key)
        counts, tested = _counts(conn, call), _last_backtests(conn, call)
    response.headers["ETag"] = etag(pair[1] or pair[0])
    return _item(key, pair, counts, tested.get(key))


@router.get("/{key}/versions")
def list_versions(key: Key, call: Reader) -> Page[DocumentShape]:
    """Every version, the newest first."""
    return DOCUMENTS.list_versions(key, call)


@router.get("/{key}/matching")
def matching(key: Key, call: Reader, draft: bool = True) -> Matching:
    """For how many accounts the condition holds now; of the draft where there is one, unless draft=false."""
    with call.begin() as conn:
        trigger = read_trigger(newest_of(conn, call, key, draft).body)
        segments = {name: segment.condition for name, segment in segments_of(conn, call.workspace_id).items()}
        if events_of(trigger.condition, segments):
            raise Invalid(
                "this condition counts events, which are not stored an account: publish it or backtest it",
                place="condition", code="not_countable_now",
            )  # fmt: skip
        asked = ask(conn, call.workspace_id, trigger.condition, segments, call.now())
        names = _names(conn, call, asked.columns.ids[asked.yes][:_SHOWN].tolist())
    return Matching(accounts=int(np.count_nonzero(asked.yes)), scored=len(asked.columns.ids), account_ids=names)


def newest_of(conn: Connection, call: Call, key: str, draft: bool) -> Document:
    """The draft where there is one and it is wanted, else what is live. Raises NotFound."""
    live, waiting = DOCUMENTS.pair(conn, call, key)
    chosen = (waiting if draft else None) or live or waiting
    assert chosen is not None, "pair() refuses a key without either"
    return chosen


def _item(
    key: str, pair: tuple[Document | None, Document | None], counts: Mapping[str, tuple[int, int]],
    tested: LastBacktest | None,
) -> TriggerItem:  # fmt: skip
    live, draft = pair
    newest = live or draft
    assert newest is not None, "a pair has at least one of the two"
    trigger: Trigger = read_trigger(newest.body)
    open_now, fired = counts.get(key, (0, 0))
    return TriggerItem(
        **pair_shape(key, live, draft).model_dump(),
        name=trigger.name,
        condition_text=describe(trigger.condition),
        until_text=describe(trigger.until) if trigger.until is not None else None,
        tier=trigger.tier,
        risk_level=trigger.risk_level,
        is_paused=live is not None and live.status is store.DocumentStatus.PAUSED,
        open_signals=open_now,
        fired_30d=fired,
        last_backtest=tested,
    )


def _counts(conn: Connection, call: Call) -> dict[str, tuple[int, int]]:
    """Open signals and firings of the last 30 days by trigger."""
    table = signals.c
    is_open = table.status == SignalStatus.OPEN.value
    recent = table.fired_at >= call.now() - timedelta(days=30)
    rows = conn.execute(
        select(
            table.trigger_key, func.count().filter(is_open).label("open"), func.count().filter(recent).label("fired")
        )
        .where(table.workspace_id == call.workspace_id, is_open | recent)
        .group_by(table.trigger_key)
    )
    return {row.trigger_key: (row.open, row.fired) for row in rows}


def _last_backtests(conn: Connection, call: Call) -> dict[str, LastBacktest]:
    """The newest finished backtest by trigger."""
    key = job_rows.c.params["trigger"]["key"].astext
    mine = (job_rows.c.workspace_id == call.workspace_id) & (job_rows.c.kind == "backtest")
    newest = select(key.label("key"), job_rows.c.finished_at, job_rows.c.result).distinct(key)
    rows = conn.execute(newest.where(mine, job_rows.c.status == "done").order_by(key, job_rows.c.id.desc()))
    return {
        row.key: LastBacktest(
            at=row.finished_at, firings=row.result["firings"], precision=row.result["precision"],
            recall=row.result["recall"], lead_days=row.result["lead_time_days"]["p50"],
        )
        for row in rows
    }  # fmt: skip


def _names(conn: Connection, call: Call, numbers: list[int]) -> list[str]:
    mine = (accounts.c.workspace_id == call.workspace_id) & accounts.c.id.in_(numbers)
    return list(conn.execute(select(accounts.c.external_id).where(mine).order_by(accounts.c.id)).scalars())
