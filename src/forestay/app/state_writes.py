"""Where accounts stand, into the store: one statement, however many accounts.

Reads : Scored
Gives : StateWrites, state_writes()
Writes: account_states (present state), health_changes (history kept as changes)
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from forestay.app.scoring import Scored, anomalies_of
from forestay.app.shard import WorkspaceMemory
from forestay.journeys.runtime.wire import (
    Packed,
    ask,
    flags,
    given,
    longs,
    moment,
    number,
    reals,
    texts,
    whole,
    word,
    words,
)
from forestay.kit.clock import date_of, micros_of
from forestay.measures.ring import Ints
from forestay.store.database import raw

_ROWS = given("account_id scorecard score band confidence band_confidence churn readiness is_change n")
_STATES = f"""
WITH scored AS MATERIALIZED (SELECT * FROM {_ROWS}), states AS (
  INSERT INTO account_states AS s (workspace_id, account_id, as_of, scorecard_key, score, band, confidence,
    band_confidence, dimensions, trends, churn_score, readiness, measures, measure_set)
  SELECT $11, account_id, $12, ($13::text[])[scorecard + 1], NULLIF(score, 'NaN'),
    (ARRAY['red', 'yellow', 'green'])[band + 1], confidence, NULLIF(band_confidence, 'NaN'),
    ($14::real[])[n * $15 + 1 : (n + 1) * $15], ($16::real[])[n * $17 + 1 : (n + 1) * $17], NULLIF(churn, 'NaN'),
    NULLIF(readiness, 'NaN'), ($18::real[])[n * $19 + 1 : (n + 1) * $19], $20
  FROM scored
  ON CONFLICT (account_id) DO UPDATE SET as_of = EXCLUDED.as_of, scorecard_key = EXCLUDED.scorecard_key,
    score = EXCLUDED.score, band = EXCLUDED.band, confidence = EXCLUDED.confidence,
    band_confidence = EXCLUDED.band_confidence, dimensions = EXCLUDED.dimensions, trends = EXCLUDED.trends,
    churn_score = EXCLUDED.churn_score, readiness = EXCLUDED.readiness, measures = EXCLUDED.measures,
    measure_set = EXCLUDED.measure_set)
INSERT INTO health_changes (workspace_id, account_id, at, score, band, confidence, dimensions, scorecard_key, cause)
SELECT $11, account_id, $12, NULLIF(score, 'NaN'), (ARRAY['red', 'yellow', 'green'])[band + 1], confidence,
  ($14::real[])[n * $15 + 1 : (n + 1) * $15], ($13::text[])[scorecard + 1], $21
FROM scored WHERE is_change"""  # noqa: S608
_ANOMALIES = """
UPDATE account_states AS s SET anomalies = u.anomalies::jsonb
FROM unnest(%s::bigint[], %s::text[]) AS u (account_id, anomalies)
WHERE s.workspace_id = %s AND s.account_id = u.account_id AND s.anomalies <> u.anomalies::jsonb"""


@dataclass(slots=True)
class StateWrites:
    """Rows of one workspace for the tick's transaction; write() may be repeated when the transaction is. given: what
    the statement is given, None: no state changed."""

    workspace_id: int
    given: tuple[Packed, ...] | None
    anomalies: list[tuple[int, str]]

    def write(self, connection: Connection) -> None:
        """Put the rows where they belong."""
        driver = raw(connection)
        if self.given is not None:
            ask(driver, _STATES, *self.given)
        if self.anomalies:
            ids, texts = [number for number, _ in self.anomalies], [words for _, words in self.anomalies]
            driver.execute(_ANOMALIES, (ids, texts, self.workspace_id))


def state_writes(space: WorkspaceMemory, scored: Scored, cause: str) -> StateWrites:
    """What must be written of some scored accounts. cause: 'event', 'day', 'scorecard', as in health_changes."""
    here = np.flatnonzero(scored.is_new_state)
    anomalies = _anomalies(space, scored.rows) if cause == "day" else []
    rows = _packed(space, scored, here, cause) if len(here) else None
    return StateWrites(space.workspace_id, rows, anomalies)


def _packed(space: WorkspaceMemory, scored: Scored, here: Ints, cause: str) -> tuple[Packed, ...]:
    """The statement's parameters in their order: the columns of the rows at places `here` (n,), then what is common."""
    written, configuration = scored.written[here], space.configuration
    score, band, confidence, sure, scorecard, churn, readiness = written.T
    columns = (
        longs(space.known.account_ids.values[scored.rows[here]]), _words(scorecard), reals(score), _words(band),
        reals(confidence), reals(sure), reals(churn), reals(readiness), flags(scored.is_change[here]),
        _words(np.arange(len(here))),
    )  # fmt: skip
    measures = _stacked([scored.measures[key][here] for key in configuration.measures.keys], len(here))
    lists = (
        texts([card.key for card in configuration.scorecards]), *_list(scored.columns.health.dimensions[here]),
        *_list(scored.trends[here]), *_list(measures),
    )  # fmt: skip
    common = (number(space.workspace_id), moment(micros_of(scored.at)))
    return (*columns, *common, *lists, number(configuration.measure_set), word(cause))


def _words(values: npt.NDArray[np.floating | np.integer]) -> Packed:
    """Whole numbers, however they are held, as integer[]."""
    return words(values.astype(np.int64))


def _list(rows: npt.NDArray[np.floating]) -> tuple[Packed, Packed]:
    """Rows (n, k) end to end, and how long each is: the statement cuts out its own."""
    return reals(rows.reshape(-1)), whole(rows.shape[1])


def _stacked(values: list[npt.NDArray[np.float64]], rows: int) -> npt.NDArray[np.float32]:
    return np.stack(values, axis=1).astype(np.float32) if values else np.full((rows, 1), np.nan, np.float32)


def _anomalies(space: WorkspaceMemory, rows: Ints) -> list[tuple[int, str]]:
    found = anomalies_of(space, rows)
    today = date_of(space.today).isoformat()
    written = []
    for at, row in enumerate(rows.tolist()):
        told = []
        if found.direction[at]:
            told.append(
                {
                    "measure": "events_7d", "direction": "low" if found.direction[at] < 0 else "high",
                    "ratio": round(float(found.ratio[at]), 3), "expected": round(float(found.expected[at]), 1),
                    "probability": float(f"{found.tail[at]:.3g}"), "as_of": today,
                }
            )  # fmt: skip
        written.append((space.known.account_ids[row], msgspec.json.encode(_finite(told)).decode()))
    return written


def _finite(told: list[dict[str, str | float]]) -> list[dict[str, str | float | None]]:
    return [{key: None if value != value else value for key, value in one.items()} for one in told]
