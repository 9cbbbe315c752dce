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
TemplateKey = Annotated[Key, Field(json_schema_extra={"x-names": "template"})]
Column = Annotated[str, Field(max_length=200, json_schema_extra={"x-names": "column"})]
People = Literal["sponsor", "champion", "active_users", "all"]


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
    """Work for the account's CSM."""

    model_config = ConfigDict(title="Open a task")
    kind: Literal[ChannelKind.TASK] = ChannelKind.TASK
    title: Annotated[str, Field(title="What to do", min_length=1, max_length=300)]
    script: TemplateKey | None = Field(None, title="Script", description="Template of what to say.")
    draft: TemplateKey | None = Field(None, title="Draft", description="Template of the message to edit and send.")
    draft_to: People = Field("sponsor", title="Draft is for")


class MessageAction(_Document):
    """A message to contacts of the account."""

    model_config = ConfigDict(title="Send a message")
    kind: Literal["message"] = "message"
    channel: Annotated[Literal[ChannelKind.EMAIL, ChannelKind.IN_APP], Field(title="By")]
    template: Annotated[TemplateKey, Field(title="Template")]
    to: Annotated[People, Field(title="To")]
    purpose: Key = Field("success", title="Purpose", description="What contacts consent to, or not.")


class WebhookAction(_Document):
    """A signed call to one of the workspace's endpoints, named by its key."""

    model_config = ConfigDict(title="Call a webhook")
    kind: Literal["webhook"] = "webhook"
    endpoint: Annotated[Key, Field(title="Endpoint", json_schema_extra={"x-names": "endpoint"})]
    type: Annotated[str, Field(title="Type of the event", pattern=r"^[a-z0-9_.]+$", max_length=100)] = "signal.fired"


Action = Annotated[TaskAction | MessageAction | WebhookAction, Field(discriminator="kind")]


class Trigger(_Document):
    """The standing condition with everything that follows from it; one document, one key."""

    key: Key
    name: Annotated[str, Field(title="Name", min_length=1, max_length=200)]
    description: Annotated[str, Field(title="Description", max_length=2000)] = ""
    condition: Annotated[Condition, Field(title="When it fires")]
    until: Annotated[
        Condition | None,
        Field(
            title="When it ends",
            description="Hysteresis: when given, the signal ends only where this is true (and the condition is not).",
        ),
    ] = None
    tier: Annotated[Tier, Field(title="Who acts", description="automated involves no person; assisted may open tasks.")]
    risk_level: Annotated[
        RiskLevel,
        Field(title="Risk level", description="How soon: the same day, 24 or 48 business hours, a week."),
    ]
    cooldown_days: Annotated[
        float,
        Field(
            title="Cool-down in days",
            ge=0,
            le=365,
            description="Days after a firing in which the same account does not fire again.",
        ),
    ] = 14
    holdout_share: Annotated[
        float,
        Field(
            title="Share held out",
            ge=0,
            le=0.5,
            description="Share (0 to 0.5) of accounts that get the signal but no action, always the same ones: for measuring.",
        ),
    ] = 0
    daily_cap_per_csm: Annotated[
        Annotated[int, Field(ge=1, le=1000)] | None,
        Field(
            title="At most a day for each CSM",
            description="No more action when the owner already got so many assisted signals that day; the rest waits for the next.",
        ),
    ] = None
    advise_only: Annotated[
        bool,
        Field(
            title="Only advises",
            description="Signals are shown with their evidence and ask for nothing: of a trigger that was too often wrong.",
        ),
    ] = False
    existing: Annotated[
        Existing, Field(title="Accounts that match already", description="When it is judged for the first time.")
    ] = Existing.FIRE
    actions: Annotated[tuple[Action, ...], Field(title="What it asks for", max_length=10)] = ()
    evidence: Annotated[
        tuple[Column, ...],
        Field(title="Evidence shown beside", description="Columns beside those of the condition.", max_length=20),
    ] = ()
    outcome: Annotated[Outcome, Field(title="Outcome", description="What a backtest asks by default.")] = (
        Outcome.CHURNED
    )
    within_days: Annotated[int, Field(title="Within days", description="Of the firing.", ge=1, le=365)] = 90
    expansion: Annotated[
        Literal["upgrade_opportunity", "feature_upsell", "seat_expansion", "module_upsell"] | None,
        Field(title="Offer", description="What an expansion signal suggests (C2)."),
    ] = None

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
