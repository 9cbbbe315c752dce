"""What the tick keeps of predictions: where each account stands with the live model, and a lean history.

Reads : Columns.churn (the live model's, else the rule's)
Gives : Foreseen, foresee(), note_foreseen(), ForeseenRows, foreseen_rows()
Writes: predictions, prediction_changes (by app/state_writes.py, in the tick's transaction)

Reasons are not kept: whoever opens an account gets them computed from what is stored, and a signal carries those of its
moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.app.shard import WorkspaceMemory
from forestay.journeys.runtime.wire import Driver, Packed, ask, flags, given, longs, moment, number, reals, whole, words
from forestay.kit.clock import micros_of
from forestay.measures.ring import Ints
from forestay.signals.columns import Columns

Flags = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]

RULE = 0
"""Stands for the rule score where a version of a model stands else."""
LEAST_MOVE, LEAST_SHARE = 0.01, 0.25
"""The history gets a line, once a day at most, when the probability moved this far and by this share of itself."""
LARGE_MOVE = 0.1
"""Moved this far, it gets one at any time."""
WEEK_DAYS = 7

_STANDING = f"""
INSERT INTO predictions AS p (workspace_id, account_id, as_of, model_version, state, horizons, low, high)
SELECT $6, account_id, $7, $8, CASE WHEN enough THEN 'ok' ELSE 'not_enough_data' END,
  ($9::real[])[n * $10 + 1 : (n + 1) * $10], NULLIF(low, 'NaN'), NULLIF(high, 'NaN')
FROM {given("account_id low high enough n")}
ON CONFLICT (account_id) DO UPDATE SET as_of = EXCLUDED.as_of, model_version = EXCLUDED.model_version,
  state = EXCLUDED.state, horizons = EXCLUDED.horizons, low = EXCLUDED.low, high = EXCLUDED.high,
  reasons = CASE WHEN p.model_version = EXCLUDED.model_version THEN p.reasons END"""  # noqa: S608
_LINES = f"""
INSERT INTO prediction_changes (workspace_id, account_id, at, model_version, probability, low, high, readiness)
SELECT $6, account_id, $7, NULLIF($8, 0), NULLIF(churn, 'NaN'), NULLIF(low, 'NaN'), NULLIF(high, 'NaN'),
  NULLIF(readiness, 'NaN')
FROM {given("account_id churn low high readiness")}"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Of some accounts (n,). model: version, RULE where the rule answers; horizons: (n, h) 0-1; low, high: (n,) of the
    last horizon; enough: (n,) False where the answer is the prior's; is_line: (n,) whether the history gets a line."""

    model: int
    horizons: Singles
    low: Singles
    high: Singles
    enough: Flags
    is_line: Flags

    def take(self, here: Ints) -> Foreseen:
        """Of the places asked for."""
        return Foreseen(
            self.model, self.horizons[here], self.low[here], self.high[here], self.enough[here], self.is_line[here]
        )


@dataclass(frozen=True, slots=True)
class ForeseenRows:
    """What two statements are given; None: nothing to write."""

    standing: tuple[Packed, ...] | None
    lines: tuple[Packed, ...] | None

    def write(self, driver: Driver) -> None:
        """In the tick's transaction, after the states."""
        if self.standing is not None:
            ask(driver, _STANDING, *self.standing)
        if self.lines is not None:
            ask(driver, _LINES, *self.lines)


def foreseen_rows(
    workspace_id: int, ids: Ints, at: datetime, foreseen: Foreseen, churn: Singles, readiness: Singles
) -> ForeseenRows:
    """Of the accounts with numbers `ids` (n,), with what is written as their churn and readiness (n,)."""
    common = (number(workspace_id), moment(micros_of(at)), whole(foreseen.model))
    known, told = ~np.isnan(churn), foreseen.is_line
    standing = lines = None
    if foreseen.model != RULE and known.any():
        one = foreseen.take(np.flatnonzero(known))
        standing = (
            longs(ids[known]), reals(one.low), reals(one.high), flags(one.enough), words(np.arange(len(one.low))),
            *common, reals(one.horizons.reshape(-1)), whole(one.horizons.shape[1]),
        )  # fmt: skip
    if told.any():
        lines = (longs(ids[told]), reals(churn[told]), reals(foreseen.low[told]), reals(foreseen.high[told]),
                 reals(readiness[told]), *common)  # fmt: skip
    return ForeseenRows(standing, lines)


def foresee(space: WorkspaceMemory, rows: Ints, columns: Columns) -> Foreseen:
    """What is predicted of the rows, and which of them moved enough for their history."""
    churn, size = columns.churn, len(rows)
    value = np.asarray(churn.value, np.float32)
    if churn.predictions is None or churn.served is None:
        missing = np.full(size, np.nan, np.float32)
        is_line = _is_line(space, rows, value, RULE)
        return Foreseen(RULE, missing[:, None], missing, missing, np.zeros(size, bool), is_line)
    found, version = churn.predictions, churn.served.version
    ends = (found.low[:, -1].astype(np.float32), found.high[:, -1].astype(np.float32))
    is_line = _is_line(space, rows, value, version)
    return Foreseen(version, found.probability.astype(np.float32), *ends, np.asarray(found.enough, bool), is_line)


def note_foreseen(space: WorkspaceMemory, rows: Ints, value: Singles, foreseen: Foreseen, is_written: Flags) -> None:
    """What goes to the store with this tick is what the next one compares with. value: (n,) as written."""
    standing = space.standing
    standing.model[rows[is_written]] = foreseen.model
    told = foreseen.is_line
    lines = rows[told]
    standing.told_churn[lines], standing.told_model[lines] = value[told], foreseen.model
    standing.told_day[lines] = space.today


def _is_line(space: WorkspaceMemory, rows: Ints, value: Singles, model: int) -> Flags:
    """Another model, a large move, a move on another day, or a week gone by."""
    standing = space.standing
    before, day = standing.told_churn[rows], standing.told_day[rows]
    moved = np.abs(value - before)
    far = moved >= np.maximum(LEAST_MOVE, LEAST_SHARE * before)
    due = (far & (day < space.today)) | ((moved > 0) & (day <= space.today - WEEK_DAYS))
    appeared = np.isnan(value) != np.isnan(before)
    other = (standing.told_model[rows] != model) & ~np.isnan(value)
    return np.asarray(appeared | other | (moved >= LARGE_MOVE) | due, bool)
