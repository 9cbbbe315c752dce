"""Waits until nothing is left to do: no jobs, no accounts to score, no requests and effects to carry out.

Gives: wait_calm()
What an import sets off (history of scores, tasks) is worked off after it and would be measured with the next one.
"""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from forestay.app.client import ApiClient
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole

_UNDONE = """
SELECT (SELECT count(*) FROM requests WHERE drained_at IS NULL)
  + (SELECT count(*) FROM effects WHERE status = 'pending' AND due_at <= now())
  + (SELECT count(*) FROM jobs WHERE status IN ('queued', 'running'))"""
_LOOK_SECONDS = 0.5


def wait_calm(client: ApiClient, data_dir: Path) -> float:
    """Block until a running Forestay has worked off everything; gives the seconds it took."""
    began = time.perf_counter()
    with psycopg.connect(EmbeddedPostgres(data_dir).dsn(DatabaseRole.OWNER), autocommit=True) as store:
        calm = 0
        while calm < 3:
            time.sleep(_LOOK_SECONDS)
            row = store.execute(_UNDONE).fetchone()
            is_calm = row == (0,) and not client.get("/api/status")["is_catching_up"]
            calm = calm + 1 if is_calm else 0
    return time.perf_counter() - began
