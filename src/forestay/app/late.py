"""An ASGI application that is loaded in a thread while others already answer; who calls too early waits.

Gives: LateApp
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future

from starlette.types import ASGIApp, Receive, Scope, Send

from forestay.kit.logs import get_logger

_log = get_logger(__name__)


class LateApp:
    """Stands for what `build` gives. One that cannot be built asks this process to end: its supervisor tries again."""

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._built: Future[ASGIApp] = Future()
        threading.Thread(target=self._build, args=(build,), name="late-app", daemon=True).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call; while loading, only calls to this application wait."""
        app = self._built.result() if self._built.done() else await asyncio.wrap_future(self._built)
        await app(scope, receive, send)

    def _build(self, build: Callable[[], ASGIApp]) -> None:
        try:
            self._built.set_result(build())
        except Exception as error:  # noqa: BLE001 - whatever it is, without management this process is of no use
            _log.exception("management_not_loaded")
            os.kill(os.getpid(), signal.SIGTERM)
            self._built.set_exception(error)
