"""`/api/triggers`: the standing conditions: draft, validate, backtest, publish, pause, roll back.

Reads: documents of kind trigger; signals for what each does now
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy import Connection, func, select
from starlette.concurrency import run_in_threadpool

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
from forestay.api.jobs import JobShape, done_soon
from forestay.api.paging import Page
from forestay.api.queries.columns import stored_columns
from forestay.api.shapes import Ask, Moment, Shape
from forestay.conditions.document import BadCondition
from forestay.conditions.needs import columns_of, events_of
from forestay.conditions.needs import segments_of as segments_named
from forestay.conditions.text import describe
from forestay.customers.words import RiskLevel, SignalStatus, Tier
from forestay.governance.permissions import Permission
from forestay.kit.clock import day_of
from forestay.kit.errors import ForestayError, Invalid
from forestay.signals.evaluation import judge_trigger
from forestay.signals.trigger import Outcome, Trigger, read_trigger
from forestay.signals.words import ColumnWords
from forestay.store import documents as store
from forestay.store import jobs
from forestay.store.documents import Document, DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members, workspaces
from forestay.store.tables.signals import signals

router = APIRouter(prefix="/api/triggers", tags=["triggers"])
Reader = Annotated[Call, needs(Permission.TRIGGERS_READ)]
_SHOWN = 100


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


class BacktestAsk(Ask):
    """Which period and outcome. since, until: days, both included; what is left out is the trigger's own."""

    since: Moment | None = Field(None, description="One year before until if left out.")
    until: Moment | None = Field(None, description="Now if left out.")
    outcome: Outcome | None = None
    within_days: int | None = Field(None, ge=1, le=365)


class BacktestWeek(Shape):
    """Firings of a week that begins on a Monday."""

    week: date
    firings: int
    accounts: int


class BacktestLoad(Shape):
    """What one CSM would have got; owner null = accounts without owner."""

    owner_id: int | None
    owner: str | None = Field(None, description="E-mail address.")
    owner_name: str | None = None
    firings: int
    per_week: float
    busiest_week: int


class BacktestLead(Shape):
    """Days from firing to outcome."""

    p25: float | None
    p50: float | None
    p75: float | None


class NotReconstructible(Shape):
    """A column that the past does not tell, and why."""

    column: str
    reason: str


class BacktestShape(Shape):
    """What the trigger would have done. precision and recall are null when there is nothing to divide by."""

    firings: int
    accounts: int
    per_week: list[BacktestWeek]
    precision: float | None
    recall: float | None
    lead_time_days: BacktestLead
    load_per_csm: list[BacktestLoad]
    not_reconstructible: list[NotReconstructible]
    undecided: int = Field(0, description="Firings so late that their outcome is not known yet.")
    held_back: int = Field(0, description="Firings that ask for no action: holdout or daily cap.")
    outcomes: int = Field(0, description="Outcomes of the period.")


class BacktestFailed(ForestayError):
    """The backtest's job ended without an answer; the sentence is its own."""

    code = "backtest_failed"
    http_status = 422


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
        counts = _counts(conn, call)
    return Page(items=[_item(key, pair, counts) for key, pair in sorted(pairs.items())])


@router.get("/{key}")
def get_trigger(key: Key, call: Reader, response: Response) -> TriggerItem:
    """One trigger: what is live, the draft beside it, and what it does now. The ETag is the newest one's."""
    with call.begin() as conn:
        pair = DOCUMENTS.pair(conn, call, key)
        counts = _counts(conn, call)
    response.headers["ETag"] = etag(pair[1] or pair[0])
    return _item(key, pair, counts)


@router.get("/{key}/versions")
def list_versions(key: Key, call: Reader) -> Page[DocumentShape]:
    """Every version, the newest first."""
    return DOCUMENTS.list_versions(key, call)


@router.get("/{key}/matching")
def matching(key: Key, call: Reader, draft: bool = True) -> Matching:
    """For how many accounts the condition holds now; of the draft where there is one, unless draft=false."""
    with call.begin() as conn:
        trigger = read_trigger(_newest(conn, call, key, draft).body)
        segments = {name: segment.condition for name, segment in segments_of(conn, call.workspace_id).items()}
        if events_of(trigger.condition, segments):
            raise Invalid(
                "this condition counts events, which are not stored an account: publish it or backtest it",
                place="condition", code="not_countable_now",
            )  # fmt: skip
        zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)).scalar_one())
        columns = stored_columns(conn, call.workspace_id, day_of(call.now(), zone), segments=segments)
        true = judge_trigger(trigger, columns.table, with_risk=False).on
        names = _names(conn, call, columns.ids[true][:_SHOWN].tolist())
    return Matching(accounts=int(np.count_nonzero(true)), scored=len(columns.ids), account_ids=names)


@router.post("/{key}/backtest", response_model=BacktestShape, responses={202: {"model": JobShape}})
async def backtest(
    key: Key,
    call: Annotated[Call, needs(Permission.TRIGGERS_READ)],
    body: BacktestAsk | None = None,
    draft: Annotated[bool, Query(description="Test the draft where there is one.")] = True,
) -> Any:
    """Replay the trigger over history. Quick ones answer directly; long ones answer 202 with a job to poll."""
    number = await run_in_threadpool(_enqueue, call, key, body or BacktestAsk(), draft)
    job = await done_soon(call, number, BacktestFailed)
    return job if isinstance(job, JSONResponse) else await run_in_threadpool(_report, call, job)


def _enqueue(call: Call, key: str, asked: BacktestAsk, draft: bool) -> int:
    until = asked.until or call.now()
    since = asked.since or until - timedelta(days=365)
    if since > until:
        raise Invalid("since lies after until", place="since")
    with call.begin() as conn:
        document = _newest(conn, call, key, draft)
        trigger = read_trigger(document.body)
        params: dict[str, Json] = {
            "trigger": document.body,
            "since": since.date().isoformat(),
            "until": until.date().isoformat(),
            "outcome": (asked.outcome or trigger.outcome).value,
            "within_days": asked.within_days or trigger.within_days,
        }
        number = jobs.enqueue(conn, call.workspace_id, "backtest", params, call.principal.actor)
    call.wake_jobs()
    return number


def _report(call: Call, job: JobShape) -> BacktestShape:
    """The job's answer, with today's names of the owners."""
    made = BacktestShape.model_validate(job.result)
    numbers = [load.owner_id for load in made.load_per_csm if load.owner_id is not None]
    mine = (members.c.workspace_id == call.workspace_id) & members.c.id.in_(numbers)
    with call.begin() as conn:
        rows = conn.execute(select(members.c.id, members.c.email, members.c.name).where(mine))
        named = {row.id: {"owner": row.email, "owner_name": row.name} for row in rows}
    loads = [load.model_copy(update=named.get(load.owner_id, {})) for load in made.load_per_csm]
    return made.model_copy(update={"load_per_csm": loads})


def _newest(conn: Connection, call: Call, key: str, draft: bool) -> Document:
    live, waiting = DOCUMENTS.pair(conn, call, key)
    chosen = (waiting if draft else None) or live or waiting
    assert chosen is not None, "pair() refuses a key without either"
    return chosen


def _item(
    key: str, pair: tuple[Document | None, Document | None], counts: Mapping[str, tuple[int, int]]
) -> TriggerItem:
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


def _names(conn: Connection, call: Call, numbers: list[int]) -> list[str]:
    mine = (accounts.c.workspace_id == call.workspace_id) & accounts.c.id.in_(numbers)
    return list(conn.execute(select(accounts.c.external_id).where(mine).order_by(accounts.c.id)).scalars())
