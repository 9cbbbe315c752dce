"""The feeds of a workspace as the store knows them.

Reads: feeds
Gives: feed_states()
"""

from __future__ import annotations

from sqlalchemy import Connection

from forestay.api.queries.account_parts import feeds_seen
from forestay.health.feeds import FeedStates


def feed_states(conn: Connection, workspace_id: int) -> FeedStates:
    """Feeds as health asks for them, with the typical gap that the worker has noted."""
    seen = [one for one in feeds_seen(conn, workspace_id) if one.connected_at is not None]
    return FeedStates({one.feed: one.state for one in seen})
