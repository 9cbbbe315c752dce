"""Whether every part works: what `/healthz` and `/readyz` answer, with nothing that takes long to load.

Reads : the store, the log's folder, the worker's sign of life (run/worker.json)
Gives : probes_app() (ASGI, used from the first moment on), Parts, parts_of(), is_local()

The routes stand in probes.py as well, for the OpenAPI document; both answer by the same functions.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from forestay.api.deps import ApiDeps
from forestay.kit.errors import ForestayError

HEALTHZ, READYZ = "/healthz", "/readyz"
HEALTHY = {"status": "ok"}
STALE_SECONDS = 30.0
"""The worker gives a sign of life every few seconds."""
_LOCAL = {"127.0.0.1", "::1", "local", "testclient"}


@dataclass(frozen=True, slots=True)
class Parts:
    """A part is 'ok' or says what is wrong."""

    ready: bool
    store: str
    log: str
    worker: str


def parts_of(deps: ApiDeps) -> Parts:
    """Store reachable, log writable, worker alive. Asks the store: not for the event loop."""
    store, log, worker = _store(deps), _log(deps), _worker(deps)
    return Parts(store == log == worker == "ok", store, log, worker)


def answer(request: Request, parts: Parts) -> JSONResponse:
    """200 when ready, else 503 and which part is not."""
    # the supervisor on this machine wants to know that it is its own server that answers
    own = {"X-Forestay-Pid": str(os.getpid())} if is_local(request) else {}
    return JSONResponse(asdict(parts), 200 if parts.ready else 503, {"Cache-Control": "no-store", **own})


def probes_app(deps: ApiDeps) -> ASGIApp:
    """Answers the two paths."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == HEALTHZ:
            await JSONResponse(HEALTHY)(scope, receive, send)
            return
        await answer(Request(scope), await asyncio.to_thread(parts_of, deps))(scope, receive, send)

    return app


def is_local(request: Request) -> bool:
    """Whether the call comes from this machine. A proxy here speaks for others, and says so in a header."""
    client = request.client.host if request.client else "local"
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    return client in _LOCAL and not forwarded


def _store(deps: ApiDeps) -> str:
    try:
        with deps.store.begin(None) as conn:
            conn.execute(text("SELECT 1"))
    except ForestayError as error:
        return str(error)
    return "ok"


def _log(deps: ApiDeps) -> str:
    """The log's folder takes writes and has room for a segment's next group."""
    folder = deps.settings.log_dir
    if not os.access(folder, os.W_OK):
        return f"{folder} cannot be written"
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    return "ok" if free > 32_000_000 else f"only {free // 1_000_000} MB are free at {folder}"


def _worker(deps: ApiDeps) -> str:
    path: Path = deps.settings.data_dir / "run" / "worker.json"
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return "the worker has given no sign of life yet"
    return "ok" if age < STALE_SECONDS else f"the worker gave no sign of life for {age:.0f} s"
