"""`GET /api/stream`: server-sent events that say what changed, so that pages ask again for just that.

Events: `hello` (which topics you may hear, which changed within the last ten seconds), `change` (topics; of `account`
the external ids where they are few), `resync` (you missed something: ask again for all you show), `rights` (your
permissions changed), `ended` (your session or key ended). A comment comes every 15 seconds. Nothing personal is said.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from starlette.requests import Request

from forestay.api.calls import Call, bearer_of, hub_of, signed_in
from forestay.api.stream_hub import Hub, Listener
from forestay.api.stream_rights import Proof

router = APIRouter(prefix="/api/stream", tags=["stream"])
_BEGIN = b"retry: 2000\n\n"
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""Proxies neither keep, change nor hold it back."""


class EventStream(StreamingResponse):
    """Endless; never compressed."""

    media_type = "text/event-stream"


@router.get("", response_class=EventStream)
async def stream(
    request: Request,
    call: Annotated[Call, signed_in()],
    last_event_id: Annotated[str | None, Header(max_length=40, description="Of the last event you saw.")] = None,
) -> EventStream:
    """What changes from now on, as far as the caller may read it; with Last-Event-ID also what changed meanwhile."""
    hub = hub_of(request)
    proof = Proof(call.workspace_id, call.token, None if call.token else bearer_of(request))
    return EventStream(_events(hub, hub.join(proof, call.principal, last_event_id)), headers=HEADERS)


async def _events(hub: Hub, listener: Listener) -> AsyncIterator[bytes]:
    try:
        yield _BEGIN
        while listener.over is None:
            yield await listener.take()
        if listener.queue:
            yield b"".join(listener.queue)
    finally:
        hub.leave(listener)
