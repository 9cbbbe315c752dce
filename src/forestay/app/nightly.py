"""When the lake's night begins: once a day, at the midnight of the first workspace.

Gives : Nightly, wake_jobs()
Reads : jobs (the last night's), the workspaces' days in memory
Writes: one job of the kind 'compaction'; run/jobs.wake
Source: DESIGN section 4; what the night does is in app/job_kinds/compaction_job.py

The lake is one for all workspaces, so one job a day does for all; it stands under the workspace with the lowest
number. A worker that was down at midnight notices when it is back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from forestay.app.shard import Shard
from forestay.kit.clock import day_of
from forestay.kit.logs import get_logger
from forestay.kit.settings import Settings
from forestay.store import jobs
from forestay.store.database import Store

_log = get_logger(__name__)
KIND = "compaction"
_LAST_NIGHT = text("""
    SELECT coalesce((SELECT max(created_at) FROM jobs WHERE kind = 'compaction'),
                    (SELECT created_at FROM workspaces WHERE id = :workspace))""")


@dataclass(slots=True)
class Nightly:
    """Asks for the night's work. The day of the last night is read from the store once, then remembered."""

    settings: Settings
    store: Store
    shard: Shard
    _last_day: int | None = None

    def look(self) -> None:
        """Enqueue the night's job when a day began since the last one.

        Raises:
            StoreUnavailable: later, then.
        """
        if not self.shard.workspaces:
            return
        number = min(self.shard.workspaces)
        space = self.shard.workspaces[number]
        if self._last_day is None:
            self._last_day = self._read_last(number, space.configuration.zone, space.today)
        if space.today <= self._last_day:
            return
        with self.store.begin_worker() as connection:
            job = jobs.enqueue(connection, number, KIND, {})
        self._last_day = space.today
        _log.info("night_begins", job=job)
        wake_jobs(self.settings)

    def _read_last(self, number: int, zone: str, today: int) -> int:
        with self.store.begin_worker() as connection:
            last: datetime | None = connection.scalar(_LAST_NIGHT, {"workspace": number})
        return today if last is None else day_of(last, zone)


def wake_jobs(settings: Settings) -> None:
    """Tell the supervisor that work waits; a disk that refuses leaves it to the supervisor's own look."""
    try:
        (settings.data_dir / "run" / "jobs.wake").touch()
    except OSError as reason:
        _log.warning("jobs_not_woken", reason=str(reason))
