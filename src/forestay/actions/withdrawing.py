"""Taking back what a run asked for and nobody has done yet: its wait ran out, or its whole journey was stopped.

Reads : requests, effects, tasks
Gives : withdraw(), withdraw_all()
What a run asked for that ends, or is placed elsewhere, is taken back with that: journeys.runtime.taking_back
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from forestay.customers.requests import WithdrawRequest
from forestay.customers.words import ChannelKind
from forestay.journeys.runtime.taking_back import WITHDRAWN, given_up, take_back
from forestay.store.database import raw

_REQUESTS = text("""
    SELECT id FROM requests WHERE workspace_id = :workspace AND cause = :cause AND slot = ANY(:slots) ORDER BY id FOR UPDATE""")
_UNDRAINED = text("""
    SELECT id FROM requests WHERE workspace_id = :workspace AND COALESCE(journey_id, 0) = :journey AND drained_at IS NULL
    ORDER BY id LIMIT :most""")
_EFFECTS = text(f"""
    UPDATE effects AS e SET status = {given_up("'cancelled'")}, reason = :why, leased_until = NULL, updated_at = :now
    WHERE id IN (
      SELECT e.id FROM effects AS e
      WHERE e.workspace_id = :workspace AND e.channel = ANY(:channels) AND COALESCE(e.journey_id, 0) = :journey
        AND e.status = 'pending'
        AND NOT EXISTS (SELECT FROM effect_attempts AS a
                        WHERE a.effect_id = e.id AND a.number = e.attempts AND a.outcome IS NULL)
      LIMIT :most FOR UPDATE OF e SKIP LOCKED)""")  # noqa: S608 - our own words
_TASKS = text("""
    UPDATE tasks AS t SET status = 'cancelled', outcome_note = :why, done_at = :now, updated_at = :now, snoozed_until = NULL,
      escalate_at = NULL, revision = t.revision + 1
    WHERE t.id IN (
      SELECT t.id FROM tasks AS t JOIN effects AS e ON e.id = t.effect_id
      WHERE t.workspace_id = :workspace AND t.status IN ('open', 'claimed', 'snoozed') AND e.journey_id = :journey
      ORDER BY t.id LIMIT :most)""")


def withdraw_all(
    connection: Connection, workspace_id: int, journey_id: int, why: str, now: datetime, most: int
) -> int:  # fmt: skip
    """Take back what a stopped journey asked for and that is not done, `most` of each kind; what is leaving now leaves.
    Gives how many requests, effects and tasks that were, 0 when nothing is left. Requests come first: one that is read meanwhile is an effect by then. What a
    worker holds is passed over: it waits for the journey's row, and sees then that it was stopped (guard_facts)."""
    values = {
        "workspace": workspace_id, "journey": journey_id, "why": f"{WITHDRAWN}: {why}"[:500], "now": now,
        "channels": [channel.value for channel in ChannelKind], "most": most,
    }  # fmt: skip
    taken = take_back(raw(connection), list(connection.scalars(_UNDRAINED, values)), why, now)
    return taken + sum(connection.execute(statement, values).rowcount for statement in (_EFFECTS, _TASKS))


def withdraw(connection: Connection, row: RowMapping, request: WithdrawRequest, now: datetime) -> None:
    """Cancel what stands under the same cause in these slots; what is leaving now leaves. The token is not told."""
    values = {"workspace": row["workspace_id"], "cause": row["cause"], "slots": request.slots}
    take_back(raw(connection), list(connection.scalars(_REQUESTS, values)), request.reason, now)
