"""Runs moved from one version to another, with a look beforehand at what becomes of those that wait at each step.

Gives : Fate, fates(), migrate(), UnclearFate
Writes: journey_runs, journey_tokens, journey_history
Source: DESIGN section 7 (runs are pinned to their version unless the author moves them with a previewed migration)

A step id keeps its number through all versions. Who waits at a step that is the same goes on waiting there; where its
settings are others, the step looks again; where the step is gone or of another kind, the author says what happens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.runtime import operations
from forestay.journeys.runtime.counting import move
from forestay.journeys.runtime.history import note
from forestay.journeys.runtime.placing import Fresh, place_token
from forestay.journeys.runtime.whole import at_rest
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import Happening, RunStatus
from forestay.kit.clock import micros_of
from forestay.kit.errors import Invalid

EXIT = "$exit"
"""In a plan: those runs leave."""
_WAITING = """
SELECT t.step, count(*) FROM journey_tokens AS t JOIN journey_runs AS r ON r.id = t.run_id
WHERE r.journey_id = %s AND t.version = %s GROUP BY t.step"""
_RUNS_AT = """
SELECT DISTINCT t.run_id FROM journey_tokens AS t JOIN journey_runs AS r ON r.id = t.run_id
WHERE r.journey_id = %s AND t.version = %s AND t.step = ANY(%s) ORDER BY 1"""
_LOOK_AGAIN = """
UPDATE journey_tokens SET due_at = %s, state = CASE WHEN state = 2 THEN 7 ELSE state END,
  wakes = CASE WHEN state = 2 THEN wakes ELSE jsonb_set(coalesce(wakes, '{}'), '{kept}',
    coalesce(wakes -> 'kept', '[]') || '[{"what": "again", "name": "", "body": {}, "at": 0}]') END
WHERE run_id IN (SELECT id FROM journey_runs WHERE journey_id = %s) AND version = %s AND step = ANY(%s)
  AND state IN (1, 2, 3, 4, 5)"""
"""They wait on from when they came, by the new settings: 'again' is no timer that has run out. Who waits for an event
looks back once more, since the new settings may fit what has been."""
_MOVE_TOKENS = """
UPDATE journey_tokens AS t SET version = %s FROM journey_runs AS r
WHERE r.id = t.run_id AND r.journey_id = %s AND t.version = %s"""
_MOVE_RUNS = "UPDATE journey_runs SET version = %s WHERE journey_id = %s AND version = %s AND (status < 10 OR status = 13) RETURNING id"


class UnclearFate(Invalid):
    """Runs wait at a step that the new version does not have: say where they go, or that they leave."""

    code = "unclear_fate"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of those that wait at a step. what: 'stays', 'looks_again', 'moves', 'leaves', 'unclear'; to: the
    step they go to; waiting: tokens there."""

    step: str
    waiting: int
    what: str
    to: str | None = None


def fates(driver: Driver, old: Compiled, new: Compiled, plan: Mapping[str, str] | None = None) -> list[Fate]:
    """By step of the old version at which somebody waits. plan: step id -> step id of the new version, or EXIT."""
    waiting = dict(driver.execute(_WAITING, (old.journey_id, old.version)).fetchall())
    names = {number: step for step, number in old.numbers.items()}
    return [
        _fate(old, new, names[number], int(count), plan or {})
        for number, count in sorted(waiting.items())
        if number in names
    ]


def migrate(driver: Driver, old: Compiled, new: Compiled, plan: Mapping[str, str], now: datetime) -> int:
    """Move every live run of the old version. Gives how many. Raises UnclearFate; nothing is moved then."""
    at_rest(driver, old.journey_id)
    told = fates(driver, old, new, plan)
    unclear = [one.step for one in told if one.what == "unclear"]
    if unclear:
        raise UnclearFate(f"runs wait at {', '.join(unclear)}, which the new version does not have", place="plan")
    leaving = _runs_at(driver, old, [one.step for one in told if one.what == "leaves"])
    operations.end_runs(driver, leaving, RunStatus.LEFT, "migrated", now)
    placed: dict[int, int] = {}
    for one in told:
        if one.what == "moves":
            placed |= dict.fromkeys(_runs_at(driver, old, [one.step]), new.numbers[str(one.to)])
    for run, number in placed.items():
        place_token(driver, new, Fresh(run, number), now)
    again = [old.numbers[one.step] for one in told if one.what == "looks_again"]
    driver.execute(_LOOK_AGAIN, (now, old.journey_id, old.version, again))
    driver.execute(_MOVE_TOKENS, (new.version, old.journey_id, old.version))
    move(driver, old.journey_id, old.version, new.version)
    moved: list[Any] = driver.execute(_MOVE_RUNS, (new.version, old.journey_id, old.version)).fetchall()
    runs = np.unique(np.array([*placed, *(row[0] for row in moved)], np.int64))
    note(driver, runs, Happening.MOVED, {"from": old.version, "to": new.version}, micros_of(now))
    return len(runs)


def _fate(old: Compiled, new: Compiled, step: str, waiting: int, plan: Mapping[str, str]) -> Fate:
    to = plan.get(step)
    if to == EXIT:
        return Fate(step, waiting, "leaves")
    if to is not None:
        return Fate(step, waiting, "moves" if to in new.numbers else "unclear", to)
    if step not in new.numbers:
        return Fate(step, waiting, "unclear")
    before, after = old.steps[old.numbers[step]], new.steps[new.numbers[step]]
    if before.kind is not after.kind:
        return Fate(step, waiting, "moves", step)
    return Fate(step, waiting, "stays" if before.settings == after.settings else "looks_again", step)


def _runs_at(driver: Driver, old: Compiled, steps: Sequence[str]) -> list[int]:
    numbers = [old.numbers[step] for step in steps]
    return [int(row[0]) for row in driver.execute(_RUNS_AT, (old.journey_id, old.version, numbers))]
