"""How a workspace wants its models to live: who approves, how often they are trained anew, how many alerts it can follow.

Reads : workspaces.settings, key `models`
Gives : ModelPolicy, policy_of()
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator
from sqlalchemy import Connection, select

from forestay.customers.words import Role
from forestay.kit.errors import Invalid
from forestay.predictions.labels import CHURN, EARLY_WARNING, EXPANSION, LabelForm, read_label
from forestay.predictions.model_document import Purpose
from forestay.predictions.threshold import Capacity
from forestay.store.tables.governance import workspaces


class ModelPolicy(BaseModel):
    """`settings.models` of a workspace; what is left out is as it ships."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approval: Role | None = Field(
        None, description="A member of this role, and not the one who asked, must approve before a model goes live."
    )
    labels: dict[Purpose, dict[str, JsonValue]] = Field(
        {}, description="By purpose, what counts as the event, as a label document; as it ships if left out."
    )
    retrain_every_days: int = Field(30, ge=1, le=365, description="Days after which a live model is trained anew.")
    retrain_on_drift: bool = Field(True, description="Train anew when an alarm of drift was raised.")
    alerts_per_month: int | None = Field(
        None, ge=1, description="Alerts that all CSMs can follow a month; a tenth of the accounts if left out."
    )
    saved_share: float = Field(0.2, ge=0, le=1, description="Share of rightly alerted accounts that are kept by it.")
    alert_cost: float = Field(200.0, ge=0, description="What following one alert costs, in the workspace's currency.")

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, given: dict[Purpose, dict[str, JsonValue]]) -> dict[Purpose, dict[str, JsonValue]]:
        for document in given.values():
            read_label(document)
        return given

    def label(self, purpose: Purpose) -> LabelForm:
        """What a model of the purpose foresees. Raises Invalid for a purpose that has no label."""
        if purpose in self.labels:
            return read_label(self.labels[purpose])
        if purpose not in _SHIPPED:
            raise Invalid(f"models of the purpose '{purpose.value}' are not trained from labels", place="purpose")
        return _SHIPPED[purpose]

    def capacity(self) -> Capacity:
        """What alerts cost and bring."""
        return Capacity(per_month=self.alerts_per_month, saved=self.saved_share, cost=self.alert_cost)


_SHIPPED: dict[Purpose, LabelForm] = {
    Purpose.CHURN: CHURN,
    Purpose.EARLY_WARNING: EARLY_WARNING,
    Purpose.EXPANSION: EXPANSION,
}


def policy_of(connection: Connection, workspace_id: int) -> ModelPolicy:
    """The workspace's policy."""
    found = connection.scalar(select(workspaces.c.settings["models"]).where(workspaces.c.id == workspace_id))
    return ModelPolicy.model_validate(found or {})
