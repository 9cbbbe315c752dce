"""Named events out of the lake, for entries and waits.

Gives : LakeEvents
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forestay.journeys.moves import Ints
from forestay.journeys.simulation.happenings import NamedEvents
from forestay.lake.reads import Chosen, LakeReader


@dataclass(frozen=True, slots=True)
class LakeEvents:
    """happenings.EventsOfPast of a workspace."""

    lake: LakeReader
    workspace_id: int

    def named_events(self, accounts: Ints, names: Sequence[str], since: int, until: int) -> NamedEvents:
        """Events of those names on the days since .. until; `row` is the place in `accounts`."""
        rows = self.lake.named_events(Chosen(self.workspace_id, accounts), names, since, until)
        user_keys = [key or "" for key in rows.user_key]
        return NamedEvents(tuple(names), rows.at, rows.place, rows.code - 1, user_keys, rows.properties)
