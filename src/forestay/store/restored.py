"""What a restored backup must not do by itself: it stood on the point of doing it then, and may have done it since.

Gives : settle_restored(), Restored
Writes: effects, journey_runs, journey_tokens, journey_inbox, journey_counts (how many runs there are now)
Source: docs/journeys-operating.md; the journey's own `overdue` says it, as for what came due while the product was away

run : nothing is changed; what was about to leave leaves, perhaps a second time.
hold: effects that were due become 'unknown', for a person to say whether they arrived or shall go again; runs that were on
      the move are held until they are released; who was about to come in waits beside the inbox for a replay.
skip: effects that were due are skipped, and so are runs that were on the move; entries wait as under hold.
What other parts of the product ask for (triggers, people) is not touched: their effects have keys that a repetition meets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

REASON = "restored: it may have happened after the backup was taken"
_POLICY = """
CREATE TEMPORARY TABLE restored_policy ON COMMIT DROP AS
SELECT j.id AS journey_id, d.version, d.body -> 'document' ->> 'overdue' AS overdue,
  d.status IN ('published', 'paused') AS is_live
FROM journeys AS j JOIN documents AS d ON d.workspace_id = j.workspace_id AND d.kind = 'journey' AND d.key = j.key
WHERE d.body -> 'document' ->> 'overdue' IN ('hold', 'skip') AND d.status <> 'draft'"""
_EFFECTS = """
UPDATE effects AS e SET status = CASE p.overdue WHEN 'hold' THEN 'unknown' ELSE 'skipped' END, reason = %(reason)s,
  leased_until = NULL, updated_at = %(now)s
FROM journey_runs AS r JOIN restored_policy AS p ON p.journey_id = r.journey_id AND p.version = r.version
WHERE r.id = e.run_id AND e.status = 'pending' AND e.due_at <= %(now)s"""
_MOVING = """
SELECT r.id, p.overdue FROM journey_runs AS r
JOIN restored_policy AS p ON p.journey_id = r.journey_id AND p.version = r.version
WHERE r.status = 0 AND (
  EXISTS (SELECT FROM journey_tokens AS t WHERE t.run_id = r.id AND t.state IN (0, 7) AND t.due_at <= %(now)s)
  OR EXISTS (SELECT FROM requests AS q WHERE q.workspace_id = r.workspace_id AND q.drained_at IS NULL
             AND coalesce(q.not_before, '-infinity') <= %(now)s AND q.cause >= 'run:' || r.id || ':' AND q.cause < 'run:' || r.id || ';'))"""
_HOLD = "UPDATE journey_runs SET status = 2, paused_at = %s, reason = %s WHERE id = ANY(%s)"
_STAND = "UPDATE journey_tokens SET is_paused = true WHERE run_id = ANY(%s)"
_SKIP = "UPDATE journey_runs SET status = 17, reason = 'restored', ended_at = %s WHERE id = ANY(%s)"
_DROP = "DELETE FROM journey_tokens WHERE run_id = ANY(%s)"
_REFUSE = """
UPDATE requests AS q SET drained_at = %(now)s, refusal = %(reason)s FROM unnest(%(runs)s::bigint[]) AS u (run), journey_runs AS r
WHERE r.id = u.run AND q.workspace_id = r.workspace_id AND q.drained_at IS NULL
  AND q.cause >= 'run:' || u.run || ':' AND q.cause < 'run:' || u.run || ';'"""
_ENTRIES = """
UPDATE journey_inbox AS i SET refused = %s FROM restored_policy AS p
WHERE p.journey_id = i.journey_id AND p.is_live AND i.kind = 'enter' AND i.refused IS NULL"""
_FORGET_NUMBERS = "DELETE FROM journey_counts WHERE day = '1970-01-01'"
_RECOUNT = """
INSERT INTO journey_counts (workspace_id, journey_id, version, step, day, name, count)
SELECT workspace_id, journey_id, version, -1, '1970-01-01', 'now:' || status, count(*) FROM journey_runs
WHERE status < 10 OR status = 13 GROUP BY workspace_id, journey_id, version, status"""
"""As journeys/runtime/counting.py keeps them."""


@dataclass(frozen=True, slots=True)
class Restored:
    """How many effects and runs wait for a person or were skipped, and entries that were set aside."""

    effects: int = 0
    held: int = 0
    skipped: int = 0
    entries: int = 0


def settle_restored(owner_dsn: str, now: datetime) -> Restored:
    """Apply every journey's `overdue` to what the backup was about to do. Raises psycopg's errors."""
    with psycopg.connect(owner_dsn) as connection:
        connection.execute(_POLICY)
        values = {"reason": REASON, "now": now}
        moving = connection.execute(_MOVING, values).fetchall()
        held, skipped = ([row[0] for row in moving if row[1] == word] for word in ("hold", "skip"))
        effects = connection.execute(_EFFECTS, values).rowcount
        connection.execute(_HOLD, (now, REASON, held))
        connection.execute(_STAND, (held,))
        connection.execute(_REFUSE, {**values, "runs": skipped})
        connection.execute(_SKIP, (now, skipped))
        connection.execute(_DROP, (skipped,))
        connection.execute(_FORGET_NUMBERS)
        connection.execute(_RECOUNT)
        entries = connection.execute(_ENTRIES, (REASON,)).rowcount
    return Restored(effects, len(held), len(skipped), entries)
