"""Runs that wait for an answer that nobody will give any more: what they asked for is settled or gone, their children ended.

Gives : answer_again()
Reads : journey_tokens of a stretch, requests by cause, effects, tasks, journey_runs by parent
Writes: journey_inbox (what should have been told), journey_tokens (of those whose request is gone: they ask again)
An end that is unclear (`unknown`) is left to a person; a token is looked at when it has waited for QUIET already.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import RunStatus

QUIET = timedelta(minutes=10)
"""How long an answer may be under way."""
_WAITING = """
SELECT t.* FROM journey_tokens AS t WHERE t.id > %(from)s AND t.id <= %(to)s AND t.state = {state} AND NOT t.is_paused
  AND t.since < %(quiet)s AND NOT EXISTS (SELECT FROM journey_inbox AS i WHERE i.token_id = t.id)"""
_OUTCOMES = f"""
WITH asked AS (
  SELECT t.id, t.run_id, t.workspace_id, q.id AS request, q.cause, q.slot, q.drained_at FROM ({_WAITING.format(state=4)}) AS t
  LEFT JOIN LATERAL (
    SELECT * FROM requests AS q WHERE q.workspace_id = t.workspace_id
      AND q.cause = 'run:' || t.run_id || ':' || t.step || ':' || t.passed AND q.body ->> 'kind' <> 'withdraw'
    ORDER BY q.id DESC LIMIT 1) AS q ON true)
SELECT a.id, a.run_id, a.workspace_id, a.request, a.cause, a.slot, e.word FROM asked AS a LEFT JOIN LATERAL (
  SELECT bool_or(e.status IN ('pending', 'unknown') OR k.status IN ('open', 'claimed', 'snoozed')) AS is_open,
    (array_agg(CASE WHEN k.status = 'done' THEN k.outcome WHEN k.status = 'cancelled' THEN 'cancelled'
       WHEN e.channel = 'webhook' AND e.status = 'sent' THEN 'answered'
       WHEN e.status IN ('skipped', 'failed') AND e.reason <> '' AND NOT (e.channel = 'webhook' AND e.status = 'failed')
         THEN e.status || ':' || trim(split_part(e.reason, ':', 1))
       ELSE e.status END ORDER BY array_position(ARRAY['sent', 'failed', 'cancelled', 'skipped'], e.status), e.id))[1] AS word
  FROM effects AS e LEFT JOIN tasks AS k ON k.effect_id = e.id WHERE e.request_id = a.request AND e.token_id IS NOT NULL) AS e ON true
WHERE a.request IS NULL OR (a.drained_at IS NOT NULL AND NOT coalesce(e.is_open, false))"""  # noqa: S608 - our own constants
_TELL = """
INSERT INTO journey_inbox (workspace_id, kind, token_id, name, at, body)
SELECT space, 'outcome', token, word, %s, jsonb_build_object('cause', cause, 'slot', slot)
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[]) AS u (space, token, word, cause, slot)"""
_ASK_AGAIN = "UPDATE journey_tokens SET state = 0, due_at = %s WHERE id = ANY(%s) AND state = 4"
_CHILDREN = f"""
INSERT INTO journey_inbox (workspace_id, kind, token_id, name, at, body)
SELECT t.workspace_id, 'child', t.id, coalesce((%(words)s::text[])[array_position(%(numbers)s::int[], c.status)], 'refused'), %(now)s,
  jsonb_build_object('parent', jsonb_build_array(t.step, t.passed), 'ended', greatest(c.ended, 1), 'of', greatest(c.ended, 1))
FROM ({_WAITING.format(state=5)}) AS t CROSS JOIN LATERAL (
  SELECT count(*) AS ended, bool_or(r.status < 10) AS lives, max(r.status)::int AS status FROM journey_runs AS r
  WHERE r.parent_token = t.id AND r.run_values -> '_parent' = jsonb_build_array(t.step, t.passed)) AS c
WHERE NOT coalesce(c.lives, false)
RETURNING token_id"""  # noqa: S608 - our own constants
_RUNS = "SELECT DISTINCT run_id FROM journey_tokens WHERE id = ANY(%s)"


def answer_again(driver: Driver, after: int, until: int, now: datetime) -> tuple[int, ...]:
    """Of tokens with numbers in (after, until]: tell those that nobody will tell, in the caller's transaction. Gives the
    numbers of their runs."""
    stretch = {"from": after, "to": until, "now": now, "quiet": now - QUIET}
    rows = driver.execute(_OUTCOMES, stretch).fetchall()
    told = [row for row in rows if row[3] is not None]
    if told:
        columns = ([row[place] for row in told] for place in (2, 0, 6, 4, 5))
        spaces, tokens, words, causes, slots = columns
        driver.execute(_TELL, (now, spaces, tokens, [word or "skipped:refused" for word in words], causes, slots))
    driver.execute(_ASK_AGAIN, (now, [row[0] for row in rows if row[3] is None]))
    names = {"words": [status.name.lower() for status in RunStatus], "numbers": [int(status) for status in RunStatus]}
    parents = [row[0] for row in driver.execute(_CHILDREN, {**stretch, **names}).fetchall()]
    runs = [row[0] for row in driver.execute(_RUNS, (parents,)).fetchall()] if parents else []
    return tuple(int(run) for run in [*(row[1] for row in rows), *runs])
