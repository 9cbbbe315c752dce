"""Ended runs are forgotten some time after their end, a stretch of numbers at a look, so that no table grows for ever.

Gives : Forgetting
Reads : journey_runs, a stretch a look, round and round
Writes: journey_runs, journey_tokens

A run is also the key by which its subject does not enter twice. It goes where nobody asks for that key any more: branches
and children of another run, and journeys that let in again after a rest that is shorter than the retention. Where a subject
enters once and never again, or once for each key, the row stays and only its values go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from forestay.journeys.runtime.book import LiveJourney
from forestay.journeys.runtime.counting import change
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import ReEntry, RunStatus

STRETCH = 20_000
_LAST = "SELECT max(id) FROM (SELECT id FROM journey_runs WHERE id > %s ORDER BY id LIMIT %s) AS r"
_FORGET = """
WITH gone AS (
  DELETE FROM journey_runs AS r WHERE r.id > %(from)s AND r.id <= %(to)s AND r.status >= 10 AND r.ended_at < %(before)s
    AND (r.parent_token IS NOT NULL OR r.journey_id = ANY(%(again)s)) RETURNING r.id)
SELECT id FROM gone"""
_FAILED = """
SELECT r.id FROM journey_runs AS r WHERE r.id > %(from)s AND r.id <= %(to)s AND r.status = 13 AND r.ended_at < %(before)s
  AND (r.parent_token IS NOT NULL OR r.journey_id = ANY(%(again)s)) FOR UPDATE"""
_TOKENS = "DELETE FROM journey_tokens WHERE run_id = ANY(%s)"
_SLIM = """
UPDATE journey_runs SET run_values = NULL WHERE id > %(from)s AND id <= %(to)s AND status >= 10 AND ended_at < %(before)s
  AND run_values IS NOT NULL"""


class Forgetting:
    """Goes through all runs, a stretch a look; begins again when it is through."""

    def __init__(self, retention: timedelta) -> None:
        self.retention, self._last = retention, 0

    def look(self, driver: Driver, live: Iterable[LiveJourney], now: datetime) -> int:
        """The next stretch, in the caller's transaction. Gives how many runs are gone."""
        row: Any = driver.execute(_LAST, (self._last, STRETCH)).fetchone()
        part = {
            "from": self._last, "to": int(row[0] or 0), "before": now - self.retention,
            "again": [one.compiled.journey_id for one in live if self._lets_in_again(one)],
        }  # fmt: skip
        self._last = int(row[0] or 0)
        failed = [found[0] for found in driver.execute(_FAILED, part).fetchall()]
        change(driver, failed, RunStatus.COMPLETED)  # those are counted as long as they are there
        gone = [found[0] for found in driver.execute(_FORGET, part).fetchall()]
        if gone:
            driver.execute(_TOKENS, (gone,))
        driver.execute(_SLIM, part)
        return len(gone)

    def _lets_in_again(self, one: LiveJourney) -> bool:
        rule = one.compiled.journey.re_entry
        rest = timedelta() if rule.after is None else timedelta(microseconds=rule.after.microseconds)
        return rule.rule is ReEntry.AFTER_EXIT and rest < self.retention
