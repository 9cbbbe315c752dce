"""What measures were a quarter ago: kept for the server, which has no lake, so that it can answer scenarios.

Reads : an OpenPast; the live trajectory
Gives : keep_quarter_ago(), QUARTER_DAYS
Writes: measures_before (what changed since the day before)
Source: REQUIREMENTS C3 ('what if logins recover to last quarter's level?')
"""

from __future__ import annotations

import json

import numpy as np

from forestay.app.job_kinds.past import OpenPast
from forestay.app.job_kinds.past_values import ValuesOn, values_on
from forestay.app.job_kinds.workshop import Workshop
from forestay.kit.clock import date_of
from forestay.predictions.scenarios import ASKED_BACK
from forestay.store.database import raw

QUARTER_DAYS = 90
_PORTION = 10_000
_KEEP = """
INSERT INTO measures_before AS kept (workspace_id, account_id, day, measures)
SELECT %s, u.account_id, %s, u.measures::jsonb FROM unnest(%s::bigint[], %s::text[]) AS u (account_id, measures)
JOIN accounts ON accounts.id = u.account_id
ON CONFLICT (account_id) DO UPDATE SET day = EXCLUDED.day, measures = EXCLUDED.measures
WHERE kept.measures <> EXCLUDED.measures"""
_GONE = "DELETE FROM measures_before WHERE workspace_id = %s AND NOT account_id = ANY(%s)"


def keep_quarter_ago(workshop: Workshop, workspace_id: int, past: OpenPast) -> int:
    """Write them of every account that was a customer then; gives how many."""
    day = past.history.last_day - QUARTER_DAYS
    names = tuple(name for name in ASKED_BACK if name.removeprefix("measure.") in past.configuration.measures.by_key)
    found = values_on(past, names, day)
    with workshop.store.begin_worker() as connection:
        raw(connection).execute(_GONE, (workspace_id, found.account_ids.tolist()))
        for start in range(0, len(found.account_ids), _PORTION):
            some = slice(start, start + _PORTION)
            numbers = found.account_ids[some].tolist()
            raw(connection).execute(_KEEP, (workspace_id, date_of(day), numbers, _texts(names, found, some)))
    return len(found.account_ids)


def _texts(names: tuple[str, ...], found: ValuesOn, some: slice) -> list[str]:
    return [
        json.dumps({name: round(float(one), 4) for name, one in zip(names, row, strict=True) if np.isfinite(one)})
        for row in found.values[some]
    ]
