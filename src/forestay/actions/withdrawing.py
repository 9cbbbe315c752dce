"""Taking back what a run asked for and nobody has done yet: its wait ran out, or the run ended.

Reads : requests, effects, tasks
Gives : withdraw(), withdraw_all()
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from forestay.customers.requests import WithdrawRequest

_REQUESTS = text("""
    SELECT id FROM requests WHERE workspace_id = :workspace AND cause = :cause AND slot = ANY(:slots) ORDER BY id FOR UPDATE""")
_UNDRAINED = text("""
    UPDATE requests SET drained_at = :now, refusal = :why WHERE id = ANY(:ids) AND drained_at IS NULL""")
_EFFECTS = text("""
    UPDATE effects SET status = 'cancelled', reason = :why, leased_until = NULL, updated_at = :now
    WHERE request_id = ANY(:ids) AND token_id IS NOT NULL AND status = 'pending'
      AND (leased_until IS NULL OR leased_until < :now)
      AND NOT EXISTS (SELECT FROM effect_attempts AS a
                      WHERE a.effect_id = effects.id AND a.number = effects.attempts AND a.outcome IS NULL)""")
_TASKS = text("""
    UPDATE tasks SET status = 'cancelled', outcome_note = :why, done_at = :now, updated_at = :now, snoozed_until = NULL,
      escalate_at = NULL, revision = revision + 1
    WHERE effect_id IN (SELECT id FROM effects WHERE request_id = ANY(:ids) AND token_id IS NOT NULL)
      AND status IN ('open', 'claimed', 'snoozed')""")


_ASKED_BY = text("""
    UPDATE requests SET drained_at = :now, refusal = :why
    WHERE workspace_id = :workspace AND COALESCE(journey_id, 0) = :journey AND drained_at IS NULL AND cause LIKE :cause""")
_LEAVING = text("""
    UPDATE effects SET status = 'cancelled', reason = :why, leased_until = NULL, updated_at = :now
    WHERE workspace_id = :workspace AND journey_id = :journey AND (:run = 0 OR run_id = :run) AND status = 'pending'
      AND (leased_until IS NULL OR leased_until < :now)
      AND NOT EXISTS (SELECT FROM effect_attempts AS a
                      WHERE a.effect_id = effects.id AND a.number = effects.attempts AND a.outcome IS NULL)""")
_WORK = text("""
    UPDATE tasks SET status = 'cancelled', outcome_note = :why, done_at = :now, updated_at = :now, snoozed_until = NULL,
      escalate_at = NULL, revision = revision + 1
    WHERE workspace_id = :workspace AND status IN ('open', 'claimed', 'snoozed') AND effect_id IN (
      SELECT id FROM effects WHERE journey_id = :journey AND (:run = 0 OR run_id = :run))""")


def withdraw_all(
    connection: Connection, workspace_id: int, journey_id: int, why: str, now: datetime, run_id: int | None = None
) -> int:  # fmt: skip
    """Take back all that a journey, or one run of it, asked for and that is not done; what is leaving now leaves. Gives how
    many requests, effects and tasks that were. Requests come first: one that is read meanwhile is an effect by then."""
    values = {
        "workspace": workspace_id, "journey": journey_id, "run": run_id or 0, "why": f"withdrawn: {why}"[:500], "now": now,
        "cause": f"run:{run_id}:%" if run_id is not None else "%",
    }  # fmt: skip
    return sum(connection.execute(statement, values).rowcount for statement in (_ASKED_BY, _LEAVING, _WORK))


def withdraw(connection: Connection, row: RowMapping, request: WithdrawRequest, now: datetime) -> None:
    """Cancel what stands under the same cause in these slots; what is leaving now leaves. The token is not told."""
    values = {"workspace": row["workspace_id"], "cause": row["cause"], "slots": request.slots}
    _cancel(connection, list(connection.scalars(_REQUESTS, values)), f"withdrawn: {request.reason}", now)


def _cancel(connection: Connection, requests: Sequence[int], why: str, now: datetime) -> None:
    if requests:
        values = {"ids": list(requests), "why": why[:500], "now": now}
        for statement in (_UNDRAINED, _EFFECTS, _TASKS):
            connection.execute(statement, values)
