"""Who is watched in silence: accounts that would fire at the loosest threshold a trigger may have, and do not now.

Reads : a trigger's document, columns of all accounts
Gives : watched_of()
Source: REQUIREMENTS D6; DESIGN section 6 (trained on fired alerts only, AUC fell from .81 to .70)

The same 5 % of accounts for good (kit.buckets), so that somebody who is watched today is not asked for action because of it
tomorrow. Nobody sees them; what becomes of them tells how many the trigger misses.
"""

from __future__ import annotations

import numpy as np

from forestay.conditions.columns import ColumnTable, UnknownColumn
from forestay.conditions.document import BadCondition
from forestay.kit.buckets import buckets
from forestay.learning.precision import EXPLORED_SHARE
from forestay.learning.thresholds import tunable_of, with_threshold
from forestay.outcomes.recording import Watched
from forestay.outcomes.subjects import Ints
from forestay.signals.evaluation import judge_trigger
from forestay.signals.trigger import read_trigger
from forestay.store.documents import Document


def watched_of(document: Document, anchor: float | None, accounts: Ints, table: ColumnTable) -> Watched | None:
    """accounts: numbers (n,), in the table's order. None where there is no dial, or the condition asks for what the store
    does not keep (single events)."""
    dial = tunable_of(document.body, "", anchor)
    if dial is None:
        return None
    try:
        trigger = read_trigger(document.body)
        fires = judge_trigger(trigger, table, with_risk=False).on
        loosest = read_trigger(with_threshold(document.body, dial.loosest))
        nearly = judge_trigger(loosest, table, with_risk=False).on & ~fires
    except (UnknownColumn, BadCondition):
        return None
    nearly &= buckets(accounts, f"explore:{document.key}") < EXPLORED_SHARE
    rows = np.flatnonzero(nearly)
    values = table.floats(dial.column)[rows]
    return Watched(trigger, document.version, EXPLORED_SHARE, accounts[rows].tolist(), values.tolist())
