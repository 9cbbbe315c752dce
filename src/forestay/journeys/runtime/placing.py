"""Put one token of a run at a step, as fresh: for operators and for migrations.

Gives : Fresh, place_token()
Writes: journey_tokens, journey_runs
Every such move counts as a lap: steps that the run passes from there on ask under new keys, whatever it asked before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from forestay.journeys.compiled import Compiled
from forestay.journeys.movement import LAPS, PASSED
from forestay.journeys.runtime.counting import change
from forestay.journeys.runtime.taking_back import of_steps, take_back
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import RunStatus

_RUN = "SELECT run_values, account_id, workspace_id, journey_id FROM journey_runs WHERE id = %s FOR UPDATE"
_CLEAR = "DELETE FROM journey_tokens WHERE run_id = %s RETURNING step"
_PUT = """
INSERT INTO journey_tokens (workspace_id, run_id, journey_id, account_id, due_at, since, version, passed, step, state)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0)"""
_LIVE = """
UPDATE journey_runs SET status = 0, reason = NULL, ended_at = NULL, paused_at = NULL, run_values = %s, version = %s
WHERE id = %s"""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Where a run shall stand. step: number in the version."""

    run: int
    step: int


def place_token(driver: Driver, compiled: Compiled, fresh: Fresh, now: datetime) -> None:
    """The run's only token from now on; due at once."""
    row: Any = driver.execute(_RUN, (fresh.run,)).fetchone()
    values, account, space, journey = row
    values = dict(values or {})
    values[LAPS] = int(values.get(LAPS, 0)) + 1
    counted = values.get(PASSED, {})
    passed = 1 + values[LAPS]
    if fresh.step in compiled.graph.counted:
        counted = {**counted, str(fresh.step): int(counted.get(str(fresh.step), 0)) + 1}
        values[PASSED] = counted
        passed = counted[str(fresh.step)] + values[LAPS]
    left = [int(row[0]) for row in driver.execute(_CLEAR, (fresh.run,))]
    take_back(driver, of_steps(driver, fresh.run, left), "the run was moved elsewhere", now)
    driver.execute(_PUT, (space, fresh.run, journey, account, now, now, compiled.version, passed, fresh.step))
    change(driver, [fresh.run], RunStatus.RUNNING, compiled.version)
    driver.execute(_LIVE, (Jsonb(values), compiled.version, fresh.run))
