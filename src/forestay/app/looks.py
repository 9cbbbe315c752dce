"""When tests of journeys are looked at: every hour, if there are any.

Gives : ask_for_look(), KIND
Reads : journey_exposures, jobs
Writes: one job of the kind 'experiments'
Source: issue 'Journeys' 7; what the look does is in app/job_kinds/experiments_job.py
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from forestay.store import jobs

KIND = "experiments"
_LOWEST = text("""
    SELECT min(id) FROM workspaces WHERE EXISTS (SELECT FROM journey_exposures)
      AND NOT EXISTS (SELECT FROM jobs WHERE kind = 'experiments'
                      AND (status IN ('queued', 'running') OR created_at > now() - interval '1 hour'))""")


def ask_for_look(connection: Connection) -> int | None:
    """Enqueue a look when anybody was ever exposed and the last one is an hour old; gives the job's number."""
    number = connection.scalar(_LOWEST)
    return None if number is None else jobs.enqueue(connection, int(number), KIND, {})
