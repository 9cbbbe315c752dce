"""A million names of events cost what a million events cost, and nothing that stays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from forestay.events.log import Codec
from forestay.lake.reads import Chosen, LakeReader
from tests.app import remembered
from tests.app.histories import FULL
from tests.app.worker_house import LakeInFolder, WorkerHouse, made_workspace
from tests.conftest import StoreUnderTest

NAMES, A_BODY = (1_000_000 if FULL else 100_000), 2_000


def body(first: int, *, distinct: bool) -> bytes:
    return json.dumps(
        {
            "batch": [
                {"type": "track", "messageId": f"m{n}", "userId": "ann", "event": f"name {n}" if distinct else "name",
                 "context": {"groupId": "globex"}}
                for n in range(first, first + A_BODY)
            ]
        }
    ).encode()  # fmt: skip


def fed(store: StoreUnderTest, folder: Path, shard: int, *, distinct: bool) -> tuple[WorkerHouse, int]:
    workspace = made_workspace(store.owner, f"names{shard}")
    house = WorkerHouse(store.worker, store.owner, folder, lake=LakeInFolder(folder / "lake"), shard=shard)
    for first in range(0, NAMES, A_BODY):
        house.append(workspace, Codec.SEGMENT, body(first, distinct=distinct))
    house.run_dry()
    house.lake.flush()
    house.snapshot()
    return house, workspace


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_as_many_names_as_events_leave_no_trace_in_memory(store: StoreUnderTest, tmp_path: Path) -> None:
    many, workspace = fed(store, tmp_path / "many", 71, distinct=True)
    one, other = fed(store, tmp_path / "one", 72, distinct=False)
    space = many.space(workspace)
    assert space.memory.book.names == one.space(other).memory.book.names
    assert remembered.counts(space)[("globex", "any", space.today)] == NAMES
    assert size_of(tmp_path / "many" / "snapshot") == pytest.approx(size_of(tmp_path / "one" / "snapshot"), rel=0.05)
    reader = LakeReader(str(tmp_path / "many" / "lake"))
    chosen = Chosen(workspace, np.array([space.known.account_ids[0]], np.int64))
    told = sum(int(batch.events.sum()) for batch in reader.totals(chosen, space.today - 1, space.today))
    reader.close()
    assert told == NAMES
    many.close()
    one.close()
