"""Before a scorecard is published: who would change band, and by how much.

Reads : the columns of all accounts now, the scorecards in force and the proposed ones
Gives : preview(), Preview, Mover
Source: REQUIREMENTS B1
Both are scored without hysteresis, as if every account were seen for the first time, so that the comparison
shows the scorecards and not the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.health.feeds import Feeds
from forestay.health.score import HealthTable, band_names, score
from forestay.health.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class Mover:
    """One account (place in the table) that changes band; scores None without evidence."""

    at: int
    band_before: str | None
    band_after: str | None
    score_before: float | None
    score_after: float | None


@dataclass(frozen=True, slots=True)
class Preview:
    """counts: int64 (4, 4) [before, after] over red, yellow, green, none. movers: largest change first."""

    counts: npt.NDArray[np.int64]
    movers: tuple[Mover, ...]
    mean_change: float
    """Points over the accounts that have a score in both."""


def preview(
    now: Sequence[Scorecard],
    proposed: Sequence[Scorecard],
    table: ColumnTable,
    feeds: Feeds,
    as_of: datetime,
    *,
    most: int = 1000,
) -> Preview:
    """Compare two sets of scorecards on the accounts of a table (n,)."""
    before, after = (score(cards, table, feeds, None, as_of) for cards in (now, proposed))
    counts = np.zeros((4, 4), np.int64)
    np.add.at(counts, (before.band, after.band), 1)  # -1, no band, is the last row and column
    moved = np.flatnonzero(before.band != after.band)
    size = np.abs(np.nan_to_num(after.score[moved] - before.score[moved], nan=100.0))
    movers = tuple(_mover(before, after, int(at)) for at in moved[np.argsort(-size, kind="stable")][:most])
    both = ~np.isnan(before.score) & ~np.isnan(after.score)
    change = float((after.score[both] - before.score[both]).mean()) if both.any() else 0.0
    return Preview(counts, movers, change)


def _mover(before: HealthTable, after: HealthTable, at: int) -> Mover:
    names = band_names(np.array([before.band[at], after.band[at]]))
    scores = [None if np.isnan(one.score[at]) else float(one.score[at]) for one in (before, after)]
    return Mover(at, names[0], names[1], scores[0], scores[1])
