"""Work on many accounts at once: which accounts, what became of each, and how it is taken back.

Reads: bulk_actions, bulk_items, accounts, tasks, journey_runs, journey_inbox
Writes: the same, in portions: one call carries out one portion, so that progress is true and an interruption loses nothing
Gives: prepare(), waiting(), settle(), counts_of(), assign(), give_back(), cancel_untouched(), said_by(), leave_journey()
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from forestay.journeys.runtime import operations
from forestay.journeys.words import LIVE
from forestay.kit.errors import NotFound
from forestay.store.database import raw
from forestay.store.sets import within
from forestay.store.tables.customers import accounts
from forestay.store.tables.desk import bulk_actions, bulk_items

Outcomes = Mapping[int, tuple[str, str | None, dict[str, Any]]]
"""account -> (outcome, detail, before)."""


def prepare(
    conn: Connection, workspace_id: int, actor: str, kind: str, body: Mapping[str, Any], numbers: Sequence[int],
    refused: Mapping[int, str], now: datetime,
) -> int:  # fmt: skip
    """Keep what is to be done and to whom; its number. refused: accounts that are left out, and why."""
    made = insert(bulk_actions).values(workspace_id=workspace_id, actor=actor, kind=kind, body=body, created_at=now)
    bulk_id = int(conn.execute(made.returning(bulk_actions.c.id)).scalar_one())
    conn.execute(
        text("""
        INSERT INTO bulk_items (workspace_id, bulk_id, account_id, outcome, detail)
        SELECT :workspace, :bulk, account, CASE WHEN why IS NULL THEN NULL ELSE 'refused' END, why
        FROM unnest(cast(:accounts AS bigint[]), cast(:whys AS text[])) AS u (account, why)"""),
        {"workspace": workspace_id, "bulk": bulk_id, "accounts": list(numbers), "whys": [refused.get(n) for n in numbers]},
    )  # fmt: skip
    return bulk_id


def one(conn: Connection, workspace_id: int, bulk_id: int) -> Any:
    """The row of the work. Raises NotFound."""
    mine = (bulk_actions.c.workspace_id == workspace_id) & (bulk_actions.c.id == bulk_id)
    row = conn.execute(select(bulk_actions).where(mine).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("bulk action", str(bulk_id))
    return row


def waiting(conn: Connection, workspace_id: int, bulk_id: int, most: int, *, outcome: str | None = None) -> list[Any]:
    """The next accounts with this outcome (None: nothing done yet), by number: account_id, before, at."""
    item = bulk_items.c
    mine = (item.workspace_id == workspace_id) & (item.bulk_id == bulk_id)
    wanted = select(item.account_id, item.before, item.at).where(mine, item.outcome.is_not_distinct_from(outcome))
    return list(conn.execute(wanted.order_by(item.account_id).limit(most)).all())


def settle(conn: Connection, workspace_id: int, bulk_id: int, outcomes: Outcomes, now: datetime) -> None:
    """Write down what became of some accounts."""
    if not outcomes:
        return
    numbers = list(outcomes)
    words, details, before = zip(*outcomes.values(), strict=True)
    raw(conn).execute(
        """UPDATE bulk_items AS i SET outcome = u.outcome, detail = u.detail, before = u.before, at = %s
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[]) AS u (account_id, outcome, detail, before)
        WHERE i.workspace_id = %s AND i.bulk_id = %s AND i.account_id = u.account_id""",
        (now, numbers, list(words), list(details), [_json(one) for one in before], workspace_id, bulk_id),
    )


def mark_undone(conn: Connection, workspace_id: int, bulk_id: int, now: datetime) -> None:
    """From now on nothing more of it is carried out."""
    mine = (bulk_actions.c.workspace_id == workspace_id) & (bulk_actions.c.id == bulk_id)
    conn.execute(update(bulk_actions).where(mine).values(undone_at=now))


def counts_of(conn: Connection, workspace_id: int, bulk_id: int) -> dict[str | None, int]:
    """How many accounts ended how; None: nothing done yet."""
    item = bulk_items.c
    mine = (item.workspace_id == workspace_id) & (item.bulk_id == bulk_id)
    found = conn.execute(select(item.outcome, func.count().label("n")).where(mine).group_by(item.outcome))
    return {row.outcome: row.n for row in found}


def assign(
    conn: Connection, workspace_id: int, numbers: Sequence[int], owner_id: int | None, email: str | None, now: datetime
) -> Outcomes:
    """Give accounts to a member, or to nobody."""
    mine = (accounts.c.workspace_id == workspace_id) & within(accounts.c.id, numbers)
    columns = (accounts.c.id, accounts.c.owner_id, accounts.c.owner_email)
    before = conn.execute(select(*columns).where(mine).order_by(accounts.c.id).with_for_update()).all()
    differs = accounts.c.owner_id.is_distinct_from(owner_id) | accounts.c.owner_email.is_distinct_from(email)
    conn.execute(update(accounts).where(mine, differs).values(owner_id=owner_id, owner_email=email, updated_at=now))
    return {
        row.id: (
            "unchanged" if (row.owner_id, row.owner_email) == (owner_id, email) else "done", None,
            {"owner_id": row.owner_id, "owner_email": row.owner_email},
        )
        for row in before
    }  # fmt: skip


def give_back(
    conn: Connection, workspace_id: int, items: Sequence[Any], owner_id: int | None, now: datetime
) -> Outcomes:
    """Owners as they were, where nobody changed them since."""
    rows = raw(conn).execute(
        """UPDATE accounts AS a SET owner_id = u.owner_id, owner_email = u.owner_email, updated_at = %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS u (id, owner_id, owner_email)
        WHERE a.workspace_id = %s AND a.id = u.id AND a.owner_id IS NOT DISTINCT FROM %s::bigint RETURNING a.id""",
        (now, [item.account_id for item in items], [item.before.get("owner_id") for item in items],
         [item.before.get("owner_email") for item in items], workspace_id, owner_id),
    )  # fmt: skip
    done = {row[0] for row in rows}
    return {
        item.account_id: (("undone", None) if item.account_id in done else ("kept", "given away since"))
        + (item.before,)
        for item in items
    }


_CANCEL = text("""
UPDATE tasks SET status = 'cancelled', outcome_note = :why, done_at = :now, updated_at = :now, snoozed_until = NULL,
  revision = revision + 1
WHERE workspace_id = :workspace AND id = ANY(:ids) AND status IN ('open', 'snoozed') AND first_touch_at IS NULL
RETURNING id""")


def cancel_untouched(conn: Connection, workspace_id: int, items: Sequence[Any], now: datetime) -> Outcomes:
    """Cancel the tasks that nobody has begun."""
    numbers = {int(item.before["task"]): item for item in items if "task" in item.before}
    asked = {"workspace": workspace_id, "ids": list(numbers), "now": now, "why": "taken back"}
    gone = set(conn.execute(_CANCEL, asked).scalars())
    return {
        item.account_id: ("undone", None, item.before)
        if number in gone
        else ("kept", "somebody has begun it", item.before)
        for number, item in numbers.items()
    }


def said_by(bulk_id: int) -> str:
    """The key under which this work lets accounts in: it stays with the row of the inbox and with the run."""
    return f"bulk:{bulk_id}"


_FORGET = """
DELETE FROM journey_inbox WHERE workspace_id = %s AND journey_id = %s AND kind = 'enter' AND account_id = ANY(%s)
  AND entry_key = %s RETURNING account_id"""
_RUNS = """
SELECT account_id, coalesce(array_agg(id) FILTER (WHERE status = ANY(%s)), '{}') FROM journey_runs
WHERE workspace_id = %s AND journey_id = %s AND account_id = ANY(%s) AND run_values ->> '_key' = %s GROUP BY account_id"""


def leave_journey(
    conn: Connection, workspace_id: int, bulk_id: int, items: Sequence[Any], journey_id: int, now: datetime
) -> Outcomes:
    """End the runs that this very work began, and forget entries that nobody took in yet. What was sent is sent."""
    driver = raw(conn)
    asked = (workspace_id, journey_id, [item.account_id for item in items], said_by(bulk_id))
    waited = {row[0] for row in driver.execute(_FORGET, asked)}
    # asked only now: a row that a runner was taking in is gone when the statement above ends, and its run is seen
    rows: list[tuple[int, list[int]]] = driver.execute(_RUNS, ([int(one) for one in LIVE], *asked)).fetchall()  # type: ignore[assignment]
    live = dict(rows)
    operations.cancel_runs(driver, [run for runs in live.values() for run in runs], now, "taken back")
    return {
        item.account_id: (*_left(live.get(item.account_id), item.account_id in waited), item.before) for item in items
    }


def _left(live: Sequence[int] | None, waited: bool) -> tuple[str, str | None]:
    """live: runs that the work began and that are under way, None where it began none."""
    if live is None:
        return ("undone", "it had not entered yet") if waited else ("kept", "it was not let in")
    return ("undone", None) if live else ("kept", "its run had ended already")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value)
