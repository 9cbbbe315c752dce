"""Where accounts stand, into the store: one statement, however many accounts.

Reads : Scored
Gives : StateWrites, state_writes()
Writes: account_states (present state), health_changes (history kept as changes)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from forestay.app.foreseeing import ForeseenRows, foreseen_rows
from forestay.app.scoring import Scored
from forestay.app.shard import WorkspaceMemory
from forestay.app.unusual_use import unusual_use
from forestay.journeys.runtime.wire import (
    Packed,
    ask,
    documents,
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
from forestay.kit.clock import micros_of
from forestay.measures.ring import Ints
from forestay.store.database import raw

_ROWS = given("account_id scorecard score band confidence band_confidence churn readiness is_change n anomalies")


def _statement(columns: str = "", values: str = "", news: str = "") -> str:
    """The states and their history. columns, values, news: what is written beside, as SQL."""
    return f"""
WITH scored AS MATERIALIZED (SELECT * FROM {_ROWS}), states AS (
  INSERT INTO account_states AS s (workspace_id, account_id, as_of, scorecard_key, score, band, confidence,
    band_confidence, dimensions, trends, churn_score, readiness, measures, measure_set, churn_model{columns})
  SELECT $12, account_id, $13, ($14::text[])[scorecard + 1], NULLIF(score, 'NaN'),
    (ARRAY['red', 'yellow', 'green'])[band + 1], confidence, NULLIF(band_confidence, 'NaN'),
    ($15::real[])[n * $16 + 1 : (n + 1) * $16], ($17::real[])[n * $18 + 1 : (n + 1) * $18], NULLIF(churn, 'NaN'),
    NULLIF(readiness, 'NaN'), ($19::real[])[n * $20 + 1 : (n + 1) * $20], $21, NULLIF($23, 0){values}
  FROM scored
  ON CONFLICT (account_id) DO UPDATE SET as_of = EXCLUDED.as_of, scorecard_key = EXCLUDED.scorecard_key,
    score = EXCLUDED.score, band = EXCLUDED.band, confidence = EXCLUDED.confidence,
    band_confidence = EXCLUDED.band_confidence, dimensions = EXCLUDED.dimensions, trends = EXCLUDED.trends,
    churn_score = EXCLUDED.churn_score, readiness = EXCLUDED.readiness, measures = EXCLUDED.measures,
    measure_set = EXCLUDED.measure_set, churn_model = EXCLUDED.churn_model{news})
INSERT INTO health_changes (workspace_id, account_id, at, score, band, confidence, dimensions, scorecard_key, cause)
SELECT $12, account_id, $13, NULLIF(score, 'NaN'), (ARRAY['red', 'yellow', 'green'])[band + 1], confidence,
  ($15::real[])[n * $16 + 1 : (n + 1) * $16], ($14::text[])[scorecard + 1], $22
FROM scored WHERE is_change"""  # noqa: S608


_STATES = _statement()
_DAYS_STATES = _statement(", anomalies", ", anomalies", ", anomalies = EXCLUDED.anomalies")
"""Unusual weeks are looked for when the day begins; until the next they stay."""


@dataclass(slots=True)
class StateWrites:
    """Rows of one workspace for the tick's transaction; write() may be repeated when the transaction is. given: what
    the statement is given, None: no state changed; foreseen: what is predicted of the same accounts."""

    workspace_id: int
    statement: str
    given: tuple[Packed, ...] | None
    foreseen: ForeseenRows

    def write(self, connection: Connection) -> None:
        """Put the rows where they belong."""
        if self.given is not None:
            ask(raw(connection), self.statement, *self.given)
            self.foreseen.write(raw(connection))


def state_writes(space: WorkspaceMemory, scored: Scored, cause: str) -> StateWrites:
    """What must be written of some scored accounts. cause: 'event', 'day', 'scorecard', as in health_changes; at the
    day every state is written, with what was unusual in the account's week."""
    here = np.flatnonzero(scored.is_new_state)
    rows = _packed(space, scored, here, cause) if len(here) else None
    ids, written = space.known.account_ids.values[scored.rows[here]], scored.written[here]
    foreseen = foreseen_rows(
        space.workspace_id, ids, scored.at, scored.foreseen.take(here), written[:, 5], written[:, 6]
    )
    return StateWrites(space.workspace_id, _DAYS_STATES if cause == "day" else _STATES, rows, foreseen)


def _packed(space: WorkspaceMemory, scored: Scored, here: Ints, cause: str) -> tuple[Packed, ...]:
    """The statement's parameters in their order: the columns of the rows at places `here` (n,), then what is common."""
    written, configuration = scored.written[here], space.configuration
    score, band, confidence, sure, scorecard, churn, readiness = written.T
    columns = (
        longs(space.known.account_ids.values[scored.rows[here]]), _words(scorecard), reals(score), _words(band),
        reals(confidence), reals(sure), reals(churn), reals(readiness), flags(scored.is_change[here]),
        _words(np.arange(len(here))),
        documents(_unusual(space, scored.rows[here]) if cause == "day" else [None] * len(here)),
    )  # fmt: skip
    measures = _stacked([scored.measures[key][here] for key in configuration.measures.keys], len(here))
    lists = (
        texts([card.key for card in configuration.scorecards]), *_list(scored.columns.health.dimensions[here]),
        *_list(scored.trends[here]), *_list(measures),
    )  # fmt: skip
    common = (number(space.workspace_id), moment(micros_of(scored.at)))
    return (*columns, *common, *lists, number(configuration.measure_set), word(cause), whole(scored.foreseen.model))


def _words(values: npt.NDArray[np.floating | np.integer]) -> Packed:
    """Whole numbers, however they are held, as integer[]."""
    return words(values.astype(np.int64))


def _list(rows: npt.NDArray[np.floating]) -> tuple[Packed, Packed]:
    """Rows (n, k) end to end, and how long each is: the statement cuts out its own."""
    return reals(rows.reshape(-1)), whole(rows.shape[1])


def _stacked(values: list[npt.NDArray[np.float64]], rows: int) -> npt.NDArray[np.float32]:
    return np.stack(values, axis=1).astype(np.float32) if values else np.full((rows, 1), np.nan, np.float32)


def _unusual(space: WorkspaceMemory, rows: Ints) -> list[bytes]:
    """Per row (n,) a JSON list of what was unusual lately, most often an empty one."""
    return [told.encode() for told in unusual_use(space, rows)]
