"""Collection: the Segment tracking protocol over HTTP, answered once the body is safe on the disk.

Gives : collection_app()
Reads : POST /v1/track identify group page screen alias batch import (and their one-letter names), /v1/arrow
Source: Segment HTTP tracking API; DESIGN section 4 (a plain ASGI handler, one log record per body)

1 read the body, bounded; 2 let the key in; 3 examine the items; 4 keep the key to its rate; 5 append the good items as
one record and each bad item as another; 6 answer after the group commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from forestay.api.collection_answers import (
    SUCCESS,
    Answer,
    EncodingUnknown,
    MethodUnknown,
    NoItemAccepted,
    RouteUnknown,
    answer,
    partly,
    preflight,
    refusal,
)  # fmt: skip
from forestay.api.collection_arrow import ARROW_LIMIT_BYTES, checked_rows
from forestay.api.collection_keys import Doorkeeper, Keys, may_import, may_track, secret_in_body, secret_in_header
from forestay.events.log import Codec, EventLog
from forestay.events.wire import Rejected
from forestay.kit.errors import ForestayError
from forestay.kit.limits import TooMuch, gathered
from forestay.kit.telemetry import Counter, count
from forestay.sources.segment import Call, Examined, Malformed, examine, unread

ARROW_ROUTE = "/v1/arrow"
ROUTES: dict[str, Call] = {call.route: call for call in Call} | {
    f"/v1/{call.value[0]}": call for call in Call if call is not Call.IMPORT
}
"""The one-letter names are those of browser libraries."""
_THREAD_ABOVE_BYTES = 256_000
"""Bodies above this are examined in a thread, so that one import does not hold up everybody's answers."""
_PLAIN = (None, b"", b"identity")
_GZIP = (b"gzip", b"x-gzip", b"deflate")
_encode = msgspec.json.Encoder().encode


class _HungUp(Exception):
    """The sender went away before the body was whole; nobody waits for an answer."""


def collection_app(log: EventLog, keys: Keys, *, events_per_second: int = 500_000) -> ASGIApp:
    """The application behind /v1/*. events_per_second: what one key may send."""
    collection = _Collection(log, Doorkeeper(keys, events_per_second))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            given = await collection.answer(scope, receive)
        except _HungUp:
            return
        except ForestayError as error:
            given = refusal(error)
        count(Counter.BODIES, status=str(given.status))
        await answer(given, send)

    return app


class _Collection:
    def __init__(self, log: EventLog, doorkeeper: Doorkeeper) -> None:
        self._log, self._doorkeeper = log, doorkeeper

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """What to answer to one request; refusals are raised."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        path: str = scope["path"]
        if scope["method"] == "OPTIONS":
            return preflight(headers.get(b"access-control-request-headers"))
        call = ROUTES.get(path) or ROUTES.get(path.rstrip("/"))
        if call is None and path != ARROW_ROUTE:
            raise RouteUnknown(path)
        if scope["method"] != "POST":
            raise MethodUnknown(scope["method"])
        if call is None:
            return await self._import(headers, receive)
        return await self._track(call, headers, receive)

    async def _track(self, call: Call, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        secret = secret_in_header(headers.get(b"authorization"))
        facts = await self._doorkeeper.admit(secret) if secret else None
        body = await _body_of(headers, receive, call.limit_bytes)
        if facts is None:
            facts = await self._doorkeeper.admit(secret_in_body(body))
        may_track(facts)
        try:
            examined = await _examined(body, call)
        except Malformed as error:
            self._doorkeeper.pace(facts, 1)
            await self._keep(facts.workspace_id, [unread(body, call, error)])
            raise
        self._doorkeeper.pace(facts, examined.accepted + len(examined.rejected))
        if not examined.rejected:
            if examined.accepted:
                await self._log.append(facts.workspace_id, Codec.SEGMENT, examined.body)
            return SUCCESS
        return await self._take_what_is_good(facts.workspace_id, examined)

    async def _take_what_is_good(self, workspace_id: int, examined: Examined) -> Answer:
        kept = self._keep(workspace_id, examined.rejected)
        if not examined.accepted:
            await kept
            raise NoItemAccepted(examined.rejected[0].reason_code, examined.rejected[0].reason)
        await asyncio.gather(self._log.append(workspace_id, Codec.SEGMENT, examined.body), kept)
        return partly(examined.accepted, len(examined.rejected))

    async def _keep(self, workspace_id: int, rejected: list[Rejected]) -> None:
        """Bad items go through the log into the quarantine, each as one record."""
        await asyncio.gather(*(self._log.append(workspace_id, Codec.REJECTED, _encode(one)) for one in rejected))

    async def _import(self, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        """Typed rows of a management key, as one record."""
        facts = await self._doorkeeper.admit(secret_in_header(headers.get(b"authorization")))
        may_import(facts)
        body = await _body_of(headers, receive, ARROW_LIMIT_BYTES)
        rows = await asyncio.to_thread(checked_rows, body)
        self._doorkeeper.pace(facts, rows)
        await self._log.append(facts.workspace_id, Codec.ARROW, body)
        return SUCCESS


async def _examined(body: bytes, call: Call) -> Examined:
    if len(body) > _THREAD_ABOVE_BYTES:
        return await asyncio.to_thread(examine, body, call)
    return examine(body, call)


async def _body_of(headers: dict[bytes, bytes], receive: Receive, limit_bytes: int) -> bytes:
    """The whole body, unpacked. Raises TooMuch, NotGzip, EncodingUnknown."""
    encoding = headers.get(b"content-encoding")
    if encoding not in _PLAIN and encoding.strip().lower() not in _GZIP:
        raise EncodingUnknown(encoding)
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > limit_bytes:
        raise TooMuch(limit_bytes)
    return await gathered(_chunks(receive), limit_bytes, is_gzip=encoding not in _PLAIN)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _HungUp
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return
