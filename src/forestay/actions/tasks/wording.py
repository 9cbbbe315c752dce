"""The words of a task: its title, what to do, a script, and a message drafted for somebody to send or to approve.

Reads : templates, the account's facts
Gives : Words, words_of(), Asked
Source: REQUIREMENTS F1, G1. A wrong template must not cost the CSM the task: the reason stands where the text would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from forestay.actions.channel import Effect, Workspace
from forestay.actions.context import People, Values, values_for
from forestay.actions.library import TemplateDocument, TemplateMissing, template_for
from forestay.actions.recipients import contact_for
from forestay.customers.requests import ApprovalRequest, DraftRequest, Evidence, TaskRequest
from forestay.customers.words import RiskLevel
from forestay.kit.templates import TemplateRefused, render

Asked = TaskRequest | ApprovalRequest | DraftRequest
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Words:
    """draft: {channel, to, subject, body, template}, or empty."""

    title: str
    script: str | None
    draft: dict[str, object]


def words_of(connection: Connection, workspace: Workspace, effect: Effect, request: Asked, owner_id: int | None,
             now: datetime) -> Words:  # fmt: skip
    """Write all of it for one account."""
    values = _values(connection, workspace, effect, request, owner_id, now)
    if isinstance(request, ApprovalRequest):
        return Words(_line(request.title, values), _text(request.text, values), {})
    if isinstance(request, DraftRequest):
        draft = _draft(connection, workspace, request.template, request.channel, values)
        title = f"Approve a message to {_name(values) or request.to}: {draft['subject'] or request.template}"
        return Words(title[:_LONGEST_TITLE], _text(request.instructions, values), draft)
    script = [_text(request.text, values), _script(connection, workspace, request.script_template, values)]
    draft = {} if request.draft_template is None else _draft(
        connection, workspace, request.draft_template, "email", values
    )  # fmt: skip
    return Words(_line(request.title, values), "\n\n".join(filter(None, script)) or None, draft)


def _values(connection: Connection, workspace: Workspace, effect: Effect, request: Asked, owner_id: int | None,
            now: datetime) -> Values:  # fmt: skip
    account_id = effect.account_id or 0
    to = {TaskRequest: "draft_to", DraftRequest: "to"}.get(type(request))
    wanted = "sponsor" if to is None else str(getattr(request, to))
    contact_id = request.contact_id if wanted == "contact" or to is None else None
    if contact_id is None:
        contact_id = contact_for(connection, workspace.id, account_id, wanted, now)
    evidence: Sequence[Evidence] = request.evidence
    trigger_key = request.trigger_key if isinstance(request, TaskRequest) else None
    risk_level: RiskLevel | None = request.risk_level if isinstance(request, TaskRequest) else None
    return values_for(
        connection, workspace, People(account_id, contact_id, owner_id), evidence, now,
        trigger_key=trigger_key, risk_level=risk_level, run=request.values,
    )  # fmt: skip


def _line(title: str, values: Values) -> str:
    return " ".join((_text(title, values) or title).split())[:_LONGEST_TITLE]


def _text(source: str, values: Values) -> str | None:
    if "{" not in source:
        return source.strip() or None
    try:
        return render(source, values).text.strip() or None
    except TemplateRefused as refused:
        return f"(No text: {refused})"


def _script(connection: Connection, workspace: Workspace, key: str | None, values: Values) -> str | None:
    if key is None:
        return None
    try:
        return render(_template(connection, workspace, key).text, values).text.strip()
    except (TemplateMissing, TemplateRefused) as refused:
        return f"(No script: {refused})"


def _draft(connection: Connection, workspace: Workspace, key: str, channel: str, values: Values) -> dict[str, object]:
    contact = values["contact"]
    to = contact.get("email") if isinstance(contact, dict) else None
    frame: dict[str, object] = {"channel": channel, "to": to, "template": key}
    try:
        template = _template(connection, workspace, key)
        subject, body = render(template.subject, values), render(template.text, values)
    except (TemplateMissing, TemplateRefused) as refused:
        return {**frame, "subject": "", "body": "", "refused": str(refused)}
    return {**frame, "subject": subject.text.strip(), "body": body.text.strip()}


def _template(connection: Connection, workspace: Workspace, key: str) -> TemplateDocument:
    template: TemplateDocument = workspace.once(("template", key), lambda: template_for(connection, workspace.id, key))
    return template


def _name(values: Values) -> str | None:
    contact = values["contact"]
    return contact.get("name") if isinstance(contact, dict) else None
