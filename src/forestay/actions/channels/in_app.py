"""In-app messages: a row that the customer's product reads by the API and shows where it fits.

Reads : the effect, its template
Gives : InAppChannel, InAppSettings
Source: REQUIREMENTS F1; issue item 9 (in-app message queue, API only).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from forestay.actions.channel import ChannelSettings, Effect, Outcome, Result, StoreChannel, Workspace
from forestay.actions.letters import Letter, Written, keep_letter, keep_letters, write_letter, write_letters
from forestay.customers.words import ChannelKind


class InAppSettings(ChannelSettings):
    """What a workspace sets for in-app messages."""

    show_days: int = Field(14, ge=1, le=365, description="How many days a message that nobody saw stays on offer.")


class InAppChannel(StoreChannel):
    """Writes the message row in the ledger's transaction. Nobody is disturbed: it is seen when they look."""

    kind = ChannelKind.IN_APP
    settings_model = InAppSettings
    disturbs = False
    counts = True

    def deliver(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Outcome:
        """Keep the message; its row's number is the provider's id."""
        settings = workspace.channel_settings(self.kind, InAppSettings)
        letter = write_letter(connection, workspace, effect, now)
        number = keep_letter(connection, effect, letter, {"Show-Days": str(settings.show_days)}, now)
        return Outcome(Result.SENT, provider_id=str(number))

    def deliver_all(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect], now: datetime
    ) -> Sequence[Outcome]:
        """Keep many at once."""
        headers = {"Show-Days": str(workspace.channel_settings(self.kind, InAppSettings).show_days)}
        letters = write_letters(connection, workspace, effects, now)
        written = [
            Written(effect, letter, headers)
            for effect, letter in zip(effects, letters, strict=True)
            if isinstance(letter, Letter)
        ]
        numbers = keep_letters(connection, written, now)
        return [
            letter if isinstance(letter, Outcome) else Outcome(Result.SENT, provider_id=str(numbers[effect.id]))
            for effect, letter in zip(effects, letters, strict=True)
        ]
