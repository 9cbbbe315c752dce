"""What the store refuses to write is put aside, one row at a time, so that the others go on.

Gives : put_aside_token(), put_aside_inbox()
Writes: journey_tokens, journey_runs, journey_history, journey_inbox
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from forestay.journeys.runtime.history import note
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import Happening
from forestay.kit.clock import micros_of
from forestay.kit.logs import get_logger

_log = get_logger(__name__)
_STICK = """
UPDATE journey_tokens SET state = 8, due_at = NULL WHERE id = (
  SELECT id FROM journey_tokens WHERE due_at <= %s AND due_at IS NOT NULL AND NOT is_paused ORDER BY due_at LIMIT 1)
RETURNING run_id"""
_FAIL = "UPDATE journey_runs SET status = 13, reason = %s, ended_at = %s WHERE id = %s"
_DROP = "DELETE FROM journey_inbox WHERE id = (SELECT min(id) FROM journey_inbox) RETURNING kind, account_id, token_id"


def put_aside_token(driver: Driver, now: datetime, reason: str) -> None:
    """The token that is due first fails for good; its run waits for an operator."""
    row = driver.execute(_STICK, (now,)).fetchone()
    if row is not None:
        driver.execute(_FAIL, (f"not written: {reason}"[:500], now, row[0]))
        note(driver, np.array([row[0]], np.int64), Happening.FAILED, {"reason": reason}, micros_of(now))


def put_aside_inbox(driver: Driver, _now: datetime, reason: str) -> None:
    """The oldest row of the inbox is dropped and told in the log."""
    row = driver.execute(_DROP).fetchone()
    if row is not None:
        _log.error("journey_inbox_row_dropped", kind=row[0], account=row[1], token=row[2], reason=reason)
