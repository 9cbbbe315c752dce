"""How a task comes to be: who gets it, by when, with which words; or which open task is raised instead.

Reads : accounts, members, calendars, tasks, templates
Gives : open_task(), Opened
Source: REQUIREMENTS D2, D4, G1; DESIGN section 5 (one open task per signal, never two for the same thing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from forestay.actions.channel import Effect, Workspace
from forestay.actions.context import People, Values, values_for
from forestay.actions.due import Due, due_at
from forestay.actions.library import TemplateDocument, TemplateMissing, template_for
from forestay.actions.recipients import contact_for
from forestay.actions.tasks.owners import calendar_of, owner_for
from forestay.customers.requests import TaskRequest
from forestay.customers.words import RiskLevel, Role, TaskStatus
from forestay.kit.calendars import BusinessCalendar
from forestay.kit.templates import TemplateRefused, render
from forestay.store.tables.actions import tasks
from forestay.store.tables.signals import signals

STILL_OPEN = (TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.SNOOZED)
_URGENCY = {level: rank for rank, level in enumerate(RiskLevel)}
"""0 is the most urgent; the order in which the words are declared."""


@dataclass(frozen=True, slots=True)
class Opened:
    """id of the task; raised: it was open already and now knows more."""

    id: int
    raised: bool


@dataclass(frozen=True, slots=True)
class _Words:
    script: str | None
    draft: dict[str, object]


def open_task(connection: Connection, workspace: Workspace, effect: Effect, request: TaskRequest,
              fallback_roles: Sequence[Role], now: datetime) -> Opened:  # fmt: skip
    """Open the task of a request, or raise the open one of the same signal or trigger; stamps the signal."""
    account_id = effect.account_id or 0
    owner_id = owner_for(connection, workspace.id, account_id, fallback_roles)
    fired_at = _fired_at(connection, effect) or effect.created_at
    due = due_at(request.risk_level, fired_at, _calendar(connection, workspace, owner_id))
    words = _words(connection, workspace, effect, request, owner_id, now)
    standing = _standing(connection, effect, request)
    if standing is not None:
        opened = _raise(connection, standing, effect, request, due, words, now)
    else:
        opened = _open(connection, effect, request, due, words, owner_id, now)
    _stamp_signal(connection, effect, now)
    return opened


def _open(connection: Connection, effect: Effect, request: TaskRequest, due: Due, words: _Words,
          owner_id: int | None, now: datetime) -> Opened:  # fmt: skip
    row = insert(tasks).values(
        workspace_id=effect.workspace_id, effect_id=effect.id, account_id=effect.account_id,
        signal_id=effect.signal_id, owner_id=owner_id, trigger_key=request.trigger_key, title=request.title,
        risk_level=request.risk_level, status=TaskStatus.OPEN, due_at=due.moment,
        evidence=msgspec.to_builtins(request.evidence), script=words.script, draft=words.draft,
        escalated_at=now if due.escalate_now else None, created_at=now, updated_at=now,
    )  # fmt: skip
    return Opened(int(connection.execute(row.returning(tasks.c.id)).scalar_one()), raised=False)


def _raise(connection: Connection, standing: RowMapping, effect: Effect, request: TaskRequest, due: Due,
           words: _Words, now: datetime) -> Opened:  # fmt: skip
    """Newest evidence and words, the more urgent level, the earlier due moment; who works on it keeps it."""
    level = min(RiskLevel(standing["risk_level"]), request.risk_level, key=lambda each: _URGENCY[each])
    changes: dict[str, object] = {
        "title": request.title, "risk_level": level, "due_at": min(standing["due_at"], due.moment),
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
    """The open task of the same signal, else of the same trigger and account."""
    same = tasks.c.signal_id == effect.signal_id if effect.signal_id is not None else tasks.c.id.is_(None)
    if request.trigger_key is not None:
        same |= tasks.c.trigger_key == request.trigger_key
    found = connection.execute(
        select(tasks)
        .where(
            tasks.c.workspace_id == effect.workspace_id,
            tasks.c.account_id == effect.account_id,
            tasks.c.status.in_(STILL_OPEN),
            same,
        )
        .order_by(tasks.c.id)
        .limit(1)
        .with_for_update()
    )
    return found.mappings().one_or_none()


def _words(connection: Connection, workspace: Workspace, effect: Effect, request: TaskRequest,
           owner_id: int | None, now: datetime) -> _Words:  # fmt: skip
    account_id = effect.account_id or 0
    contact_id = contact_for(connection, workspace.id, account_id, request.draft_to, now)
    values = values_for(
        connection, workspace, People(account_id, contact_id, owner_id), request.evidence, now,
        trigger_key=request.trigger_key, risk_level=request.risk_level,
    )  # fmt: skip
    return _Words(_script(connection, workspace, request, values), _draft(connection, workspace, request, values))


def _script(connection: Connection, workspace: Workspace, request: TaskRequest, values: Values) -> str | None:
    """The script, or the reason why there is none: a wrong template must not cost the CSM the task."""
    if request.script_template is None:
        return None
    try:
        return render(_template(connection, workspace, request.script_template).text, values).text.strip()
    except (TemplateMissing, TemplateRefused) as refused:
        return f"(No script: {refused})"


def _draft(connection: Connection, workspace: Workspace, request: TaskRequest, values: Values) -> dict[str, object]:
    if request.draft_template is None:
        return {}
    contact = values["contact"]
    to = contact.get("email") if isinstance(contact, dict) else None
    frame: dict[str, object] = {"channel": "email", "to": to, "template": request.draft_template}
    try:
        template = _template(connection, workspace, request.draft_template)
        subject, body = render(template.subject, values), render(template.text, values)
    except (TemplateMissing, TemplateRefused) as refused:
        return {**frame, "subject": "", "body": "", "refused": str(refused)}
    return {**frame, "subject": subject.text.strip(), "body": body.text.strip()}


def _template(connection: Connection, workspace: Workspace, key: str) -> TemplateDocument:
    template: TemplateDocument = workspace.once(("template", key), lambda: template_for(connection, workspace.id, key))
    return template


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
