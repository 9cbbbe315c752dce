"""The feeds of a workspace as the store knows them.

Reads: feeds
Gives: feed_states()
"""

from __future__ import annotations

from sqlalchemy import Connection

from forestay.api.queries.account_parts import feeds_seen
from forestay.health.feeds import FeedState, FeedStates


def feed_states(conn: Connection, workspace_id: int) -> FeedStates:
    """Feeds as health asks for them; the typical gap between deliveries is the worker's own knowledge, so the
    default stands in for it and a feed counts as silent by its floor alone."""
    seen = [one for one in feeds_seen(conn, workspace_id) if one.connected_at is not None]
    return FeedStates({one.feed: FeedState(connected=True, last_at=one.last_at) for one in seen})
