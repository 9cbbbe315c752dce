"""An account's health in words, out of what the last tick stored.

Reads: stored columns, live scorecards
Gives: explanation_of()
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from forestay.api.queries.columns import stored_columns
from forestay.api.queries.health import scorecard_of, shares_of
from forestay.customers.words import Band
from forestay.health.explain import Explanation, explain
from forestay.health.score import HealthTable
from forestay.health.scorecard import Scorecard
from forestay.kit.clock import day_of
from forestay.store.tables.governance import workspaces

_CODES = {Band.RED.value: 0, Band.YELLOW.value: 1, Band.GREEN.value: 2}


def explanation_of(
    conn: Connection, workspace_id: int, row: Row[Any], before: Row[Any] | None, now: datetime
) -> Explanation | None:
    """Why the account (a row of queries.accounts) stands where it stands; None without any evidence.

    before: a row of health_changes to compare with.
    """
    if row.score is None:
        return None
    zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == workspace_id)).scalar_one())
    columns = stored_columns(conn, workspace_id, day_of(now, zone), account_id=row.id)
    if not len(columns.ids):
        return None
    card = scorecard_of(conn, workspace_id, row.scorecard_key)
    given = None
    if before is not None:
        past = scorecard_of(conn, workspace_id, before.scorecard_key)
        given = np.array([share.points for share in shares_of(past, before.dimensions)])
    return explain(_stored(row, card), card, columns.table, 0, given_before=given)


def _stored(row: Row[Any], card: Scorecard) -> HealthTable:
    """One stored score as the health table (1,) that it was."""
    shares = shares_of(card, row.dimensions)
    points = sum(share.points for share in shares)
    return HealthTable(
        score=np.array([row.score], np.float64),
        band=np.array([_CODES.get(row.band, -1)], np.int8),
        confidence=np.array([row.confidence or 0.0]),
        band_confidence=np.array([np.nan if row.band_confidence is None else row.band_confidence]),
        dimensions=np.array([[np.nan if share.value is None else share.value for share in shares]]),
        adjustment=np.array([row.score - points]),
        held=np.zeros((1, len(shares)), np.bool_),
        scorecard=np.zeros(1, np.int8),
        exception=np.full(1, -1, np.int8),
        weights=np.array([[dimension.weight for dimension in card.resolved()]]),
    )
