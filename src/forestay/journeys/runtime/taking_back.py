"""Taking back what runs asked for and nobody has done yet: they ended, an operator placed them elsewhere, a wait ran out.

Gives : take_back(), of_runs(), of_steps(), of_causes(), given_up()
Reads : requests by cause, which orders by bytes: the causes of a run stand side by side
Writes: requests, effects, tasks
A request that is in nobody's hands yet enters the ledger as cancelled; an effect whose provider may have acted on an
attempt that was lost is `unknown` and not cancelled. What is leaving at this moment leaves, but is not
tried again. Whoever drains a request or carries out an effect holds its row: we wait for that and then see what came of it,
so nothing of a run is left behind by an end that meets the worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from forestay.journeys.runtime.wire import Driver

WITHDRAWN = "withdrawn"
"""Every reason begins with it."""


def given_up(was: str) -> str:
    """SQL for the status of an effect `e` that nobody tries any more: `unknown` where an attempt may have arrived at a
    provider, else `was` (SQL)."""
    unclear = "SELECT FROM effect_attempts AS a WHERE a.effect_id = e.id AND a.outcome = 'unclear'"
    return f"CASE WHEN EXISTS ({unclear}) THEN 'unknown' ELSE {was} END"


_OF_RUNS = """
SELECT q.id FROM journey_runs AS r CROSS JOIN LATERAL (
  SELECT id FROM requests AS q WHERE q.workspace_id = r.workspace_id
    AND q.cause >= 'run:' || r.id || ':' AND q.cause < 'run:' || r.id || ';' OFFSET 0) AS q
WHERE r.id = ANY(%s)"""
_OF_STEPS = """
SELECT q.id FROM journey_runs AS r CROSS JOIN unnest(%s::int[]) AS s (step) CROSS JOIN LATERAL (
  SELECT id FROM requests AS q WHERE q.workspace_id = r.workspace_id
    AND q.cause >= 'run:' || r.id || ':' || s.step || ':' AND q.cause < 'run:' || r.id || ':' || s.step || ';' OFFSET 0) AS q
WHERE r.id = %s"""
_OF_CAUSES = """
SELECT q.id FROM unnest(%s::bigint[], %s::text[]) AS u (space, cause) CROSS JOIN LATERAL (
  SELECT id FROM requests AS q WHERE q.workspace_id = u.space AND q.cause = u.cause OFFSET 0) AS q"""
_UNDRAINED = """
WITH taken AS (
  UPDATE requests SET drained_at = %(now)s, refusal = %(why)s WHERE id = ANY(%(ids)s) AND drained_at IS NULL RETURNING *)
INSERT INTO effects (workspace_id, effect_key, request_id, run_id, token_id, journey_id, step, channel, purpose, recipient,
                     status, reason, body, due_at, created_at, updated_at)
SELECT workspace_id, substring(sha256(convert_to('withdrawn:' || id, 'UTF8')) FOR 16), id, split_part(cause, ':', 2)::bigint,
       token_id, journey_id, step,
       CASE body ->> 'kind' WHEN 'message' THEN coalesce(body ->> 'channel', 'email') WHEN 'webhook' THEN 'webhook'
         WHEN 'trait' THEN 'record' WHEN 'connector' THEN 'connector' ELSE 'task' END,
       'internal', '', 'cancelled', %(why)s, body, %(now)s, %(now)s, %(now)s
FROM taken WHERE token_id IS NOT NULL AND body ->> 'kind' <> 'withdraw'
ON CONFLICT DO NOTHING"""
_LEAVING = """
UPDATE effects AS e SET reason = %(why)s WHERE e.request_id = ANY(%(ids)s) AND e.token_id IS NOT NULL AND e.status = 'pending'
  AND EXISTS (SELECT FROM effect_attempts AS a WHERE a.effect_id = e.id AND a.number = e.attempts AND a.outcome IS NULL)"""
_EFFECTS = f"""
UPDATE effects AS e SET status = {given_up("'cancelled'")}, reason = %(why)s, leased_until = NULL, updated_at = %(now)s
WHERE e.request_id = ANY(%(ids)s) AND e.token_id IS NOT NULL AND e.status = 'pending'
  AND NOT EXISTS (SELECT FROM effect_attempts AS a WHERE a.effect_id = e.id AND a.number = e.attempts AND a.outcome IS NULL)"""  # noqa: S608 - our own words
_TASKS = """
UPDATE tasks SET status = 'cancelled', outcome_note = %(why)s, done_at = %(now)s, updated_at = %(now)s, snoozed_until = NULL,
  escalate_at = NULL, revision = revision + 1
WHERE effect_id IN (SELECT id FROM effects WHERE request_id = ANY(%(ids)s) AND token_id IS NOT NULL)
  AND status IN ('open', 'claimed', 'snoozed')"""


def take_back(driver: Driver, requests: Sequence[int], why: str, now: datetime) -> int:
    """Cancel what is unfinished of these requests, in the caller's transaction; nobody is told. Gives how many requests,
    effects and tasks that were."""
    if not requests:
        return 0
    values = {"ids": sorted(set(requests)), "why": f"{WITHDRAWN}: {why}"[:500], "now": now}
    return sum(max(driver.execute(one, values).rowcount, 0) for one in (_UNDRAINED, _LEAVING, _EFFECTS, _TASKS))


def of_runs(driver: Driver, runs: Sequence[int]) -> list[int]:
    """Numbers of all requests of these runs."""
    return _ids(driver, _OF_RUNS, list(runs)) if runs else []


def of_steps(driver: Driver, run: int, steps: Sequence[int]) -> list[int]:
    """Numbers of the requests that a run asked for at these steps."""
    return _ids(driver, _OF_STEPS, list(steps), run) if steps else []


def of_causes(driver: Driver, causes: Sequence[tuple[int, str]]) -> list[int]:
    """Numbers of the requests of these causes. causes: (workspace, 'run:<run>:<step>:<passed>')."""
    return _ids(driver, _OF_CAUSES, *map(list, zip(*causes, strict=True))) if causes else []


def _ids(driver: Driver, statement: str, *values: object) -> list[int]:
    return [int(row[0]) for row in driver.execute(statement, values)]
