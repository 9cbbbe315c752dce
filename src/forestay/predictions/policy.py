"""How a workspace wants its models to live: who approves, how often they are trained anew, how many alerts it can follow.

Reads : workspaces.settings, key `models`
Gives : ModelPolicy, policy_of()
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select

from forestay.customers.words import Role
from forestay.store.tables.governance import workspaces


class ModelPolicy(BaseModel):
    """`settings.models` of a workspace; what is left out is as it ships."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approval: Role | None = Field(
        None, description="A member of this role, and not the one who asked, must approve before a model goes live."
    )
    retrain_every_days: int = Field(30, ge=1, le=365, description="Days after which a live model is trained anew.")
    retrain_on_drift: bool = Field(True, description="Train anew when an alarm of drift was raised.")
    alerts_per_week: float = Field(10.0, gt=0, description="Alerts that can be followed a week; decides the threshold.")
    saved_share: float = Field(
        0.1, ge=0, le=1, description="Share of an account's ARR that following a right alert saves, as you judge it."
    )


def policy_of(connection: Connection, workspace_id: int) -> ModelPolicy:
    """The workspace's policy."""
    found = connection.scalar(select(workspaces.c.settings["models"]).where(workspaces.c.id == workspace_id))
    return ModelPolicy.model_validate(found or {})
