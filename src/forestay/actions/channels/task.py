"""Tasks: work for the account's CSM, opened in the ledger's own transaction.

Reads : the effect's TaskRequest
Gives : TaskChannel, TaskSettings
Source: REQUIREMENTS D2, D4, G1; the opening itself is actions/tasks/opening.py.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from forestay.actions.channel import ChannelSettings, Effect, Outcome, Result, StoreChannel, Workspace
from forestay.actions.tasks.opening import open_task
from forestay.customers.requests import ApprovalRequest, DraftRequest, TaskRequest
from forestay.customers.words import ChannelKind, Role


class TaskSettings(ChannelSettings):
    """What a workspace sets for tasks."""

    fallback_roles: tuple[Role, ...] = Field(
        (Role.CSM, Role.OPS, Role.ADMIN),
        description="Whose least-loaded member gets the task of an account without an owner, in this order.",
    )


class TaskChannel(StoreChannel):
    """Opens a task, or raises the one that is open for the same trigger and account."""

    kind = ChannelKind.TASK
    settings_model = TaskSettings
    disturbs = False
    counts = False

    def deliver(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Outcome:
        """Open or raise; the task's number is the provider's id."""
        if not isinstance(effect.request, TaskRequest | ApprovalRequest | DraftRequest) or effect.account_id is None:
            return Outcome(Result.FAILED, "the effect is not a task of an account")
        settings = workspace.channel_settings(self.kind, TaskSettings)
        opened = open_task(connection, workspace, effect, effect.request, settings.fallback_roles, now)
        return Outcome(Result.SENT, "raised an open task" if opened.raised else "", provider_id=str(opened.id))
