"""Machine work that waits its turn: imports, backtests, history. A small queue in the table `jobs`.

Gives : Job, JobStatus, JobView, JobLost, enqueue(), claim(), heartbeat(), progress(), checkpoint(), finish(), fail(),
        cancel(), find(), waiting()
Source: DESIGN section 9 (FOR UPDATE SKIP LOCKED); resumable: a job that lost its process is given to the next
        one together with its last checkpoint.

A running job holds it by its attempt number: after a cancellation, or when another process took the job over
because ours was silent for too long, the next call raises JobLost and the work must stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, text, update

from forestay.kit.errors import Conflict, NotFound
from forestay.store.changes import about
from forestay.store.shapes import Json
from forestay.store.tables.ingest import jobs

SILENCE_SECONDS = 60
"""A running job whose heartbeat is older than this has lost its process."""

MOST_ATTEMPTS = 5
"""A job that ended its process this often is not tried again."""

_SILENT = jobs.c.heartbeat_at < func.now() - text(f"interval '{SILENCE_SECONDS} seconds'")


class JobStatus(StrEnum):
    """The life of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobLost(Conflict):
    """The job was cancelled or another process has it: stop working on it and keep nothing of it."""

    code = "job_lost"

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(f"job {job_id} was cancelled or is done by another process")


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. checkpoint: what the last attempt saved, empty at first; attempt: 1, 2, ..."""

    id: int
    workspace_id: int
    kind: str
    params: Mapping[str, Json]
    checkpoint: Mapping[str, Json]
    attempt: int
    created_by: str


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as people see it. progress: done and total in the job's own unit, and what it does; empty before."""

    id: int
    kind: str
    status: JobStatus
    params: Mapping[str, Json]
    progress: Mapping[str, Json]
    result: Mapping[str, Json]
    error: str | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def enqueue(
    conn: Connection, workspace_id: int, kind: str, params: Mapping[str, Json], created_by: str = "system"
) -> int:
    """Put a job at the end of the queue; gives its number. created_by: an actor such as 'member:7'."""
    about(conn, (workspace_id,))
    row = insert(jobs).values(workspace_id=workspace_id, kind=kind, params=params, created_by=created_by)
    return int(conn.execute(row.returning(jobs.c.id)).scalar_one())


def claim(conn: Connection, kinds: Sequence[str] | None = None) -> Job | None:
    """Take the oldest job that waits or lost its process; None when there is none. Commit before the work begins."""
    _give_up(conn)
    ready = or_(jobs.c.status == JobStatus.QUEUED, and_(jobs.c.status == JobStatus.RUNNING, _SILENT))
    if kinds is not None:
        ready = and_(ready, jobs.c.kind.in_(kinds))
    oldest = select(jobs.c.id).where(ready).order_by(jobs.c.id).limit(1).with_for_update(skip_locked=True)
    taken = (
        update(jobs)
        .where(jobs.c.id == oldest.scalar_subquery())
        .values(
            status=JobStatus.RUNNING,
            attempts=jobs.c.attempts + 1,
            started_at=func.coalesce(jobs.c.started_at, func.now()),
            heartbeat_at=func.now(),
        )
        .returning(
            jobs.c.id,
            jobs.c.workspace_id,
            jobs.c.kind,
            jobs.c.params,
            jobs.c.checkpoint,
            jobs.c.attempts,
            jobs.c.created_by,
        )
    )
    row = conn.execute(taken).one_or_none()
    if row is None:
        return None
    about(conn, (row.workspace_id,))
    return Job(*row)


def waiting(conn: Connection) -> bool:
    """Whether `claim` would find a job now."""
    ready = or_(jobs.c.status == JobStatus.QUEUED, and_(jobs.c.status == JobStatus.RUNNING, _SILENT))
    return bool(conn.scalar(select(select(jobs.c.id).where(ready).exists())))


def heartbeat(conn: Connection, job: Job) -> None:
    """Say that it is still being worked on; at least every few seconds."""
    _write(conn, job, {})


def progress(conn: Connection, job: Job, done: float, total: float | None, what: str) -> None:
    """Say how far it is, in the job's own unit (rows, bytes, weeks); total: None when it cannot be known."""
    _write(conn, job, {"progress": {"done": done, "total": total, "what": what}})


def checkpoint(conn: Connection, job: Job, saved: Mapping[str, Json]) -> None:
    """Save what the next attempt starts from, in the same transaction as the work that it stands for."""
    _write(conn, job, {"checkpoint": saved})


def finish(conn: Connection, job: Job, result: Mapping[str, Json]) -> None:
    """It is done."""
    _write(conn, job, {"status": JobStatus.DONE, "result": result, "finished_at": func.now()})


def fail(conn: Connection, job: Job, error: str) -> None:
    """It cannot be done; error: a sentence that says what to do. It is not tried again."""
    _write(conn, job, {"status": JobStatus.FAILED, "error": error, "finished_at": func.now()})


def cancel(conn: Connection, workspace_id: int, job_id: int) -> bool:
    """Stop a queued or running job; False when it had ended already, NotFound for an unknown number."""
    find(conn, workspace_id, job_id)
    mine = and_(jobs.c.workspace_id == workspace_id, jobs.c.id == job_id)
    active = jobs.c.status.in_((JobStatus.QUEUED, JobStatus.RUNNING))
    ended = update(jobs).where(mine, active).values(status=JobStatus.CANCELLED, finished_at=func.now())
    return conn.execute(ended).rowcount > 0


def find(conn: Connection, workspace_id: int, job_id: int) -> JobView:
    """One job as people see it; NotFound for an unknown number."""
    statement = select(
        jobs.c.id, jobs.c.kind, jobs.c.status, jobs.c.params, jobs.c.progress, jobs.c.result, jobs.c.error,
        jobs.c.created_by, jobs.c.created_at, jobs.c.started_at, jobs.c.finished_at,
    ).where(jobs.c.workspace_id == workspace_id, jobs.c.id == job_id)  # fmt: skip
    row = conn.execute(statement).one_or_none()
    if row is None:
        raise NotFound("job", str(job_id))
    return JobView(**{**row._mapping, "status": JobStatus(row.status)})


def _held(job: Job) -> ColumnElement[bool]:
    return and_(
        jobs.c.workspace_id == job.workspace_id,
        jobs.c.id == job.id,
        jobs.c.status == JobStatus.RUNNING,
        jobs.c.attempts == job.attempt,
    )


def _write(conn: Connection, job: Job, values: Mapping[str, object]) -> None:
    about(conn, (job.workspace_id,))
    if conn.execute(update(jobs).where(_held(job)).values(heartbeat_at=func.now(), **values)).rowcount == 0:
        raise JobLost(job.id)


def _give_up(conn: Connection) -> None:
    sentence = f"it ended its process {MOST_ATTEMPTS} times; look into the log of the jobs process, then start it again"
    hopeless = and_(jobs.c.status == JobStatus.RUNNING, _SILENT, jobs.c.attempts >= MOST_ATTEMPTS)
    conn.execute(update(jobs).where(hopeless).values(status=JobStatus.FAILED, error=sentence, finished_at=func.now()))
