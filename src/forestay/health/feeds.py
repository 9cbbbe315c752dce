"""Feeds: which kinds of source are connected and fresh, since missing is a property of the feed.

Gives : FeedState, FeedStates (now), FeedDays (a grid of days), Freshness, Feeds
Source: DESIGN section 5 ('Missing is a property of the feed, not of the account')

*Silent* is a feed of the whole workspace that has been still for longer than its patience: four times its
typical gap, at least the feed's own floor (a weekend for telemetry, a billing cycle for billing). From
then on its freshness halves with every half-life (the floor again), while health holds the last values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from forestay.customers.words import Feed

FLOOR: Mapping[Feed, timedelta] = {
    Feed.TELEMETRY: timedelta(days=3),
    Feed.TICKETS: timedelta(days=14),
    Feed.BILLING: timedelta(days=45),
    Feed.INTERACTIONS: timedelta(days=14),
    Feed.SURVEYS: timedelta(days=120),
}
"""Never silent before this, however busy the feed usually is."""
GAPS_OF_PATIENCE = 4.0


@dataclass(frozen=True, slots=True)
class Freshness:
    """A feed as seen by scores: arrays broadcastable to the table's shape (0-d online, (days,) offline)."""

    connected: npt.NDArray[np.bool_]
    silent: npt.NDArray[np.bool_]
    freshness: npt.NDArray[np.float64]
    """1 = fresh, halving with every half-life of silence; 0 when not connected."""


class Feeds(Protocol):
    """What health asks about feeds; online FeedStates, offline what the lake knows of each day."""

    def freshness(self, feed: Feed, as_of: datetime) -> Freshness:
        """How the feed stood at the moment (offline: on each day of the grid)."""
        ...


@dataclass(frozen=True, slots=True)
class FeedState:
    """One feed of a workspace. typical_gap: between deliveries, as the worker has seen it lately."""

    connected: bool = False
    last_at: datetime | None = None
    typical_gap: timedelta = timedelta(hours=1)

    def silent_for(self, feed: Feed, as_of: datetime) -> timedelta:
        """How long it has been silent beyond its patience; zero or less when it is not."""
        if not self.connected or self.last_at is None:
            return timedelta(0)
        return as_of - self.last_at - max(FLOOR[feed], GAPS_OF_PATIENCE * self.typical_gap)


@dataclass(frozen=True, slots=True)
class FeedStates:
    """The feeds of a workspace now; a feed that is not listed was never connected."""

    states: Mapping[Feed, FeedState] = field(default_factory=dict)

    def freshness(self, feed: Feed, as_of: datetime) -> Freshness:
        """Connected, silent and fresh as 0-d arrays."""
        state = self.states.get(feed, FeedState())
        beyond = state.silent_for(feed, as_of) / FLOOR[feed]
        fresh = 0.5 ** max(beyond, 0.0) if state.connected else 0.0
        return Freshness(np.array(state.connected), np.array(beyond > 0), np.array(fresh))


@dataclass(frozen=True, slots=True)
class FeedDays:
    """The feeds of a workspace over a grid of days, from the days on which each was heard.

    days: int32 (days,), rising. heard: sorted day numbers by feed, from the very first one on; a feed that
    is not listed was never connected.
    """

    days: npt.NDArray[np.int32]
    heard: Mapping[Feed, npt.NDArray[np.int32]]

    def freshness(self, feed: Feed, as_of: datetime) -> Freshness:
        """Connected, silent and fresh as arrays (days,): the same rule as FeedState, in whole days."""
        heard = self.heard.get(feed, np.empty(0, np.int32))
        before = np.searchsorted(heard, self.days, side="right")
        connected = before > 0
        if not connected.any():
            return Freshness(connected, connected, np.zeros(len(self.days)))
        still = self.days - heard[np.maximum(before, 1) - 1]
        gaps = np.diff(heard)
        typical = float(np.median(gaps)) if len(gaps) else 1.0
        floor = FLOOR[feed].total_seconds() / 86_400
        beyond = np.where(connected, still - max(floor, GAPS_OF_PATIENCE * typical), 0.0) / floor
        return Freshness(connected, beyond > 0, np.where(connected, 0.5 ** np.maximum(beyond, 0.0), 0.0))
