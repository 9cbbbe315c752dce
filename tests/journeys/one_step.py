"""One step and a batch of tokens at it: arrive and wake without the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from forestay.conditions.columns import ColumnTable
from forestay.journeys.moves import Batch, Ints, Moves, Wake
from forestay.journeys.registry import KINDS
from forestay.journeys.run_columns import own_families, own_moments
from forestay.kit.calendars import BusinessCalendar, CalendarDocument
from forestay.kit.clock import micros_of, moment_of
from tests.journeys.still_world import StillWorld


@dataclass
class ZonedWorld(StillWorld):
    """A still world whose places have zones; run.*, event.* and signal.* as the product has them."""

    where: Sequence[str] = ("UTC",)
    hours: CalendarDocument = field(default_factory=CalendarDocument)

    def zones(self, batch: Batch) -> Sequence[str]:
        return [self.where[int(account - 1) % len(self.where)] for account in batch.account]

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        return BusinessCalendar(self.hours, zone)

    def moments(self, batch: Batch, field: str) -> Ints:
        return own_moments(batch, field, self.zones(batch))

    def table(self, batch: Batch) -> ColumnTable:
        told = {name: np.array([of.get(int(a), np.nan) for a in batch.account]) for name, of in self.columns.items()}
        return ColumnTable((len(batch),), told, families=own_families(batch))


def batch_of(
    now: datetime, n: int = 1, values: Sequence[Mapping[str, Any]] | None = None, contact: int = 0, **more: Any
) -> Batch:
    """n tokens that have just come, of accounts 1 to n."""
    numbers = np.arange(1, n + 1)
    came = np.full(n, micros_of(now))
    given: list[dict[str, Any]] = [dict(one) for one in values] if values is not None else [{} for _ in range(n)]
    return Batch(
        1, "rescue", 100 + numbers, 10 * numbers, numbers, np.full(n, contact), np.ones(n, np.int64), came, came, given,
        step="here", **more,
    )  # fmt: skip


def arrive(kind: str, settings: Mapping[str, Any], batch: Batch, world: StillWorld) -> Moves:
    """What the step decides for tokens that have just come."""
    moves = Moves(len(batch))
    KINDS[kind].arrive(KINDS[kind].settings.model_validate(settings), batch, world, moves)
    return moves


def wake(kind: str, settings: Mapping[str, Any], batch: Batch, world: StillWorld, *wakes: Wake) -> Moves:
    """What it decides for tokens that waited there."""
    of = KINDS[kind]
    moves = Moves(len(batch))
    batch.woken = list(wakes) if len(wakes) == len(batch) else list(wakes) * len(batch)
    (of.wake or of.arrive)(of.settings.model_validate(settings), batch, world, moves)
    return moves


def due(moves: Moves, place: int = 0) -> datetime:
    """Until when a place waits."""
    return moment_of(int(moves.due[place]))


def outcome(word: str, slot: str = "", run: int = 10, passed: int = 1, **body: Any) -> Wake:
    """What became of a request, as actions tell it."""
    return Wake("outcome", word, {"cause": f"run:{run}:3:{passed}", "slot": slot, **body})
