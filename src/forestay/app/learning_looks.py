"""When it is learned from interventions: once a day, if a trigger ever fired or a journey ever held anybody out.

Gives : ask_for_learning(), KIND
Reads : signals, journey_exposures, jobs
Writes: one job of the kind 'learning'
Source: REQUIREMENTS C4, D6; what the job does is in app/job_kinds/learning_job.py
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from forestay.store import jobs

KIND = "learning"
_LOWEST = text("""
    SELECT min(id) FROM workspaces
    WHERE (EXISTS (SELECT FROM signals) OR EXISTS (SELECT FROM journey_exposures))
      AND NOT EXISTS (SELECT FROM jobs WHERE kind = 'learning'
                      AND (status IN ('queued', 'running') OR created_at > now() - interval '1 day'))""")


def ask_for_learning(connection: Connection) -> int | None:
    """Enqueue the day's look when the last one is a day old; gives the job's number."""
    number = connection.scalar(_LOWEST)
    return None if number is None else jobs.enqueue(connection, int(number), KIND, {})
