"""Texts inside a payload, filled in with the values of the run that asks.

Reads : the account's facts
Gives : Filler
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, select

from forestay.actions.channel import Effect, Workspace
from forestay.actions.context import People, Values, values_for
from forestay.kit.templates import render
from forestay.store.tables.customers import accounts


class Filler:
    """Fills Liquid in, wherever a text stands; what has none is left as it is, and then the store is not asked."""

    def __init__(self, connection: Connection, workspace: Workspace, effect: Effect, run: Mapping[str, object],
                 now: datetime) -> None:  # fmt: skip
        self._connection, self._workspace, self._effect = connection, workspace, effect
        self._run, self._now = run, now

    def fill(self, value: object) -> object:
        """The same shape with texts filled in. Raises TemplateRefused."""
        if isinstance(value, str):
            return render(value, self._values).text if "{{" in value or "{%" in value else value
        if isinstance(value, Mapping):
            return {key: self.fill(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        return value

    @cached_property
    def _values(self) -> Values:
        account_id = self._effect.account_id
        if account_id is None:
            return {"run": self._run, "event": self._run.get("event", {}), "signal": self._run.get("signal", {})}
        mine = (accounts.c.workspace_id == self._workspace.id) & (accounts.c.id == account_id)
        owner_id = self._connection.scalar(select(accounts.c.owner_id).where(mine))
        people = People(account_id, self._effect.contact_id, owner_id)
        return values_for(self._connection, self._workspace, people, [], self._now, run=self._run)
