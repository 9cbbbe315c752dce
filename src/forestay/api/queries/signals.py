"""Signals and tasks as the API lists them, each with its account and owner.

Reads: signals, tasks, accounts, members, feedback
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from forestay.customers.words import RiskLevel, SignalStatus, TaskStatus, Tier
from forestay.kit.errors import NotFound
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members
from forestay.store.tables.signals import feedback, signals

_ACCOUNT = (accounts.c.external_id.label("account_external_id"), accounts.c.name.label("account_name"))
_OWNER = (members.c.name.label("owner_name"), members.c.email.label("owner_email"))


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """Which signals. account: external id; since, until: by fired_at, half-open."""

    account: str | None = None
    trigger: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: SignalStatus | None = None
    tier: Tier | None = None
    risk_level: RiskLevel | None = None


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks. account: external id; owner: member number; overdue_at: still to do and due before."""

    account: str | None = None
    status: tuple[TaskStatus, ...] = ()
    owner: int | None = None
    unowned: bool = False
    trigger: str | None = None
    risk_level: RiskLevel | None = None
    overdue_at: datetime | None = None


def signals_where(workspace_id: int, wanted: SignalFilter) -> Select[Any]:
    """All columns of the signals asked for, with their account."""
    found = (
        select(signals, *_ACCOUNT)
        .join(accounts, accounts.c.id == signals.c.account_id)
        .where(signals.c.workspace_id == workspace_id)
    )
    same = {
        signals.c.trigger_key: wanted.trigger,
        signals.c.status: wanted.status,
        signals.c.tier: wanted.tier,
        signals.c.risk_level: wanted.risk_level,
        accounts.c.external_id: wanted.account,
    }
    for column, value in same.items():
        if value is not None:
            found = found.where(column == value)
    if wanted.since is not None:
        found = found.where(signals.c.fired_at >= wanted.since)
    if wanted.until is not None:
        found = found.where(signals.c.fired_at < wanted.until)
    return found


def tasks_where(workspace_id: int, wanted: TaskFilter) -> Select[Any]:
    """All columns of the tasks asked for, with their account and owner."""
    found = (
        select(tasks, *_ACCOUNT, *_OWNER)
        .join(accounts, accounts.c.id == tasks.c.account_id)
        .outerjoin(members, members.c.id == tasks.c.owner_id)
        .where(tasks.c.workspace_id == workspace_id)
    )
    same = {
        tasks.c.trigger_key: wanted.trigger,
        tasks.c.risk_level: wanted.risk_level,
        tasks.c.owner_id: wanted.owner,
        accounts.c.external_id: wanted.account,
    }
    for column, value in same.items():
        if value is not None:
            found = found.where(column == value)
    if wanted.status:
        found = found.where(tasks.c.status.in_([status.value for status in wanted.status]))
    if wanted.unowned:
        found = found.where(tasks.c.owner_id.is_(None))
    if wanted.overdue_at is not None:
        waiting = [TaskStatus.OPEN.value, TaskStatus.CLAIMED.value, TaskStatus.SNOOZED.value]
        found = found.where(tasks.c.due_at < wanted.overdue_at, tasks.c.status.in_(waiting))
    return found


def one_signal(conn: Connection, workspace_id: int, signal_id: int) -> Row[Any]:
    """A signal with its account. Raises NotFound."""
    row = conn.execute(signals_where(workspace_id, SignalFilter()).where(signals.c.id == signal_id)).one_or_none()
    if row is None:
        raise NotFound("signal", str(signal_id))
    return row


def one_task(conn: Connection, workspace_id: int, task_id: int) -> Row[Any]:
    """A task with its account and owner. Raises NotFound."""
    row = conn.execute(tasks_where(workspace_id, TaskFilter()).where(tasks.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound("task", str(task_id))
    return row


def verdicts_of(conn: Connection, workspace_id: int, signal_id: int) -> list[Row[Any]]:
    """The verdicts on a signal, oldest first."""
    mine = (feedback.c.workspace_id == workspace_id) & (feedback.c.signal_id == signal_id)
    return list(conn.execute(select(feedback).where(mine).order_by(feedback.c.at)).all())
