"""A message that a member writes and sends: what would become of it, asking for it, and what became of it.

Reads : contacts, tasks, requests, effects, and what the guard reads
Gives : Sending, Foreseen, foresee(), ask_to_send(), take_back(), sendings_of()
Writes: requests; the worker enters the effect, and the guard is asked again when it leaves
Source: DESIGN section 7: people go through the same ledger as automation; consent, suppression, caps and quiet hours hold.

It waits a few seconds before it is drained, so that a slip can be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, Row, insert, text

from forestay.actions.channel import Channel, Effect
from forestay.actions.channels.email import OutboxEmail
from forestay.actions.guard import judge
from forestay.actions.ledger import load_workspace
from forestay.actions.recipients import recipients_of
from forestay.customers.requests import MessageRequest
from forestay.customers.words import ChannelKind
from forestay.governance.consent import Purpose, policy_of
from forestay.kit.errors import Conflict, Invalid
from forestay.store.tables.signals import requests

GRACE = timedelta(seconds=10)
"""How long it can be taken back."""
_WRITTEN = "written-by-hand"
"""Stands where a template's key would."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent. contact: external id; member_id: who sends; task_id: in the course of which work."""

    account_id: int
    contact: str
    subject: str
    text: str
    member_id: int
    task_id: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the guard says now. to: the address, None without one; goes: at once; not_before: else from then on;
    never: why it would not leave at all; reason: what holds it up."""

    to: str | None
    goes: bool
    not_before: datetime | None
    reason: str
    never: str | None


def foresee(connection: Connection, workspace_id: int, sending: Sending, now: datetime) -> Foreseen:
    """Ask the guard what would become of it if it were to leave now. Raises Invalid for a contact who is not there."""
    found = recipients_of(connection, workspace_id, sending.account_id, f"contact:{sending.contact}", now)
    if not found:
        raise Invalid(f"the account has no contact '{sending.contact}' who still works there", place="to")
    address = found[0].address(ChannelKind.EMAIL)
    if address is None:
        return Foreseen(None, goes=False, not_before=None, reason="", never="no_address")
    workspace = load_workspace(connection, workspace_id)
    effect = Effect(
        id=0, workspace_id=workspace_id, key=b"", channel=ChannelKind.EMAIL, purpose=Purpose.SUCCESS, recipient=address,
        request=_request(sending), account_id=sending.account_id, contact_id=found[0].contact_id, signal_id=None,
        attempts=0, created_at=now,
    )  # fmt: skip
    mail: dict[ChannelKind, Channel] = {ChannelKind.EMAIL: OutboxEmail("")}
    ruling = judge(connection, workspace, policy_of(workspace.settings), [effect], mail, now)[0]
    return Foreseen(address, ruling.goes, ruling.not_before, ruling.reason, ruling.never)


def ask_to_send(connection: Connection, workspace_id: int, sending: Sending, foreseen: Foreseen, now: datetime) -> int:
    """Ask for it; the request's number. The guard rules again when it leaves. Raises Conflict where it never would."""
    if foreseen.never is not None:
        raise Conflict(f"this message would never leave: {foreseen.never}")
    made = insert(requests).values(
        workspace_id=workspace_id, account_id=sending.account_id, cause=f"{_cause(sending.task_id)}{uuid4().hex}",
        slot="email", body=msgspec.to_builtins(_request(sending)), created_at=now, not_before=now + GRACE,
    )  # fmt: skip
    return int(connection.execute(made.returning(requests.c.id)).scalar_one())


def take_back(connection: Connection, workspace_id: int, task_id: int, request_id: int) -> None:
    """Take a message back that has not been drained. Raises Conflict when it is too late."""
    gone = connection.execute(
        text("""DELETE FROM requests WHERE workspace_id = :workspace AND id = :id AND drained_at IS NULL
                AND starts_with(cause, :cause) RETURNING id"""),
        {"workspace": workspace_id, "id": request_id, "cause": _cause(task_id)},
    ).scalar_one_or_none()
    if gone is None:
        raise Conflict("it has gone to the ledger already; look there whether it can still be cancelled")


_SENDINGS = text("""
SELECT r.id, r.created_at, r.body ->> 'subject' AS subject, r.drained_at, r.refusal, e.id AS effect_id, e.recipient,
  coalesce(e.status, CASE WHEN r.refusal IS NOT NULL THEN 'skipped' ELSE 'asked' END) AS status,
  coalesce(e.reason, r.refusal) AS reason, e.due_at, e.updated_at, m.name AS sent_by
FROM requests AS r LEFT JOIN effects AS e ON e.request_id = r.id
LEFT JOIN members AS m ON m.workspace_id = r.workspace_id AND m.id = cast(r.body ->> 'sent_by' AS bigint)
WHERE r.workspace_id = :workspace AND starts_with(r.cause, :cause) ORDER BY r.id""")


def sendings_of(connection: Connection, workspace_id: int, task_id: int) -> Sequence[Row[tuple[object, ...]]]:
    """What was sent in the course of a task, and what became of each; the earliest first."""
    return connection.execute(_SENDINGS, {"workspace": workspace_id, "cause": _cause(task_id)}).all()


def _cause(task_id: int) -> str:
    return f"api:task:{task_id}:"


def _request(sending: Sending) -> MessageRequest:
    return MessageRequest(
        channel=ChannelKind.EMAIL.value, template=_WRITTEN, to=f"contact:{sending.contact}",
        purpose=Purpose.SUCCESS.value, subject=sending.subject, text=sending.text, sent_by=sending.member_id,
    )  # fmt: skip
