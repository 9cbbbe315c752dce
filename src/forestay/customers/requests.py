"""A request to act: what signals (and journeys) write into the `requests` table and actions carries out.

Gives : TaskRequest, MessageRequest, WebhookRequest, ActionRequest, encode(), decode()

It may be refused (consent, cap, quiet hours, no recipient); the refusal is kept with its reason.
It lives with the nouns because the rooms that ask may not import the room that acts.
"""

from __future__ import annotations

from typing import Any

import msgspec

from forestay.customers.words import RiskLevel


class Evidence(msgspec.Struct, frozen=True):
    """One value that made a condition true, with its own baseline, so that a CSM can check it."""

    column: str
    label: str
    """In words, for example 'Active users, last 7 days'."""
    value: float | str | None
    unit: str = ""
    threshold: float | str | None = None
    baseline: float | None = None
    baseline_label: str = ""
    as_of: str = ""
    """RFC 3339 moment or date of the value."""
    sentence: str = ""
    """The whole thing said once: 'Active users fell to 4 (usually 11)'."""


class TaskRequest(msgspec.Struct, frozen=True, tag="task", tag_field="kind"):
    """Human work for the account's CSM."""

    title: str
    risk_level: RiskLevel
    evidence: list[Evidence] = []
    script_template: str | None = None
    draft_template: str | None = None
    draft_to: str = "sponsor"
    trigger_key: str | None = None
    signal_id: int | None = None
    event_at: str | None = None


class MessageRequest(msgspec.Struct, frozen=True, tag="message", tag_field="kind"):
    """A message to contacts of the account. to: sponsor, champion, active_users or all; purpose as in consent."""

    channel: str
    template: str
    to: str
    purpose: str = "success"
    evidence: list[Evidence] = []
    trigger_key: str | None = None
    signal_id: int | None = None


class WebhookRequest(msgspec.Struct, frozen=True, tag="webhook", tag_field="kind"):
    """A signed call to one of the workspace's endpoints (Standard Webhooks)."""

    endpoint: str
    type: str
    payload: dict[str, Any] = {}
    trigger_key: str | None = None
    signal_id: int | None = None


ActionRequest = TaskRequest | MessageRequest | WebhookRequest


def encode(request: ActionRequest) -> str:
    """The JSON text that stands in requests.body."""
    return msgspec.json.encode(request).decode()


def decode(body: Any) -> ActionRequest:
    """Read requests.body (already parsed JSON). Raises msgspec.ValidationError when it is none of ours."""
    request: ActionRequest = msgspec.convert(body, ActionRequest)
    return request
