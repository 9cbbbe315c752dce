"""What the worker does beside ticking: configuration, owners, snapshots, retention of the log, the nightly job.

Gives : Housekeeping
Reads : documents, live models and features (by stamp), audit entries (changes of owner), Settings.log_retention_hours
Writes: jobs (history, compaction, experiments, score, drift, learning), run/jobs.wake

Everything here is between two ticks, each thing with its own rhythm; all but counting a new series' past is short.
What fails for want of disk, store or lake is told in the log and tried again at its next turn; nothing depends on
its being done now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from forestay.app.backfill import Backfill
from forestay.app.configuration import load_configuration, stamps
from forestay.app.learning_looks import ask_for_learning
from forestay.app.looks import ask_for_look
from forestay.app.model_care import ModelCare
from forestay.app.nightly import Nightly, wake_jobs
from forestay.app.rollover import DAY, SCORECARD, make_due, note_stale, reconfigure
from forestay.app.scoring import top_decile_arr
from forestay.app.shard import Shard, WorkspaceMemory
from forestay.app.snapshot import newest_position, safe_position, save_snapshot
from forestay.app.statistics import Statistics
from forestay.app.store_memory import read_scores
from forestay.events.log import LogReader
from forestay.kit.clock import micros_of
from forestay.kit.logs import get_logger
from forestay.kit.settings import Settings
from forestay.kit.telemetry import Gauge, set_level
from forestay.store import jobs
from forestay.store.database import Store, StoreUnavailable, raw
from forestay.store.jobs import JobStatus

_log = get_logger(__name__)
CONFIGURATION_SECONDS = 2.0
STALE_SECONDS = 10.0
SNAPSHOT_SECONDS = 120.0
HISTORY_JOB = "history"
RETENTION_SECONDS = 300.0
REFILL_SECONDS = 30.0
NIGHT_SECONDS = 60.0
TESTS_SECONDS = 60.0
EFFECTS_SECONDS = 5.0
_MARK_MICROS = 600_000_000
"""Ten minutes: how finely retention knows when a position was reached."""

_LAST_AUDIT = text("SELECT coalesce(max(seq), 0) FROM audit_entries WHERE workspace_id = :workspace")
_NEW_OWNERS = text("""
    SELECT e.seq, a.id, a.owner_id FROM audit_entries AS e
    LEFT JOIN accounts AS a ON a.workspace_id = e.workspace_id AND 'account:' || a.external_id = e.subject
      AND e.action = 'account.owner_changed'
    WHERE e.workspace_id = :workspace AND e.seq > :seen ORDER BY e.seq""")


_PENDING_EFFECTS = text("SELECT count(*) FROM effects WHERE status = 'pending'")
_HISTORY_JOB = text("""
    SELECT max(id) FROM jobs WHERE workspace_id = :workspace AND kind = 'history'
    AND (status IN ('queued', 'running') OR finished_at > now() - interval '1 day')""")
"""Also one that ended while no worker was there to read what it made; reading it again changes nothing."""


@dataclass(slots=True)
class Housekeeping:
    """The worker's chores. lake_position: how far the lake has come."""

    settings: Settings
    store: Store
    shard: Shard
    log: LogReader
    backfill: Backfill
    lake_position: Callable[[], int]
    now: Callable[[], datetime]
    night: Nightly = field(init=False)
    models: ModelCare = field(init=False)
    statistics: Statistics = field(default_factory=Statistics)
    renewing: threading.Thread | None = None
    _due: dict[str, float] = field(default_factory=dict)
    _audited: dict[int, int] = field(default_factory=dict)
    _saved_position: int = -1

    def __post_init__(self) -> None:
        self.night = Nightly(self.settings, self.store, self.shard)
        self.models = ModelCare(self.shard)

    @property
    def folder(self) -> Path:
        """Where snapshots are."""
        return self.settings.data_dir / "snapshot"

    def look(self) -> None:
        """Do what is due; the store may be away, then it is done later."""
        try:
            if self._is_due("configuration", CONFIGURATION_SECONDS):
                self._look_at_configuration()
                self._look_at_history()
                self._look_at_models()
                self.look_at_statistics()
            if self._is_due("night", NIGHT_SECONDS):
                self.night.look()
            if self._is_due("tests", TESTS_SECONDS):
                self._look_at_tests()
            if self._is_due("effects", EFFECTS_SECONDS):
                self._count_effects()
        except StoreUnavailable as away:
            _log.warning("store_away", reason=str(away))
        if self._is_due("refill", REFILL_SECONDS):
            self.refill()
        if self._is_due("stale", STALE_SECONDS):
            for space in self.shard.workspaces.values():
                note_stale(space)
        if self._is_due("snapshot", SNAPSHOT_SECONDS):
            self.save()
        if self._is_due("retention", RETENTION_SECONDS):
            self.forget()

    def _look_at_tests(self) -> None:
        with self.store.begin_worker() as connection:
            asked = (ask_for_look(connection), ask_for_learning(connection))
        if any(job is not None for job in asked):
            wake_jobs(self.settings)

    def _look_at_models(self) -> None:
        with self.store.begin_worker() as connection:
            made = self.models.look(connection)
        if made:
            wake_jobs(self.settings)

    def save(self) -> None:
        """A snapshot, when anything has come in since the last one; on a full disk the one before stays.

        None while the lake has not passed the last one: of the two that are kept, recovery needs one that is not
        ahead of the lake.
        """
        if self.shard.position == self._saved_position or self.lake_position() < (newest_position(self.folder) or 0):
            return
        started = time.monotonic()
        self._mark()
        try:
            save_snapshot(self.shard, self.folder)
        except OSError as reason:
            _log.error("snapshot_failed", position=self.shard.position, reason=str(reason))
            return
        self._saved_position = self.shard.position
        _log.info("snapshot_saved", position=self.shard.position, seconds=round(time.monotonic() - started, 3))

    def forget(self) -> None:
        """Drop log segments that everybody has passed, both snapshots too, and that are older than the retention."""
        self._mark()
        oldest_kept = micros_of(self.now()) - int(self.settings.log_retention_hours * 3_600_000_000)
        passed = [position for at, position in self.shard.marks if at <= oldest_kept]
        saved = safe_position(self.folder)
        if not passed or saved is None:
            return
        up_to = min(max(passed), self.shard.position, self.lake_position(), saved)
        try:
            self.log.forget(up_to)
        except OSError as reason:
            _log.error("log_not_forgotten", up_to=up_to, reason=str(reason))
            return
        newest = max(at for at, position in self.shard.marks if at <= oldest_kept)
        self.shard.marks[:] = [(at, position) for at, position in self.shard.marks if at >= newest]

    def meet(self, space: WorkspaceMemory) -> None:
        """A workspace whose series were fed by other events when its memory was saved."""
        if space.refilled:
            self.backfill.refill(space)
        with self.store.begin_worker() as connection:
            space.history_job = connection.scalar(_HISTORY_JOB, {"workspace": space.workspace_id})

    def refill(self) -> None:
        """Try again to count the past of series whose past could not be read when they came."""
        for space in self.shard.workspaces.values():
            if space.refilled and self.backfill.refill(space):
                make_due(space, SCORECARD)

    def look_at_statistics(self) -> None:
        """Let the planner know of a large import, once it has settled; beside the ticks, for it may take a second."""
        accounts = sum(space.accounts for space in self.shard.workspaces.values())
        is_busy = self.renewing is not None and self.renewing.is_alive()
        if self.statistics.are_behind(accounts) and not self.shard.is_catching_up and not is_busy:
            self.renewing = threading.Thread(target=self._renew, args=(accounts,), name="statistics", daemon=True)
            self.renewing.start()

    def _renew(self, accounts: int) -> None:
        try:
            with self.store.begin_worker() as connection:
                self.statistics.renew(connection, accounts)
        except StoreUnavailable as away:
            _log.warning("store_away", reason=str(away))

    def _count_effects(self) -> None:
        with self.store.begin_worker() as connection:
            set_level(Gauge.EFFECTS_PENDING, int(connection.scalar(_PENDING_EFFECTS) or 0))

    def _look_at_history(self) -> None:
        """History that came in asks for the scores of the days before; when they are made, trends compare with them."""
        for space in self.shard.workspaces.values():
            old_rows = space.settling.old_rows
            if space.history_job is not None:
                self._read_past(space)
            elif space.settling.take_history(micros_of(self.now())):
                if not self.backfill.flush():
                    space.settling.old_rows = old_rows  # asked for again when the lake is up to date
                    continue
                with self.store.begin_worker() as connection:
                    space.history_job = jobs.enqueue(connection, space.workspace_id, HISTORY_JOB, {})
                wake_jobs(self.settings)

    def _read_past(self, space: WorkspaceMemory) -> None:
        assert space.history_job is not None, "only asked while there is one"
        with self.store.begin_worker() as connection:
            status = jobs.find(connection, space.workspace_id, space.history_job).status
            if status in (JobStatus.QUEUED, JobStatus.RUNNING):
                return
            space.history_job = None
            if status is JobStatus.DONE:
                read_scores(space, raw(connection), anew=True)
                make_due(space, DAY)

    def _mark(self) -> None:
        at, marks = micros_of(self.now()), self.shard.marks
        if not marks or at - marks[-1][0] >= _MARK_MICROS:
            marks.append((at, self.shard.position))

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due.setdefault(what, now + every):
            return False
        self._due[what] = now + every
        return True

    def _look_at_configuration(self) -> None:
        with self.store.begin_worker() as connection:
            present: Mapping[int, str] = stamps(connection)
            for number, space in self.shard.workspaces.items():
                self._look_at_owners(connection, space)
                if present.get(number, space.configuration.stamp) != space.configuration.stamp:
                    self._reconfigure(connection, space)

    def _reconfigure(self, connection: Connection, space: WorkspaceMemory) -> None:
        configuration = load_configuration(connection, space.workspace_id)
        fed_otherwise = reconfigure(space, configuration)
        space.top_decile_arr = top_decile_arr(space)
        _log.info("configuration_changed", workspace_id=space.workspace_id, series=len(fed_otherwise))
        space.refilled &= set(space.memory.book.names)
        space.refilled |= set(fed_otherwise)
        if space.refilled:
            self.backfill.refill(space)

    def _look_at_owners(self, connection: Connection, space: WorkspaceMemory) -> None:
        """An owner that somebody changed by hand: the audit trail tells."""
        number = space.workspace_id
        if number not in self._audited:
            self._audited[number] = int(connection.scalar(_LAST_AUDIT, {"workspace": number}) or 0)
            return
        parameters = {"workspace": number, "seen": self._audited[number]}
        for seq, account_id, owner_id in connection.execute(_NEW_OWNERS, parameters):
            self._audited[number] = int(seq)
            row = space.rows_by_id.get(account_id)
            if row is not None:
                space.standing.owner_ids[row] = -1 if owner_id is None else owner_id
