"""The sweeper: finds runs without exactly one way to go on, says so, and repairs them.

Gives : Sweeper, Found
Reads : journey_runs, journey_tokens, a stretch at a time, round and round
Writes: journey_runs, journey_tokens, journey_history
Source: DESIGN section 7, invariant 2: every run ends in a named state or owns exactly one live continuation

Nothing of this should ever be found; what is, is counted and told in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.counting import change
from forestay.journeys.runtime.gone import of_stretch
from forestay.journeys.runtime.history import note
from forestay.journeys.runtime.unanswered import answer_again
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import Happening, RunStatus
from forestay.kit.clock import micros_of
from forestay.kit.logs import get_logger

_log = get_logger(__name__)
STRETCH = 20_000
"""Rows that one look covers: one to two tenths of a second with a million waiting."""

_LOST = """
SELECT id, has FROM (
  SELECT r.id, r.status, EXISTS (SELECT FROM journey_tokens AS t WHERE t.run_id = r.id) AS has
  FROM journey_runs AS r WHERE r.id > %s ORDER BY r.id LIMIT %s) AS r WHERE status < 10 AND NOT has"""
_LAST_OF_RUNS = "SELECT max(id) FROM (SELECT id FROM journey_runs WHERE id > %s ORDER BY id LIMIT %s) AS r"
_LAST_OF_TOKENS = "SELECT max(id) FROM (SELECT id FROM journey_tokens WHERE id > %s ORDER BY id LIMIT %s) AS t"
_STILL_LOST = """
SELECT id FROM journey_runs WHERE id = ANY(%s) AND status < 10
  AND NOT EXISTS (SELECT FROM journey_tokens AS t WHERE t.run_id = journey_runs.id) FOR UPDATE"""
_FAIL = "UPDATE journey_runs SET status = 13, reason = 'lost its place', ended_at = %s WHERE id = ANY(%s)"
_LEFT_OVER = """
DELETE FROM journey_tokens AS t WHERE t.id > %(from)s AND t.id <= %(to)s AND NOT EXISTS (
  SELECT FROM journey_runs AS r WHERE r.id = t.run_id AND (r.status < 10 OR r.status = 13))
RETURNING t.run_id"""
_ASLEEP = """
UPDATE journey_tokens AS t SET due_at = %(now)s FROM journey_runs AS r
WHERE r.id = t.run_id AND t.due_at IS NULL AND t.state IN (0, 1, 7) AND NOT t.is_paused AND r.status = 0
RETURNING t.run_id"""
_STILL = """
UPDATE journey_tokens AS t SET is_paused = false FROM journey_runs AS r
WHERE r.id = t.run_id AND t.id > %(from)s AND t.id <= %(to)s AND t.is_paused AND r.status = 0 RETURNING t.run_id"""
_STUCK_JOINS = """
UPDATE journey_tokens AS t SET state = 0, due_at = %(now)s
WHERE t.state = 6 AND NOT t.is_paused
  AND NOT EXISTS (SELECT FROM journey_tokens AS o WHERE o.run_id = t.run_id AND o.state <> 6) RETURNING t.run_id"""


@dataclass(frozen=True, slots=True)
class Found:
    """Runs that were repaired. lost: without a token (now FAILED); left_over: tokens of ended runs (deleted); asleep:
    tokens that nothing would ever wake (due now); still: paused tokens of runs that are not; joins: that never complete; unanswered:
    that wait for what nobody would tell them (told now, or asking again)."""

    lost: tuple[int, ...] = ()
    left_over: tuple[int, ...] = ()
    asleep: tuple[int, ...] = ()
    still: tuple[int, ...] = ()
    joins: tuple[int, ...] = ()
    unanswered: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


class Sweeper:
    """Goes through all rows, a stretch a look; begins again when it is through. Tokens that are asleep, and those at joins, have
    indexes of their own, which are as good as empty: each look sees all of them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._run = self._token = 0

    def look(self, driver: Driver, now: datetime, stretch: int = STRETCH) -> Found:
        """The next stretch, repaired in the caller's transaction."""
        found = Found(self._runs(driver, now, stretch), *self._tokens(driver, now, stretch))
        if found:
            _log.error("journey_runs_repaired", **{name: list(getattr(found, name))[:20] for name in Found.__slots__})
            _tell(driver, found, now)
        return found

    @property
    def is_through(self) -> bool:
        """Whether the last look came to the end of both tables."""
        return self._run == 0 and self._token == 0

    def whole(self, driver: Driver, now: datetime) -> Found:
        """Everything that the caller's transaction may see, repaired in it; a caller who only asks rolls it back."""
        self._run = self._token = 0
        runs, parts = list(self._runs(driver, now, STRETCH)), [self._tokens(driver, now, STRETCH)]
        while self._run:
            runs += self._runs(driver, now, STRETCH)
        while self._token:
            parts.append(self._tokens(driver, now, STRETCH))
        found = Found(
            tuple(runs), *(tuple(run for part in column for run in part) for column in zip(*parts, strict=True))
        )
        _tell(driver, found, now)
        return found

    def _runs(self, driver: Driver, now: datetime, stretch: int) -> tuple[int, ...]:
        """Those without a place, looked at twice: a run that is being moved at this moment has its token in another
        transaction. Those of subjects that are gone end; that is no fault and not told as one."""
        first, last = self._run, _last(driver, _LAST_OF_RUNS, self._run, stretch)
        self._run = last
        lost = [int(row[0]) for row in driver.execute(_LOST, (first, stretch))]
        of_stretch(driver, self.book.versions(), first, last or (1 << 62), now)
        if not lost:
            return ()
        failed = _ids(driver.execute(_STILL_LOST, (lost,)))
        change(driver, failed, RunStatus.FAILED)
        driver.execute(_FAIL, (now, list(failed)))
        return failed

    def _tokens(self, driver: Driver, now: datetime, stretch: int) -> list[tuple[int, ...]]:
        last = _last(driver, _LAST_OF_TOKENS, self._token, stretch)
        part: dict[str, Any] = {"from": self._token, "to": last or (1 << 62), "now": now}
        self._token = last
        repaired = [_ids(driver.execute(one, part)) for one in (_LEFT_OVER, _ASLEEP, _STILL, _STUCK_JOINS)]
        return [*repaired, answer_again(driver, int(part["from"]), int(part["to"]), now)]


def _tell(driver: Driver, found: Found, now: datetime) -> None:
    for name in Found.__slots__:
        runs = np.unique(np.array(getattr(found, name), np.int64))
        note(driver, runs, Happening.REPAIRED, {"found": name}, micros_of(now))


def _last(driver: Driver, statement: str, after: int, stretch: int) -> int:
    row: Any = driver.execute(statement, (after, stretch)).fetchone()
    return int(row[0] or 0)


def _ids(rows: Any) -> tuple[int, ...]:
    return tuple(int(row[0]) for row in rows)
