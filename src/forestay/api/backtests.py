"""`/api/triggers/{key}/backtest`: a trigger over history, kept or not; `/backtests`: those that were asked for; `/evidence`: what
its signals would say.

Reads: jobs of kind backtest; what the last tick stored
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy import Connection, Row, select
from starlette.concurrency import run_in_threadpool

from forestay.api.calls import Call, needs
from forestay.api.configuration import segments_of
from forestay.api.documents import Key
from forestay.api.jobs import JobShape, done_soon, one_job
from forestay.api.paging import Page
from forestay.api.queries.account_parts import definitions
from forestay.api.queries.asking import ask
from forestay.api.shapes import Ask, EvidenceShape, Moment, Shape
from forestay.api.triggers import DOCUMENTS, newest_of
from forestay.governance.permissions import Permission
from forestay.kit.clock import day_of
from forestay.kit.errors import ForestayError, Invalid, NotFound
from forestay.signals.evidence import EvidenceMaker
from forestay.signals.trigger import Outcome, read_trigger
from forestay.signals.words import ColumnWords
from forestay.store import jobs
from forestay.store.documents import DocumentKind, hash_of, versions
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members, workspaces
from forestay.store.tables.ingest import jobs as job_rows

router = APIRouter(prefix="/api/triggers", tags=["triggers"])
Reader = Annotated[Call, needs(Permission.TRIGGERS_READ)]
Draft = Annotated[bool, Query(description="Of the draft where there is one.")]
_KEPT = 20
_SHOWN = 3
_DOCUMENT = Field(None, description="A trigger that is not kept; left out: the draft, or what is live.")


class BacktestAsk(Ask):
    """Which period and outcome. since, until: days, both included; what is left out is the trigger's own."""

    since: Moment | None = Field(None, description="One year before until if left out.")
    until: Moment | None = Field(None, description="Now if left out.")
    outcome: Outcome | None = None
    within_days: int | None = Field(None, ge=1, le=365)
    document: dict[str, Any] | None = _DOCUMENT


class EvidenceAsk(Ask):
    """Of which trigger."""

    document: dict[str, Any] | None = _DOCUMENT


class BacktestWeek(Shape):
    """A week that begins on a Monday. decided, right: firings whose outcome is known, and came; foreseen: outcomes."""

    week: date
    firings: int
    accounts: int
    decided: int = 0
    right: int = 0
    outcomes: int = 0
    foreseen: int = 0


class BacktestLoad(Shape):
    """What one CSM would have got; owner null = accounts without owner."""

    owner_id: int | None
    owner: str | None = Field(None, description="E-mail address.")
    owner_name: str | None = None
    firings: int
    per_week: float
    busiest_week: int
    weeks: list[int] = Field(default_factory=list, description="By week, as in per_week.")


class BacktestLead(Shape):
    """Days from firing to outcome."""

    p25: float | None
    p50: float | None
    p75: float | None
    weeks: list[int] = Field(default_factory=list, description="Outcomes that came within 7 days, within 14, ...")


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


class BacktestRun(Shape):
    """A backtest that was asked for, and its answer once it is done."""

    job_id: int
    status: str = Field(description="queued, running, done, failed or cancelled.")
    progress: dict[str, Any]
    error: str | None
    at: datetime
    since: date
    until: date
    outcome: Outcome
    within_days: int
    hash: str = Field(description="sha256 of the document that was tested: equal hashes are equal triggers.")
    report: BacktestShape | None


class EvidenceOf(Shape):
    """What the signal of one account that matches now would say."""

    account: str
    account_name: str | None
    evidence: list[EvidenceShape]


class BacktestFailed(ForestayError):
    """The backtest's job ended without an answer; the sentence is its own."""

    code = "backtest_failed"
    http_status = 422


@router.post("/{key}/backtest", response_model=BacktestShape, responses={202: {"model": JobShape}})
async def backtest(
    key: Key,
    call: Reader,
    body: BacktestAsk | None = None,
    draft: Draft = True,
    wait: Annotated[bool, Query(description="false: answer 202 with the job at once.")] = True,
) -> Any:
    """Replay the trigger over history. Quick ones answer directly; long ones answer 202 with a job to poll."""
    number = await run_in_threadpool(_enqueue, call, key, body or BacktestAsk(), draft)
    if not wait:
        started = await run_in_threadpool(_job, call, number)
        return JSONResponse(started.model_dump(mode="json"), 202, headers={"Location": f"/api/jobs/{number}"})
    job = await done_soon(call, number, BacktestFailed)
    return job if isinstance(job, JSONResponse) else await run_in_threadpool(_answer, call, job)


@router.get("/{key}/backtests")
def list_backtests(key: Key, call: Reader) -> Page[BacktestRun]:
    """The newest backtests of the trigger, whoever asked, with their answers."""
    mine = (job_rows.c.workspace_id == call.workspace_id) & (job_rows.c.kind == "backtest")
    wanted = select(job_rows).where(mine, job_rows.c.params["trigger"]["key"].astext == key)
    with call.begin() as conn:
        rows = conn.execute(wanted.order_by(job_rows.c.id.desc()).limit(_KEPT)).all()
        if not rows and not versions(conn, call.workspace_id, DocumentKind.TRIGGER, key):
            raise NotFound("trigger", key)
        return Page(items=[_run(conn, call, row) for row in rows], next=None)


@router.post("/{key}/evidence")
def preview_evidence(key: Key, call: Reader, body: EvidenceAsk | None = None, draft: Draft = True) -> Page[EvidenceOf]:
    """What signals of the first accounts that match now would say; without what is usual, which the worker knows."""
    with call.begin() as conn:
        trigger = read_trigger(_document(conn, call, key, body.document if body else None, draft))
        segments = {name: segment.condition for name, segment in segments_of(conn, call.workspace_id).items()}
        asked = ask(conn, call.workspace_id, trigger.condition, segments, call.now())
        zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)).scalar_one())
        words = ColumnWords(definitions(conn, call.workspace_id).values())
        maker = EvidenceMaker(asked.columns.table, words, day_of(call.now(), zone))
        places = {int(asked.columns.ids[at]): int(at) for at in np.flatnonzero(asked.yes)[:_SHOWN]}
        mine = (accounts.c.workspace_id == call.workspace_id) & accounts.c.id.in_(list(places))
        rows = conn.execute(select(accounts.c.id, accounts.c.external_id, accounts.c.name).where(mine)).all()
        items = [
            EvidenceOf(
                account=row.external_id, account_name=row.name,
                evidence=[EvidenceShape.model_validate(one) for one in maker.of(trigger, places[row.id])],
            )
            for row in rows
        ]  # fmt: skip
    return Page(items=items, next=None)


def _document(
    conn: Connection, call: Call, key: str, given: Mapping[str, Any] | None, draft: bool
) -> Mapping[str, Json]:
    """What is to be tested. Raises Invalid with its place when it is given and no good."""
    if given is not None:
        return DOCUMENTS.checked(conn, call, key, given)
    return newest_of(conn, call, key, draft).body


def _enqueue(call: Call, key: str, asked: BacktestAsk, draft: bool) -> int:
    until = asked.until or call.now()
    since = asked.since or until - timedelta(days=365)
    if since > until:
        raise Invalid("since lies after until", place="since")
    with call.begin() as conn:
        document = _document(conn, call, key, asked.document, draft)
        trigger = read_trigger(document)
        params: dict[str, Json] = {
            "trigger": document,
            "since": since.date().isoformat(),
            "until": until.date().isoformat(),
            "outcome": (asked.outcome or trigger.outcome).value,
            "within_days": asked.within_days or trigger.within_days,
        }
        number = jobs.enqueue(conn, call.workspace_id, "backtest", params, call.principal.actor)
    call.wake_jobs()
    return number


def _job(call: Call, number: int) -> JobShape:
    with call.begin() as conn:
        return JobShape.model_validate(one_job(conn, call.workspace_id, number))


def _answer(call: Call, job: JobShape) -> BacktestShape:
    with call.begin() as conn:
        return _report(conn, call, job.result)


def _report(conn: Connection, call: Call, result: Mapping[str, Any]) -> BacktestShape:
    """The job's answer, with today's names of the owners."""
    made = BacktestShape.model_validate(result)
    numbers = [load.owner_id for load in made.load_per_csm if load.owner_id is not None]
    mine = (members.c.workspace_id == call.workspace_id) & members.c.id.in_(numbers)
    rows = conn.execute(select(members.c.id, members.c.email, members.c.name).where(mine))
    named: dict[int | None, dict[str, str]] = {row.id: {"owner": row.email, "owner_name": row.name} for row in rows}
    loads = [load.model_copy(update=named.get(load.owner_id, {})) for load in made.load_per_csm]
    return made.model_copy(update={"load_per_csm": loads})


def _run(conn: Connection, call: Call, row: Row[Any]) -> BacktestRun:
    params = row.params
    return BacktestRun(
        job_id=row.id, status=row.status, progress=row.progress, error=row.error, at=row.created_at,
        since=params["since"], until=params["until"], outcome=params["outcome"], within_days=params["within_days"],
        hash=hash_of(params["trigger"]), report=_report(conn, call, row.result) if row.status == "done" else None,
    )  # fmt: skip
