"""Events that published triggers name, and the feeds' heartbeats, as statements of the tick.

Gives : watched_statement(), feed_statement()
Writes: recent_events (watched events only, never all), feeds
Source: DESIGN section 4, 'Watched events'
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from forestay.app.intake import Intake
from forestay.app.shard import WorkspaceMemory
from forestay.customers.words import Feed
from forestay.kit.clock import date_of, moment_of
from forestay.sources.columns import MISSING, EventColumns
from forestay.sources.identity import NOBODY
from forestay.sources.record_tables import Statement
from forestay.sources.rows import read_traits

KEPT_DAYS = 30
"""Older events are not put there: nobody waits for them."""

_RECENT = """
INSERT INTO recent_events (workspace_id, account_id, contact_key, name, at, day, message_id, properties)
SELECT %s, account_id, contact_key, name, at, day, message_id, properties::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::date[], %s::text[], %s::text[])
  AS u (account_id, contact_key, name, at, day, message_id, properties)"""
_FEEDS = """
INSERT INTO feeds (workspace_id, feed, connected_at, last_at, typical_gap_seconds)
SELECT %s, * FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::float[])
ON CONFLICT (workspace_id, feed) DO UPDATE
SET last_at = GREATEST(feeds.last_at, EXCLUDED.last_at), typical_gap_seconds = EXCLUDED.typical_gap_seconds"""


def watched_statement(space: WorkspaceMemory, intake: Intake) -> list[Statement]:
    """The rows of recent_events that this tick adds; no statement when there are none."""
    names = space.configuration.watched
    if not names:
        return []
    rows: list[tuple[object, ...]] = []
    for kept in intake.kept:
        columns, accounts = kept.columns, kept.resolved.account
        watched = np.array([*(name in names for name in columns.name.values), False])
        recent = columns.day > space.today - KEPT_DAYS
        here = np.flatnonzero(watched[columns.name.codes] & recent & (accounts != NOBODY)).tolist()
        rows += [_recent_row(space, columns, int(accounts[at]), at) for at in here]
    if not rows:
        return []
    return [Statement(_RECENT, (space.workspace_id, *(list(column) for column in zip(*rows, strict=True))))]


def feed_statement(space: WorkspaceMemory, beats: Iterable[Feed]) -> list[Statement]:
    """When feeds last delivered and how often they do; at most once a minute each."""
    told = sorted(set(beats))
    heard = {feed.value: space.feeds.heard(feed) for feed in told}
    if not heard:
        return []
    since = [moment_of(first) for first, _ in heard.values()]
    last = [moment_of(latest) for _, latest in heard.values()]
    gaps = [space.feeds.typical_gap(feed).total_seconds() for feed in told]
    return [Statement(_FEEDS, (space.workspace_id, list(heard), since, last, gaps))]


def _recent_row(space: WorkspaceMemory, columns: EventColumns, account: int, at: int) -> tuple[object, ...]:
    code = columns.user.codes[at]
    return (
        space.known.account_ids[space.known.merged[account]],
        None if code == MISSING else columns.user.values[code],
        columns.name.values[columns.name.codes[at]],
        moment_of(int(columns.at[at])),
        date_of(int(columns.day[at])),
        columns.message_id[at],
        msgspec.json.encode(read_traits(columns.payload[at])).decode(),
    )
