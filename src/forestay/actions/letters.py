"""From a request and its template to the words that leave, and the row that keeps them.

Reads : templates, the account's facts
Gives : Letter, Written, write_letter(), write_letters(), keep_letter(), keep_letters(), fill_in()
Source: REQUIREMENTS F1, F4.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from forestay.actions.channel import Effect, Outcome, Result, Workspace
from forestay.actions.context import People, Values, preload, values_for
from forestay.actions.library import TemplateDocument, template_for
from forestay.customers.requests import MessageRequest
from forestay.kit.errors import ForestayError, Invalid
from forestay.kit.templates import render
from forestay.store.database import StoreUnavailable, raw
from forestay.store.tables.customers import accounts

_KEEP = """
INSERT INTO messages (workspace_id, effect_id, account_id, contact_id, channel, template_key, to_address, subject, body,
                      headers, created_at)
SELECT %s, u.effect_id, u.account_id, u.contact_id, u.channel, u.template_key, u.to_address, u.subject, u.body,
       u.headers::jsonb, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
  AS u (effect_id, account_id, contact_id, channel, template_key, to_address, subject, body, headers)
ON CONFLICT (effect_id) DO UPDATE SET subject = excluded.subject, body = excluded.body, headers = excluded.headers
RETURNING effect_id, id"""


@dataclass(frozen=True, slots=True)
class Letter:
    """subject: one line; text: plain; html: with every value escaped. template_key: what it was made from."""

    template_key: str
    subject: str
    text: str
    html: str


class Written(NamedTuple):
    """A letter that is to be kept. headers: as it leaves, by name."""

    effect: Effect
    letter: Letter
    headers: Mapping[str, str]


def write_letter(connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Letter:
    """Render the effect's message for its contact, or take what a person approved as it stands. Raises TemplateMissing,
    TemplateRefused or Invalid."""
    request = effect.request
    if not isinstance(request, MessageRequest) or effect.account_id is None:
        raise Invalid("this effect is not a message to a contact of an account")
    if request.text is not None:
        return Letter(request.template, (request.subject or "")[:200], request.text, _paragraphs(request.text))
    account_id = effect.account_id
    owner = workspace.once(("owner of", account_id), lambda: _owner_of(connection, workspace.id, account_id))
    people = People(account_id, effect.contact_id, owner)
    values = values_for(connection, workspace, people, request.evidence, now, trigger_key=request.trigger_key,
                        run=request.values)  # fmt: skip
    key = request.template
    template = workspace.once(("template", key), lambda: template_for(connection, workspace.id, key))
    return fill_in(template, key, values)


def write_letters(
    connection: Connection, workspace: Workspace, effects: Sequence[Effect], now: datetime
) -> Sequence[Letter | Outcome]:
    """The same for many, place for place, with a handful of queries; one that cannot be written is an Outcome."""
    preload(
        connection, workspace, {e.account_id for e in effects if e.account_id is not None},
        {e.contact_id for e in effects if e.contact_id is not None}, now,
    )  # fmt: skip
    return [_letter_or_why(connection, workspace, effect, now) for effect in effects]


def _letter_or_why(connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Letter | Outcome:
    try:
        return write_letter(connection, workspace, effect, now)
    except ForestayError as why:
        if isinstance(why, StoreUnavailable):
            raise
        return Outcome(Result.RETRY if why.retryable else Result.FAILED, f"{why.code}: {why}")


def fill_in(template: TemplateDocument, key: str, values: Values) -> Letter:
    """Render subject, text and HTML; without an HTML source the text becomes paragraphs."""
    text = render(template.text, values).text.strip()
    body = _paragraphs(text) if template.html is None else render(template.html, values, html=True).text
    return Letter(key, " ".join(render(template.subject, values).text.split())[:200], text, body)


def keep_letter(
    connection: Connection, effect: Effect, letter: Letter, headers: Mapping[str, str], now: datetime
) -> int:
    """Write the row of `messages`, one per effect however often it is tried; its number."""
    return keep_letters(connection, [Written(effect, letter, headers)], now)[effect.id]


def keep_letters(connection: Connection, written: Sequence[Written], now: datetime) -> Mapping[int, int]:
    """The same for many effects of one workspace; effect -> number of its message."""
    if not written:
        return {}
    rows = [
        (e.id, e.account_id, e.contact_id, e.channel.value, letter.template_key, e.recipient, _clean(letter.subject),
         _clean(letter.text), _clean(msgspec.json.encode(headers).decode()))
        for e, letter, headers in written
    ]  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)]
    kept = raw(connection).execute(_KEEP, (written[0].effect.workspace_id, now, *columns)).fetchall()
    return {int(str(effect)): int(str(number)) for effect, number in kept}


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd")  # PostgreSQL keeps no NUL in text


def _owner_of(connection: Connection, workspace_id: int, account_id: int) -> int | None:
    return connection.scalar(
        select(accounts.c.owner_id).where(accounts.c.workspace_id == workspace_id, accounts.c.id == account_id)
    )


def _paragraphs(text: str) -> str:
    parts = (html.escape(part).replace("\n", "<br>\n") for part in text.split("\n\n") if part.strip())
    return "\n".join(f"<p>{part}</p>" for part in parts)
