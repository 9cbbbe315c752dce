"""Runs of those who are not there any more end: the contact has left, the account churned after the run began, or was erased.

Gives : of_accounts(), of_stretch()
Reads : journey_runs with accounts, contacts, memberships
Writes: journey_runs, journey_tokens and all that goes with an end (operations.end_runs)
A journey that says `when_gone: stay` keeps its runs, but for accounts that were erased. Who came in after the churn, as
in a win-back, came in knowing it. Merged accounts are another story (merging.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Ints
from forestay.journeys.runtime import operations
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import LIVE, RunStatus, WhenGone

_GONE = """
SELECT * FROM (
  SELECT r.id, CASE
    WHEN a.id IS NULL THEN 'account_gone'
    WHEN s.stays THEN NULL
    WHEN r.contact_id <> 0 AND (c.id IS NULL OR c.left_on <= day.today OR EXISTS (
      SELECT FROM memberships AS m WHERE m.workspace_id = r.workspace_id AND m.contact_id = r.contact_id
        AND m.account_id = r.account_id AND m.until <= %(now)s)) THEN 'contact_left'
    WHEN a.churned_on <= day.today AND a.churned_on > (r.entered_at AT TIME ZONE w.zone)::date THEN 'account_churned'
    END AS why
  FROM journey_runs AS r JOIN workspaces AS w ON w.id = r.workspace_id
  LEFT JOIN accounts AS a ON a.id = r.account_id LEFT JOIN contacts AS c ON c.id = r.contact_id,
  LATERAL (SELECT (%(now)s AT TIME ZONE w.zone)::date AS today) AS day,
  LATERAL (SELECT (r.journey_id, r.version) IN (SELECT * FROM unnest(%(journeys)s::bigint[], %(versions)s::int[])) AS stays) AS s
  WHERE r.status < 10 AND {which}) AS found
WHERE why IS NOT NULL ORDER BY id"""
_OF_ACCOUNTS, _OF_STRETCH = "r.account_id = ANY(%(accounts)s)", "r.id > %(from)s AND r.id <= %(to)s"


def of_accounts(driver: Driver, versions: Iterable[Compiled], accounts: Ints, now: datetime) -> int:
    """End the runs of these accounts whose subjects are gone; gives how many."""
    return _end(driver, versions, _OF_ACCOUNTS, {"accounts": accounts.tolist()}, now)


def of_stretch(driver: Driver, versions: Iterable[Compiled], after: int, until: int, now: datetime) -> int:
    """The same for runs with numbers in (after, until]."""
    return _end(driver, versions, _OF_STRETCH, {"from": after, "to": until}, now)


def _end(driver: Driver, versions: Iterable[Compiled], which: str, where: dict[str, Any], now: datetime) -> int:
    stays = [(one.journey_id, one.version) for one in versions if one.journey.when_gone is WhenGone.STAY]
    said = {"now": now, "journeys": [one[0] for one in stays], "versions": [one[1] for one in stays], **where}
    by_reason: dict[str, list[int]] = {}
    for run, why in driver.execute(_GONE.format(which=which), said).fetchall():
        by_reason.setdefault(str(why), []).append(int(str(run)))
    ended = 0
    for why, runs in by_reason.items():
        locked = operations.locked(driver, runs, LIVE)
        ended += operations.end_runs(driver, locked, RunStatus.LEFT, why, now)
    return ended
