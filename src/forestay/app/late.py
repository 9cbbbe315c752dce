"""An ASGI application that is loaded in a thread while others already answer; who calls too early waits.

It lets what matters more at a start go first, but not once somebody calls.

Gives: LateApp
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from starlette.types import ASGIApp, Receive, Scope, Send

from forestay.kit.logs import get_logger

_log = get_logger(__name__)
_LOOK_SECONDS = 0.05

LONGEST_SECONDS = 10.0
"""How long it lets others go first: a worker that does not come must not keep the workspace away."""


class LateApp:
    """Stands for what `build` gives. One that cannot be built asks this process to end: its supervisor tries again."""

    def __init__(self, build: Callable[[], ASGIApp], may_begin: Callable[[], bool] = lambda: True) -> None:
        """may_begin: whether the others are there; asked for at most LONGEST_SECONDS, and no more after a first call."""
        self._built: Future[ASGIApp] = Future()
        self._is_called = threading.Event()
        threading.Thread(target=self._build, args=(build, may_begin), name="late-app", daemon=True).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call; while loading, only calls to this application wait."""
        self._is_called.set()
        app = self._built.result() if self._built.done() else await asyncio.wrap_future(self._built)
        await app(scope, receive, send)

    def _build(self, build: Callable[[], ASGIApp], may_begin: Callable[[], bool]) -> None:
        until = time.monotonic() + LONGEST_SECONDS
        while not may_begin() and time.monotonic() < until and not self._is_called.wait(_LOOK_SECONDS):
            pass
        try:
            self._built.set_result(build())
        except Exception as error:  # noqa: BLE001 - whatever it is, without management this process is of no use
            _log.exception("management_not_loaded")
            os.kill(os.getpid(), signal.SIGTERM)
            self._built.set_exception(error)
