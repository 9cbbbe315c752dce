"""Steps 1-6 of the tick for one workspace: from bodies to all that the store and the lake must learn.

Reads : records of one workspace, its memory, the store's present versions of records
Gives : Preparation.prepare() -> Prepared
Source: DESIGN section 4

Memory is changed here and stays changed: the writes can be repeated until the store has them, and when anything
else fails the memory is thrown away and made again (app/recovery.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import msgspec
import numpy as np

from forestay.app.asking import Asking
from forestay.app.causes import NO_CAUSES, Causes, LastEvents, SettledCauses
from forestay.app.commit import WorkspaceWrites
from forestay.app.decoded import NOTHING_READY, Ready
from forestay.app.intake import Intake, take_in
from forestay.app.journey_entries import JourneyWrites, event_rows, hidden_rows
from forestay.app.lake_rows import lake_batch
from forestay.app.remembering import Remembered, contacts_that_moved, remember
from forestay.app.scoring import note_written, score_accounts
from forestay.app.settling import OLD_DAYS
from forestay.app.shard import WorkspaceMemory
from forestay.app.signal_writes import signal_writes
from forestay.app.state_writes import state_writes
from forestay.app.watched import feed_statement, watched_statement
from forestay.events.log import Record
from forestay.kit.clock import date_of, micros_of
from forestay.lake.batch import LakeBatch
from forestay.measures.ring import Ints
from forestay.sources.identity import NOBODY
from forestay.sources.identity_store import give_ids, identity_statements
from forestay.sources.quarantine import Rejection, rejection_of_body
from forestay.sources.records import Connection, Planned, RecordBook
from forestay.store.changes import MOST_IDS, about


@dataclass(slots=True)
class Prepared:
    """One workspace's part of a tick. fired: signals, for the log line and the metric."""

    writes: WorkspaceWrites
    lake: list[LakeBatch] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    fired: int = 0
    touched: int = 0


@dataclass(frozen=True, slots=True)
class Preparation:
    """Prepares parts of one tick. at: the tick's moment; is_behind: more bodies wait in the log; ready: imports that
    were decoded ahead."""

    ask: Asking
    at: datetime
    is_behind: bool = False
    ready: Ready = field(default_factory=lambda: NOTHING_READY)

    def prepare(self, space: WorkspaceMemory, records: Sequence[Record], up_to: int) -> Prepared:
        """Take bodies in, remember what they say, score what they touched."""
        intake = take_in(space, records, self.ready)
        planned, remembered = self._ask_store(space, intake)
        writes = WorkspaceWrites(space.workspace_id, date_of(space.today), counts=intake.counts)
        writes.statements += planned.statements + remembered.statements
        writes.statements += watched_statement(space, intake) + feed_statement(space, intake.beats)
        writes.rejections = _rejections(space, intake, planned)
        prepared = Prepared(writes, [lake_batch(space, intake, remembered.facts, up_to)], intake.counts)
        space.settling.hold(_living(space, intake.imported).tolist(), micros_of(self.at))
        space.settling.tell_old(_old_rows(space, intake, remembered), micros_of(self.at))
        told = JourneyWrites(space.workspace_id)
        event_rows(space, intake, told)
        writes.journeys.append(told)
        rows = self._to_score(space, intake, remembered)
        _tell(space, writes, [*intake.touched, *remembered.touched])
        self.score(space, rows, "event", prepared, LastEvents(space, intake.kept))
        return prepared

    def score(
        self,
        space: WorkspaceMemory,
        rows: Ints,
        cause: str,
        prepared: Prepared,
        causes: Causes | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        """Score rows (n,) and add what that comes to."""
        if not len(rows):
            return
        if causes is None:
            causes = SettledCauses(space) if cause == "event" else NO_CAUSES
        scored = score_accounts(space, rows, self.at, fresh=fresh)
        prepared.writes.states.append(state_writes(space, scored, cause))
        signals = signal_writes(space, scored, causes, self.at)
        prepared.writes.signals.append(signals)
        told = JourneyWrites(space.workspace_id)
        hidden_rows(space, scored, told)
        prepared.writes.journeys.append(told)
        note_written(space, scored)
        _tell(space, prepared.writes, rows.tolist())
        prepared.fired += len(signals.fired)
        prepared.touched += len(rows)

    def _to_score(self, space: WorkspaceMemory, intake: Intake, remembered: Remembered) -> Ints:
        """Accounts that were touched; those that only imports touched are put off while more waits."""
        rows = _living(space, intake.touched | remembered.touched)
        if self.is_behind:
            live = _living(space, intake.live | (remembered.touched if intake.live else set()))
            later = np.setdiff1d(_living(space, intake.imported), live, assume_unique=True)
            space.standing.is_stale[later] = True
            space.put_off.hold(later, micros_of(self.at))
            rows = np.setdiff1d(rows, later, assume_unique=True)
        return np.union1d(rows, _standing(space, space.put_off.take(micros_of(self.at), is_behind=self.is_behind)))

    def _ask_store(self, space: WorkspaceMemory, intake: Intake) -> tuple[Planned, Remembered]:
        """Ids of what is new, present versions of what was told; nothing when nothing asks for it."""
        changes = space.known.take_changes()
        moved = contacts_that_moved(space, changes, intake.rows, intake.last_position)
        if not (changes or moved or intake.rows):
            return Planned(), Remembered()

        def ids_and_versions(connection: Connection) -> Planned:
            about(connection, (space.workspace_id,))
            made = give_ids(connection, space.workspace_id, space.known, changes)
            space.rows_by_id.update((space.known.account_ids[row], row) for row in changes.accounts)
            book = RecordBook(space.workspace_id, space.known, space.rows_by_id)
            planned = book.plan(connection, [*intake.rows, *moved], changes.joined_contacts)
            planned.statements[:0] = made
            return planned

        planned = self.ask(ids_and_versions)
        remembered = remember(space, self.ask, planned)
        planned.statements += identity_statements(space.workspace_id, space.known, changes)
        return planned, remembered


def _old_rows(space: WorkspaceMemory, intake: Intake, remembered: Remembered) -> int:
    """Events and facts of more than a week before they came."""
    before = space.today - OLD_DAYS
    events = sum(int((kept.columns.day < before).sum()) for kept in intake.kept)
    return events + sum(one.fact.day < before for one in remembered.facts)


def _standing(space: WorkspaceMemory, rows: Ints) -> Ints:
    """Rows (n,) without those of accounts that have become part of another since."""
    living: Ints = rows[space.known.merged.values[rows] == rows]
    return living


def _tell(space: WorkspaceMemory, writes: WorkspaceWrites, rows: Iterable[int]) -> None:
    """Which accounts a tick is about, as far as anybody wants to know: of many, only that they are many."""
    keys = space.known.account_keys
    writes.touched.update(keys[row] for row in islice(rows, MOST_IDS + 1))


def _living(space: WorkspaceMemory, touched: set[int]) -> Ints:
    """Account rows, those of merged accounts under the one that stays."""
    rows = np.array(sorted(touched - {NOBODY}), np.int64)
    return np.unique(space.known.merged.values[rows]).astype(np.int64) if len(rows) else rows


def _rejections(space: WorkspaceMemory, intake: Intake, planned: Planned) -> list[Rejection]:
    found = [rejection_of_body(bad) for bad in intake.bad]
    for record, one in intake.rejected:
        place = (record.workspace_id, record.position, 0, record.received_at)
        found.append(Rejection(*place, one.source, one.reason_code, one.reason, one.item))
    for row, reason in planned.refused:
        place = (space.workspace_id, row.position, row.part, row.told_at)
        item = msgspec.json.encode({"key": row.key, **row.fields, "traits": row.traits}).decode()
        found.append(Rejection(*place, row.kind.value, "incomplete_record", reason, item))
    return found
