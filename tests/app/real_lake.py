"""A worker whose lake is a real one, and its chores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forestay.app.backfill import Backfill
from forestay.app.housekeeping import Housekeeping
from forestay.kit.settings import Settings
from forestay.lake.batch import LakeBatch
from forestay.lake.writer import LakeWriter
from tests.app.worker_house import LakeInMemory, WorkerHouse
from tests.conftest import StoreUnderTest


class LakeAtOnce(LakeInMemory):
    """Writes what is handed over at once; is_away: it cannot be brought up to date just now."""

    def __init__(self, root: str) -> None:
        super().__init__()
        self.writer = LakeWriter(root)
        self.is_away = False

    def hand(self, batches: Sequence[LakeBatch], up_to: int) -> None:
        for batch in batches:
            self.writer.flush(batch)
        self.position = max(self.position, up_to)

    def flush(self) -> bool:
        return not self.is_away


def settings_of(folder: Path) -> Settings:
    (folder / "run").mkdir(exist_ok=True)
    return Settings(data_dir=folder, lake_url=str(folder / "lake"))


def house_with_lake(store: StoreUnderTest, folder: Path) -> WorkerHouse:
    return WorkerHouse(store.worker, store.owner, folder, lake=LakeAtOnce(str(folder / "lake")))


def chores_of(house: WorkerHouse) -> Housekeeping:
    """The worker's chores, as they are made at a start."""
    lake = house.lake
    flush = lake.flush if isinstance(lake, LakeAtOnce) else lambda: True
    settings = settings_of(house.folder)
    backfill = Backfill(settings.lake_root, flush)
    chores = Housekeeping(
        settings, house.store, house.tick.shard, house.log, backfill, lambda: lake.position, house.clock.now
    )
    for space in house.tick.shard.workspaces.values():
        chores.meet(space)
    return chores
