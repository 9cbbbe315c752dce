"""Every table of the store, one module a room; importing this fills `metadata`.

Two kinds of table: API_TABLES are reached by people's requests under row-level security; the worker's
role has a policy on RUNTIME_TABLES only (DESIGN section 8). Every table has `workspace_id`.
"""

from __future__ import annotations

from forestay.store.tables import (
    actions,
    config,
    customers,
    desk,
    governance,
    ingest,
    journeys,
    learning,
    predictions,
    scores,
    signals,
)
from forestay.store.tables.base import metadata

__all__ = [
    "actions",
    "config",
    "customers",
    "desk",
    "governance",
    "ingest",
    "journeys",
    "learning",
    "metadata",
    "predictions",
    "scores",
    "signals",
]
