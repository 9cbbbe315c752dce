"""Rows that a turn fails for are put aside, one at a time, so that the others go on. Nothing of them is lost.

Gives : put_aside_token(), put_aside_inbox(), take_up_again()
Writes: journey_tokens, journey_runs, journey_history, journey_inbox
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from forestay.journeys.runtime.counting import change
from forestay.journeys.runtime.history import note
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import Happening, RunStatus
from forestay.kit.clock import micros_of
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger

_log = get_logger(__name__)
LATER = timedelta(minutes=5)
_POSTPONE = "UPDATE journey_tokens SET due_at = %s WHERE id = %s"
_STICK = """
UPDATE journey_tokens AS t SET state = 8, due_at = NULL, attempts = greatest(attempts, 1) FROM journey_runs AS r
WHERE t.id = %s AND r.id = t.run_id AND r.status < 10 RETURNING t.run_id"""
_FAIL = "UPDATE journey_runs SET status = 13, reason = %s, ended_at = %s WHERE id = %s AND status < 10"
_REFUSE = "UPDATE journey_inbox SET refused = %s WHERE id = %s RETURNING kind, account_id, token_id"
_AGAIN = "UPDATE journey_inbox SET refused = NULL WHERE workspace_id = %s AND refused IS NOT NULL AND ({which})"


def put_aside_token(driver: Driver, token: int, now: datetime, reason: Exception) -> None:
    """What may go well later is tried later; else the run fails, with its token, and waits for an operator."""
    if isinstance(reason, ForestayError) and reason.retryable:
        driver.execute(_POSTPONE, (now + LATER, token))
        return
    row = driver.execute(_STICK, (token,)).fetchone()
    if row is not None:
        change(driver, [row[0]], RunStatus.FAILED)
        driver.execute(_FAIL, (f"not written: {reason}"[:500], now, row[0]))
        said = {"reason": str(reason)[:500]}
        note(driver, np.array([row[0]], np.int64), Happening.FAILED, said, micros_of(now))


def put_aside_inbox(driver: Driver, row: int, reason: Exception) -> None:
    """The row stays, with the reason, until take_up_again(); the log tells of it."""
    told = driver.execute(_REFUSE, (f"{type(reason).__name__}: {reason}"[:500], row)).fetchone()
    if told is not None:
        _log.error(
            "journey_inbox_row_put_aside",
            row=row,
            kind=told[0],
            account=told[1],
            token=told[2],
            reason=str(reason)[:300],
        )


def take_up_again(driver: Driver, workspace_id: int, rows: Sequence[int] | None = None) -> int:
    """Rows of the inbox that were put aside are taken in once more: these, or all of the workspace. Gives how many."""
    which = "true" if rows is None else "id = ANY(%s)"
    return driver.execute(_AGAIN.format(which=which), (workspace_id, *([] if rows is None else [list(rows)]))).rowcount
