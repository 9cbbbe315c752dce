"""Whether the goal holds for those who were exposed to a test when their days are over, whatever became of their runs.

Gives : settle_goals(), MOST
Reads : journey_outcomes that are due, journey_exposures, journey_runs (version and values), recent_events
Writes: journey_outcomes
Source: experiments/plan.py (GoalHeldOutcome). A run tells of its goal only while it lives, and the held out have none to
        speak of: so each subject is asked alike, on the day, by the goal of the version that it entered

What cannot be known (the run is forgotten, its version has no goal) is settled without a value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.judging import judged
from forestay.journeys.moves import Batch, Wake, World
from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.rows import Place
from forestay.journeys.runtime.wire import Driver
from forestay.kit.clock import micros_of

MOST = 5000
"""Rows of one look."""
_DUE = """
SELECT o.workspace_id, o.journey_id, coalesce(r.version, 0), o.test, o.bucket_version, o.run_id, o.outcome,
  coalesce(a.merged_into, e.account_id), e.contact_id, e.at, o.due_at, r.run_values
FROM journey_outcomes AS o JOIN journey_exposures AS e USING (journey_id, test, bucket_version, run_id)
LEFT JOIN journey_runs AS r ON r.id = o.run_id LEFT JOIN accounts AS a ON a.id = e.account_id
WHERE o.settled_at IS NULL AND o.due_at <= %s AND o.outcome LIKE 'goal_held:%%' AND o.workspace_id = ANY(%s)
ORDER BY o.due_at LIMIT %s FOR UPDATE OF o SKIP LOCKED"""
_EVENTS = """
SELECT u.n, e.properties, e.at FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
  AS u (n, account, contact, since, until)
JOIN recent_events AS e ON e.workspace_id = %s AND e.account_id = u.account AND e.name = %s AND e.at >= u.since
  AND e.at <= u.until AND (u.contact = 0 OR EXISTS (
    SELECT FROM identities AS i WHERE i.workspace_id = e.workspace_id AND i.key = e.contact_key AND i.contact_id = u.contact))
ORDER BY u.n, e.at"""
_SETTLE = """
UPDATE journey_outcomes AS o SET value = u.value, settled_at = %s
FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::bigint[], %s::text[], %s::float8[])
  AS u (journey, test, bucket, run, outcome, value)
WHERE o.journey_id = u.journey AND o.test = u.test AND o.bucket_version = u.bucket AND o.run_id = u.run
  AND o.outcome = u.outcome"""


class _Due(NamedTuple):
    space: int
    journey: int
    version: int
    test: str
    bucket: int
    run: int
    outcome: str
    account: int
    contact: int
    at: datetime
    until: datetime
    values: Any


def settle_goals(
    driver: Driver, book: Book, world_of: Callable[[int], World], spaces: Sequence[int], now: datetime
) -> int:
    """Settle what is due, MOST at a time, in the caller's transaction. spaces: workspaces that are served here. Gives how
    many were."""
    rows = [_Due(*row) for row in driver.execute(_DUE, (now, list(spaces), MOST)).fetchall()]
    by_place: dict[Place, list[_Due]] = defaultdict(list)
    for row in rows:
        by_place[Place(row.space, row.journey, row.version)].append(row)
    for place, some in by_place.items():
        compiled = book.version(driver, place) if place.version else None
        goal = None if compiled is None else compiled.journey.goal
        if compiled is None or goal is None:
            values: list[float | None] = [None] * len(some)
        else:
            values = [float(yes) for yes in _held(driver, compiled, some, world_of(place.workspace_id))]
        columns = zip(*((row.journey, row.test, row.bucket, row.run, row.outcome) for row in some), strict=True)
        driver.execute(_SETTLE, (now, *map(list, columns), values))
    return len(rows)


def _held(driver: Driver, compiled: Compiled, rows: Sequence[_Due], world: World) -> list[bool]:
    goal = compiled.journey.goal
    assert goal is not None
    if goal.condition is not None:
        batch = _batch(compiled, rows, None)
        true = judged(goal.condition, lambda some: world.table(batch.at(some)), np.arange(len(rows)))
        return list(map(bool, true))
    columns = zip(*((row.account, row.contact, row.at, row.until) for row in rows), strict=True)
    asked = (list(range(len(rows))), *map(list, columns), compiled.workspace_id, goal.event)
    came: list[Any] = driver.execute(_EVENTS, asked).fetchall()
    true = np.ones(len(came), bool)
    if goal.if_ is not None and came:
        wakes = [Wake("event", str(goal.event), body, micros_of(at)) for _, body, at in came]
        events = _batch(compiled, [rows[n] for n, _, _ in came], wakes)
        true = judged(goal.if_, lambda some: world.table(events.at(some)), np.arange(len(came)))
    met = {n for (n, _, _), yes in zip(came, true.tolist(), strict=True) if yes}
    return [n in met for n in range(len(rows))]


def _batch(compiled: Compiled, rows: Sequence[_Due], woken: list[Wake] | None) -> Batch:
    account, contact, run = (np.array([getattr(row, name) for row in rows]) for name in ("account", "contact", "run"))
    began = np.array([micros_of(row.at) for row in rows])
    return Batch(
        compiled.workspace_id, compiled.key, np.zeros_like(run), run, account, contact, np.ones_like(run), began, began,
        [row.values or {} for row in rows], woken,
    )  # fmt: skip
