"""A worker on a real store and a real log, with a clock that the test moves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from forestay.app.asking import StorePatience
from forestay.app.commit import Commit
from forestay.app.lake_flush import together
from forestay.app.lake_repair import LAST_DAY
from forestay.app.poison import Isolation
from forestay.app.quick_arrays import use_quick_arrays
from forestay.app.recovery import Recovery
from forestay.app.rollover import note_stale
from forestay.app.shard import WorkspaceMemory
from forestay.app.snapshot import save_snapshot
from forestay.app.tick import Tick, Ticked
from forestay.events.drivers.file import FileLog
from forestay.events.log import Codec, Record
from forestay.governance.bootstrap import create_workspace
from forestay.kit.clock import FixedClock, micros_of
from forestay.lake.batch import LakeBatch
from forestay.lake.reads import Chosen, DatedFacts, LakeReader
from forestay.lake.writer import LakeWriter
from forestay.store.database import Store, StoreUnavailable
from tests.conftest import what_ships
from tests.sources.messages import body_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class LakeInMemory:
    """Keeps what was handed over; the lake's position is what a test says."""

    batches: list[LakeBatch] = field(default_factory=list)
    position: int = 0

    def hand(self, batches: Sequence[LakeBatch], up_to: int) -> None:
        self.batches += batches
        self.position = max(self.position, up_to)

    def facts(self, chosen: Chosen, fact: str) -> DatedFacts:
        """Nothing: a test that looks at facts in the lake uses a real one."""
        none = np.empty(0, np.int64)
        return DatedFacts(none, none.astype(np.int32), np.empty(0), none)

    def lose(self) -> None:
        """It is in memory, but not the worker's."""

    def events(self) -> int:
        return sum(batch.events.num_rows for batch in self.batches)


class LakeInFolder:
    """A real lake; what was handed over waits until flush(), and is lost when the worker is."""

    def __init__(self, root: Path) -> None:
        self.root, self.waiting, self.up_to = root, list[LakeBatch](), 0
        self.writer = LakeWriter(str(root))

    @property
    def position(self) -> int:
        return self.writer.position()

    def hand(self, batches: Sequence[LakeBatch], up_to: int) -> None:
        self.waiting += batches
        self.up_to = max(self.up_to, up_to)

    def flush(self) -> None:
        self.writer.flush(together(self.waiting, self.up_to))
        self.waiting = []

    def lose(self) -> None:
        """As when the process dies."""
        self.waiting, self.up_to = [], 0
        self.writer = LakeWriter(str(self.root))

    def facts(self, chosen: Chosen, fact: str) -> DatedFacts:
        reader = LakeReader(str(self.root))
        try:
            return reader.facts(chosen, fact, LAST_DAY)
        finally:
            reader.close()


@dataclass
class WorkerHouse:
    """Everything of one worker; restart() throws its memory away, as a crash would."""

    store: Store
    owner: Store
    folder: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    lake: Any = field(default_factory=LakeInMemory)
    shard: int = 0
    wait: Callable[[StoreUnavailable], bool] = lambda _: False

    def __post_init__(self) -> None:
        self.log = FileLog(self.folder / "log", micros_now=lambda: micros_of(self.clock.now()))
        self.tick = self.started()

    def started(self) -> Tick:
        use_quick_arrays()
        patience = StorePatience(self.store)
        commit = Commit(self.store, self.shard, self.wait)
        recovery = Recovery(
            self.store, self.log, self.folder / "snapshot", self.clock.now, self.lake.hand, lambda: self.lake.position,
            self.lake.facts,
        )  # fmt: skip
        position, last = commit.position()
        shard = recovery.shard(position)
        self.recovery = recovery
        isolation = Isolation(recovery, self.store)
        return Tick(self.log, shard, commit, patience.ask, self.lake, isolation, self.clock.now, last)

    def restart(self) -> None:
        self.tick = self.started()

    def snapshot(self) -> None:
        save_snapshot(self.tick.shard, self.folder / "snapshot")

    def forget_snapshots(self) -> None:
        """As after the loss of the snapshot folder: everything must come from the log and the store."""
        shutil.rmtree(self.folder / "snapshot", ignore_errors=True)

    def say(self, workspace: int, *messages: dict[str, Any]) -> int:
        return self.append(workspace, Codec.SEGMENT, body_of(*messages))

    def append(self, workspace: int, codec: Codec, body: bytes) -> int:
        return asyncio.run(self.log.append(workspace, codec, body))

    def put(self, record: Record) -> int:
        return self.append(record.workspace_id, record.codec, record.body)

    def run(self) -> Ticked | None:
        return self.tick.run()

    def run_dry(self) -> None:
        while self.run() is not None:
            self.clock.advance(timedelta(milliseconds=25))

    def refresh(self) -> None:
        """Measures that moved without the score are written, as they are every ten seconds."""
        for space in self.tick.shard.workspaces.values():
            note_stale(space)
        self.run_dry()

    def space(self, workspace: int) -> WorkspaceMemory:
        return self.tick.shard.workspaces[workspace]

    def rows(self, query: str, **parameters: object) -> list[tuple[Any, ...]]:
        with self.owner.begin_worker() as connection:
            return [tuple(row) for row in connection.execute(text(query), parameters)]

    def close(self) -> None:
        self.log.close()


def made_workspace(owner: Store, slug: str = "acme", zone: str = "UTC") -> int:
    with owner.begin_worker() as connection:
        return create_workspace(connection, slug, slug.title(), what_ships(), zone)
