"""CRM and marketing actions: kept in the ledger until a connector can carry them out.

Reads : the effect's ConnectorRequest
Gives : ConnectorChannel, ConnectorSettings
Source: issue 'Journeys' 2 (requests; carried out by connectors later). Without a connector nothing is pretended: the
        effect is skipped with the reason, and a run that waits is told 'no_connector'.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from forestay.actions.channel import ChannelSettings, Effect, Outcome, Result, StoreChannel, Workspace
from forestay.customers.requests import ConnectorRequest
from forestay.customers.words import ChannelKind

NO_CONNECTOR = "no_connector"


class ConnectorSettings(ChannelSettings):
    """What a workspace sets for connectors."""


class ConnectorChannel(StoreChannel):
    """Says that no connector is set up for the action."""

    kind = ChannelKind.CONNECTOR
    settings_model = ConnectorSettings
    disturbs = False
    counts = False

    def deliver(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Outcome:
        """Skip, with what was asked for as the reason."""
        request = effect.request
        if not isinstance(request, ConnectorRequest):
            return Outcome(Result.FAILED, "the effect is not an action of a connector")
        asked = f"{request.area}.{request.action}"[:200]
        return Outcome(Result.SKIPPED, f"{NO_CONNECTOR}: none is set up for {asked}", word=NO_CONNECTOR)
