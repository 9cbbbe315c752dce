"""The loop that acts, in a thread of the worker.

Gives: ActionsThread

What calling the outside needs (HTTP, mail, templates) is imported in the thread itself: the first tick need not wait.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from forestay.kit.logs import get_logger
from forestay.kit.settings import Settings
from forestay.store.database import Store

if TYPE_CHECKING:
    from forestay.actions.worker import ActionsLoop

_log = get_logger(__name__)
_STOP_SECONDS = 10.0


class ActionsThread:
    """Runs ActionsLoop beside the tick; the worker ends when it died."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._loop: ActionsLoop | None = None
        self._is_stopping, self._changing = False, threading.Lock()
        self._thread = threading.Thread(target=self._run, name="actions", daemon=True)
        self.is_broken = False
        self._thread.start()

    def wake(self) -> None:
        """The tick has written requests. A loop that is not there yet begins by looking for them."""
        if self._loop is not None:
            self._loop.wake()

    def stop(self) -> None:
        """Let calls in flight finish."""
        with self._changing:
            self._is_stopping = True
            if self._loop is not None:
                self._loop.stop()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        try:
            if (loop := self._made()) is not None:
                loop.run()
        except BaseException:  # the worker notices and ends, so that the supervisor starts it again
            self.is_broken = True
            _log.exception("actions_died")
            raise

    def _made(self) -> ActionsLoop | None:
        from forestay.actions.worker import ActionsLoop as Loop

        loop = Loop(self._store, self._settings)
        with self._changing:
            if self._is_stopping:
                return None
            self._loop = loop
        return loop
