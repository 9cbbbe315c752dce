"""`/api/feeds`: tell that a source is connected before it has delivered anything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.shapes import Shape
from forestay.customers.words import Feed
from forestay.events.catalogue import ControlKind, control_body
from forestay.events.log import Codec
from forestay.governance.permissions import Permission

router = APIRouter(prefix="/api/feeds", tags=["feeds"], route_class=OnceRoute)


class FeedConnected(Shape):
    """It stands in the event log; the next tick carries it out."""

    feed: Feed
    position: int


@router.post("/{feed}/connected", status_code=202)
def connect_feed(feed: Feed, call: Annotated[Call, needs(Permission.CONFIG_WRITE)]) -> FeedConnected:
    """From now on silence of this source means something: no tickets are then no tickets, and not 'unknown'."""
    with call.begin() as conn:
        call.audit(conn, "feed.connected", f"feed:{feed.value}")
    position = call.append(
        Codec.CONTROL,
        control_body(
            ControlKind.FEED_CONNECTED, feed.value, at=call.now().isoformat(), member_id=call.principal.member_id
        ),
    )
    return FeedConnected(feed=feed, position=position)
