"""Before a scorecard is published: who would change band, by how much, and why.

Reads : the columns of all accounts now, the scorecards in force and the proposed ones
Gives : preview(), Preview, Mover, Shift, BINS
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
from forestay.health.bands import NONE
from forestay.health.feeds import Feeds
from forestay.health.registry import DIMENSIONS
from forestay.health.score import HealthTable, band_names, score
from forestay.health.scorecard import Scorecard

Counts = npt.NDArray[np.int64]
BINS = 20
"""Parts of 0-100 in which scores are counted, 5 points each; the last holds 100."""
_NAMED = 3
_SEEN = 0.5
"""Points from which a dimension's change is worth naming."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One dimension of one account: points that it gives to the score, before and after."""

    dimension: str
    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Mover:
    """One account (place in the table) that changes band; scores None without evidence. shifts: the dimensions that
    give otherwise, the largest first; card_before, card_after: keys of the scorecards that judge it; why: a sentence."""

    at: int
    band_before: str | None
    band_after: str | None
    score_before: float | None
    score_after: float | None
    shifts: tuple[Shift, ...]
    card_before: str
    card_after: str
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """counts: int64 (4, 4) [before, after] over red, yellow, green, none. movers: largest change first.

    scores_before, scores_after: int64 (BINS,), accounts by score. judged: key of a scorecard -> accounts that it judges
    (before, after).
    """

    counts: Counts
    movers: tuple[Mover, ...]
    mean_change: float
    """Points over the accounts that have a score in both."""
    scores_before: Counts
    scores_after: Counts
    judged: dict[str, tuple[int, int]]


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
    both_sides = _Sides(now, proposed, before, after)
    movers = tuple(both_sides.mover(int(at)) for at in moved[np.argsort(-size, kind="stable")][:most])
    both = ~np.isnan(before.score) & ~np.isnan(after.score)
    change = float((after.score[both] - before.score[both]).mean()) if both.any() else 0.0
    return Preview(counts, movers, change, _binned(before), _binned(after), both_sides.judged())


@dataclass(frozen=True, slots=True)
class _Sides:
    """What is in force and what is proposed, side by side."""

    now: Sequence[Scorecard]
    proposed: Sequence[Scorecard]
    before: HealthTable
    after: HealthTable

    def mover(self, at: int) -> Mover:
        names = band_names(np.array([self.before.band[at], self.after.band[at]]))
        scores = [None if np.isnan(one.score[at]) else float(one.score[at]) for one in (self.before, self.after)]
        cards = self.now[self.before.scorecard[at]], self.proposed[self.after.scorecard[at]]
        shifts = self._shifts(at)
        why = self._why(at, *cards, shifts)
        return Mover(at, names[0], names[1], scores[0], scores[1], shifts, cards[0].key, cards[1].key, why)

    def judged(self) -> dict[str, tuple[int, int]]:
        """Accounts by the scorecard that judges them."""
        found: dict[str, tuple[int, int]] = {}
        for place, (cards, table) in enumerate(((self.now, self.before), (self.proposed, self.after))):
            counted = np.bincount(table.scorecard, minlength=len(cards))
            for card, many in zip(cards, counted.tolist(), strict=True):
                old = found.get(card.key, (0, 0))
                found[card.key] = (many, old[1]) if place == 0 else (old[0], many)
        return found

    def _shifts(self, at: int) -> tuple[Shift, ...]:
        given = [one.contributions[at] for one in (self.before, self.after)]
        made = [
            Shift(dimension.key, dimension.name, float(old), float(new))
            for dimension, old, new in zip(DIMENSIONS, *given, strict=True)
            if abs(new - old) >= _SEEN
        ]
        return tuple(sorted(made, key=lambda one: -abs(one.after - one.before))[:_NAMED])

    def _why(self, at: int, old: Scorecard, new: Scorecard, shifts: Sequence[Shift]) -> str:
        rules = int(self.before.exception[at]), int(self.after.exception[at])
        reasons = [
            None if rule == NONE else card.exceptions[rule].reason for card, rule in zip((old, new), rules, strict=True)
        ]
        if reasons[0] != reasons[1]:
            return f"Exception: {reasons[1]}" if reasons[1] else f"No longer an exception: {reasons[0]}"
        judged = "" if old.key == new.key else f"Judged by '{new.name}' instead of '{old.name}'. "
        if not shifts:
            return f"{judged}The score stays; the line of the band moved."
        told = "; ".join(
            f"{one.name} gives {abs(one.after - one.before):.1f} points {'more' if one.after > one.before else 'less'}"
            for one in shifts
        )
        return f"{judged}{told}"


def _binned(table: HealthTable) -> Counts:
    known = table.score[~np.isnan(table.score)]
    return np.bincount(np.minimum(known // (100 / BINS), BINS - 1).astype(np.int64), minlength=BINS)
