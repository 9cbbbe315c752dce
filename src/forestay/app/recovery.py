"""How the worker comes to its memory: snapshot, silent replay, and what only the store knows.

Reads : snapshot folder, log, store
Gives : Recovery.shard(), Recovery.workspace()
Source: DESIGN section 4: recovery writes no signal or effect at or before the store's position

1 The newest snapshot that can be read whole and is not ahead of the lake; an empty memory where there is none, when the log still begins at 1.
2 Records after it, up to the store's position, are taken in again in silence: memory and lake only.
3 Facts and traits are read from the store when records were among them; trigger states, scores as written and
  owners always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection, text

from forestay.app import store_memory
from forestay.app.configuration import Configuration, load_configuration
from forestay.app.intake import Intake, take_in
from forestay.app.lake_repair import LakeFacts, lost_facts
from forestay.app.lake_rows import lake_batch
from forestay.app.shard import Shard, WorkspaceMemory
from forestay.app.snapshot import hashes_folder, load_snapshot
from forestay.events.log import LogReader, Record
from forestay.health.history import ScoreHistory
from forestay.kit.clock import day_of
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.lake.batch import LakeBatch
from forestay.measures.online import Memory
from forestay.sources.dedup import MessageHashes
from forestay.sources.identity import NOBODY
from forestay.sources.identity_store import give_ids
from forestay.store.database import Store, raw

_log = get_logger(__name__)
POISON = "undigestible"
"""Reason code of a body that could not be applied: replay passes it over."""

_WORKSPACES = text("SELECT id FROM workspaces ORDER BY id")
_POISON = text("SELECT workspace_id, position FROM quarantine WHERE reason_code = :code AND position > :after")
_REPLAY_BYTES = 32_000_000


class LogTooShort(ForestayError):
    """The log no longer reaches back to what memory knows; the store and the lake do not hold all of it (who the
    visitors without an account are, which messages came): the snapshot folder of a backup is needed."""

    code = "log_too_short"

    def __init__(self, snapshot: int, first: int) -> None:
        super().__init__(
            f"memory is known up to log position {snapshot}, but the log begins at {first}: "
            "put the folder `snapshot` back, or restore a backup"
        )


@dataclass(frozen=True, slots=True)
class _Untold:
    """What one workspace's records come to for the lake. is_about_records: facts were among it."""

    workspace_id: int
    batch: LakeBatch
    is_about_records: bool


@dataclass(slots=True)
class Recovery:
    """Everything that memory is made from.

    hand: where the lake's rows go that it had not been told when the worker ended. lake_position: how far it has
    come. lake_facts: what it holds of a fact.
    """

    store: Store
    log: LogReader
    folder: Path
    now: Callable[[], datetime]
    hand: Callable[[Sequence[LakeBatch], int], None]
    lake_position: Callable[[], int]
    lake_facts: LakeFacts

    def shard(self, position: int) -> Shard:
        """All workspaces as of the store's position."""
        configurations = self.configurations()
        shard = self._beginning(configurations, position)
        for number, configuration in configurations.items():
            if number not in shard.workspaces:
                shard.workspaces[number] = self.empty(number, configuration, after=shard.position)
        untold = self._replay(shard, position, list(shard.workspaces), self.lake_position())
        for space in shard.workspaces.values():
            self._complete(space)
        self._tell_lake(shard, untold)
        return shard

    def workspace(self, number: int, position: int) -> WorkspaceMemory:
        """One workspace as of the store's position, whatever became of its memory; for after a poisoned body.

        The lake was told when the bodies were taken in first.
        """
        configurations = self.configurations([number])
        shard = load_snapshot(self.folder, configurations, [number], up_to=position) or Shard()
        if number not in shard.workspaces:
            shard.workspaces[number] = self.empty(number, configurations[number], after=shard.position)
        self._replay(shard, position, [number], position)
        self._complete(shard.workspaces[number])
        return shard.workspaces[number]

    def configurations(self, only: Iterable[int] = ()) -> Mapping[int, Configuration]:
        """The present configuration of every workspace."""
        with self.store.begin_worker() as connection:
            numbers = list(only) or [int(row[0]) for row in connection.execute(_WORKSPACES)]
            return {number: load_configuration(connection, number) for number in numbers}

    def empty(self, number: int, configuration: Configuration, *, after: int) -> WorkspaceMemory:
        """A workspace of which nothing is known; after: the log position from which on it will be told.

        Raises:
            LogTooShort: records were forgotten that nothing remembers.
        """
        today = day_of(self.now(), configuration.zone)
        if after == 0 and self.log.first_position() > 1 and self.log.last_position() > 0:
            raise LogTooShort(after, self.log.first_position())
        memory = Memory.empty(configuration.book(), today)
        hashes = MessageHashes(hashes_folder(self.folder, number))
        return WorkspaceMemory(number, configuration, memory, hashes, ScoreHistory(today), is_facts_behind=True)

    def _beginning(self, configurations: Mapping[int, Configuration], position: int) -> Shard:
        """The newest snapshot that is not ahead of the lake, since only what is replayed is told to the lake again."""
        lake = self.lake_position()
        shard = load_snapshot(self.folder, configurations, up_to=min(position, lake))
        if shard is None and self.log.first_position() > 1:
            shard = load_snapshot(self.folder, configurations, up_to=position)
            if shard is not None:
                _log.error("lake_misses_events", after=lake, up_to=shard.position)
        return shard or Shard()

    def _replay(self, shard: Shard, position: int, numbers: Sequence[int], lake: int) -> list[_Untold]:
        """Take in again what the store has already seen; gives what the lake, at its position, has not."""
        poison, untold = self._poison(shard.position), list[_Untold]()
        while shard.position < position:
            records = [r for r in self.log.read(shard.position, _REPLAY_BYTES) if r.position <= position]
            if not records:
                raise LogTooShort(shard.position, self.log.first_position())
            good = [r for r in records if (r.workspace_id, r.position) not in poison]
            for number in numbers:
                mine = [r for r in good if r.workspace_id == number]
                for some, is_untold in _parted(mine, lake):
                    batch = self._take_again(shard.workspaces[number], some, wanted=is_untold)
                    untold += [] if batch is None else [batch]
            shard.position = records[-1].position
        return untold

    def _take_again(self, space: WorkspaceMemory, records: Sequence[Record], *, wanted: bool) -> _Untold | None:
        intake = take_in(space, records)
        space.settling.hold(space.known.merged.values[sorted(intake.imported)].tolist(), records[-1].received_at)
        is_about_records = bool(intake.rows or intake.moved or space.known.changes.memberships)
        space.is_facts_behind |= is_about_records
        self._note_untold(space, intake)
        self._find_ids(space)
        if not wanted:
            return None
        batch = lake_batch(space, intake, [], intake.last_position)
        return _Untold(space.workspace_id, batch, is_about_records)

    def _tell_lake(self, shard: Shard, untold: Sequence[_Untold]) -> None:
        """Rows of the lake for what it missed; facts by comparing, where records were among it."""
        batches = [one.batch for one in untold]
        for number in sorted({one.workspace_id for one in untold if one.is_about_records}):
            space = shard.workspaces[number]
            facts = lost_facts(space, self.lake_facts, shard.position)
            batches.append(lake_batch(space, Intake(), facts, shard.position))
        if batches or self.lake_position() < shard.position:
            self.hand(batches, shard.position)

    @staticmethod
    def _note_untold(space: WorkspaceMemory, intake: Intake) -> None:
        """Measures that moved without their row being written went with the memory; they are written again soon."""
        touched = space.known.merged.values[sorted(intake.touched - {NOBODY})]
        space.standing.is_stale[touched] = True

    def _find_ids(self, space: WorkspaceMemory) -> None:
        changes = space.known.take_changes()
        if changes.accounts or changes.contacts:
            with self.store.begin_worker() as connection:
                for made in give_ids(raw(connection), space.workspace_id, space.known, changes):
                    raw(connection).execute(made.sql, made.parameters)
        for row in changes.accounts:
            space.rows_by_id[space.known.account_ids[row]] = row

    def _complete(self, space: WorkspaceMemory) -> None:
        """What only the store knows."""
        space.grow()
        with self.store.begin_worker() as connection:
            if space.is_facts_behind:
                store_memory.read_facts(space, raw(connection))
            store_memory.read_states(space, connection)
            store_memory.read_standing(space, raw(connection))
            store_memory.read_owners(space, raw(connection))
            store_memory.read_scores(space, raw(connection))
        space.is_facts_behind = False

    def _poison(self, after: int) -> set[tuple[int, int]]:
        with self.store.begin_worker() as connection:
            return _poison_positions(connection, after)


def _poison_positions(connection: Connection, after: int) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in connection.execute(_POISON, {"code": POISON, "after": after})}


def _parted(records: Sequence[Record], lake: int) -> Iterator[tuple[Sequence[Record], bool]]:
    """Records up to the lake's position, and those after it."""
    for is_untold, some in groupby(records, key=lambda record: record.position > lake):
        yield list(some), is_untold
