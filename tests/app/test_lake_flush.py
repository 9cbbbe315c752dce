"""What waits for the lake, and how long its thread sleeps."""

from __future__ import annotations

import pyarrow as pa

from forestay.app.lake_flush import LakeBuffer
from forestay.lake.batch import LakeBatch
from forestay.lake.tables import EVENTS, conform


class KeptLake:
    """Keeps what it is given."""

    def __init__(self, position: int = 0) -> None:
        self.at = position
        self.flushed: list[LakeBatch] = []

    def flush(self, batch: LakeBatch) -> None:
        self.flushed.append(batch)
        self.at = batch.up_to

    def position(self) -> int:
        return self.at


def buffer_of(lake: KeptLake, **limits: float) -> LakeBuffer:
    return LakeBuffer(lake, flush_rows=int(limits.get("rows", 50_000)), flush_seconds=limits.get("seconds", 60.0))


def one_event(position: int) -> LakeBatch:
    rows = conform(pa.table({"workspace_id": [1], "day": [20_000], "position": [position], "part": [0]}), EVENTS)
    return LakeBatch(position, rows)


def test_a_tick_without_bodies_leaves_the_lakes_thread_asleep() -> None:
    buffer = buffer_of(KeptLake(position=7), seconds=0.0)
    buffer.hand([LakeBatch(7)], 7)
    assert buffer.rest_seconds() is None
    buffer.close()


def test_rows_that_the_lake_has_passed_leave_its_thread_asleep() -> None:
    buffer = buffer_of(KeptLake(position=7), seconds=0.0)
    buffer.hand([one_event(6)], 7)
    assert buffer.rest_seconds() is None
    buffer.close()
