"""What the tick keeps of predictions: where each account stands with the live model, and a lean history.

Reads : Columns.churn (the live model's, else the rule's)
Gives : Foreseen, foresee(), note_foreseen(), PREDICTIONS, LINES, FORESEEN_COLUMNS
Writes: predictions, prediction_changes (by app/state_writes.py, in the tick's transaction)

Reasons are not kept: whoever opens an account gets them computed from what is stored, and a signal carries those of its
moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.app.pouring import Column
from forestay.app.shard import WorkspaceMemory
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

FORESEEN_COLUMNS = "model int, horizons real[], low real, high real, enough smallint, is_line smallint"
PREDICTIONS = """
INSERT INTO predictions AS p (workspace_id, account_id, as_of, model_version, state, horizons, low, high)
SELECT %s, account_id, as_of, model, CASE enough WHEN 1 THEN 'ok' ELSE 'not_enough_data' END, horizons,
  NULLIF(low, 'NaN'), NULLIF(high, 'NaN')
FROM scored_accounts WHERE part = %s AND model > 0 AND churn <> 'NaN'
ON CONFLICT (account_id) DO UPDATE SET as_of = EXCLUDED.as_of, model_version = EXCLUDED.model_version,
  state = EXCLUDED.state, horizons = EXCLUDED.horizons, low = EXCLUDED.low, high = EXCLUDED.high,
  reasons = CASE WHEN p.model_version = EXCLUDED.model_version THEN p.reasons END"""
LINES = """
INSERT INTO prediction_changes (workspace_id, account_id, at, model_version, probability, low, high, readiness)
SELECT %s, account_id, as_of, NULLIF(model, 0), NULLIF(churn, 'NaN'), NULLIF(low, 'NaN'), NULLIF(high, 'NaN'),
  NULLIF(readiness, 'NaN')
FROM scored_accounts WHERE is_line = 1 AND part = %s"""


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

    def columns(self, here: Ints) -> dict[str, Column]:
        """FORESEEN_COLUMNS of the places asked for."""
        return {
            "model": np.full(len(here), self.model, np.int32),
            "horizons": self.horizons[here],
            "low": self.low[here],
            "high": self.high[here],
            "enough": self.enough[here].astype(np.int16),
            "is_line": self.is_line[here].astype(np.int16),
        }


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
