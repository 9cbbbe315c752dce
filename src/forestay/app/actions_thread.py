"""The loop that acts, in a thread of the worker.

Gives: ActionsThread
"""

from __future__ import annotations

import threading

from forestay.actions.worker import ActionsLoop
from forestay.kit.logs import get_logger
from forestay.kit.settings import Settings
from forestay.store.database import Store

_log = get_logger(__name__)
_STOP_SECONDS = 10.0


class ActionsThread:
    """Runs ActionsLoop beside the tick; the worker ends when it died."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._loop = ActionsLoop(store, settings)
        self._thread = threading.Thread(target=self._run, name="actions", daemon=True)
        self.is_broken = False
        self._thread.start()

    def wake(self) -> None:
        """The tick has written requests."""
        self._loop.wake()

    def stop(self) -> None:
        """Let calls in flight finish."""
        self._loop.stop()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        try:
            self._loop.run()
        except BaseException:  # the worker notices and ends, so that the supervisor starts it again
            self.is_broken = True
            _log.exception("actions_died")
            raise
