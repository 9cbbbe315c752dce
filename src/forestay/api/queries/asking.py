"""Conditions asked now, of every account, by what the last tick stored.

Reads: stored columns, live segments, live models (where a condition names what only they know)
Gives: Asked, ask(), everybody(), answered()

Events are not stored by account. Parts that count them are unknown here, so that the answer is a lower and an upper
bound: `yes` holds whatever the events were, `no` fails whatever they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, select

from forestay.api.queries.columns import StoredColumns, stored_columns
from forestay.conditions.columns import Flags, Floats
from forestay.conditions.document import Condition
from forestay.conditions.evaluate import judge
from forestay.conditions.needs import columns_of, events_of
from forestay.health.score import HealthTable
from forestay.kit.clock import day_of
from forestay.predictions.serving import load_serving
from forestay.signals.columns import FURTHER, PREDICTED, Columns
from forestay.store.tables.governance import workspaces

_OF_MODELS = {f"churn.{name}" for name in PREDICTED} - {"churn.probability"} | set(FURTHER)
"""What the tick knows and does not store: made again from what it does, by the models that are live."""


@dataclass(frozen=True, slots=True)
class Asked:
    """yes, no: bool (n,) place for place with columns.ids; neither: unknown. events: series that it counts, sorted."""

    columns: StoredColumns
    yes: Flags
    no: Flags
    events: tuple[str, ...]


def ask(
    conn: Connection, workspace_id: int, condition: Condition, segments: Mapping[str, Condition], now: datetime
) -> Asked:
    """The condition over every account that has been scored. Raises UnknownColumn with the names that are near."""
    return answered(everybody(conn, workspace_id, [condition], segments, now), condition, segments)


def everybody(
    conn: Connection,
    workspace_id: int,
    conditions: Iterable[Condition],
    segments: Mapping[str, Condition],
    now: datetime,
) -> StoredColumns:
    """Columns of every account that has been scored, to ask all of these conditions of."""
    zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == workspace_id)).scalar_one())
    stored = stored_columns(conn, workspace_id, day_of(now, zone), segments=segments)
    stored.table.events, stored.table.events_known = _NotStored(), False
    if any(columns_of(condition, segments) & _OF_MODELS for condition in conditions):
        Columns(stored.table, _stored_already, None, load_serving(conn, workspace_id))
    return stored


def answered(stored: StoredColumns, condition: Condition, segments: Mapping[str, Condition]) -> Asked:
    """One condition over them. Raises UnknownColumn with the names that are near."""
    yes, no = judge(condition, stored.table)
    return Asked(stored, np.asarray(yes), np.asarray(no), tuple(sorted(events_of(condition, segments))))


class _NotStored:
    """Stands where events would; what it says is never believed (`events_known` is False)."""

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Nothing."""
        return np.zeros(1)

    def days_since_event(self, series: str) -> Floats:
        """Nothing."""
        return np.zeros(1)


def _stored_already() -> HealthTable:
    raise AssertionError("health is stored; nobody asks for it to be made")
