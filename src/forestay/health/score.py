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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable, Flags, Floats, Values
from forestay.conditions.evaluate import evaluate
from forestay.customers.words import Band
from forestay.health.bands import NONE, bands_of, certainty
from forestay.health.dimension import Dimension, Factor, Missing, curve
from forestay.health.feeds import Feeds, Freshness
from forestay.health.registry import KEYS
from forestay.health.scorecard import Scorecard

Codes = npt.NDArray[np.int8]

CACHED_CELLS = 16_384
"""Values of a column that are worked on at once: 128 kB each."""


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
    band: int8, 0 red 1 yellow 2 green -1 none. confidence: 0-1. band_confidence: 0-1, (accounts,) tables
    only, else NaN. dimensions: shape + (5,) in the order of registry.KEYS, 0-100, NaN without evidence.
    held: bool shape + (5,), where a silent feed made the dimension keep its value.
    scorecard: int8 index into the scorecards given; exception: int8 index of the rule applied, -1 none.
    weights: (scorecards, 5), what the scorecards give each dimension.
    """

    score: Floats
    band: Codes
    confidence: Floats
    band_confidence: Floats
    dimensions: Floats
    adjustment: Floats
    held: Flags
    scorecard: Codes
    exception: Codes
    weights: Floats

    @property
    def shares(self) -> Floats:
        """Weight that each dimension carries, shape + (5,); rows sum to 1, to 0 without evidence."""
        carried = np.where(np.isnan(self.dimensions), 0.0, self.weights[self.scorecard])
        total = carried.sum(axis=-1, keepdims=True)
        shares: Floats = np.divide(carried, total, out=np.zeros(carried.shape), where=total > 0)
        return shares

    @property
    def contributions(self) -> Floats:
        """Points that each dimension gives, share x dimension, shape + (5,).

        **Contributions + adjustment = score.** share x 100 - contribution = points lost.
        """
        return self.shares * np.nan_to_num(self.dimensions)


@dataclass(frozen=True, slots=True)
class _Sides:
    """The five dimensions of one scorecard, (5,) + shape: points, coverage x freshness 0-1, and which to hold."""

    points: Floats
    evidence: Floats
    hold: Flags


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
    made = _score_by(scorecards, used[0], table, feeds, previous, as_of)
    for index in used[1:]:
        more = _score_by(scorecards, index, table, feeds, previous, as_of)
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
    cards: Sequence[Scorecard], index: int, table: ColumnTable, feeds: Feeds, previous: PreviousHealth | None,
    as_of: datetime,
) -> HealthTable:  # fmt: skip
    card = cards[index]
    dimensions = card.resolved()
    sides = _sides(dimensions, table, feeds, as_of)
    held = _hold(sides, previous)
    weights = [dimension.weight for dimension in dimensions]
    plain = _weighted_mean(weights, sides.points)
    confidence = np.tensordot(np.array(weights) / sum(weights), sides.evidence, axes=1)
    value, rule, forced = _except(card, table, plain)
    band = bands_of(value, card.bands, None if previous is None else previous.band)
    band[(forced != NONE) & (band != NONE)] = forced[(forced != NONE) & (band != NONE)]
    if len(table.shape) == 1:
        sure = certainty(value, band, card.bands, confidence, None if previous is None else previous.spread)
        sure = np.where(forced != NONE, 1.0, sure)
    else:
        sure = np.broadcast_to(np.nan, table.shape)
    adjustment = np.nan_to_num(value - plain) if card.exceptions else np.zeros(table.shape)
    return HealthTable(
        value, band, confidence, sure, np.moveaxis(sides.points, 0, -1), adjustment, np.moveaxis(held, 0, -1),
        np.full(table.shape, index, np.int8), rule, _weights(cards),
    )  # fmt: skip


def _weights(cards: Sequence[Scorecard]) -> Floats:
    return np.array([[dimension.weight for dimension in card.resolved()] for card in cards])


def _weighted_mean(weights: Sequence[float], points: Floats) -> Floats:
    """Mean of points (5,) + shape over those that are known; NaN where none is."""
    total, carried = np.zeros(points.shape[1:]), np.zeros(points.shape[1:])
    for weight, one in zip(weights, points, strict=True):
        missing = np.isnan(one)
        if missing.any():
            total += weight * np.where(missing, 0.0, one)
            carried += weight * ~missing
        else:
            total += weight * one
            carried += weight
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.minimum(total / carried, 100.0)  # no rounding above full marks
    return np.where(carried > 0, mean, np.nan)


def _sides(dimensions: Sequence[Dimension], table: ColumnTable, feeds: Feeds, as_of: datetime) -> _Sides:
    full = (len(KEYS), *table.shape)
    sides = _Sides(np.full(full, np.nan), np.zeros(full), np.zeros(full, bool))
    for at, dimension in enumerate(dimensions):
        if dimension.weight > 0:
            heard = [(factor, feeds.freshness(factor.feed, as_of)) for factor in dimension.factors]
            live = [(factor, feed) for factor, feed in heard if feed.connected.any()]
            for rows in _some_rows(table.shape):
                _side(live, sum(factor.weight for factor in dimension.factors) or 1.0, table, sides, at, rows)
    return sides


def _some_rows(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows at a time, so that what is computed between memory and memory stays in the processor's cache; tables over
    days come in blocks that do."""
    size = CACHED_CELLS if len(shape) == 1 else max(1, shape[0])
    for start in range(0, shape[0], size):
        yield slice(start, start + size)


def _side(
    live: Sequence[tuple[Factor, Freshness]], total: float, table: ColumnTable, sides: _Sides, at: int, rows: slice
) -> None:
    """Some rows of one dimension into place `at` of the sides.

    Weights stay as small as the feed's own arrays until a missing value makes them differ by account:
    this is the hottest loop of scoring everybody.
    """
    points = np.zeros(sides.points[at, rows].shape)
    weight, covered, connected, silent, fresh = (np.zeros(()) for _ in range(5))
    for factor, feed in live:
        share = factor.weight * feed.connected
        found = curve(factor, table.floats(f"measure.{factor.measure}")[rows])
        missing = np.isnan(found) if isinstance(factor.missing, Missing) else None
        if missing is not None and missing.any():
            np.copyto(found, 0.0, where=missing)
            known = share * ~missing
        else:
            known = share
        found *= share
        points += found
        weight = weight + known
        covered = covered + (share if factor.missing is Missing.NEUTRAL else known)
        connected = connected + share
        silent = silent + share * feed.silent
        fresh = fresh + factor.weight * feed.freshness
    with np.errstate(invalid="ignore", divide="ignore"):
        freshness = np.where(connected > 0, fresh / connected, 0.0)
    judged = weight > 0
    everywhere = True if judged.all() else judged  # dividing with a mask takes twice as long
    np.divide(points, weight, out=sides.points[at, rows], where=everywhere)
    np.multiply(covered, freshness / total, out=sides.evidence[at, rows], where=everywhere)
    if silent.any():
        sides.hold[at, rows] = (silent > 0) & (silent >= 0.5 * connected)


def _hold(sides: _Sides, previous: PreviousHealth | None) -> Flags:
    """Put the last values where a silent feed asks for it; which ones were held, (5,) + shape."""
    if not sides.hold.any():
        return sides.hold
    if sides.points.ndim == 2:
        before = np.full(sides.points.shape, np.nan) if previous is None else np.moveaxis(previous.dimensions, -1, 0)
        held = sides.hold & ~np.isnan(before)
        sides.points[held] = before[held]
        return held
    held = np.zeros_like(sides.hold)
    for at in np.flatnonzero(sides.hold.any(axis=(1, 2))):
        _hold_over_days(sides.points[at], sides.hold[at], held[at])
    return held


def _hold_over_days(points: Floats, hold: Flags, held: Flags) -> None:
    """One dimension over days, (n, days): each day to hold takes the value of the day before, where there is one.

    Feeds are the workspace's, so the same days are held for everybody: of each run of them, with the day before it,
    the first value that is known stays.
    """
    silent = hold.any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], silent, [False]))))
    for start, stop in edges.reshape(-1, 2).tolist():
        days = slice(max(0, start - 1), stop)
        known = ~np.isnan(points[:, days])
        first = np.where(known.any(axis=1), known.argmax(axis=1), known.shape[1])
        kept = np.arange(known.shape[1]) > first[:, None]
        value = points[np.arange(len(points)), days.start + np.minimum(first, known.shape[1] - 1)]
        points[:, days] = np.where(kept, value[:, None], points[:, days])
        held[:, days] = kept


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


def _where(here: Flags, one: HealthTable, other: HealthTable) -> HealthTable:
    """Row by row one or the other."""

    def pick(name: str) -> Values:
        mine, theirs = getattr(one, name), getattr(other, name)
        chosen: Values = np.where(here[..., None] if mine.ndim > here.ndim else here, mine, theirs)
        return chosen

    rows = {name: pick(name) for name in HealthTable.__slots__ if name != "weights"}
    return HealthTable(**rows, weights=one.weights)
