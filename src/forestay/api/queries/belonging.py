"""Who belongs to a segment now, by what the last tick stored.

Reads: live segments, stored columns
Gives: in_segment(), members_of_segments()
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from forestay.api.configuration import segments_of
from forestay.api.queries.columns import StoredColumns, stored_columns
from forestay.conditions.document import Condition
from forestay.conditions.evaluate import evaluate
from forestay.conditions.needs import events_of
from forestay.kit.clock import day_of
from forestay.kit.errors import Invalid
from forestay.store.tables.governance import workspaces


def in_segment(conn: Connection, workspace_id: int, key: str, now: datetime) -> npt.NDArray[np.int64]:
    """Numbers of the accounts in the segment, int64 (n,), rising; accounts never scored belong to none.

    Raises Invalid for a segment that does not exist, or that counts events, which are not stored an account.
    """
    segments = {name: segment.condition for name, segment in segments_of(conn, workspace_id).items()}
    condition = segments.get(key)
    if condition is None:
        known = ", ".join(sorted(segments)) or "none yet"
        raise Invalid(f"there is no published segment '{key}'; there are {known}", place="segment")
    if events_of(condition, segments):
        raise Invalid(
            f"the segment '{key}' counts events, which are not stored an account: it works in triggers and scorecards",
            place="segment", code="not_countable_now",
        )  # fmt: skip
    columns = _stored(conn, workspace_id, segments, now)
    return columns.ids[evaluate(condition, columns.table)]


def members_of_segments(conn: Connection, workspace_id: int, now: datetime) -> dict[str, npt.NDArray[np.int64]]:
    """Numbers of the accounts in each live segment by its key, but for segments that count events."""
    segments = {name: segment.condition for name, segment in segments_of(conn, workspace_id).items()}
    columns = _stored(conn, workspace_id, segments, now)
    countable = {key: condition for key, condition in segments.items() if not events_of(condition, segments)}
    return {key: columns.ids[evaluate(condition, columns.table)] for key, condition in sorted(countable.items())}


def _stored(conn: Connection, workspace_id: int, segments: dict[str, Condition], now: datetime) -> StoredColumns:
    zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == workspace_id)).scalar_one())
    return stored_columns(conn, workspace_id, day_of(now, zone), segments=segments)
