"""The night: the lake is compacted, late duplicates are counted, watched events grow old.

Gives : carry_out(), KIND
Reads : the lake; recent_events
Writes: the lake; daily_counts ('events.duplicate_late'); deletes from recent_events
Source: DESIGN section 4 (duplicates older than the tick's memory fall to compaction and are counted)

One job a day for the lake of all workspaces, enqueued by app/nightly.py. It may be killed at any point and begun
again: what is compacted already is left alone. Copies are counted for the day on which they are taken out; when the
process dies between a rewritten day and the count at the end, these copies are gone and uncounted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection, text

from forestay.app.job_kinds.workshop import Workshop
from forestay.app.nightly import KIND
from forestay.app.watched import KEPT_DAYS
from forestay.kit.clock import SystemClock, date_of, day_of
from forestay.lake.compaction import compact
from forestay.store.jobs import Job
from forestay.store.shapes import Json

__all__ = ["KIND", "carry_out"]

DUPLICATE_LATE = "events.duplicate_late"
_MEMORY_MB = 512
_COUNT = text("""
    INSERT INTO daily_counts AS c (workspace_id, day, name, count)
    SELECT id, :day, :name, :count FROM workspaces WHERE id = :workspace
    ON CONFLICT (workspace_id, day, name) DO UPDATE SET count = c.count + EXCLUDED.count""")
_GROWN_OLD = text("DELETE FROM recent_events WHERE workspace_id = :workspace AND day <= :last")
_ZONES = text("SELECT id, zone FROM workspaces ORDER BY id")


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Do the night's work of the whole lake and of every workspace.

    Raises:
        LakeBusy: the worker kept writing; the next night takes up what is left.
    """
    with workshop.store.begin_worker() as connection:
        forgotten = _forget(connection)
    done = compact(workshop.settings.lake_root, memory_mb=_MEMORY_MB)
    with workshop.store.begin_worker() as connection:
        _count(connection, done.duplicates_of)
    return {
        "partitions": done.partitions,
        "duplicates": done.duplicates,
        "files_removed": done.files_removed,
        "recent_events_forgotten": forgotten,
    }


def _forget(connection: Connection) -> int:
    """Watched events that nobody waits for any more, by each workspace's own day; gives how many went."""
    now, gone = SystemClock().now(), 0
    for number, zone in connection.execute(_ZONES).all():
        last = date_of(day_of(now, zone)) - timedelta(days=KEPT_DAYS)
        gone += connection.execute(_GROWN_OLD, {"workspace": number, "last": last}).rowcount
    return gone


def _count(connection: Connection, duplicates_of: Mapping[int, int]) -> None:
    zones = {int(number): str(zone) for number, zone in connection.execute(_ZONES)}
    now = SystemClock().now()
    for number, copies in duplicates_of.items():
        if number in zones:
            day = date_of(day_of(now, zones[number]))
            connection.execute(_COUNT, {"workspace": number, "day": day, "name": DUPLICATE_LATE, "count": copies})
