"""What drives an account's health, out of what was stored: contributions now, and what moved since.

Reads: account_states, health_changes, live scorecards
Gives: Share, shares_of(), scorecard_of(), change_before()
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from forestay.health.scorecard import DEFAULT_SCORECARD, Scorecard, read_scorecard
from forestay.store import documents
from forestay.store.documents import DocumentKind
from forestay.store.tables.scores import health_changes


@dataclass(frozen=True, slots=True)
class Share:
    """One dimension in one score: value 0-100 or None, weight and share 0-1, points given and lost."""

    key: str
    name: str
    value: float | None
    weight: float
    share: float
    points: float
    lost: float


def scorecards_of(conn: Connection, workspace_id: int) -> dict[str, Scorecard]:
    """Live scorecards by key, the default among them where the workspace has none of its own."""
    live = documents.list_live(conn, workspace_id, DocumentKind.SCORECARD)
    own = {document.key: read_scorecard(document.body) for document in live}
    return {DEFAULT_SCORECARD.key: DEFAULT_SCORECARD} | own


def scorecard_of(conn: Connection, workspace_id: int, key: str | None) -> Scorecard:
    """The scorecard that made a score; the default when it is no longer live."""
    return scorecards_of(conn, workspace_id).get(key or "", DEFAULT_SCORECARD)


def shares_of(card: Scorecard, values: Sequence[float | None]) -> list[Share]:
    """How the dimensions (values in the registry's order, NaN or None without evidence) make the score."""
    dimensions = card.resolved()
    total = sum(dimension.weight for dimension in dimensions)
    known = [_known(values[at]) if at < len(values) else None for at in range(len(dimensions))]
    carried = sum(dimension.weight for dimension, value in zip(dimensions, known, strict=True) if value is not None)
    made = []
    for dimension, value in zip(dimensions, known, strict=True):
        share = dimension.weight / carried if value is not None and carried > 0 else 0.0
        points = share * (value or 0.0)
        made.append(
            Share(dimension.key, dimension.name, value, dimension.weight / total, share, points, 100 * share - points)
        )
    return made


def change_before(conn: Connection, workspace_id: int, account_id: int, moment: datetime) -> Row[Any] | None:
    """The score that stood at a moment, or None when there was none yet."""
    table = health_changes.c
    return conn.execute(
        select(health_changes)
        .where(table.workspace_id == workspace_id, table.account_id == account_id, table.at <= moment)
        .order_by(table.at.desc())
        .limit(1)
    ).one_or_none()


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
