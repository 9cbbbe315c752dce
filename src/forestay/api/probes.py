"""`/healthz`, `/readyz`, `/metrics`: for whoever runs Forestay; no key for the first two.

Reads: the store, the log's folder, the worker's sign of life (run/worker.json)
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text

from forestay.api.calls import ApiDeps, deps_of, identify
from forestay.api.problems import PROBLEMS
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import ForestayError
from forestay.kit.telemetry import prometheus_text

router = APIRouter(tags=["probes"])
STALE_SECONDS = 30.0
"""The worker gives a sign of life every few seconds."""
_LOCAL = {"127.0.0.1", "::1", "local", "testclient"}


class Readiness(Shape):
    """Whether every part works. A part is 'ok' or says what is wrong."""

    ready: bool
    store: str
    log: str
    worker: str


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The server answers."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
def readyz(request: Request) -> JSONResponse:
    """Store reachable, log writable, worker alive: 200; else 503 and which of them is not."""
    deps = deps_of(request)
    found = Readiness(ready=False, store=_store(deps), log=_log(deps), worker=_worker(deps))
    found.ready = found.store == found.log == found.worker == "ok"
    # the supervisor on this machine wants to know that it is its own server that answers
    headers = {"X-Forestay-Pid": str(os.getpid())} if _is_local(request) else {}
    return JSONResponse(found.model_dump(), 200 if found.ready else 503, headers)


@router.get("/metrics", response_class=Response, responses=PROBLEMS)
def metrics(request: Request) -> Response:
    """Prometheus text of server and worker: from this machine without a key, else with the scope jobs:read."""
    if not _is_local(request):
        identify(request).principal.require(Permission.JOBS_READ)
    body, content_type = prometheus_text(deps_of(request).settings.data_dir / "run")
    return Response(body, media_type=content_type)


def _is_local(request: Request) -> bool:
    """A proxy on this machine speaks for others, and says so in a header."""
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
