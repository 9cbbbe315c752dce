"""`/api/health`: what a scorecard can be made of, and how the accounts are spread over it now.

Reads : the shelf of dimensions, measures, what the last tick stored of every account
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection, func, select

from forestay.api.calls import Call, needs
from forestay.api.queries.columns import stored_columns
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.health.registry import DIMENSIONS
from forestay.kit.clock import day_of
from forestay.measures import definition as measures
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.store import documents
from forestay.store.documents import DocumentKind
from forestay.store.tables.governance import workspaces
from forestay.store.tables.scores import account_states

router = APIRouter(prefix="/api/health", tags=["health"])
Reader = Annotated[Call, needs(Permission.SCORECARDS_READ)]
BINS = 30
"""Parts in which the values of a measure are counted."""
_SHARE_BINS = 20


class FactorShape(Shape):
    """One measure of a dimension as it ships, with its curve (value, points)."""

    measure: str
    label: str
    unit: str
    weight: float
    curve: list[tuple[float, float]]
    feed: str
    missing: str | float = Field(description="neutral, unknown, or the points that no value is worth.")
    why: str


class DimensionShape(Shape):
    """One side of the customer relationship as it ships; a scorecard names what it wants otherwise."""

    key: str
    name: str
    weight: float
    factors: list[FactorShape]


class MeasureShape(Shape):
    """A measure that a curve can read."""

    key: str
    label: str
    unit: str
    higher_is_better: bool | None
    description: str


class ShelfShape(Shape):
    """Everything that a scorecard can be made of."""

    dimensions: list[DimensionShape]
    measures: list[MeasureShape]


class MeasureSpread(Shape):
    """How one measure is spread over the accounts now. counts: between `low` and `high` in equal steps; what lies beyond
    (the outermost hundredth on each side) is counted in the first and last."""

    known: int
    missing: int
    low: float | None
    high: float | None
    middle: float | None = Field(description="Median.")
    counts: list[int]


class BookShape(Shape):
    """The accounts as they stand."""

    accounts: int = Field(description="With a score; who left has none, and is not counted anywhere here.")
    spreads: dict[str, MeasureSpread] = Field(description="By measure.")
    scores: list[int] = Field(description="Accounts by health score, in steps of 5 points from 0.")
    judged: dict[str, int] = Field(description="Accounts by the scorecard that made their score.")


@router.get("/shelf")
def shelf(call: Reader) -> ShelfShape:
    """Dimensions with the curves that ship, and every measure there is."""
    with call.begin() as conn:
        own = [measures.DOCUMENT.validate_python(one.body) for one in _own_measures(conn, call.workspace_id)]
    known = {one.key: one for one in [*DEFAULT_MEASURES, *own]}
    return ShelfShape(
        dimensions=[DimensionShape.model_validate(one) for one in DIMENSIONS],
        measures=[MeasureShape.model_validate(known[key]) for key in sorted(known)],
    )


@router.get("/book")
def book(
    call: Reader,
    measure: Annotated[list[str] | None, Query(description="Only these; those of the shelf if left out.")] = None,
) -> BookShape:
    """How measures and scores are spread over the accounts that have a score, as of each one's last tick."""
    wanted = measure or [factor.measure for dimension in DIMENSIONS for factor in dimension.factors]
    with call.begin() as conn:
        zone = str(conn.scalar(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)))
        columns = stored_columns(conn, call.workspace_id, day_of(call.now(), zone))
        table = account_states.c
        rows = conn.execute(
            select(table.scorecard_key, func.count())
            .where(table.workspace_id == call.workspace_id, table.score.is_not(None), table.scorecard_key.is_not(None))
            .group_by(table.scorecard_key)
        ).all()
    known = {name for name in wanted if f"measure.{name}" in columns.table}
    scores = columns.table.floats("health.score")
    scored = ~np.isnan(scores)
    binned = np.minimum(scores[scored] // (100 / _SHARE_BINS), _SHARE_BINS - 1).astype(np.int64)
    return BookShape(
        accounts=int(scored.sum()),
        spreads={name: _spread(columns.table.floats(f"measure.{name}")[scored]) for name in sorted(known)},
        scores=np.bincount(binned, minlength=_SHARE_BINS).tolist(),
        judged={row[0]: row[1] for row in rows},
    )


def _own_measures(conn: Connection, workspace_id: int) -> list[documents.Document]:
    return list(documents.list_live(conn, workspace_id, DocumentKind.MEASURE))


def _spread(values: npt.NDArray[np.float64]) -> MeasureSpread:
    known = values[np.isfinite(values)]
    if not len(known):
        return MeasureSpread(known=0, missing=len(values), low=None, high=None, middle=None, counts=[])
    low, middle, high = (float(one) for one in np.quantile(known, [0.01, 0.5, 0.99]))
    if math.isclose(low, high):
        low, high = float(known.min()), float(known.max())
    if low == high:
        return MeasureSpread(known=len(known), missing=len(values) - len(known), low=low, high=high, middle=middle,
                           counts=[len(known)])  # fmt: skip
    counts, _ = np.histogram(np.clip(known, low, high), bins=BINS, range=(low, high))
    return MeasureSpread(known=len(known), missing=len(values) - len(known), low=low, high=high, middle=middle,
                       counts=counts.tolist())  # fmt: skip
