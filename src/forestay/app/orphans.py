"""What an earlier jobs process left behind: its running jobs, and files that no job will ask for.

Reads: the jobs table, the folder uploads/
Gives: only_one(), take_back(), sweep(), KEPT_SECONDS
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, func, select, update

from forestay.store.jobs import JobStatus
from forestay.store.tables.ingest import jobs

KEPT_SECONDS = 7 * 86_400.0
"""How long an upload that nobody asks for, and an import's rejects, stay."""

_REJECTS = ".rejects"


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Wait until no other jobs process works in the data folder, and be the one."""
    with (data_dir / "run" / "jobs.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def take_back(connection: Connection) -> int:
    """Let every running job be claimed at once; how many. Only for the one jobs process, before its first job."""
    running = update(jobs).where(jobs.c.status == JobStatus.RUNNING)
    return connection.execute(running.values(heartbeat_at=func.to_timestamp(0))).rowcount


def sweep(connection: Connection, uploads: Path, now: float | None = None) -> int:
    """Remove uploads and rejects older than KEPT_SECONDS that no waiting or running job names; how many.

    now: seconds since 1970, the present moment if empty.
    """
    if not uploads.is_dir():
        return 0
    active = jobs.c.status.in_((JobStatus.QUEUED, JobStatus.RUNNING))
    paths = connection.execute(select(jobs.c.params["path"].astext).where(active)).scalars()
    named = {Path(path).stem for path in paths if path}
    limit = (time.time() if now is None else now) - KEPT_SECONDS
    old = [
        file
        for file in uploads.iterdir()
        if file.is_file() and file.stat().st_mtime < limit and file.stem.removesuffix(_REJECTS) not in named
    ]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
