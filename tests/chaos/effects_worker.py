"""A process of its own that only acts: `python -m tests.chaos.effects_worker DSN PORT KNOWS_KEYS OFFSET_FILE`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from forestay.actions.registry import channels_for
from forestay.actions.worker import ActionsLoop
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.roles import DatabaseRole
from tests.actions.null_provider import NullChannel
from tests.chaos.stepped_clock import SteppedClock

_NUDGE_SECONDS = 0.1


def main(dsn: str, port: str, knows_keys: str, offset: str) -> None:
    """Act until killed."""
    channel = NullChannel(port=int(port), idempotent=knows_keys == "True")
    channels = {**channels_for(Settings()), channel.kind: channel}
    store = Store.connect(dsn, role=DatabaseRole.WORKER)
    loop = ActionsLoop(store, Settings(), SteppedClock(Path(offset)), channels=channels)
    threading.Thread(target=_nudge, args=(loop,), daemon=True).start()
    loop.run()


def _nudge(loop: ActionsLoop) -> None:
    """Tell it that there may be requests, as the runner does that shares its process."""
    pause = threading.Event()
    while not pause.wait(_NUDGE_SECONDS):
        loop.wake()


if __name__ == "__main__":
    main(*sys.argv[1:])
