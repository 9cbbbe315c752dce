"""Rows that a turn fails for are put aside, one at a time, so that the others go on. Nothing of them is lost.

Gives : put_aside_token(), put_aside_inbox(), put_aside(), count_aside(), Aside, take_up_again()
Writes: journey_tokens, journey_runs, journey_history, journey_inbox
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
_ASIDE = """
SELECT id, kind, journey_id, account_id, name, at, refused FROM journey_inbox
WHERE workspace_id = %s AND refused IS NOT NULL ORDER BY id LIMIT %s"""
_COUNT_ASIDE = "SELECT count(*) FROM journey_inbox WHERE workspace_id = %s AND refused IS NOT NULL"
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


@dataclass(frozen=True, slots=True)
class Aside:
    """A row of the inbox that was put aside. kind: 'enter', 'event', 'outcome', ...; name: of the event or the outcome, or
    what brought the entry; reason: why a turn failed for it."""

    id: int
    kind: str
    journey_id: int | None
    account_id: int | None
    name: str | None
    at: datetime
    reason: str


def put_aside(driver: Driver, workspace_id: int, limit: int) -> list[Aside]:
    """Rows of the workspace's inbox that were put aside, the oldest first."""
    return [Aside(*row) for row in driver.execute(_ASIDE, (workspace_id, limit)).fetchall()]


def count_aside(driver: Driver, workspace_id: int) -> int:
    """How many there are."""
    row = driver.execute(_COUNT_ASIDE, (workspace_id,)).fetchone()
    return 0 if row is None else int(row[0])


def take_up_again(driver: Driver, workspace_id: int, rows: Sequence[int] | None = None) -> int:
    """Rows of the inbox that were put aside are taken in once more: these, or all of the workspace. Gives how many."""
    which = "true" if rows is None else "id = ANY(%s)"
    return driver.execute(_AGAIN.format(which=which), (workspace_id, *([] if rows is None else [list(rows)]))).rowcount
