"""How splits stand in the store: shares moved by allocation, arms stopped by guard rails.

Reads : journey_arms
Gives : read_allocations(), save_allocation()
Writes: journey_arms
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, text

from forestay.journeys.experiments.assignment import Allocation

_READ = text("""
SELECT journey_id, test, bucket_version, shares, stopped FROM journey_arms
WHERE workspace_id = :workspace""")
_SAVE = text("""
INSERT INTO journey_arms (workspace_id, journey_id, test, bucket_version, shares, stopped, updated_at)
VALUES (:workspace, :journey, :test, :version, cast(:shares AS jsonb), cast(:stopped AS jsonb), :now)
ON CONFLICT (journey_id, test) DO UPDATE SET
  bucket_version = EXCLUDED.bucket_version, shares = EXCLUDED.shares, stopped = EXCLUDED.stopped, updated_at = :now""")

Standings = Mapping[tuple[int, str], tuple[Allocation, Mapping[str, str]]]


def read_allocations(connection: Connection, workspace_id: int) -> Standings:
    """(journeys.id, step id) -> how it stands, and arm -> why it was stopped. Splits that stand as their document says
    are not among them; one of another bucket version than the document's does not count."""
    rows = connection.execute(_READ, {"workspace": workspace_id})
    return {
        (row.journey_id, row.test): (
            Allocation(dict(row.shares), row.bucket_version, frozenset(row.stopped)),
            dict(row.stopped),
        )
        for row in rows
    }


def save_allocation(
    connection: Connection,
    workspace_id: int,
    journey_id: int,
    test: str,
    allocation: Allocation,
    stopped: Mapping[str, str],
    now: datetime,
) -> None:
    """Put it in force.  stopped: arm -> why."""
    values: dict[str, object] = {
        "workspace": workspace_id, "journey": journey_id, "test": test, "version": allocation.bucket_version,
        "shares": _json(allocation.shares), "stopped": _json(stopped), "now": now,
    }  # fmt: skip
    connection.execute(_SAVE, values)


def _json(document: Mapping[str, float] | Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(document)).decode()
