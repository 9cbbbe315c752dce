"""A request to act: what signals (and journeys) write into the `requests` table and actions carries out.

Gives : TaskRequest, MessageRequest, WebhookRequest, ApprovalRequest, DraftRequest, TraitRequest, ConnectorRequest,
        WithdrawRequest, Escalation, ActionRequest, encode(), decode()

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


class Escalation(msgspec.Struct, frozen=True):
    """To whom work goes when it is not done so many hours after its due moment. to: as in TaskRequest.assignee."""

    after_hours: float
    to: str


class _Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every request may carry when a journey asks."""

    journey: str | None = None
    """Key of the journey."""
    contact_id: int | None = None
    """The contact that the run is about; `to: contact` means this one."""
    values: dict[str, Any] = {}
    """The run's own values, which texts name as `run.*` (and `event.*`, `signal.*` for the parts of those names)."""


class TaskRequest(_Request, frozen=True, tag="task", tag_field="kind"):
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
    text: str = ""
    """What to do, in Liquid; beside or instead of the script. The title may be Liquid, too."""
    assignee: str = "owner"
    """'owner' (of the account), 'manager' (the owner's), 'role:<role>' (a member of it) or a member's e-mail."""
    choices: list[str] = []
    """Outcome words to choose from; empty: any."""
    due_hours: float | None = None
    """Hours until it is due, of business time where due_in_business; None: by the risk level."""
    due_in_business: bool = True
    escalation: list[Escalation] = []
    is_own: bool = False
    """A task of its own: never joined to an open one of the same account, since a run waits for its outcome."""


class MessageRequest(_Request, frozen=True, tag="message", tag_field="kind"):
    """A message to contacts of the account. to: sponsor, champion, active_users, all, contact (the run's own) or
    'contact:<external id>'; purpose as in consent."""

    channel: str
    template: str
    to: str
    purpose: str = "success"
    evidence: list[Evidence] = []
    trigger_key: str | None = None
    signal_id: int | None = None
    subject: str | None = None
    """With text: what a person approved, sent as it stands instead of the template."""
    text: str | None = None
    wait_days: float | None = None
    """Skip it when caps or quiet hours held it this long; None: by the workspace's policy."""
    sent_by: int | None = None
    """The member who wrote it and sends it: no automation, so it need not wait for a conversation to end."""


class WebhookRequest(_Request, frozen=True, tag="webhook", tag_field="kind"):
    """A signed call to one of the workspace's endpoints (Standard Webhooks)."""

    endpoint: str
    type: str
    payload: dict[str, Any] = {}
    trigger_key: str | None = None
    signal_id: int | None = None
    has_liquid: bool = False
    """Texts in the payload are Liquid, filled in before the call."""
    wants_answer: bool = False
    """The outcome 'answered' carries {"status": int, "json": body or None}."""


class ApprovalRequest(_Request, frozen=True, tag="approval", tag_field="kind"):
    """Leave to go on, asked of a person: a task of purpose 'approval' whose outcome is 'approved' or 'rejected'."""

    title: str
    text: str = ""
    """What is asked, in Liquid."""
    assignee: str = "owner"
    due_hours: float | None = None
    due_in_business: bool = True
    evidence: list[Evidence] = []
    signal_id: int | None = None


class DraftRequest(_Request, frozen=True, tag="draft", tag_field="kind"):
    """A drafted message for a person to correct and approve; it is not sent. Outcome 'approved' carries
    {"subject": str, "text": str} as approved, 'rejected' {"note": str}.

    drafter: 'template' fills the template in; instructions: for a drafter that writes by itself.
    """

    channel: str
    template: str
    to: str
    drafter: str = "template"
    instructions: str = ""
    assignee: str = "owner"
    due_hours: float | None = None
    due_in_business: bool = True
    evidence: list[Evidence] = []
    signal_id: int | None = None


class TraitRequest(_Request, frozen=True, tag="trait", tag_field="kind"):
    """Set traits of the account or the contact, by a group or identify call through the log, so that a replay sees
    it. of: 'account' | 'contact'; a text in `traits` is Liquid, None removes the trait."""

    of: str
    traits: dict[str, Any]
    signal_id: int | None = None


class ConnectorRequest(_Request, frozen=True, tag="connector", tag_field="kind"):
    """Something to be done in a CRM or a marketing tool. area: 'crm' | 'marketing'; action: the connector's word;
    texts in `fields` are Liquid. Outcomes: 'done', 'failed', 'no_connector' (none is set up that knows the action)."""

    area: str
    action: str
    connector: str | None = None
    """Key of one connector; None: the workspace's only one of the area."""
    fields: dict[str, Any] = {}
    signal_id: int | None = None


class WithdrawRequest(_Request, frozen=True, tag="withdraw", tag_field="kind"):
    """Take back what the same token asked for in `slots` and nobody has done yet: open tasks, approvals and drafts are
    cancelled, pending effects too. The token is not told."""

    slots: list[str]
    reason: str = "timeout"
    signal_id: int | None = None


ActionRequest = (
    TaskRequest
    | MessageRequest
    | WebhookRequest
    | ApprovalRequest
    | DraftRequest
    | TraitRequest
    | ConnectorRequest
    | WithdrawRequest
)


def encode(request: ActionRequest) -> str:
    """The JSON text that stands in requests.body."""
    return msgspec.json.encode(request).decode()


def decode(body: Any) -> ActionRequest:
    """Read requests.body (already parsed JSON). Raises msgspec.ValidationError when it is none of ours."""
    request: ActionRequest = msgspec.convert(body, ActionRequest)
    return request
