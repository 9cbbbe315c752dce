"""The server process: collection, management API and the jobs' way into the log, behind one port.

Reads : Settings
Gives : run(settings), asgi_app() (one ASGI application, dispatched by path prefix)

Collection comes first and passes no middleware; the management API is loaded once the worker has prepared the store
or somebody calls, and calls that come before it is there wait for it. The store may be away at start and later: the
event log needs none, keys once seen let collection in, and the management API answers 503 until it is back.
"""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from forestay.api.append import INTERNAL_PATH, SECRET_NAME, append_app
from forestay.api.collection import collection_app
from forestay.api.deps import ApiDeps
from forestay.api.readiness import HEALTHZ, READYZ, probes_app
from forestay.api.web import is_web, web_app
from forestay.app.late import LateApp
from forestay.events.drivers.file import FileLog
from forestay.events.log import EventLog
from forestay.governance.keybook import KeyBook
from forestay.kit.errors import ForestayError
from forestay.kit.logs import set_up_logs
from forestay.kit.secret_files import secret_in
from forestay.kit.settings import Settings
from forestay.kit.telemetry import set_up_telemetry, shut_down_telemetry
from forestay.store.database import Store
from forestay.store.dsn import dsns_of
from forestay.store.roles import DatabaseRole

POOL_SIZE = 12
KEEP_ALIVE_SECONDS = 65
"""Longer than the 60 s of usual proxies, so that it is they who end an idle connection."""
SHUTDOWN_SECONDS = 10
MOST_FILES = 65_536


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered, then the log is closed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    set_up_logs(settings.log_level, settings.log_format)
    set_up_telemetry("server", settings.otlp_endpoint)
    allow_many_connections()
    store = Store.connect(dsns_of(settings)[DatabaseRole.API], pool_size=POOL_SIZE, role=DatabaseRole.API)
    log = FileLog(settings.log_dir)
    try:
        deps = deps_of(settings, store, log)
        app = asgi_app(deps)
        ServerWithStreams(_uvicorn(settings, app), deps.at_end).run()
    finally:
        log.close()
        store.close()
        shut_down_telemetry()


def allow_many_connections() -> None:
    """As many open files as the system lets us have: each browser that listens holds one, and 1024 are usual."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


class ServerWithStreams(uvicorn.Server):
    """Ends streams when it begins to end: they have no end of their own, and it would wait for them."""

    def __init__(self, config: uvicorn.Config, at_end: Sequence[Callable[[], None]]) -> None:
        super().__init__(config)
        self._at_end = at_end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        for end in self._at_end:
            end()
        await super().shutdown(sockets)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """uvicorn raises the signal again when it has stopped; the default would end us before the log is closed."""
    raise SystemExit(0)


def deps_of(settings: Settings, store: Store, log: EventLog) -> ApiDeps:
    """The parts that both APIs share."""
    return ApiDeps(store, log, KeyBook(store, write_keys_file(settings.data_dir)), settings)


def write_keys_file(data_dir: Path) -> Path:
    """Where the fingerprints of known write keys are kept, for a start without PostgreSQL."""
    return data_dir / "secrets" / "write-keys.json"


def asgi_app(deps: ApiDeps) -> ASGIApp:
    """Everything behind one port: /v1/* collection, /internal/append, /api/* management, the rest the workspace."""
    settings = deps.settings
    collection = collection_app(deps.log, deps.keys, events_per_second=settings.rate_limit_events_per_second)
    append = append_app(deps.log, secret_in(settings.data_dir, SECRET_NAME))
    probes, web = probes_app(deps), web_app()
    management = LateApp(lambda: _management(deps), (settings.data_dir / "run" / "prepared").exists)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith("/v1/"):
                await collection(scope, receive, send)
                return
            if path == INTERNAL_PATH:
                await append(scope, receive, send)
                return
            if path in (HEALTHZ, READYZ):
                await probes(scope, receive, send)
                return
            if is_web(path):
                await web(scope, receive, send)
                return
        await management(scope, receive, send)

    return app


def _management(deps: ApiDeps) -> ASGIApp:
    """Some 160 routes and their shapes: more than a second of imports, which collection must not wait for."""
    from forestay.api.app import create_app

    app = create_app(deps)
    deps.at_end.append(app.state.hub.close)
    gc.freeze()  # what was loaded stays: the collector need not go through it again
    return app


def _uvicorn(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        backlog=2048,
    )


def main() -> None:
    """Run with the settings of the environment; an expected refusal is one sentence and exit code 1."""
    try:
        run(Settings())
    except ForestayError as error:
        print(f"forestay server: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
