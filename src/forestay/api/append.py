"""`POST /internal/append`: other processes hand typed rows, and calls of our own, to the log's only writer.

Gives : append_app(), INTERNAL_PATH, SECRET_NAME

Not for people: it asks for the secret that the processes of one data folder share, and trusts the workspace that
the job was made for. Bodies are Arrow streams as described in events/wire.py, or Segment batches where the codec's header says so.
"""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from forestay.events.log import Codec, EventLog
from forestay.kit.errors import ForestayError
from forestay.kit.inside import CODEC_HEADER, INTERNAL_PATH, SECRET_NAME, WORKSPACE_HEADER

__all__ = ["CODEC_HEADER", "INTERNAL_PATH", "SECRET_NAME", "WORKSPACE_HEADER", "append_app"]
LARGEST_BODY_BYTES = 64_000_000


def append_app(log: EventLog, secret: str) -> ASGIApp:
    """The application behind INTERNAL_PATH; answers the body's position as text."""
    expected = f"Bearer {secret}".encode()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await _answer(request, log, expected)
        await response(scope, receive, send)

    return app


async def _answer(request: Request, log: EventLog, expected: bytes) -> PlainTextResponse:
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, expected):
        return PlainTextResponse("the secret of this data folder is needed", 401)
    workspace = request.headers.get(WORKSPACE_HEADER, "")
    if request.method != "POST" or not workspace.isdecimal():
        return PlainTextResponse("POST with the workspace's number", 400)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY_BYTES:
            return PlainTextResponse("the body is too large", 413)
    try:
        codec = Codec.SEGMENT if request.headers.get(CODEC_HEADER) == "segment" else Codec.ARROW
        position = await log.append(int(workspace), codec, bytes(body))
    except ForestayError as error:
        return PlainTextResponse(str(error), error.http_status)
    return PlainTextResponse(str(position))
