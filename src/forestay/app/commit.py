"""Step 7 of the tick: everything that it came to, in one PostgreSQL transaction with the log position.

Gives : WorkspaceWrites, Commit, PositionMoved
Source: DESIGN section 4 (three positions)

The transaction may be repeated: when PostgreSQL went away before it answered, the position tells whether the
transaction was kept. Memory is ahead of the store by exactly this tick until then, and no other tick begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
from sqlalchemy import Connection

from forestay.app.journey_entries import JourneyWrites
from forestay.app.signal_writes import SignalWrites
from forestay.app.state_writes import StateWrites
from forestay.kit.clock import moment_of
from forestay.kit.errors import ForestayError
from forestay.sources import quarantine
from forestay.sources.quarantine import Rejection
from forestay.sources.record_tables import Statement
from forestay.store.changes import about, tell_accounts
from forestay.store.database import Store, StoreUnavailable, raw

_LOCK_POSITION = "SELECT position, at FROM positions WHERE shard = %s FOR UPDATE"
_FIRST_POSITION = "INSERT INTO positions (shard, position, at) VALUES (%s, 0, 'epoch') ON CONFLICT DO NOTHING"
_SET_POSITION = "UPDATE positions SET position = %s, at = %s WHERE shard = %s"
_COUNTS = """
INSERT INTO daily_counts AS c (workspace_id, day, name, count)
SELECT %s, %s, * FROM unnest(%s::text[], %s::bigint[])
ON CONFLICT (workspace_id, day, name) DO UPDATE SET count = c.count + EXCLUDED.count"""


class PositionMoved(ForestayError):
    """Another worker moved the position of this shard: end, and let one of us start again from the store."""

    code = "position_moved"

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"the store stands at log position {found}, this worker at {expected}: another worker runs")


@dataclass(slots=True)
class WorkspaceWrites:
    """All that one workspace's part of a tick writes. counts: for daily_counts of `day`; touched: external ids of the accounts
    that it is about."""

    workspace_id: int
    day: date
    statements: list[Statement] = field(default_factory=list)
    states: list[StateWrites] = field(default_factory=list)
    signals: list[SignalWrites] = field(default_factory=list)
    journeys: list[JourneyWrites] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    @property
    def judged(self) -> list[int]:
        """Ids of the accounts that were scored."""
        return [number for part in self.journeys for some in part.judged for number in some.tolist()]

    @property
    def has_mail(self) -> bool:
        """Whether the journeys' inbox may get rows by this; merges of records do it by statements."""
        told = any(part.entries or part.events for part in self.journeys)
        return told or bool(self.statements) or any(part.fired or part.released for part in self.signals)

    def write(self, connection: Connection) -> None:
        """Execute everything, in the order in which rows need each other."""
        driver = raw(connection)
        about(connection, (self.workspace_id,))
        tell_accounts(connection, self.workspace_id, self.touched)
        for statement in self.statements:
            driver.execute(statement.sql, statement.parameters)
        for states in self.states:
            states.write(connection)
        for signals in self.signals:
            signals.write(connection)
        for journeys in self.journeys:
            journeys.write(connection)
        if self.rejections:
            quarantine.write(connection, self.rejections)
        if self.counts:
            names, numbers = list(self.counts), list(self.counts.values())
            driver.execute(_COUNTS, (self.workspace_id, self.day, names, numbers))


@dataclass(slots=True)
class Commit:
    """Writes ticks to one store. wait: called with the error while the store is away; False gives up."""

    store: Store
    shard: int = 0
    wait: Callable[[StoreUnavailable], bool] = lambda _: False

    def position(self) -> tuple[int, datetime]:
        """How far the store has come, and the moment of the last tick; makes the shard's row at the first start."""
        with self.store.begin_worker() as connection:
            raw(connection).execute(_FIRST_POSITION, (self.shard,))
            return self._locked(raw(connection))

    def keep(self, before: int, after: int, at: datetime, writes: Sequence[WorkspaceWrites]) -> None:
        """Write a tick that brings the shard from position `before` to `after`; either all of it or nothing.

        at: the tick's own moment, later than the last one's; with the position it tells this tick from any other.

        Raises:
            PositionMoved: the store stands elsewhere.
            StoreUnavailable: it stayed away and `wait` gave up.
        """
        is_repeated = False
        while True:
            try:
                with self.store.begin_worker() as connection:
                    found = self._locked(raw(connection))
                    if is_repeated and found == (after, at):
                        return  # an earlier try was kept, though its answer was lost
                    if found[0] != before:
                        raise PositionMoved(before, found[0])
                    for one in writes:
                        one.write(connection)
                    raw(connection).execute(_SET_POSITION, (after, at, self.shard))
                return
            except StoreUnavailable as away:
                is_repeated = True
                if not self.wait(away):
                    raise

    def _locked(self, driver: psycopg.Connection[tuple[object, ...]]) -> tuple[int, datetime]:
        row: tuple[Any, ...] | None = driver.execute(_LOCK_POSITION, (self.shard,)).fetchone()
        return (0, moment_of(0)) if row is None else (row[0], row[1])
