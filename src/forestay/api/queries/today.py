"""Movers, wins and the team's load, each in one statement.

Reads: accounts, account_states, health_changes, tasks, interventions, members
Gives: Whose, movers(), wins(), team()
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, text

from forestay.actions.tasks.work import CONVERTED
from forestay.kit.clock import date_of, day_of
from forestay.kit.local_time import moment_at
from forestay.store.tables.governance import workspaces


class Whose(NamedTuple):
    """Whose accounts. owner_id None and not unowned: everybody's."""

    owner_id: int | None = None
    unowned: bool = False


_WHOSE = "(cast(:owner AS bigint) IS NULL OR a.owner_id = :owner) AND (NOT :unowned OR a.owner_id IS NULL)"
_PLACES = {7: 0, 30: 1}
"""Where account_states.trends keeps a change; its half-width stands three places on."""

# a change of a day is not kept in the state: the point that stood a day ago is one step into an index
_DAY = f"""
SELECT a.external_id AS account, a.name AS account_name, s.score, b.score AS before, s.score - b.score AS change,
  cast(NULL AS real) AS half_width, s.band, cast(a.arr AS float8) AS arr, a.currency, m.name AS owner_name
FROM accounts AS a JOIN account_states AS s ON s.account_id = a.id
CROSS JOIN LATERAL (SELECT h.score FROM health_changes AS h WHERE h.account_id = a.id AND h.at <= :then
                    ORDER BY h.at DESC LIMIT 1) AS b
LEFT JOIN members AS m ON m.id = a.owner_id
WHERE a.workspace_id = :workspace AND a.merged_into IS NULL AND a.churned_on IS NULL AND {_WHOSE}
  AND s.score IS NOT NULL AND b.score IS NOT NULL AND (s.score - b.score) * :sign >= 0.5
ORDER BY (s.score - b.score) * :sign DESC, a.id LIMIT :few"""  # noqa: S608 - constants only
_PERIOD = f"""
SELECT a.external_id AS account, a.name AS account_name, s.score, s.score - s.trends[:place] AS before,
  s.trends[:place] AS change, nullif(s.trends[:place + 3], 'NaN') AS half_width, s.band, cast(a.arr AS float8) AS arr,
  a.currency, m.name AS owner_name
FROM accounts AS a JOIN account_states AS s ON s.account_id = a.id LEFT JOIN members AS m ON m.id = a.owner_id
WHERE a.workspace_id = :workspace AND a.merged_into IS NULL AND a.churned_on IS NULL AND {_WHOSE}
  AND s.score IS NOT NULL AND s.trends[:place] <> 'NaN' AND s.trends[:place] * :sign >= 0.5
ORDER BY s.trends[:place] * :sign DESC, a.id LIMIT :few"""  # noqa: S608 - constants only


def movers(
    conn: Connection, workspace_id: int, whose: Whose, days: int, direction: str, few: int, now: datetime
) -> Sequence[Row[Any]]:
    """Accounts by the size of their move in one direction; less than half a point is none."""
    asked = {"workspace": workspace_id, "owner": whose.owner_id, "unowned": whose.unowned, "few": few}
    asked |= {"sign": 1 if direction == "up" else -1}
    if days in _PLACES:
        return conn.execute(text(_PERIOD), asked | {"place": _PLACES[days] + 1}).all()
    return conn.execute(text(_DAY), asked | {"then": now - timedelta(days=days)}).all()


_WINS = f"""
SELECT * FROM (
  SELECT t.done_at AS at, CASE t.outcome WHEN 'expanded' THEN 'expanded' WHEN 'renewed' THEN 'renewed' ELSE 'saved' END AS kind,
    a.external_id AS account, a.name AS account_name, cast(a.arr AS float8) AS arr, a.currency, t.title AS how, m.name AS who
  FROM tasks AS t JOIN accounts AS a ON a.id = t.account_id LEFT JOIN members AS m ON m.id = t.owner_id
  WHERE t.workspace_id = :workspace AND t.status = 'done' AND t.outcome = ANY(:good) AND t.done_at >= :since AND {_WHOSE}
  UNION ALL
  SELECT i.settled_at, i.ending, a.external_id, a.name, cast(a.arr AS float8), a.currency, i.trigger_key, NULL
  FROM interventions AS i JOIN accounts AS a ON a.id = i.account_id
  WHERE i.workspace_id = :workspace AND i.arm = 'treated' AND i.ending IN ('recovered', 'renewed', 'expanded')
    AND i.settled_at >= :since AND {_WHOSE}
) AS wins ORDER BY at DESC LIMIT :few"""  # noqa: S608 - constants only


def wins(conn: Connection, workspace_id: int, whose: Whose, days: int, few: int, now: datetime) -> Sequence[Row[Any]]:
    """What ended well, the latest first."""
    asked = {"workspace": workspace_id, "owner": whose.owner_id, "unowned": whose.unowned, "few": few,
             "since": now - timedelta(days=days), "good": [word.value for word in CONVERTED]}  # fmt: skip
    return conn.execute(text(_WINS), asked).all()


_TEAM = text("""
SELECT m.id AS member_id, m.name, m.email, m.role, m.tasks_per_day, coalesce(b.accounts, 0) AS accounts,
  coalesce(b.arr, 0) AS arr, coalesce(b.at_risk, 0) AS at_risk, coalesce(b.arr_at_risk, 0) AS arr_at_risk,
  coalesce(w.open_tasks, 0) AS open_tasks, coalesce(w.overdue, 0) AS overdue, coalesce(w.due_today, 0) AS due_today
FROM (SELECT id, name, email, role, tasks_per_day FROM members WHERE workspace_id = :workspace AND disabled_at IS NULL
      UNION ALL SELECT NULL, NULL, NULL, NULL, NULL) AS m
LEFT JOIN (
  SELECT a.owner_id, count(*) AS accounts, count(*) FILTER (WHERE s.band = 'red') AS at_risk,
    cast(sum(a.arr) FILTER (WHERE coalesce(a.currency, :currency) = :currency) AS float8) AS arr,
    cast(sum(a.arr) FILTER (WHERE s.band = 'red' AND coalesce(a.currency, :currency) = :currency) AS float8) AS arr_at_risk
  FROM accounts AS a LEFT JOIN account_states AS s ON s.account_id = a.id
  WHERE a.workspace_id = :workspace AND a.merged_into IS NULL AND a.churned_on IS NULL GROUP BY a.owner_id
) AS b ON b.owner_id IS NOT DISTINCT FROM m.id
LEFT JOIN (
  SELECT owner_id, count(*) AS open_tasks, count(*) FILTER (WHERE due_at < :now) AS overdue,
    count(*) FILTER (WHERE due_at < :tonight) AS due_today
  FROM tasks WHERE workspace_id = :workspace AND status IN ('open', 'claimed') GROUP BY owner_id
) AS w ON w.owner_id IS NOT DISTINCT FROM m.id
WHERE coalesce(b.accounts, 0) + coalesce(w.open_tasks, 0) > 0
ORDER BY m.id IS NULL, coalesce(b.arr_at_risk, 0) DESC, m.name""")


def team(conn: Connection, workspace_id: int, now: datetime) -> tuple[str, Sequence[Row[Any]]]:
    """The workspace's currency, and a row for each member with accounts or tasks; those of nobody last."""
    here = conn.execute(select(workspaces.c.zone, workspaces.c.currency).where(workspaces.c.id == workspace_id)).one()
    tomorrow = date_of(day_of(now, here.zone) + 1)
    tonight = moment_at(tomorrow, time(0), here.zone).astimezone(UTC)
    asked = {"workspace": workspace_id, "now": now, "tonight": tonight, "currency": here.currency}
    return str(here.currency), conn.execute(_TEAM, asked).all()
