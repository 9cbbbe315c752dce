"""What came of tasks of the same trigger at other accounts.

Reads: tasks, messages, accounts, members, impact_reports
Gives: similar_to()
"""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from forestay.actions.tasks.queue import Task
from forestay.actions.tasks.work import CONVERTED
from forestay.outcomes.impact import read_reports

_YEAR = timedelta(days=365)
_SHOWN = 5
_MOST = 2000
_DONE = text("""
SELECT t.id, a.external_id AS account, a.name AS account_name, t.outcome, t.outcome_note AS note, m.name AS who, t.done_at,
  cast(extract(epoch FROM t.done_at - t.created_at) / 3600 AS float8) AS hours,
  (SELECT count(*) FROM messages AS l WHERE l.workspace_id = t.workspace_id AND l.account_id = t.account_id
     AND l.created_at BETWEEN t.created_at AND t.done_at) AS messages
FROM tasks AS t JOIN accounts AS a ON a.id = t.account_id LEFT JOIN members AS m ON m.id = t.owner_id
WHERE t.workspace_id = :workspace AND t.trigger_key = :trigger AND t.status = 'done' AND t.done_at >= :since
  AND t.account_id <> :account AND t.outcome IS NOT NULL
ORDER BY t.done_at DESC LIMIT :most""")


def similar_to(conn: Connection, workspace_id: int, task: Task, now: datetime) -> dict[str, Any]:
    """A document with the fields of SimilarShape; a task that no trigger asked for has no others like it."""
    asked = {"workspace": workspace_id, "trigger": task.trigger_key, "account": task.account_id, "since": now - _YEAR,
             "most": _MOST}  # fmt: skip
    rows = conn.execute(_DONE, asked).all() if task.trigger_key is not None else []
    good = [row for row in rows if row.outcome in CONVERTED]
    written = [row for row in rows if row.messages]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    return {
        "trigger": task.trigger_key,
        "total": len(rows),
        "good": len(good),
        "outcomes": [
            {"outcome": word, "count": count, "is_good": word in CONVERTED}
            for word, count in sorted(counts.items(), key=lambda one: -one[1])
        ],
        "with_message": len(written),
        "with_message_good": sum(row.outcome in CONVERTED for row in written),
        "median_hours": round(median(row.hours for row in rows), 1) if rows else None,
        "saves": [row._mapping for row in good[:_SHOWN]],
        "effect": _effect(conn, workspace_id, task.trigger_key),
    }


def _effect(conn: Connection, workspace_id: int, trigger: str | None) -> str | None:
    for stored in read_reports(conn, workspace_id):
        if (stored.report.kind, stored.report.key) == ("trigger", trigger):
            return stored.report.words
    return None
