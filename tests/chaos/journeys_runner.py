"""A process of its own that only moves runs: `python -m tests.chaos.journeys_runner DSN PORT KNOWS_KEYS OFFSET_FILE`.

It sweeps all the time, so that a run without exactly one way to go on is found while it is, and told in its history.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from datetime import datetime
from pathlib import Path

from forestay.journeys.moves import World
from forestay.journeys.runtime.runner import Runner
from forestay.journeys.runtime.sweep import Sweeper
from forestay.store.database import Store, StoreUnavailable, raw
from forestay.store.roles import DatabaseRole
from tests.chaos.stepped_clock import SteppedClock
from tests.journeys.still_world import StillWorld

_REST_SECONDS = 0.05
_SWEEP_EVERY = 20
"""Rounds."""


def main(dsn: str, _port: str, _knows_keys: str, offset: str) -> None:
    """Move what is due and what came in, until killed."""
    store, clock = Store.connect(dsn, role=DatabaseRole.WORKER), SteppedClock(Path(offset))

    def world(_workspace: int, now: datetime) -> World:
        return StillWorld(now)

    runner, pause, rounds = Runner(store, world, clock.now), threading.Event(), 0
    sweeper = Sweeper(runner.book)
    while True:
        moved = False
        with contextlib.suppress(StoreUnavailable):  # as the worker does: what was claimed is claimed again
            moved = _round(runner)
            rounds += 1
            if rounds % _SWEEP_EVERY == 0:
                with store.begin_worker() as connection:
                    sweeper.look(raw(connection), clock.now())
        if not moved:
            pause.wait(_REST_SECONDS)


def _round(runner: Runner) -> bool:
    runner.look()
    taken, due = runner.take_in(), runner.run_due()
    return bool(taken.rows or due.rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
