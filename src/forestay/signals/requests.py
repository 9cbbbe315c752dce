"""What a signal asks for, as rows of the `requests` table; actions carries them out.

Reads : the trigger's actions, the signal's number, level and evidence
Gives : requests_of(), RequestRow
A request is known by its cause (`signal:<id>`) and slot (which of the trigger's actions), so that writing it
twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from forestay.customers.requests import (
    ActionRequest,
    Evidence,
    MessageRequest,
    TaskRequest,
    WebhookRequest,
    encode,
)
from forestay.customers.words import RiskLevel
from forestay.signals.trigger import Action, MessageAction, TaskAction, Trigger


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One row of `requests`; body is JSON text."""

    account_id: int
    cause: str
    slot: str
    body: str


def requests_of(
    trigger: Trigger,
    signal_id: int,
    account_id: int,
    risk_level: RiskLevel,
    evidence: list[Evidence],
    event_at: datetime,
) -> list[RequestRow]:
    """One row for each action of the trigger, in its order."""
    rows: list[RequestRow] = []
    for slot, action in zip(slots_of(trigger), trigger.actions, strict=True):
        request = _request(action, trigger, signal_id, risk_level, evidence, event_at)
        rows.append(RequestRow(account_id, f"signal:{signal_id}", slot, encode(request)))
    return rows


def slots_of(trigger: Trigger) -> list[str]:
    """A name for each action: its kind or channel, numbered from the second of the same name on.

    An action keeps its slot while those before it keep theirs.
    """
    slots: list[str] = []
    for action in trigger.actions:
        name = action.channel.value if isinstance(action, MessageAction) else str(action.kind)
        before = sum(slot.partition("-")[0] == name for slot in slots)
        slots.append(name if before == 0 else f"{name}-{before + 1}")
    return slots


def _request(
    action: Action,
    trigger: Trigger,
    signal_id: int,
    risk_level: RiskLevel,
    evidence: list[Evidence],
    event_at: datetime,
) -> ActionRequest:
    if isinstance(action, TaskAction):
        return TaskRequest(
            action.title, risk_level, evidence, action.script, action.draft, action.draft_to, trigger.key, signal_id,
            event_at.isoformat(),
        )  # fmt: skip
    if isinstance(action, MessageAction):
        return MessageRequest(
            action.channel.value, action.template, action.to, action.purpose, evidence, trigger.key, signal_id
        )
    payload = {
        "signal_id": signal_id,
        "trigger": trigger.key,
        "risk_level": risk_level.value,
        "event_at": event_at.isoformat(),
        "evidence": [
            {"column": one.column, "value": one.value, "threshold": one.threshold, "sentence": one.sentence}
            for one in evidence
        ],
    }
    return WebhookRequest(action.endpoint, action.type, payload, trigger.key, signal_id)
