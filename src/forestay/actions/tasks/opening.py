"""How a task comes to be: who gets it, by when, with which words; or which open task is raised instead.

Reads : accounts, members, calendars, tasks, templates
Gives : open_task(), Opened, STILL_OPEN, ANSWERS, WORK, APPROVAL, DRAFT
Source: REQUIREMENTS D2, D4, G1; DESIGN section 5 (one open task per signal, never two for the same thing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from forestay.actions.channel import Effect, Workspace
from forestay.actions.due import Due, due_at
from forestay.actions.tasks.owners import assignee_for, calendar_of
from forestay.actions.tasks.wording import Asked, Words, words_of
from forestay.customers.requests import ApprovalRequest, DraftRequest, TaskRequest
from forestay.customers.words import RiskLevel, Role, TaskStatus
from forestay.kit.calendars import BusinessCalendar
from forestay.store.tables.actions import tasks
from forestay.store.tables.signals import signals

STILL_OPEN = (TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.SNOOZED)
ANSWERS = (APPROVED, REJECTED) = ("approved", "rejected")
"""Outcomes of an approval and of a draft."""
WORK, APPROVAL, DRAFT = "work", "approval", "draft"
_PURPOSE = {TaskRequest: WORK, ApprovalRequest: APPROVAL, DraftRequest: DRAFT}
_URGENCY = {level: rank for rank, level in enumerate(RiskLevel)}
"""0 is the most urgent; the order in which the words are declared."""


@dataclass(frozen=True, slots=True)
class Opened:
    """id of the task; raised: it was open already and now knows more."""

    id: int
    raised: bool


def open_task(connection: Connection, workspace: Workspace, effect: Effect, request: Asked,
              fallback_roles: Sequence[Role], now: datetime) -> Opened:  # fmt: skip
    """Open the task of a request, or raise the open one of the same signal or trigger; stamps the signal. What a run
    waits for is always a task of its own."""
    account_id = effect.account_id or 0
    owner_id = assignee_for(connection, workspace.id, account_id, request.assignee, fallback_roles)
    calendar = _calendar(connection, workspace, owner_id)
    due = _due(request, _fired_at(connection, effect) or effect.created_at, calendar)
    words = words_of(connection, workspace, effect, request, owner_id, now)
    standing = _standing(connection, effect, request) if isinstance(request, TaskRequest) else None
    if standing is not None and isinstance(request, TaskRequest):
        opened = _raise(connection, standing, effect, request, due, words, now)
    else:
        opened = _open(connection, effect, request, due, words, owner_id, _rungs(request, due, calendar), now)
    _stamp_signal(connection, effect, now)
    return opened


def _open(connection: Connection, effect: Effect, request: Asked, due: Due, words: Words, owner_id: int | None,
          rungs: Sequence[dict[str, str]], now: datetime) -> Opened:  # fmt: skip
    task = request if isinstance(request, TaskRequest) else None
    row = insert(tasks).values(
        workspace_id=effect.workspace_id, effect_id=effect.id, account_id=effect.account_id,
        signal_id=effect.signal_id, owner_id=owner_id, run_id=effect.run_id, token_id=effect.token_id,
        purpose=_PURPOSE[type(request)], choices=task.choices if task else list(ANSWERS),
        trigger_key=task.trigger_key if task else None, title=words.title,
        risk_level=task.risk_level if task else RiskLevel.MEDIUM, status=TaskStatus.OPEN, due_at=due.moment,
        evidence=msgspec.to_builtins(request.evidence), script=words.script, draft=words.draft,
        escalation=rungs, escalate_at=datetime.fromisoformat(rungs[0]["at"]) if rungs else None,
        escalated_at=now if due.escalate_now else None, created_at=now, updated_at=now,
    )  # fmt: skip
    return Opened(int(connection.execute(row.returning(tasks.c.id)).scalar_one()), raised=False)


def _due(request: Asked, fired_at: datetime, calendar: BusinessCalendar) -> Due:
    if request.due_hours is not None:
        length = timedelta(hours=request.due_hours)
        moment = calendar.add_business_time(fired_at, length) if request.due_in_business else fired_at + length
        return Due(moment, escalate_now=False)
    return due_at(request.risk_level if isinstance(request, TaskRequest) else RiskLevel.MEDIUM, fired_at, calendar)


def _rungs(request: Asked, due: Due, calendar: BusinessCalendar) -> Sequence[dict[str, str]]:
    """Who gets it when it is not done, and when; on the same clock as its due moment."""
    if not isinstance(request, TaskRequest):
        return []
    steps = sorted(request.escalation, key=lambda step: step.after_hours)
    lengths = [timedelta(hours=step.after_hours) for step in steps]
    business = request.due_in_business
    moments = [calendar.add_business_time(due.moment, each) if business else due.moment + each for each in lengths]
    return [{"at": at.isoformat(), "to": step.to} for at, step in zip(moments, steps, strict=True)]


def _raise(connection: Connection, standing: RowMapping, effect: Effect, request: TaskRequest, due: Due,
           words: Words, now: datetime) -> Opened:  # fmt: skip
    """Newest evidence and words, the more urgent level, the earlier due moment; who works on it keeps it."""
    level = min(RiskLevel(standing["risk_level"]), request.risk_level, key=lambda each: _URGENCY[each])
    changes: dict[str, object] = {
        "title": words.title, "risk_level": level, "due_at": min(standing["due_at"], due.moment),
        "evidence": msgspec.to_builtins(request.evidence), "script": words.script, "draft": words.draft,
        "signal_id": effect.signal_id or standing["signal_id"],
        "escalated_at": standing["escalated_at"] or (now if due.escalate_now else None),
        "updated_at": now, "revision": tasks.c.revision + 1,
    }  # fmt: skip
    if standing["status"] == TaskStatus.SNOOZED and _URGENCY[level] < _URGENCY[RiskLevel(standing["risk_level"])]:
        changes |= {"status": TaskStatus.OPEN, "snoozed_until": None}  # it was laid aside knowing less
    connection.execute(update(tasks).where(tasks.c.id == standing["id"]).values(**changes))
    return Opened(standing["id"], raised=True)


def _standing(connection: Connection, effect: Effect, request: TaskRequest) -> RowMapping | None:
    """The open task of the same signal, else of the same trigger and account; never one that a run waits for."""
    if request.is_own:
        return None
    same = tasks.c.signal_id == effect.signal_id if effect.signal_id is not None else tasks.c.id.is_(None)
    if request.trigger_key is not None:
        same |= tasks.c.trigger_key == request.trigger_key
    found = connection.execute(
        select(tasks)
        .where(
            tasks.c.workspace_id == effect.workspace_id,
            tasks.c.account_id == effect.account_id,
            tasks.c.status.in_(STILL_OPEN),
            tasks.c.token_id.is_(None),
            same,
        )
        .order_by(tasks.c.id)
        .limit(1)
        .with_for_update()
    )
    return found.mappings().one_or_none()


def _calendar(connection: Connection, workspace: Workspace, owner_id: int | None) -> BusinessCalendar:
    calendar: BusinessCalendar = workspace.once(
        ("calendar", owner_id), lambda: calendar_of(connection, workspace, owner_id)
    )
    return calendar


def _fired_at(connection: Connection, effect: Effect) -> datetime | None:
    return connection.scalar(
        select(signals.c.fired_at).where(
            signals.c.workspace_id == effect.workspace_id, signals.c.id == effect.signal_id
        )
    )


def _stamp_signal(connection: Connection, effect: Effect, now: datetime) -> None:
    if effect.signal_id is not None:
        connection.execute(
            update(signals)
            .where(signals.c.workspace_id == effect.workspace_id, signals.c.id == effect.signal_id)
            .values(task_at=func.coalesce(signals.c.task_at, now), decided_at=func.coalesce(signals.c.decided_at, now))
        )
