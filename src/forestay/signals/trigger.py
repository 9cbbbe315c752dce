"""Triggers: the standing condition, and what is asked for when it comes true.

Reads : condition documents
Gives : Trigger, LiveTrigger, TaskAction, MessageAction, WebhookAction, read_trigger(), trigger_schema()
Source: REQUIREMENTS D1-D6; DESIGN section 5. docs/triggers.md teaches how to write one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from forestay.conditions.document import Condition, measure_document, refusal
from forestay.customers.words import ChannelKind, RiskLevel, Tier

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=100)]


class Outcome(StrEnum):
    """What a backtest holds firings against."""

    CHURNED = "churned"
    RENEWED = "renewed"
    EXPANDED = "expanded"


class Existing(StrEnum):
    """What happens to accounts that already match when the trigger is first evaluated."""

    FIRE = "fire"
    IGNORE = "ignore"
    """They are taken as if they had fired at that moment: no signal until they recover and fall again."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class TaskAction(_Document):
    """Work for the account's CSM. Templates by key; draft_to: sponsor, champion, active_users or all."""

    kind: Literal[ChannelKind.TASK] = ChannelKind.TASK
    title: Annotated[str, Field(min_length=1, max_length=300)]
    script: Key | None = None
    draft: Key | None = None
    draft_to: Literal["sponsor", "champion", "active_users", "all"] = "sponsor"


class MessageAction(_Document):
    """A message to contacts of the account."""

    kind: Literal["message"] = "message"
    channel: Literal[ChannelKind.EMAIL, ChannelKind.IN_APP]
    template: Key
    to: Literal["sponsor", "champion", "active_users", "all"]
    purpose: Key = "success"


class WebhookAction(_Document):
    """A signed call to one of the workspace's endpoints, named by its key."""

    kind: Literal["webhook"] = "webhook"
    endpoint: Key
    type: Annotated[str, Field(pattern=r"^[a-z0-9_.]+$", max_length=100)] = "signal.fired"


Action = Annotated[TaskAction | MessageAction | WebhookAction, Field(discriminator="kind")]


class Trigger(_Document):
    """The standing condition with everything that follows from it; one document, one key."""

    key: Key
    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2000)] = ""
    condition: Condition
    until: Condition | None = None
    """Hysteresis: when given, the signal ends only where this is true (and the condition is not)."""
    tier: Tier
    risk_level: RiskLevel
    cooldown_days: Annotated[float, Field(ge=0, le=365)] = 14
    """Days after a firing in which the same account does not fire again."""
    holdout_share: Annotated[float, Field(ge=0, le=0.5)] = 0
    """Share of accounts that get the signal but no action, always the same ones: for measuring."""
    daily_cap_per_csm: Annotated[int, Field(ge=1, le=1000)] | None = None
    """No more action when the owner already got so many assisted signals that day; the rest waits for the next."""
    advise_only: bool = False
    """Signals are shown with their evidence and ask for nothing: of a trigger that was too often wrong."""
    existing: Existing = Existing.FIRE
    actions: Annotated[tuple[Action, ...], Field(max_length=10)] = ()
    evidence: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=20)] = ()
    """Columns shown beside those of the condition."""
    outcome: Outcome = Outcome.CHURNED
    within_days: Annotated[int, Field(ge=1, le=365)] = 90
    """What a backtest asks by default."""
    expansion: Literal["upgrade_opportunity", "feature_upsell", "seat_expansion", "module_upsell"] | None = None
    """The offer that an expansion signal suggests (C2)."""

    @model_validator(mode="after")
    def _acts_by_its_tier(self) -> Self:
        if self.tier is Tier.AUTOMATED and any(isinstance(action, TaskAction) for action in self.actions):
            raise ValueError("an automated trigger involves no person: use messages and webhooks, or make it assisted")
        return self


@dataclass(frozen=True, slots=True)
class LiveTrigger:
    """A published trigger with its version; a paused one is judged and recorded, but asks for nothing."""

    trigger: Trigger
    version: int
    is_paused: bool = False

    @property
    def cooldown(self) -> timedelta:
        """The cool-down as a duration."""
        return timedelta(days=self.trigger.cooldown_days)


def read_trigger(document: Any) -> Trigger:
    """The trigger of a parsed document. Raises BadCondition with the place of the fault."""
    measure_document(document, "trigger")
    try:
        return Trigger.model_validate(document)
    except ValidationError as refused:
        raise refusal(refused, "trigger") from None


def write_trigger(trigger: Trigger) -> dict[str, Any]:
    """The document of a trigger; read_trigger() gives the same trigger back."""
    return trigger.model_dump(mode="json", by_alias=True, exclude_none=True)


def trigger_schema() -> dict[str, Any]:
    """The JSON Schema of trigger documents."""
    return Trigger.model_json_schema(by_alias=True)
