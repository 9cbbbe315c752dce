"""What a tick tells journeys: subjects that come in, events that may wake a run, as rows of the inbox.

Reads : JourneyWatch, what the tick took in and judged
Gives : JourneyWrites, event_rows(), hidden_rows()
Writes: journey_inbox, trigger_states (of conditions that let in), in the tick's transaction
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from forestay.app.intake import Intake
from forestay.app.scoring import Scored
from forestay.app.settling import OLD_DAYS
from forestay.app.shard import WorkspaceMemory
from forestay.journeys import inbox
from forestay.journeys.inbox import Entry, Happened
from forestay.kit.clock import moment_of
from forestay.measures.ring import Ints
from forestay.signals.store import SavedState, save_states
from forestay.sources.columns import MISSING
from forestay.sources.identity import NOBODY
from forestay.sources.rows import read_traits
from forestay.store.shapes import Json


@dataclass(slots=True)
class JourneyWrites:
    """Rows for the tick's transaction; write() may be repeated when the transaction is. judged: ids (n,) of accounts that were
    scored, whose runs are looked at again after the commit."""

    workspace_id: int
    entries: list[Entry] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)
    states: list[SavedState] = field(default_factory=list)
    judged: list[Ints] = field(default_factory=list)

    def write(self, connection: Connection) -> None:
        """Put them in."""
        inbox.enter_many(connection, self.workspace_id, self.entries)
        inbox.events(connection, self.workspace_id, self.events)
        save_states(connection, self.workspace_id, self.states)


def event_rows(space: WorkspaceMemory, intake: Intake, writes: JourneyWrites) -> None:
    """Events that journeys listen to; those of long ago, which an import brings, let nobody in."""
    watch = space.configuration.journeys
    if not watch.listened:
        return
    for kept in intake.kept:
        columns, accounts = kept.columns, kept.resolved.account
        named = np.array([*(name in watch.listened for name in columns.name.values), False])
        recent = columns.day > space.today - OLD_DAYS
        for at in np.flatnonzero(named[columns.name.codes] & recent & (accounts != NOBODY)).tolist():
            account = space.known.account_ids[space.known.merged[int(accounts[at])]]
            code = columns.user.codes[at]
            key = None if code == MISSING else columns.user.values[code]
            name = columns.name.values[columns.name.codes[at]]
            _tell(
                writes,
                watch.by_event.get(name, ()),
                account,
                key,
                name,
                moment_of(int(columns.at[at])),
                read_traits(columns.payload[at]),
            )


def _tell(
    writes: JourneyWrites, ways: Sequence[tuple[int, int, str]], account: int, key: str | None, name: str, at: datetime,
    properties: Mapping[str, Json],
) -> None:  # fmt: skip
    writes.events.append(Happened(account, name, at, properties, key))
    for journey, entry, by in ways:
        writes.entries.append(
            Entry(journey, account, at, None, key, None, by, {"event": dict(properties), "entry": entry})
        )


def hidden_rows(space: WorkspaceMemory, scored: Scored, writes: JourneyWrites) -> None:
    """Accounts for which a condition of an entry became true; where all those conditions stand now."""
    watch, rows = space.configuration.journeys, scored.rows
    account_of = space.known.account_ids
    for group in scored.entering.fired:
        for journey, entry, by in watch.of_hidden.get(group.trigger.trigger.key, ()):
            for at in group.at.tolist():
                account = account_of[int(rows[at])]
                writes.entries.append(Entry(journey, account, scored.at, None, None, None, by, {"entry": entry}))
    for group in scored.entering.changed:
        key, places = group.trigger.trigger.key, rows[group.at]
        kept = space.states.stored(key, places)
        writes.states += [
            SavedState(
                key, account_of[int(row)], bool(is_on), moment_of(int(since) * 1_000_000),
                moment_of(int(fired) * 1_000_000) if fired else None,
            )
            for row, is_on, since, fired in zip(places.tolist(), kept.is_on, kept.since, kept.fired, strict=True)
        ]  # fmt: skip
    writes.judged.append(account_of.values[rows])
