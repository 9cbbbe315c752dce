"""The job 'learning': once a day, what interventions came to, what they are worth, and what triggers learn from it.

Gives : carry_out(), learn(), Learned
Reads : signals, feedback, account_states, documents, journeys' outcomes
Writes: interventions, signals.outcome, impact_reports, account_uplifts, trigger_tunings; in automatic mode documents,
        trigger_moves and audit_entries
Source: REQUIREMENTS C4, D6

One job for all workspaces, it stands under the one with the lowest number. For each, in transactions of their own:
1. Take down every new firing, and accounts that are watched in silence.
2. Close those whose time is over, from data.
3. Keep what measures said before the new ones, out of the lake.
4. Judge triggers; take suggestions where the workspace wants that by itself.
5. Judge what every intervention does and is worth.
It may be killed at any point and begun again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from sqlalchemy import Connection, text

from forestay.api.queries.columns import StoredColumns, stored_columns
from forestay.app.job_kinds.exposures import LookBack, look_back
from forestay.app.job_kinds.workshop import Workshop
from forestay.app.learning_looks import KIND
from forestay.conditions.columns import UnknownColumn
from forestay.conditions.document import Condition
from forestay.conditions.evaluate import evaluate
from forestay.conditions.segments import read_segment
from forestay.kit.clock import SystemClock, day_of
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.kit.settings import Settings
from forestay.learning.book import read_tunings, settings_of
from forestay.learning.exploring import watched_of
from forestay.learning.feedback import Move
from forestay.learning.moves import BY_ITSELF, CannotTake, take
from forestay.learning.thresholds import tunable_of
from forestay.learning.trigger_looks import look_at_triggers
from forestay.learning.tuning import TuningMode
from forestay.outcomes.impact import evaluate_impact
from forestay.outcomes.recording import Segments, close_due, note_explored, note_new
from forestay.store.changes import about
from forestay.store.database import Store
from forestay.store.documents import DocumentKind, list_live
from forestay.store.dsn import dsns_of
from forestay.store.jobs import Job
from forestay.store.roles import DatabaseRole
from forestay.store.shapes import Json

__all__ = ["KIND", "carry_out", "learn"]
_log = get_logger(__name__)
_SPACES = text("SELECT id, zone FROM workspaces ORDER BY id")


@dataclass(frozen=True, slots=True)
class Learned:
    """How many interventions were noted and closed, accounts watched, triggers moved, interventions judged."""

    noted: int
    watched: int
    closed: int
    moved: int
    judged: int


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Learn in every workspace; gives the sums."""
    with workshop.store.begin_worker() as connection:
        spaces = [(int(row.id), str(row.zone)) for row in connection.execute(_SPACES)]
    sums: Counter[str] = Counter()
    people, looks_back = partial(_as_people, workshop.settings), partial(look_back, job, workshop)
    for done, (number, zone) in enumerate(spaces):
        workshop.say(job, done, len(spaces), "workspaces")
        found = learn(workshop.store, people, number, zone, SystemClock().now(), looks_back)
        sums.update({name: getattr(found, name) for name in Learned.__slots__})
    return {"workspaces": len(spaces), **sums}


People = Callable[[int], AbstractContextManager[Connection]]
"""A transaction in a workspace as people have it. The worker's role may not publish: what is taken by itself goes through
the door by which people take it, under the workspace's row-level security."""


@contextmanager
def _as_people(settings: Settings, workspace_id: int) -> Iterator[Connection]:
    store = Store.connect(dsns_of(settings)[DatabaseRole.API], pool_size=1, role=DatabaseRole.API)
    try:
        with store.begin(workspace_id) as connection:
            yield connection
    finally:
        store.close()


def learn(
    store: Store, people: People, workspace_id: int, zone: str, now: datetime, looks_back: LookBack | None = None
) -> Learned:
    """Everything for one workspace. store: of the worker's role; looks_back: None where there is no lake to read."""
    with store.begin_worker() as connection:
        about(connection, (workspace_id,))
        noted, watched, keys = _note(connection, workspace_id, zone, now)
        closed = close_due(connection, workspace_id, now)
    if looks_back is not None:
        looks_back(workspace_id)
    moved = _tune(store, people, workspace_id, now, keys)
    with store.begin_worker() as connection:
        about(connection, (workspace_id,))
        judged = len(evaluate_impact(connection, workspace_id, now))
    return Learned(noted, watched, closed, moved, judged)


def _note(connection: Connection, workspace_id: int, zone: str, now: datetime) -> tuple[int, int, list[str]]:
    """(firings, watched accounts, keys of segments)."""
    segments = _segments(connection, workspace_id)
    columns = stored_columns(connection, workspace_id, day_of(now, zone), segments=segments)
    belonging = _belonging(columns, segments)
    triggers = list_live(connection, workspace_id, DocumentKind.TRIGGER)
    dials = {document.key: tunable_of(document.body) for document in triggers}
    named = {key: dial.column for key, dial in dials.items() if dial is not None}
    noted = note_new(connection, workspace_id, now, belonging, named)
    tunings, watched = read_tunings(connection, workspace_id), 0
    for document in triggers:
        tuned = tunings.get((document.key, ""))
        found = watched_of(document, tuned.anchor if tuned else None, columns.ids, columns.table)
        if found is not None:
            watched += note_explored(connection, workspace_id, now, found, belonging)
    return noted, watched, sorted(segments)


def _tune(store: Store, people: People, workspace_id: int, now: datetime, segments: list[str]) -> int:
    """Look, and take what is suggested where that is wanted: of each trigger one move a day, the whole one first."""
    with store.begin_worker() as connection:
        mode = settings_of(connection, workspace_id).mode
        if mode is TuningMode.OFF:
            return 0
        found = look_at_triggers(connection, workspace_id, now, segments)
    moved: set[str] = set()
    for tuned in found:
        if tuned.findings.move is Move.STAY or mode is not TuningMode.AUTOMATIC or tuned.trigger_key in moved:
            continue
        try:
            with people(workspace_id) as connection:
                take(connection, workspace_id, tuned.trigger_key, tuned.segment, BY_ITSELF, now)
            moved.add(tuned.trigger_key)
        except CannotTake as reason:
            _log.info("suggestion_waits", trigger=tuned.trigger_key, reason=str(reason))
    return len(moved)


def _segments(connection: Connection, workspace_id: int) -> dict[str, Condition]:
    found: dict[str, Condition] = {}
    for document in list_live(connection, workspace_id, DocumentKind.SEGMENT):
        try:
            found[document.key] = read_segment(document.body).condition
        except ForestayError as reason:
            _log.warning("segment_not_readable", segment=document.key, reason=str(reason)[:200])
    return found


def _belonging(columns: StoredColumns, segments: Mapping[str, Condition]) -> Segments:
    """Account -> its segments, as far as what the store keeps can tell."""
    found: dict[int, list[str]] = {}
    for key, condition in segments.items():
        try:
            members = columns.ids[np.flatnonzero(evaluate(condition, columns.table))]
        except UnknownColumn as reason:
            _log.info("segment_not_told_by_the_store", segment=key, reason=str(reason))
            continue
        for account in members.tolist():
            found.setdefault(account, []).append(key)
    return found
