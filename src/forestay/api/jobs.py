"""`/api/jobs`: machine work that takes longer than a request: imports, backtests, simulations, history.

Gives: router, JobShape, one_job(), done_soon() for routes that answer themselves where their job is a quick one
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy import Connection, Row, select
from starlette.concurrency import run_in_threadpool

from forestay.api.calls import Call, needs
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import ForestayError, NotFound
from forestay.store import jobs as store
from forestay.store.tables.ingest import jobs

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
QUICK_SECONDS = 10.0
"""A job that is done by then is answered directly; a longer one with its number."""
_LOOK_SECONDS = 0.1


class JobShape(Shape):
    """One piece of machine work and how far it is."""

    id: int
    kind: str
    status: str = Field(description="queued, running, done, failed or cancelled.")
    progress: dict[str, Any] = Field(description='For example {"done": 3, "total": 8, "what": "rows"}.')
    result: dict[str, Any] = Field(description="What it answers when it is done, {} before.")
    error: str | None
    attempts: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@router.get("")
def list_jobs(
    call: Annotated[Call, needs(Permission.JOBS_READ)],
    kind: Annotated[str | None, Query(description="import, backtest, history, ...")] = None,
    status: Annotated[str | None, Query(pattern="^(queued|running|done|failed|cancelled)$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JobShape]:
    """The newest jobs first."""
    question = ("jobs", kind, status)
    wanted = select(jobs).where(jobs.c.workspace_id == call.workspace_id)
    for column, value in ((jobs.c.kind, kind), (jobs.c.status, status)):
        if value is not None:
            wanted = wanted.where(column == value)
    sorting = Sorting(jobs.c.id, jobs.c.id, descending=True)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.id, row.id), JobShape.model_validate)


@router.get("/{job_id}")
def get_job(job_id: Number, call: Annotated[Call, needs(Permission.JOBS_READ)]) -> JobShape:
    """One job; poll it until its status is done, failed or cancelled."""
    with call.begin() as conn:
        return JobShape.model_validate(one_job(conn, call.workspace_id, job_id))


@router.post("/{job_id}/cancel")
def cancel_job(job_id: Number, call: Annotated[Call, needs(Permission.JOBS_READ)]) -> JobShape:
    """Stop a job that waits or runs. Who began it may; others need config:write."""
    with call.begin() as conn:
        if one_job(conn, call.workspace_id, job_id).created_by != call.principal.actor:
            call.principal.require(Permission.CONFIG_WRITE)
        if store.cancel(conn, call.workspace_id, job_id):
            call.audit(conn, "job.cancelled", f"job:{job_id}")
        return JobShape.model_validate(one_job(conn, call.workspace_id, job_id))


def one_job(conn: Connection, workspace_id: int, job_id: int) -> Row[Any]:
    """A job's row. Raises NotFound."""
    mine = (jobs.c.workspace_id == workspace_id) & (jobs.c.id == job_id)
    row = conn.execute(select(jobs).where(mine)).one_or_none()
    if row is None:
        raise NotFound("job", str(job_id))
    return row


async def done_soon(
    call: Call, number: int, failure: type[ForestayError], seconds: float | None = None
) -> JobShape | JSONResponse:
    """The job once it is done; 202 with where to poll when that takes longer than these seconds. Raises `failure` with its sentence."""
    waited = 0.0
    while True:
        job = await run_in_threadpool(_look, call, number)
        if job.status == "done":
            return job
        if job.status in ("failed", "cancelled"):
            raise failure(job.error or "it was cancelled")
        if waited >= (QUICK_SECONDS if seconds is None else seconds):
            headers = {"Location": f"/api/jobs/{number}", "Retry-After": "1"}
            return JSONResponse(job.model_dump(mode="json"), 202, headers=headers)
        await asyncio.sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS


def _look(call: Call, number: int) -> JobShape:
    with call.begin() as conn:
        return JobShape.model_validate(one_job(conn, call.workspace_id, number))
