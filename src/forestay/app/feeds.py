"""When each kind of source last delivered, and how often it usually does.

Gives: FeedClock, FEED_OF_KIND
Source: DESIGN section 5 ('Missing is a property of the feed'); health.feeds says what silence means

A delivery is a tick in which the feed brought something. The typical gap is a slow mean of the gaps between
deliveries, over the last fifty or so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from forestay.customers.kinds import ImportKind
from forestay.customers.words import Feed
from forestay.health.feeds import FeedState, FeedStates
from forestay.kit.clock import moment_of

FEED_OF_KIND = {
    ImportKind.EVENTS: Feed.TELEMETRY,
    ImportKind.TICKETS: Feed.TICKETS,
    ImportKind.SUBSCRIPTIONS: Feed.BILLING,
    ImportKind.INVOICES: Feed.BILLING,
    ImportKind.INTERACTIONS: Feed.INTERACTIONS,
    ImportKind.SURVEYS: Feed.SURVEYS,
}
"""Accounts and contacts are no feed of health."""

_REMEMBERED = 50.0
_FIRST_GAP = 3_600_000_000.0
_BEAT_MICROS = 60_000_000
"""The store learns of a feed's last delivery at most once a minute."""


@dataclass(slots=True)
class _Beat:
    connected_at: int
    last_at: int
    gap: float = _FIRST_GAP
    written_at: int = 0


@dataclass(slots=True)
class FeedClock:
    """The heartbeats of one workspace. Moments are microseconds UTC of receipt."""

    _beats: dict[Feed, _Beat] = field(default_factory=dict)

    def beat(self, feed: Feed, received: int) -> bool:
        """A delivery came; True when the store should be told."""
        beat = self._beats.get(feed)
        if beat is None:
            self._beats[feed] = _Beat(received, received, written_at=received)
            return True
        if received > beat.last_at:
            beat.gap += (received - beat.last_at - beat.gap) / _REMEMBERED
            beat.last_at = received
        if beat.last_at - beat.written_at >= _BEAT_MICROS:
            beat.written_at = beat.last_at
            return True
        return False

    def states(self) -> FeedStates:
        """What health asks about feeds."""
        return FeedStates(
            {
                feed: FeedState(True, moment_of(beat.last_at), timedelta(microseconds=beat.gap))
                for feed, beat in self._beats.items()
            }
        )

    def heard(self, feed: Feed) -> tuple[int, int]:
        """When the feed was connected and when it last delivered; KeyError when never."""
        return self._beats[feed].connected_at, self._beats[feed].last_at

    def typical_gap(self, feed: Feed) -> timedelta:
        """The slow mean of the gaps between its deliveries; KeyError when it never delivered."""
        return timedelta(microseconds=self._beats[feed].gap)

    def connected(self) -> frozenset[Feed]:
        """Feeds that ever delivered."""
        return frozenset(self._beats)

    def rows(self) -> list[tuple[str, int, int, float, int]]:
        """Everything, for the snapshot."""
        return [(feed.value, b.connected_at, b.last_at, b.gap, b.written_at) for feed, b in self._beats.items()]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, int, int, float, int]]) -> FeedClock:
        """Read back what rows() gave."""
        return cls({Feed(feed): _Beat(since, last, gap, written) for feed, since, last, gap, written in rows})
