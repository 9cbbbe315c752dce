"""How many runs there are now, by journey, version and status: kept with every change, so that nobody has to count them.

Gives : change(), move(), recount(), STANDING, NOW, counted_now()
Writes: journey_counts under step -1 and the day 1970-01-01, names 'now:<status>'
A turn adds what it let in and what ended with its other counts (write.py); whoever else changes the status of runs calls
change() before, in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import LIVE, RunStatus

STANDING = tuple(map(int, (*LIVE, RunStatus.FAILED)))
"""Statuses that are counted: of runs under way, and of those that failed and wait for somebody."""
NOW = "now"
_ADD = """
INSERT INTO journey_counts AS c (workspace_id, journey_id, version, step, day, name, count)
SELECT workspace_id, journey_id, version, -1, '1970-01-01', 'now:' || status, sum(n) FROM ({rows}) AS u
WHERE status = ANY(%(standing)s) GROUP BY workspace_id, journey_id, version, status HAVING sum(n) <> 0
ORDER BY journey_id, version, status
ON CONFLICT (journey_id, version, step, day, name) DO UPDATE SET count = c.count + EXCLUDED.count"""
_CHANGE = _ADD.format(
    rows="""
  SELECT workspace_id, journey_id, version, status, -1 AS n FROM journey_runs WHERE id = ANY(%(runs)s)
  UNION ALL
  SELECT workspace_id, journey_id, coalesce(%(version)s::int, version), %(to)s::int, 1 FROM journey_runs
  WHERE id = ANY(%(runs)s)"""
)
_MOVE = _ADD.format(
    rows="""
  SELECT workspace_id, journey_id, v.version, status, v.n FROM journey_runs AS r,
    (VALUES (%(old)s::int, -1), (%(new)s::int, 1)) AS v (version, n)
  WHERE r.journey_id = %(journey)s AND r.version = %(old)s"""
)
_FORGET = "DELETE FROM journey_counts WHERE journey_id = ANY(%(journeys)s) AND day = '1970-01-01'"
_RECOUNT = _ADD.format(
    rows="""
  SELECT workspace_id, journey_id, version, status, 1 AS n FROM journey_runs WHERE journey_id = ANY(%(journeys)s)"""
)


def change(driver: Driver, runs: Sequence[int], to: RunStatus, version: int | None = None) -> None:
    """These runs are about to get another status (and another version)."""
    if runs:
        driver.execute(_CHANGE, {"runs": list(runs), "to": int(to), "version": version, "standing": list(STANDING)})


def move(driver: Driver, journey_id: int, old: int, new: int) -> None:
    """All runs of a version are about to be pinned to another."""
    driver.execute(_MOVE, {"journey": journey_id, "old": old, "new": new, "standing": list(STANDING)})


def recount(driver: Driver, journeys: Sequence[int]) -> None:
    """Count anew; the caller holds the journeys' locks, so that nothing moves meanwhile."""
    values: dict[str, Any] = {"journeys": list(journeys), "standing": list(STANDING)}
    driver.execute(_FORGET, values)
    driver.execute(_RECOUNT, values)


def counted_now(counts: Counter[tuple[int, str]]) -> Counter[str]:
    """What a turn's counts mean for the numbers of runs: all that ended in it were running."""
    now: Counter[str] = Counter()
    for (step, name), count in counts.items():
        if step == -1 and name == "entered":
            now[f"{NOW}:{RunStatus.RUNNING:d}"] += count
        elif step == -1 and name.startswith("ended:"):
            now[f"{NOW}:{RunStatus.RUNNING:d}"] -= count
            now[f"{NOW}:{RunStatus.FAILED:d}"] += count if name.startswith("ended:failed:") else 0
    return now
