"""What came due while the product was away for over an hour: run it, hold it for review, or skip it.

Gives : places(), hold(), with_siblings(), HOLD, SKIPPED, LATE_MICROS
Writes: journey_runs, journey_tokens, journey_history (of those that are held)
"""

from __future__ import annotations

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import NEVER, Ints
from forestay.journeys.runtime.counting import change
from forestay.journeys.runtime.history import note
from forestay.journeys.runtime.rows import Group
from forestay.journeys.runtime.wire import Driver, ask, longs, moment
from forestay.journeys.words import Happening, Overdue, RunStatus

LATE_MICROS = 3_600_000_000
HOLD = Overdue.HOLD
SKIPPED = (RunStatus.SKIPPED, "overdue")
_HOLD_RUNS = "UPDATE journey_runs SET status = 2, paused_at = $2 WHERE id = ANY($1)"
_HOLD_TOKENS = "UPDATE journey_tokens SET is_paused = true WHERE run_id = ANY($1)"


def places(compiled: Compiled, group: Group, due: Ints, now: int) -> Ints:
    """Which of the due ones are late, where the journey does not say 'run'."""
    if compiled.journey.overdue is Overdue.RUN:
        return due[:0]
    moments = group.tokens.due[due]
    late: Ints = due[(moments != NEVER) & (moments < now - LATE_MICROS)]
    return late


def with_siblings(group: Group, late: Ints) -> Ints:
    """All tokens of their runs."""
    return np.flatnonzero(np.isin(group.tokens.at, group.tokens.at[late]))


def hold(driver: Driver, group: Group, late: Ints, now: int) -> None:
    """Their runs wait for somebody's review; release() of operations lets them go on."""
    runs = np.unique(group.runs.run[group.tokens.at[late]])
    change(driver, runs.tolist(), RunStatus.HELD)
    ask(driver, _HOLD_RUNS, longs(runs), moment(now))
    ask(driver, _HOLD_TOKENS, longs(runs))
    note(driver, runs, Happening.HELD, {"reason": "overdue"}, now)
