"""Tasks that a person writes, for one account or for many at once.

Reads : accounts, members, calendars
Gives : NewTask, write_tasks()
Writes: tasks

A person's task answers no signal and no journey, so none is joined to it; when it is due comes from its risk level
unless the person says when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from forestay.actions.due import due_at
from forestay.actions.ledger import load_workspace
from forestay.actions.tasks.owners import calendar_of
from forestay.customers.words import RiskLevel, TaskStatus
from forestay.store.sets import within
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts


@dataclass(frozen=True, slots=True)
class NewTask:
    """What to do. text: more of it; due_at: None for the usual time of its risk level; owner_id: None for whoever owns the
    account; trigger_key: of the signal that it is about, signal_id: its number."""

    title: str
    risk_level: RiskLevel
    text: str | None = None
    due_at: datetime | None = None
    owner_id: int | None = None
    signal_id: int | None = None
    trigger_key: str | None = None


def write_tasks(
    connection: Connection, workspace_id: int, account_ids: Sequence[int], new: NewTask, now: datetime
) -> dict[int, int]:
    """One open task for each account; account -> number of its task. Accounts that are gone get none."""
    workspace = load_workspace(connection, workspace_id)
    owners = connection.execute(
        select(accounts.c.id, accounts.c.owner_id).where(
            accounts.c.workspace_id == workspace_id,
            within(accounts.c.id, account_ids),
            accounts.c.merged_into.is_(None),
        )
    ).all()
    due: dict[int | None, datetime] = {}
    rows = []
    for account_id, account_owner in owners:
        owner_id = new.owner_id or account_owner
        if owner_id not in due:
            calendar = calendar_of(connection, workspace, owner_id)
            due[owner_id] = new.due_at or due_at(new.risk_level, now, calendar).moment
        rows.append({
            "workspace_id": workspace_id, "account_id": account_id, "owner_id": owner_id, "title": new.title,
            "script": new.text, "risk_level": new.risk_level, "status": TaskStatus.OPEN, "due_at": due[owner_id],
            "signal_id": new.signal_id, "trigger_key": new.trigger_key, "created_at": now, "updated_at": now,
        })  # fmt: skip
    if not rows:
        return {}
    made = connection.execute(insert(tasks).returning(tasks.c.account_id, tasks.c.id), rows)
    return {row.account_id: row.id for row in made}
