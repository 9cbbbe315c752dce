"""Health of many accounts at once: score, band, confidence and what each dimension gives.

Reads : measures, account columns and traits (ColumnTable), feeds, the health before
Gives : score(), HealthTable, PreviousHealth, band_names()
Source: REQUIREMENTS B1-B5; DESIGN section 5. docs/health.md tells it in words.

1 Each factor's measure becomes points; factors of feeds never connected drop out.
2 A dimension is the weighted mean of its factors; where feeds with most of its weight fell silent it
  holds its last value.
3 The score is the weighted mean of the dimensions that have evidence; their shares carry the weight of
  those that have none. No evidence at all: NaN.
4 Confidence = sum over dimensions of weight x coverage x freshness.
5 Exceptions, then bands with hysteresis, then how sure the band is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable, Floats, Values
from forestay.conditions.evaluate import evaluate
from forestay.customers.words import Band
from forestay.health.bands import NONE, bands_of, certainty
from forestay.health.dimension import Dimension, Factor, Missing, curve
from forestay.health.feeds import Feeds
from forestay.health.registry import KEYS
from forestay.health.scorecard import Scorecard

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class PreviousHealth:
    """What was known before, row for row with the table; NaN and NONE where nothing was.

    score (n,), band (n,) codes, dimensions (n, 5); spread (n,): points by which the score moves from day
    to day (standard deviation), NaN when unknown.
    """

    score: Floats
    band: Codes
    dimensions: Floats
    spread: Floats | None = None


@dataclass(frozen=True, slots=True)
class HealthTable:
    """Health of the table's rows; `shape` is the table's, (accounts,) or (accounts, days).

    score, adjustment: points 0-100 (NaN = no evidence; adjustment = what an exception added or took).
    band: int8, 0 red 1 yellow 2 green -1 none. confidence, band_confidence: 0-1.
    dimensions, shares, contributions: shape + (5,) in the order of registry.KEYS; dimension 0-100 NaN
    without evidence; share = weight it carries, rows sum to 1; contribution = share x dimension, points
    given. **Contributions + adjustment = score**; share x 100 - contribution = points lost.
    held: bool shape + (5,), where a silent feed made the dimension keep its value.
    scorecard: int8 index into the scorecards given; exception: int8 index of the rule applied, -1 none.
    """

    score: Floats
    band: Codes
    confidence: Floats
    band_confidence: Floats
    dimensions: Floats
    shares: Floats
    contributions: Floats
    adjustment: Floats
    held: npt.NDArray[np.bool_]
    scorecard: Codes
    exception: Codes


@dataclass(frozen=True, slots=True)
class _Sides:
    """The five dimensions of one scorecard: points, coverage and freshness 0-1, and which are to be held."""

    points: Floats
    coverage: Floats
    freshness: Floats
    hold: npt.NDArray[np.bool_]


def score(
    scorecards: Sequence[Scorecard],
    table: ColumnTable,
    feeds: Feeds,
    previous: PreviousHealth | None,
    as_of: datetime,
) -> HealthTable:
    """Health of every row by the first scorecard that applies (scorecards: see scorecard.in_order)."""
    chosen = _choose(scorecards, table)
    used = [index for index in range(len(scorecards)) if (chosen == index).any()] or [0]
    made = _score_by(scorecards[used[0]], used[0], table, feeds, previous, as_of)
    for index in used[1:]:
        more = _score_by(scorecards[index], index, table, feeds, previous, as_of)
        made = _where(chosen == index, more, made)
    return made


def band_names(codes: Codes) -> Values:
    """Bands as text, None where there is none; object array of the same shape."""
    names: Values = np.array([Band.RED.value, Band.YELLOW.value, Band.GREEN.value, None], object)
    return names[codes]


def _choose(scorecards: Sequence[Scorecard], table: ColumnTable) -> npt.NDArray[np.int64]:
    chosen = np.full(table.shape, len(scorecards) - 1)
    for index in range(len(scorecards) - 2, -1, -1):
        condition = scorecards[index].applies_to
        chosen[... if condition is None else evaluate(condition, table)] = index
    return chosen


def _score_by(
    card: Scorecard, index: int, table: ColumnTable, feeds: Feeds, previous: PreviousHealth | None, as_of: datetime
) -> HealthTable:
    dimensions = card.resolved()
    sides = _sides(dimensions, table, feeds, as_of)
    held = _hold(sides, previous)
    weights = np.array([dimension.weight for dimension in dimensions])
    present = ~np.isnan(sides.points)
    carried = (present @ weights)[..., None]
    shares = np.divide(present * weights, carried, out=np.zeros(present.shape), where=carried > 0)
    contributions = shares * np.nan_to_num(sides.points)
    plain = np.where(carried[..., 0] > 0, contributions.sum(axis=-1), np.nan)
    confidence = (sides.coverage * sides.freshness) @ (weights / weights.sum())
    value, rule, forced = _except(card, table, plain)
    band = bands_of(value, card.bands, None if previous is None else previous.band)
    band = np.where((forced != NONE) & (band != NONE), forced, band).astype(np.int8)
    sure = certainty(value, band, card.bands, confidence, None if previous is None else previous.spread)
    filled = np.full(table.shape, index, np.int8)
    adjustment = np.nan_to_num(value - plain)
    return HealthTable(
        value, band, confidence, np.where(forced != NONE, 1.0, sure), sides.points, shares, contributions,
        adjustment, held, filled, rule,
    )  # fmt: skip


def _sides(dimensions: Sequence[Dimension], table: ColumnTable, feeds: Feeds, as_of: datetime) -> _Sides:
    full = (*table.shape, len(KEYS))
    sides = _Sides(np.empty(full), np.empty(full), np.empty(full), np.empty(full, bool))
    for at, dimension in enumerate(dimensions):
        _side(dimension, table, feeds, as_of, sides, at)
    return sides


def _side(dimension: Dimension, table: ColumnTable, feeds: Feeds, as_of: datetime, sides: _Sides, at: int) -> None:
    """One dimension into column `at` of the sides."""
    total = sum(factor.weight for factor in dimension.factors) or 1.0
    points, weight, covered, connected, silent, fresh = (np.zeros(table.shape) for _ in range(6))
    for factor in dimension.factors if dimension.weight > 0 else ():
        feed = feeds.freshness(factor.feed, as_of)
        found = _points(factor, table, feed.connected)
        known = ~np.isnan(found)
        points += factor.weight * np.nan_to_num(found)
        weight += factor.weight * known
        neutral = factor.missing is Missing.NEUTRAL
        covered += factor.weight * (feed.connected & (known | neutral))
        connected += factor.weight * feed.connected
        silent += factor.weight * (feed.connected & feed.silent)
        fresh += factor.weight * feed.freshness
    has = weight > 0
    sides.points[..., at] = np.divide(points, weight, out=np.full(table.shape, np.nan), where=has)
    sides.coverage[..., at] = np.where(has, covered / total, 0.0)
    sides.freshness[..., at] = np.divide(fresh, connected, out=np.zeros(table.shape), where=connected > 0)
    sides.hold[..., at] = (silent > 0) & (silent >= 0.5 * connected)


def _points(factor: Factor, table: ColumnTable, connected: npt.NDArray[np.bool_]) -> Floats:
    if not connected.any():
        return np.full(table.shape, np.nan)
    return np.where(connected, curve(factor, table.floats(f"measure.{factor.measure}")), np.nan)


def _hold(sides: _Sides, previous: PreviousHealth | None) -> npt.NDArray[np.bool_]:
    """Put the last values where a silent feed asks for it; which ones were held."""
    if not sides.hold.any():
        return sides.hold
    if sides.points.ndim == 2:
        if previous is None:
            return np.zeros_like(sides.hold)
        held = sides.hold & ~np.isnan(previous.dimensions)
        sides.points[held] = previous.dimensions[held]
        return held
    held = np.zeros_like(sides.hold)
    for day in range(1, sides.points.shape[1]):
        held[:, day] = sides.hold[:, day] & ~np.isnan(sides.points[:, day - 1])
        sides.points[:, day] = np.where(held[:, day], sides.points[:, day - 1], sides.points[:, day])
    return held


def _except(card: Scorecard, table: ColumnTable, plain: Floats) -> tuple[Floats, Codes, Codes]:
    """Score after exceptions, index of the rule applied, band forced (NONE where not)."""
    value = plain.copy()
    rule, forced = (np.full(table.shape, NONE, np.int8) for _ in range(2))
    for index, exception in enumerate(card.exceptions):
        here = evaluate(exception.when, table) & (rule == NONE)
        rule[here] = index
        if exception.no_score:
            value[here] = np.nan
        if exception.cap is not None:
            value[here] = np.minimum(value[here], exception.cap)
        if exception.band is not None:
            forced[here] = list(reversed(Band)).index(exception.band)
    return value, rule, forced


def _where(here: npt.NDArray[np.bool_], one: HealthTable, other: HealthTable) -> HealthTable:
    """Row by row one or the other."""

    def pick(name: str) -> Values:
        mine, theirs = getattr(one, name), getattr(other, name)
        chosen: Values = np.where(here[..., None] if mine.ndim > here.ndim else here, mine, theirs)
        return chosen

    return HealthTable(**{name: pick(name) for name in HealthTable.__slots__})
