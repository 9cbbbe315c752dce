"""From a request and its template to the words that leave, and the row that keeps them.

Reads : templates, the account's facts
Gives : Letter, write_letter(), keep_letter()
Source: REQUIREMENTS F1, F4.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from forestay.actions.channel import Effect, Workspace
from forestay.actions.context import People, Values, values_for
from forestay.actions.library import TemplateDocument, template_for
from forestay.customers.requests import MessageRequest
from forestay.kit.errors import Invalid
from forestay.kit.templates import render
from forestay.store.tables.actions import messages
from forestay.store.tables.customers import accounts

_NEW = insert(messages)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=["effect_id"], set_={name: _NEW.excluded[name] for name in ("subject", "body", "headers")}
).returning(messages.c.id)  # built once: making `excluded` costs more than running the statement


@dataclass(frozen=True, slots=True)
class Letter:
    """subject: one line; text: plain; html: with every value escaped. template_key: what it was made from."""

    template_key: str
    subject: str
    text: str
    html: str


def write_letter(connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Letter:
    """Render the effect's message for its contact. Raises TemplateMissing, TemplateRefused or Invalid."""
    request = effect.request
    if not isinstance(request, MessageRequest) or effect.account_id is None:
        raise Invalid("this effect is not a message to a contact of an account")
    account_id = effect.account_id
    owner = workspace.once(("owner of", account_id), lambda: _owner_of(connection, workspace.id, account_id))
    people = People(account_id, effect.contact_id, owner)
    values = values_for(connection, workspace, people, request.evidence, now, trigger_key=request.trigger_key)
    key = request.template
    template = workspace.once(("template", key), lambda: template_for(connection, workspace.id, key))
    return fill_in(template, key, values)


def fill_in(template: TemplateDocument, key: str, values: Values) -> Letter:
    """Render subject, text and HTML; without an HTML source the text becomes paragraphs."""
    text = render(template.text, values).text.strip()
    body = _paragraphs(text) if template.html is None else render(template.html, values, html=True).text
    return Letter(key, " ".join(render(template.subject, values).text.split())[:200], text, body)


def keep_letter(
    connection: Connection, effect: Effect, letter: Letter, headers: Mapping[str, str], now: datetime
) -> int:
    """Write the row of `messages`, one per effect however often it is tried; its number."""
    row = {
        "workspace_id": effect.workspace_id, "effect_id": effect.id, "account_id": effect.account_id,
        "contact_id": effect.contact_id, "channel": effect.channel, "template_key": letter.template_key,
        "to_address": effect.recipient, "subject": letter.subject, "body": letter.text, "headers": dict(headers),
        "created_at": now,
    }  # fmt: skip
    return int(connection.execute(_KEEP, row).scalar_one())


def _owner_of(connection: Connection, workspace_id: int, account_id: int) -> int | None:
    return connection.scalar(
        select(accounts.c.owner_id).where(accounts.c.workspace_id == workspace_id, accounts.c.id == account_id)
    )


def _paragraphs(text: str) -> str:
    parts = (html.escape(part).replace("\n", "<br>\n") for part in text.split("\n\n") if part.strip())
    return "\n".join(f"<p>{part}</p>" for part in parts)
