"""Facts that the store had committed and the lake had not been told when the worker died.

Reads : memory (its facts were read from the store), the lake's facts
Gives : LakeFacts, lost_facts(), LAST_DAY
Source: DESIGN section 4 (three positions)

Events are taken from the log again, but a fact is the difference between two versions of a record, and the store
has only the later one by then. So what the lake holds of each account is compared with what it should hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from forestay.app.remembering import DatedFact
from forestay.app.shard import WorkspaceMemory
from forestay.kit.clock import number_of
from forestay.lake.reads import Chosen, DatedFacts
from forestay.measures.facts import FactTable
from forestay.measures.record_facts import FACT_NAMES, Fact

LakeFacts = Callable[[Chosen, str], DatedFacts]
"""All that the lake knows of a fact, of any day, for chosen accounts."""

LAST_DAY = number_of(date.max)
"""No fact is dated later."""
_CENT = 0.005


def lost_facts(space: WorkspaceMemory, lake: LakeFacts, position: int) -> list[DatedFact]:
    """The differences that make the lake say what the store says. position: where they are to stand in the lake."""
    rows = np.flatnonzero(space.known.account_ids.values).astype(np.int64)
    if not len(rows):
        return []
    chosen = Chosen(space.workspace_id, space.known.account_ids.values[rows].astype(np.int64))
    missing = FactTable()
    for name in sorted({*FACT_NAMES, *space.memory.facts.names}):
        missing.add(name, *space.memory.facts.entries(name))
        told = lake(chosen, name)
        if len(told.place):
            standing = space.known.merged.values[rows[told.place]].astype(np.int64)
            missing.add(name, standing, told.day, -told.value, -told.count)
    return [
        DatedFact(int(row), Fact(name, int(day), float(value), int(count)), position)
        for name in missing.names
        for row, day, value, count in zip(*missing.entries(name), strict=True)
        if count or abs(value) > _CENT
    ]
