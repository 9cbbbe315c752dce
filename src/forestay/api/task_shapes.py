"""How a task reads.

Gives: TaskShape
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from forestay.api.shapes import EvidenceShape, Shape
from forestay.customers.words import RiskLevel, TaskStatus


class TaskShape(Shape):
    """Human work for one account (actions.tasks.queue.Task)."""

    id: int
    account: str = Field(description="External id of the account.")
    account_id: int
    account_name: str | None
    arr_at_stake: float | None = Field(
        description="ARR a year x churn probability, as both are now; null where either is not known."
    )
    currency: str | None = Field(description="Of arr_at_stake.")
    owner: str | None = Field(description="E-mail address of the owning member.")
    owner_id: int | None
    owner_name: str | None
    signal_id: int | None
    trigger: str | None = Field(validation_alias="trigger_key", description="Key of the trigger.")
    run_id: int | None = Field(description="Number of the journey's run that asked for it.")
    purpose: str = Field(description="work, approval or draft (a message to approve).")
    choices: list[str] = Field(description="Outcomes to choose from; empty: any of the usual ones.")
    title: str
    risk_level: RiskLevel
    status: TaskStatus
    due_at: datetime
    evidence: list[EvidenceShape]
    script: str | None = Field(description="What to say, as a suggestion.")
    draft: dict[str, Any] = Field(description="Draft message: channel, to, subject, body; {} when there is none.")
    outcome: str | None
    outcome_note: str | None
    snoozed_until: datetime | None
    snooze_reason: str | None
    escalated_at: datetime | None
    escalate_at: datetime | None = Field(description="When it goes to the next of the escalation.")
    escalation: list[dict[str, str]] = Field(description="Who gets it next: at, to.")
    first_touch_at: datetime | None
    done_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int = Field(description="Grows with every change; its ETag is the number in quotes.")
