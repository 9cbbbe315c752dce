"""What every management request passes first: it gets an id, a bound on its body, and safe headers back.

Gives: Door (ASGI middleware), REQUEST_ID_HEADER, BODY_LIMIT_BYTES
"""

from __future__ import annotations

import re
import secrets
import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forestay.api.ids_in_paths import slashes_kept
from forestay.api.problems import TooLarge, problem_of, unexpected
from forestay.kit.logs import bound
from forestay.kit.telemetry import Histogram, observe, span

REQUEST_ID_HEADER = "X-Request-Id"
BODY_LIMIT_BYTES = 1_048_576
"""1 MiB for JSON bodies; uploads have their own bound (api/imports.py)."""
_OWN_BOUND = re.compile(r"^/api/import/[a-z_]+$")
_GIVEN_ID = re.compile(rb"^[A-Za-z0-9._-]{8,64}$")
_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class Door:
    """Wraps the whole app, error answers included."""

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self.app, self.limit_bytes = app, limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id"))
        scope = slashes_kept(scope)
        scope["forestay.request_id"] = request_id
        outgoing = _Outgoing(send, request_id)
        bounded = _OWN_BOUND.match(scope["path"]) is None
        if bounded and _announced(headers) > self.limit_bytes:
            await problem_of(TooLarge(self.limit_bytes), request_id)(scope, receive, outgoing)
            return
        incoming = _Counted(receive, self.limit_bytes) if bounded else receive
        began = time.monotonic()
        with bound(request_id=request_id), span("request", method=scope["method"]):
            await self._pass(scope, incoming, outgoing, request_id)
        if not outgoing.is_stream:  # that one is as long as somebody looks at a page says nothing about us
            observe(Histogram.REQUEST, time.monotonic() - began, route=_route(scope), status=str(outgoing.status))

    async def _pass(self, scope: Scope, receive: Receive, send: _Outgoing, request_id: str) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if send.started:
                raise
            await unexpected(request_id, error)(scope, receive, send)


class _Counted:
    """A body without announced length is counted as it comes."""

    def __init__(self, receive: Receive, limit_bytes: int) -> None:
        self.receive, self.limit_bytes, self.seen = receive, limit_bytes, 0

    async def __call__(self) -> Message:
        message = await self.receive()
        self.seen += len(message.get("body", b""))
        if self.seen > self.limit_bytes:
            raise HTTPException(413, str(TooLarge(self.limit_bytes)))
        return message


class _Outgoing:
    def __init__(self, send: Send, request_id: str) -> None:
        self.send, self.request_id, self.started, self.status = send, request_id.encode(), False, 0
        self.is_stream = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, int(message["status"])
            self.is_stream = any(value.startswith(b"text/event-stream") for _, value in message["headers"])
            given = {name for name, _ in message["headers"]}
            extra = [pair for pair in _SAFE if pair[0] not in given]
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id), *extra]
        await self.send(message)


def _route(scope: Scope) -> str:
    """The route's pattern, such as '/api/accounts/{external_id}': few words, never an id."""
    return str(getattr(scope.get("route"), "path_format", "none"))


def _request_id(given: bytes | None) -> str:
    """The caller's own id when it is harmless, else a new one."""
    if given is not None and _GIVEN_ID.match(given):
        return given.decode()
    return secrets.token_hex(8)


def _announced(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0
