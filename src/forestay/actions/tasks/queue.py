"""The queue of human work: what a CSM sees first, and one task in full.

Reads : tasks, accounts, account_states, members
Gives : Task, TaskFilter, TaskOrder, TaskPage, list_tasks(), get_task()
Source: REQUIREMENTS G1; issue 'interface facts' (task fields, `{items[], next}`).

Whatever comes first in the order (TaskOrder), then due moment, then number; the cursor is the last task's place in it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Double, RowMapping, Select, case, cast, func, literal, select, tuple_

from forestay.customers.words import RiskLevel, TaskStatus
from forestay.kit.errors import Invalid, NotFound
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members
from forestay.store.tables.scores import account_states as states

LONGEST_PAGE = 200
_RANK = case({level: rank for rank, level in enumerate(RiskLevel)}, value=tasks.c.risk_level, else_=len(RiskLevel))
_STAKE = cast(accounts.c.arr, Double) * cast(states.c.churn_score, Double)


class TaskOrder(StrEnum):
    """What comes first in the queue; among equals the earliest due."""

    URGENCY = "urgency"
    """By risk level, critical first."""
    STAKE = "stake"
    """By ARR x chance that the account leaves, in the accounts' own currencies; where it cannot be said, last."""
    DUE = "due"
    """By due moment alone."""


_FIRST: dict[TaskOrder, ColumnElement[Any]] = {
    TaskOrder.URGENCY: cast(_RANK, Double),
    TaskOrder.STAKE: func.coalesce(-_STAKE, 1.0, type_=Double()),
    TaskOrder.DUE: literal(0.0, Double()),
}
"""Ascending, double precision: as text and back it is the same number."""


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of human work. account: external id. evidence: customers.requests.Evidence as plain values;
    draft: {channel, to, subject, body, template} or empty. run_id: of the journey's run that asked; purpose: work,
    approval or draft; choices: outcomes to choose from, empty for any TaskOutcome; escalation: who gets it next, [{at, to}].
    arr_at_stake: ARR a year x churn probability now, in currency; None where either is not known. revision: give it back
    when changing the task."""

    id: int
    account: str
    account_id: int
    account_name: str | None
    arr_at_stake: float | None
    currency: str | None
    signal_id: int | None
    owner_id: int | None
    owner: str | None
    owner_name: str | None
    run_id: int | None
    purpose: str
    choices: Sequence[str]
    trigger_key: str | None
    title: str
    risk_level: RiskLevel
    status: TaskStatus
    due_at: datetime
    evidence: Sequence[dict[str, Any]]
    script: str | None
    draft: dict[str, Any]
    outcome: str | None
    outcome_note: str | None
    snoozed_until: datetime | None
    snooze_reason: str | None
    escalated_at: datetime | None
    escalate_at: datetime | None
    escalation: Sequence[dict[str, str]]
    first_touch_at: datetime | None
    done_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Everything empty = all. account: external id; unowned: only tasks without an owner; signal: its number."""

    account: str | None = None
    statuses: Sequence[TaskStatus] = ()
    owner_id: int | None = None
    unowned: bool = False
    risk_levels: Sequence[RiskLevel] = ()
    trigger_key: str | None = None
    signal_id: int | None = None
    overdue_at: datetime | None = None
    """Only open work that was due before this moment."""


@dataclass(frozen=True, slots=True)
class TaskPage:
    """items in queue order; next: cursor of the following page, None on the last."""

    items: Sequence[Task]
    next: str | None


def list_tasks(connection: Connection, workspace_id: int, wanted: TaskFilter | None = None, *,
               order: TaskOrder = TaskOrder.URGENCY, cursor: str | None = None, limit: int = 50) -> TaskPage:  # fmt: skip
    """One page of the queue. limit: 1 to 200. Raises Invalid for a cursor that is none of ours."""
    limit = max(1, min(limit, LONGEST_PAGE))
    place = (_FIRST[order], tasks.c.due_at, tasks.c.id)
    query = _query(workspace_id).add_columns(_FIRST[order].label("first")).order_by(*place)
    for condition in _conditions(wanted or TaskFilter()):
        query = query.where(condition)
    if cursor is not None:
        query = query.where(tuple_(*place) > _place(cursor))
    rows = connection.execute(query.limit(limit + 1)).mappings().all()
    more = len(rows) > limit
    return TaskPage([_task(row) for row in rows[:limit]], _cursor(rows[limit - 1]) if more else None)


def get_task(connection: Connection, workspace_id: int, task_id: int) -> Task:
    """One task. Raises NotFound."""
    row = connection.execute(_query(workspace_id).where(tasks.c.id == task_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("task", str(task_id))
    return _task(row)


def _query(workspace_id: int) -> Select[Any]:
    return (
        select(
            tasks,
            accounts.c.external_id.label("account"),
            accounts.c.name.label("account_name"),
            accounts.c.currency,
            _STAKE.label("arr_at_stake"),
            members.c.email.label("owner"),
            members.c.name.label("owner_name"),
        )
        .join(accounts, accounts.c.id == tasks.c.account_id)
        .outerjoin(states, states.c.account_id == accounts.c.id)
        .outerjoin(members, members.c.id == tasks.c.owner_id)
        .where(tasks.c.workspace_id == workspace_id, accounts.c.workspace_id == workspace_id)
    )


def _conditions(wanted: TaskFilter) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.account is not None:
        found.append(accounts.c.external_id == wanted.account)
    if wanted.statuses:
        found.append(tasks.c.status.in_(wanted.statuses))
    if wanted.owner_id is not None:
        found.append(tasks.c.owner_id == wanted.owner_id)
    if wanted.unowned:
        found.append(tasks.c.owner_id.is_(None))
    if wanted.risk_levels:
        found.append(tasks.c.risk_level.in_(wanted.risk_levels))
    if wanted.trigger_key is not None:
        found.append(tasks.c.trigger_key == wanted.trigger_key)
    if wanted.signal_id is not None:
        found.append(tasks.c.signal_id == wanted.signal_id)
    if wanted.overdue_at is not None:
        found += [tasks.c.due_at < wanted.overdue_at, tasks.c.status.in_((TaskStatus.OPEN, TaskStatus.CLAIMED))]
    return found


def _task(row: RowMapping) -> Task:
    values = {name: row[name] for name in Task.__slots__}
    return Task(**{**values, "risk_level": RiskLevel(row["risk_level"]), "status": TaskStatus(row["status"])})


def _cursor(row: RowMapping) -> str:
    place = f"{float(row['first'])!r} {row['due_at'].isoformat()} {row['id']}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(cursor: str) -> ColumnElement[Any]:
    try:
        first, due_at, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        return tuple_(literal(float(first), Double()), literal(datetime.fromisoformat(due_at)), literal(int(number)))
    except (binascii.Error, UnicodeDecodeError, ValueError) as why:
        raise Invalid("this is not a cursor of this list; begin without one", place="cursor") from why
