"""What the product would have known of made-up accounts at the ends of many days, and what became of them.

Reads : simulated.rows, measures, health (the product's own), simulator.oracle
Gives : block_of(), Block, COLUMNS, HORIZONS, grid_of(), context_of(), WARM_DAYS, STEP_DAYS

The grid is every 30th day back from the last, as long as there are WARM_DAYS of history before it; health is also made
seven days before each, so that its changes over 7, 30 and 90 days are those of the product. All feeds count as
connected. What the product knows of a renewal date on a past day is what the billing system showed then: the next
anniversary (annual) or the next month (monthly).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from benchmarks.simulated.rows import rows_of
from forestay.customers.words import Feed
from forestay.health.feeds import FeedDays
from forestay.health.registry import KEYS
from forestay.kit.clock import DAY_MICROS, start_of_day
from forestay.lake.reads import DatedFacts
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import EventRole, Feature, FeatureBook, MeasureContext
from forestay.measures.lake_rows import BlockRows
from forestay.measures.offline import LakeSubstrate, OfflineQuestion
from forestay.measures.reading import Needs
from forestay.measures.series import ANY, SeriesBook
from forestay.measures.substrate import Values
from forestay.signals.columns import Columns, Making, build_columns
from forestay.simulator.account import AccountLife
from forestay.simulator.catalogue import EVENT_ROLES, FEATURES
from forestay.simulator.leaving import YEAR
from forestay.simulator.oracle import chance_of_leaving
from forestay.simulator.people import NEVER
from forestay.simulator.spec import CompanySpec
from forestay.simulator.usage import deployed_on

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.float32]
Days = npt.NDArray[np.int32]

STEP_DAYS, WARM_DAYS = 30, 120
HORIZONS = (30, 60, 90)
"""Horizons in days for which the oracle is asked."""
_HEALTH = ("score", "confidence", *KEYS, "change_7d", "change_30d", "change_90d", "ratio_7d", "ratio_30d", "ratio_90d")
MEASURE_KEYS = tuple(definition.key for definition in DEFAULT_MEASURES)
COLUMNS = (*(f"measure.{key}" for key in MEASURE_KEYS), *(f"health.{key}" for key in _HEALTH))


@dataclass(frozen=True, slots=True)
class Block:
    """Some accounts (n,) on the days of the grid (m,).

    values: float32 (n, m, columns), NaN = missing. is_customer: (n, m). oracle: float32 (n, m, horizons), NaN where no
    customer. By account (n,): account (number), arr at the last day as a customer, decided_day, last_day, last_event_day
    (day numbers; last_day NEVER for who stayed), is_random, is_quiet, reason, response, fit, is_held_out.
    """

    account: npt.NDArray[np.int64]
    values: Small
    is_customer: npt.NDArray[np.bool_]
    oracle: Small
    decided_day: npt.NDArray[np.int64]
    last_day: npt.NDArray[np.int64]
    last_event_day: npt.NDArray[np.int64]
    is_random: npt.NDArray[np.bool_]
    is_quiet: npt.NDArray[np.bool_]
    reason: npt.NDArray[np.str_]
    shocks: npt.NDArray[np.str_]
    """Kinds of the harmful shocks of the 150 days before the decision, joined by commas; empty for who stayed."""


def grid_of(spec: CompanySpec) -> Days:
    """The snapshot days (day numbers, ascending), the last one the last complete day of history."""
    last = spec.until_day - 1
    return np.arange(last - (spec.days - 2 - WARM_DAYS) // STEP_DAYS * STEP_DAYS, last + 1, STEP_DAYS, dtype=np.int32)


def context_of(spec: CompanySpec) -> MeasureContext:
    """The company's features and roles of events, as its configuration says them."""
    features = []
    for one in FEATURES:
        day = deployed_on(spec, one)
        deployed = None if day == -NEVER else spec.start_day + day
        names = tuple(name for name, _ in one.events)
        features.append(Feature(one.key, one.name, names, one.is_sticky, one.is_premium, one.module, deployed))
    return MeasureContext(FeatureBook(tuple(features)), {EventRole(role): names for role, names in EVENT_ROLES.items()})


def block_of(spec: CompanySpec, lives: list[AccountLife], grid: Days) -> Block:
    """Everything about some accounts on the days of the grid."""
    context = context_of(spec)
    values = values_of(spec, lives, grid, context)
    customer = np.array([_customer_on(life, grid - spec.start_day) for life in lives])
    oracle = np.full((*customer.shape, len(HORIZONS)), np.nan, np.float32)
    for n, life in enumerate(lives):
        days = (grid[customer[n]] - spec.start_day).astype(np.int64)
        if len(days):
            found = [chance_of_leaving(spec, life.latent, days, horizon) for horizon in HORIZONS]
            oracle[n, customer[n]] = np.stack(found, axis=1)
    churns = [life.latent.churn for life in lives]
    return Block(
        np.array([life.profile.account for life in lives]),
        values,
        customer,
        oracle,
        np.array([spec.start_day + churn.decided_day if churn else NEVER for churn in churns]),
        np.array([spec.start_day + churn.last_day if churn else NEVER for churn in churns]),
        np.array([int(life.usage.at[-1]) // DAY_MICROS if len(life.usage) else -1 for life in lives]),
        np.array([churn is not None and churn.cause == "random" for churn in churns]),
        np.array([churn is not None and churn.is_quiet for churn in churns]),
        np.array([churn.reason if churn else "" for churn in churns], "U24"),
        np.array([_harm(life) for life in lives], "U160"),
    )


def values_of(spec: CompanySpec, lives: list[AccountLife], grid: Days, context: MeasureContext) -> Small:
    """The columns of COLUMNS, (accounts, days, columns); the grid's steps are multiples of 30 days."""
    days = np.unique(np.concatenate([grid, grid - 7])).astype(np.int32)
    measures = MeasureSet(DEFAULT_MEASURES, context)
    substrate = _substrate(spec, lives, days, measures)
    columns = _columns(substrate, measures, days)
    table = columns.table
    here = np.searchsorted(days, grid)
    values = np.empty((len(lives), len(grid), len(COLUMNS)), np.float32)
    for n, name in enumerate(COLUMNS):
        values[:, :, n] = np.broadcast_to(table.floats(name), substrate.shape)[:, here]
    table.forget()
    return values


def _columns(substrate: LakeSubstrate, measures: MeasureSet, days: Days) -> Columns:
    feeds = FeedDays(days, {feed: np.arange(days[0] - 200, days[-1] + 1, dtype=np.int32) for feed in Feed})
    made: list[Columns] = []
    earlier = _Earlier(days, made)
    at: datetime = start_of_day(int(days[-1]) + 1)
    made.append(build_columns(substrate, measures.evaluate(substrate), Making(), feeds, at, earlier=earlier))
    return made[0]


class _Earlier:
    """health.history.Earlier over a grid with gaps: missing where the grid has no such day."""

    def __init__(self, days: Days, made: list[Columns]) -> None:
        self._days, self._made = days, made

    def at(self, days_ago: int) -> Floats:
        scores = self._made[0].health.score
        place = np.searchsorted(self._days, self._days - days_ago)
        place = np.minimum(place, len(self._days) - 1)
        there = self._days[place] == self._days - days_ago
        return np.where(there, scores[:, place], np.nan)


class _Substrate(LakeSubstrate):
    """A lake substrate whose renewal dates are those that were known on each day."""

    renews_on: Floats

    def trait(self, key: str) -> Values:
        return self.renews_on if key == "renews_on" else super().trait(key)


def _substrate(spec: CompanySpec, lives: list[AccountLife], days: Days, measures: MeasureSet) -> LakeSubstrate:
    book = SeriesBook.build(measures.context.features, measures.context.roles)
    needs, back = measures.needs, int(days[0]) - spec.start_day + 2
    wide = Needs(
        needs.series | {ANY}, set(), max(needs.event_days, back), max(needs.user_days, back), set(),
        needs.facts | {"account.churned", "mrr", "subscription.started"}, needs.traits,
    )  # fmt: skip
    since = np.array([spec.start_day + life.profile.since_day for life in lives], np.float64)
    numbers = np.array([life.profile.account for life in lives])

    def traits(key: str, accounts: npt.NDArray[np.int64]) -> Values:
        return since if key == "customer_since" else np.full(len(accounts), np.nan)

    rows = _complete(rows_of(spec, lives, book, int(days[-1])), wide.facts)
    question = OfflineQuestion(1, numbers, days, wide, book, traits)
    substrate = _Substrate(question, days, numbers, lambda: rows)  # type: ignore[arg-type]
    substrate._rows = rows
    period = np.array([YEAR if life.profile.is_annual else 30 for life in lives])[:, None]
    substrate.renews_on = (days + (since[:, None] - days) % period).astype(np.float64)
    return substrate


def _complete(rows: BlockRows, facts: set[str]) -> BlockRows:
    """Facts that nobody stated are there, and empty."""
    empty = DatedFacts(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0), np.empty(0, np.int64))
    rows.facts.update({name: empty for name in facts if name not in rows.facts})
    return rows


def _customer_on(life: AccountLife, days: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """At least a month into the contract, and not at its end."""
    return np.asarray((days >= life.profile.first_day + STEP_DAYS) & (days < life.latent.end_day - 1))


def _harm(life: AccountLife) -> str:
    churn = life.latent.churn
    if churn is None:
        return ""
    near = [one for one in life.latent.shocks if churn.decided_day - 150 <= one.day <= churn.decided_day]
    return ",".join(sorted({one.kind.value for one in near}))
