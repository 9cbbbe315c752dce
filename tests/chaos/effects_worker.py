"""A worker process of its own that only acts: `python -m tests.chaos.effects_worker DSN PORT KNOWS_KEYS OFFSET_FILE`."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

from forestay.actions.registry import channels_for
from forestay.actions.worker import ActionsLoop
from forestay.kit.clock import SystemClock
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.roles import DatabaseRole
from tests.actions.null_provider import NullChannel


class SteppedClock:
    """The system's clock, put forward or back by the seconds that stand in a file."""

    def __init__(self, offset: Path) -> None:
        self._offset, self._clock = offset, SystemClock()

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=float(self._offset.read_text() or 0))


def main(dsn: str, port: str, knows_keys: str, offset: str) -> None:
    """Act until killed."""
    channel = NullChannel(port=int(port), idempotent=knows_keys == "True")
    channels = {**channels_for(Settings()), channel.kind: channel}
    store = Store.connect(dsn, role=DatabaseRole.WORKER)
    ActionsLoop(store, Settings(), SteppedClock(Path(offset)), channels=channels).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
