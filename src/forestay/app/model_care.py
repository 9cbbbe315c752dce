"""When models are looked after: reasons after a promotion and once a day, drift once a day.

Gives : ModelCare
Reads : the configuration in memory (which model is live), jobs
Writes: jobs of the kinds 'score' and 'drift'; run/jobs.wake
Source: issue 'The predictive engine' 8; what they do is in app/job_kinds/score_job.py and drift_job.py

A job says in its parameters for which model and day it is, so that a worker that starts again asks for nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from forestay.app.shard import Shard, WorkspaceMemory
from forestay.kit.clock import date_of
from forestay.store import jobs
from forestay.store.shapes import Json

_ASKED = text("""
    SELECT EXISTS (SELECT FROM jobs WHERE workspace_id = :workspace AND kind = :kind
                   AND params ->> 'model' = :model AND params ->> 'day' = :day)""")
_KNOWN = text("SELECT EXISTS (SELECT FROM models WHERE workspace_id = :workspace)")


@dataclass(slots=True)
class ModelCare:
    """Asks for the work of each workspace. asked: (model, day) by workspace and kind, as far as this process knows."""

    shard: Shard
    asked: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)

    def look(self, connection: Connection) -> list[int]:
        """Enqueue what is due; gives the jobs' numbers."""
        made = [self._look_at(connection, space) for space in self.shard.workspaces.values() if not _is_busy(space)]
        return [number for numbers in made for number in numbers]

    def _look_at(self, connection: Connection, space: WorkspaceMemory) -> list[int]:
        churn = space.configuration.serving.churn
        day = date_of(space.today).isoformat()
        made: list[int | None] = []
        if churn is not None:
            made.append(self._ask(connection, space, "score", str(churn.id), day))
        serving = space.configuration.serving.by_purpose.values()
        at_work = "-".join(str(one.id) for one in sorted(serving, key=lambda one: one.id))
        if at_work or self._has_models(connection, space):
            made.append(self._ask(connection, space, "drift", at_work, day))
        return [number for number in made if number is not None]

    def _has_models(self, connection: Connection, space: WorkspaceMemory) -> bool:
        """A company whose trainings found too little is tried again; asked once a day."""
        if self.asked.get((space.workspace_id, "drift")) == ("", date_of(space.today).isoformat()):
            return True
        return bool(connection.scalar(_KNOWN, {"workspace": space.workspace_id}))

    def _ask(self, connection: Connection, space: WorkspaceMemory, kind: str, model: str, day: str) -> int | None:
        place = (space.workspace_id, kind)
        if self.asked.get(place) == (model, day):
            return None
        self.asked[place] = (model, day)
        wanted = {"workspace": space.workspace_id, "kind": kind, "model": model, "day": day}
        if connection.scalar(_ASKED, wanted):
            return None
        params: dict[str, Json] = {"model": model, "day": day}
        return jobs.enqueue(connection, space.workspace_id, kind, params)


def _is_busy(space: WorkspaceMemory) -> bool:
    """Its accounts are being scored: what the models say of them is not in the store yet."""
    return bool(space.due or space.put_off or len(space.settling) or space.history_job is not None)
