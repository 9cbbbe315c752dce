"""The worker process: the tick, the lake flush, snapshots, and the drain of requests into effects.

Reads : Settings; the log, the store (role forestay_worker), the lake
Gives : run(settings), `python -m forestay.app.worker`
Writes: run/worker.json, its sign of life, at least every few seconds

It ends with SIGTERM after a last snapshot, and with an error for anything that starting again from the store
mends; the supervisor starts it again.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType

import msgspec

from forestay.app.actions_thread import ActionsThread
from forestay.app.ahead import Ahead
from forestay.app.asking import StorePatience
from forestay.app.backfill import Backfill
from forestay.app.commit import Commit
from forestay.app.housekeeping import Housekeeping
from forestay.app.journeys_at_work import JourneysAtWork
from forestay.app.lake_flush import LakeBuffer
from forestay.app.lake_repair import LAST_DAY
from forestay.app.poison import Isolation
from forestay.app.prepare import prepare_once
from forestay.app.quick_arrays import use_quick_arrays
from forestay.app.recovery import Recovery
from forestay.app.tick import Tick, Ticked
from forestay.events.drivers.file import FileLogReader
from forestay.kit.clock import SystemClock, micros_of
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger, set_up_logs
from forestay.kit.settings import Settings
from forestay.kit.telemetry import (
    Counter,
    Gauge,
    Histogram,
    count,
    observe,
    set_level,
    set_up_telemetry,
    share,
    shut_down_telemetry,
)  # fmt: skip
from forestay.lake.reads import Chosen, DatedFacts, LakeReader
from forestay.lake.writer import LakeWriter
from forestay.store.database import Store
from forestay.store.dsn import dsns_of
from forestay.store.roles import DatabaseRole

_log = get_logger(__name__)
_LONGEST_SLEEP_SECONDS = 1.0
_BEAT_SECONDS = 2.0
JOURNEY_SECONDS = 0.25
"""How long journeys may work between two ticks while there is more to do."""
_FLUSH_SECONDS = 10.0
"""How long chores wait between two ticks for the lake; what they wanted is tried again later."""
_SWITCH_SECONDS = 0.0005
"""How long a thread may hold the interpreter while another waits. With Python's own 5 ms, a burst of actions made the
tick wait that long after every answer of the store: some forty times a tick."""
_COUNTERS = {
    "events.accepted": Counter.EVENTS_ACCEPTED,
    "events.duplicate": Counter.EVENTS_DUPLICATE,
    "events.late": Counter.EVENTS_LATE,
    "quarantined": Counter.EVENTS_QUARANTINED,
}


@dataclass(slots=True)
class Worker:
    """One process's worker; run() returns when stopping is set."""

    settings: Settings
    stopping: threading.Event = field(default_factory=threading.Event)
    _beaten: float = 0.0
    _was_catching_up: bool = False

    def run(self) -> None:
        """Recover, then tick until told to stop; a snapshot at the end."""
        dsn = dsns_of(self.settings)[DatabaseRole.WORKER]
        store = Store.connect(dsn, pool_size=2, role=DatabaseRole.WORKER)
        acting = Store.connect(dsn, pool_size=4, role=DatabaseRole.WORKER)
        log = FileLogReader(self.settings.log_dir)
        lake = self._lake()
        try:
            tick, chores = self._recovered(store, log, lake)
            retention = timedelta(days=self.settings.journey_retention_days)
            tick.journeys = journeys = JourneysAtWork(store, tick.shard, SystemClock().now, retention)
            actions = ActionsThread(acting, self.settings)
            try:
                self._loop(tick, chores, actions, journeys, log)
            finally:
                actions.stop()
                tick.close()
            lake.flush()
            chores.save()
        finally:
            lake.close()
            log.close()
            acting.close()
            store.close()

    def _lake(self) -> LakeBuffer:
        return LakeBuffer(
            LakeWriter(self.settings.lake_root),
            flush_rows=self.settings.lake_flush_events,
            flush_seconds=self.settings.lake_flush_seconds,
        )

    def _lake_facts(self, chosen: Chosen, fact: str) -> DatedFacts:
        """What the lake holds of a fact; asked only after an end without goodbye."""
        reader = LakeReader(self.settings.lake_root)
        try:
            return reader.facts(chosen, fact, LAST_DAY)
        finally:
            reader.close()

    def _recovered(self, store: Store, log: FileLogReader, lake: LakeBuffer) -> tuple[Tick, Housekeeping]:
        started = time.monotonic()
        patience, clock = StorePatience(store, self.stopping), SystemClock()
        commit = Commit(store, wait=patience.wait)
        recovery = Recovery(
            store, log, self.settings.data_dir / "snapshot", clock.now, lake.hand, lambda: lake.position,
            self._lake_facts,
        )  # fmt: skip
        position, last = commit.position()
        shard = recovery.shard(position)
        backfill = Backfill(self.settings.lake_root, lambda: lake.flush(_FLUSH_SECONDS))
        chores = Housekeeping(self.settings, store, shard, log, backfill, lambda: lake.position, clock.now)
        for space in shard.workspaces.values():
            chores.meet(space)
        gc.freeze()
        seconds = round(time.monotonic() - started, 3)
        _log.info("worker_ready", position=shard.position, workspaces=len(shard.workspaces), seconds=seconds)
        isolation = Isolation(recovery, store)
        return Tick(log, shard, commit, patience.ask, lake, isolation, clock.now, last, ahead=Ahead(log)), chores

    def _loop(
        self, tick: Tick, chores: Housekeeping, actions: ActionsThread, journeys: JourneysAtWork, log: FileLogReader
    ) -> None:  # fmt: skip
        interval = self.settings.tick_interval_ms / 1000
        while not self.stopping.is_set():
            if actions.is_broken:
                raise RuntimeError("the thread that carries out actions died")
            began = time.monotonic()
            ticked = tick.run()
            self._beat(tick, log, chores.lake_position())
            if journeys.work(JOURNEY_SECONDS):
                actions.wake()
            if ticked is not None:
                _measure(ticked, time.monotonic() - began)
                if ticked.fired:
                    actions.wake()
                self.stopping.wait(max(0.0, interval - (time.monotonic() - began)))
            else:
                log.wait(tick.shard.position, journeys.rest(_LONGEST_SLEEP_SECONDS))
            chores.look()

    def _beat(self, tick: Tick, log: FileLogReader, lake_position: int) -> None:
        """The sign of life that the probes read; the numbers that /metrics shows.

        On a full disk the worker goes on without: the probes then say that its sign of life is old.
        """
        is_catching_up = tick.shard.is_catching_up
        if time.monotonic() - self._beaten < _BEAT_SECONDS and is_catching_up == self._was_catching_up:
            return
        self._beaten, self._was_catching_up = time.monotonic(), is_catching_up
        set_level(Gauge.LOG_LAG, max(0, log.last_position() - tick.shard.position))
        set_level(Gauge.LAKE_LAG, max(0, tick.shard.position - lake_position))
        told = {
            "position": tick.shard.position,
            "lake_position": lake_position,
            "is_catching_up": is_catching_up,
            "at": micros_of(SystemClock().now()),
            "pid": os.getpid(),
        }
        folder = self.settings.data_dir / "run"
        try:
            _replace(folder / "worker.json", msgspec.json.encode(told))
            share(folder)
        except OSError as reason:
            _log.error("sign_of_life_not_written", reason=str(reason))


def _replace(path: Path, content: bytes) -> None:
    half = path.with_suffix(".half")
    half.write_bytes(content)
    half.replace(path)


def _measure(ticked: Ticked, seconds: float) -> None:
    observe(Histogram.TICK, seconds)
    for name, counter in _COUNTERS.items():
        count(counter, ticked.counts.get(name, 0))
    if ticked.fired:
        count(Counter.SIGNALS, ticked.fired)
        if ticked.oldest:
            observe(Histogram.EVENT_TO_SIGNAL, (micros_of(SystemClock().now()) - ticked.oldest) / 1_000_000)


def run(settings: Settings) -> None:
    """Be the worker of a data folder until SIGTERM or SIGINT."""
    set_up_logs(settings.log_level, settings.log_format)
    prepare_once(settings)  # a signal still ends us at once: each of its steps is one transaction
    worker = Worker(settings)

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    use_quick_arrays()
    sys.setswitchinterval(_SWITCH_SECONDS)
    set_up_telemetry("worker", settings.otlp_endpoint)
    try:
        worker.run()
    finally:
        shut_down_telemetry()


def main() -> None:
    """Run with the settings of the environment; an expected refusal is one sentence and exit code 1."""
    try:
        run(Settings())
    except ForestayError as error:
        print(f"forestay worker: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
