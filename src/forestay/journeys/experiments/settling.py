"""Outcomes are noted when a subject is exposed and settled once, when the horizon is over.

Reads : journey_exposures and what readings.py names
Gives : TestPlace, note_new(), settle_due()
Writes: journey_outcomes

Each evaluation costs what is new and what is due, however long a test runs; what is settled outlives the events, runs
and scores it was read from. Facts that come later than a day after the horizon no longer count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from forestay.journeys.experiments.plan import Outcome
from forestay.journeys.experiments.readings import Reading, reading_of

GRACE = timedelta(days=1)

_NEW = """
WITH w AS (SELECT id, zone, currency FROM workspaces WHERE id = :workspace),
x AS (
  SELECT e.journey_id, e.run_id, e.contact_id, e.at, e.at + :days * interval '1 day' AS due_at,
         coalesce(a.merged_into, e.account_id) AS account_id
  FROM journey_exposures AS e LEFT JOIN accounts AS a ON a.id = e.account_id
  WHERE e.workspace_id = :workspace AND e.journey_id = ANY(:journeys) AND e.test = :test AND e.bucket_version = :version
    AND e.at <= :now AND NOT EXISTS (
      SELECT FROM journey_outcomes AS o WHERE o.journey_id = e.journey_id AND o.test = e.test
        AND o.bucket_version = e.bucket_version AND o.run_id = e.run_id AND o.outcome = :outcome))
INSERT INTO journey_outcomes (workspace_id, journey_id, test, bucket_version, run_id, outcome, due_at, start, before)
SELECT w.id, x.journey_id, :test, :version, x.run_id, :outcome, x.due_at, {start}, {before} FROM x, w
ON CONFLICT DO NOTHING"""

_DUE = """
WITH w AS (SELECT id, zone, currency FROM workspaces WHERE id = :workspace),
x AS (
  SELECT o.journey_id, o.run_id, o.due_at, o.start, e.contact_id, e.at,
         coalesce(a.merged_into, e.account_id) AS account_id
  FROM journey_outcomes AS o
  JOIN journey_exposures AS e USING (journey_id, test, bucket_version, run_id)
  LEFT JOIN accounts AS a ON a.id = e.account_id
  WHERE o.workspace_id = :workspace AND o.journey_id = ANY(:journeys) AND o.test = :test AND o.bucket_version = :version
    AND o.outcome = :outcome AND o.settled_at IS NULL AND o.due_at <= :settled),
found AS (SELECT x.journey_id, x.run_id, {value} AS value FROM x, w)
UPDATE journey_outcomes AS o SET value = found.value, settled_at = :now FROM found
WHERE o.journey_id = found.journey_id AND o.test = :test AND o.bucket_version = :version AND o.run_id = found.run_id
  AND o.outcome = :outcome"""


@dataclass(frozen=True, slots=True)
class TestPlace:
    """Which test: journeys.id (of every journey for the global holdout), the split's step id or a holdout's word, and
    the bucket version."""

    __test__ = False
    workspace_id: int
    journey_ids: tuple[int, ...]
    test: str
    bucket_version: int


def note_new(connection: Connection, place: TestPlace, outcomes: Sequence[Outcome], now: datetime) -> int:
    """Take down what each new subject was at its exposure; gives how many rows."""
    return sum(_carry_out(connection, _NEW, place, outcome, now) for outcome in outcomes)


def settle_due(connection: Connection, place: TestPlace, outcomes: Sequence[Outcome], now: datetime) -> int:
    """Read the outcomes whose horizon is over; gives how many were settled."""
    ours = [outcome for outcome in outcomes if not reading_of(outcome).by_worker]
    return sum(_carry_out(connection, _DUE, place, outcome, now) for outcome in ours)


def _carry_out(connection: Connection, statement: str, place: TestPlace, outcome: Outcome, now: datetime) -> int:
    reading = reading_of(outcome)
    filled = statement.format(start=reading.start, before=reading.before, value=reading.value)
    return connection.execute(text(filled), _parameters(place, outcome, reading, now)).rowcount


def _parameters(place: TestPlace, outcome: Outcome, reading: Reading, now: datetime) -> dict[str, object]:
    return {
        "workspace": place.workspace_id,
        "journeys": list(place.journey_ids),
        "test": place.test,
        "version": place.bucket_version,
        "outcome": outcome.name,
        "days": outcome.within_days,
        "settled": now - GRACE if reading.waits else now,
        "now": now,
        **reading.parameters,
    }
