"""Several blocks of the past as one: columns are made block by block, in the processor's cache, and laid one upon another.

Gives : joined()
A day of a replay costs a few turns however few take part, so it wants many accounts at once; columns want few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from forestay.conditions.columns import ColumnTable, Floats, UnknownColumn, Values
from forestay.journeys.simulation.past import FAMILIES, BlockPast


def joined(parts: Sequence[BlockPast]) -> BlockPast:
    """The parts, which share their days, as one block. Accounts stay ascending."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    known = np.concatenate([part.known for part in parts])
    events = _Together(parts)
    table = ColumnTable(
        known.shape,
        families={family: partial(_column, parts, family) for family in FAMILIES},
        events=events,
        events_known=first.table.events_known,
        segments=first.table.segments,
    )
    accounts, owners = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("account_ids", "owner_ids")
    )
    return BlockPast(accounts, owners, first.first, table, known, events, first.unread)


def _column(parts: Sequence[BlockPast], family: str, rest: str) -> Values | None:
    try:
        return np.concatenate([np.broadcast_to(part.table[f"{family}.{rest}"], part.table.shape) for part in parts])
    except UnknownColumn:
        return None


@dataclass(frozen=True, slots=True)
class _Together:
    """conditions.columns.Events of all parts."""

    parts: Sequence[BlockPast]

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        return np.concatenate([part.substrate.event_count(series, days, ending_days_ago) for part in self.parts])

    def days_since_event(self, series: str) -> Floats:
        return np.concatenate([part.substrate.days_since_event(series) for part in self.parts])
