"""Where accounts stand, into the store: one COPY and two statements, however many accounts.

Reads : Scored
Gives : StateWrites, state_writes()
Writes: account_states and predictions (present state), health_changes and prediction_changes (history as changes)
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from forestay.app.foreseeing import FORESEEN_COLUMNS, LINES, PREDICTIONS
from forestay.app.pouring import Column, postgres_micros, pour
from forestay.app.scoring import Scored
from forestay.app.shard import WorkspaceMemory
from forestay.app.unusual_use import unusual_use
from forestay.kit.clock import micros_of
from forestay.measures.ring import Ints
from forestay.store.database import raw

_TABLE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS scored_accounts (
  part int, account_id bigint, as_of timestamptz, scorecard smallint, score real, band smallint, confidence real,
  band_confidence real, dimensions real[], trends real[], churn real, readiness real, measures real[],
  is_change smallint, {FORESEEN_COLUMNS}) ON COMMIT DELETE ROWS"""
_STATES = """
INSERT INTO account_states AS s (workspace_id, account_id, as_of, scorecard_key, score, band, confidence,
  band_confidence, dimensions, trends, churn_score, churn_model, readiness, measures, measure_set)
SELECT %s, account_id, as_of, (%s::text[])[scorecard + 1], NULLIF(score, 'NaN'),
  (ARRAY['red', 'yellow', 'green'])[band + 1], confidence, NULLIF(band_confidence, 'NaN'), dimensions, trends,
  NULLIF(churn, 'NaN'), NULLIF(model, 0), NULLIF(readiness, 'NaN'), measures, %s
FROM scored_accounts WHERE part = %s
ON CONFLICT (account_id) DO UPDATE SET as_of = EXCLUDED.as_of, scorecard_key = EXCLUDED.scorecard_key,
  score = EXCLUDED.score, band = EXCLUDED.band, confidence = EXCLUDED.confidence,
  band_confidence = EXCLUDED.band_confidence, dimensions = EXCLUDED.dimensions, trends = EXCLUDED.trends,
  churn_score = EXCLUDED.churn_score, churn_model = EXCLUDED.churn_model, readiness = EXCLUDED.readiness, measures = EXCLUDED.measures,
  measure_set = EXCLUDED.measure_set"""
_CHANGES = """
INSERT INTO health_changes (workspace_id, account_id, at, score, band, confidence, dimensions, scorecard_key, cause)
SELECT %s, account_id, as_of, NULLIF(score, 'NaN'), (ARRAY['red', 'yellow', 'green'])[band + 1], confidence,
  dimensions, (%s::text[])[scorecard + 1], %s
FROM scored_accounts WHERE is_change = 1 AND part = %s"""
_ANOMALIES = """
UPDATE account_states AS s SET anomalies = u.anomalies::jsonb
FROM unnest(%s::bigint[], %s::text[]) AS u (account_id, anomalies)
WHERE s.workspace_id = %s AND s.account_id = u.account_id AND s.anomalies <> u.anomalies::jsonb"""
_PARTS = itertools.count(1)
"""Several parts of one tick share the table; each reads its own rows."""


@dataclass(slots=True)
class StateWrites:
    """Rows of one workspace for the tick's transaction; write() may be repeated when the transaction is."""

    workspace_id: int
    columns: dict[str, Column]
    scorecards: list[str]
    measure_set: int
    cause: str
    anomalies: list[tuple[int, str]]

    def write(self, connection: Connection) -> None:
        """COPY into a table of the session's own, and from there to where the rows belong."""
        driver = raw(connection)
        if len(self.columns["account_id"]):
            driver.execute(_TABLE)
            part = next(_PARTS) % 2**31
            rows = np.full(len(self.columns["account_id"]), part, np.int32)
            pour(driver, "scored_accounts", {"part": rows, **self.columns})
            driver.execute(_STATES, (self.workspace_id, self.scorecards, self.measure_set, part))
            if self.columns["is_change"].any():
                driver.execute(_CHANGES, (self.workspace_id, self.scorecards, self.cause, part))
            if self.columns["model"].any():
                driver.execute(PREDICTIONS, (self.workspace_id, part))
            if self.columns["is_line"].any():
                driver.execute(LINES, (self.workspace_id, part))
        if self.anomalies:
            ids, texts = [number for number, _ in self.anomalies], [words for _, words in self.anomalies]
            driver.execute(_ANOMALIES, (ids, texts, self.workspace_id))


def state_writes(space: WorkspaceMemory, scored: Scored, cause: str) -> StateWrites:
    """What must be written of some scored accounts. cause: 'event', 'day', 'scorecard', as in health_changes."""
    here = np.flatnonzero(scored.is_new_state)
    rows, written = scored.rows[here], scored.written[here]
    keys = list(space.configuration.measures.keys)
    columns: dict[str, Column] = {
        "account_id": space.known.account_ids.values[rows].astype(np.int64),
        "as_of": np.full(len(here), postgres_micros(micros_of(scored.at)), np.int64),
        "scorecard": written[:, 4].astype(np.int16),
        "score": written[:, 0],
        "band": written[:, 1].astype(np.int16),
        "confidence": written[:, 2],
        "band_confidence": written[:, 3],
        "dimensions": scored.columns.health.dimensions[here].astype(np.float32),
        "trends": scored.trends[here].astype(np.float32),
        "churn": written[:, 5],
        "readiness": written[:, 6],
        "measures": _stacked([scored.measures[key][here] for key in keys], len(here)),
        "is_change": scored.is_change[here].astype(np.int16),
        **scored.foreseen.columns(here),
    }
    names = [card.key for card in space.configuration.scorecards]
    anomalies = _anomalies(space, scored.rows) if cause == "day" else []
    return StateWrites(space.workspace_id, columns, names, space.configuration.measure_set, cause, anomalies)


def _stacked(values: list[npt.NDArray[np.float64]], rows: int) -> npt.NDArray[np.float32]:
    return np.stack(values, axis=1).astype(np.float32) if values else np.full((rows, 1), np.nan, np.float32)


def _anomalies(space: WorkspaceMemory, rows: Ints) -> list[tuple[int, str]]:
    numbers = [space.known.account_ids[row] for row in rows.tolist()]
    return list(zip(numbers, unusual_use(space, rows), strict=True))
