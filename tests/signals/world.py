"""A workspace in plain arrays, as of one day or of many: what the tick and the backtest read, from the same numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.conditions.parse import parse
from forestay.customers.words import Feed, RiskLevel, Tier
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.reading import Needs
from forestay.measures.substrate import Floats, Substrate, Values
from forestay.signals.evaluation import Group, Judged, Subjects, Transitions, advance
from forestay.signals.states import TriggerStates
from forestay.signals.trigger import LiveTrigger, Trigger

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]

MEASURES = MeasureSet(DEFAULT_MEASURES)
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def trigger(condition: str = "measure.x > 0", **settings: object) -> Trigger:
    """A trigger on a condition in words."""
    until = settings.pop("until", None)
    return Trigger.model_validate(
        {
            "key": "watch", "name": "Watch", "tier": Tier.ASSISTED, "risk_level": RiskLevel.HIGH,
            "condition": parse(condition), "cooldown_days": 0,
            "until": None if until is None else parse(str(until)), **settings,
        }
    )  # fmt: skip


def subjects(count: int, owners: list[int] | None = None) -> Subjects:
    """Accounts 0 .. count - 1, numbered from 1000."""
    rows = np.arange(count, dtype=np.int64)
    return Subjects(rows, rows + 1000, np.array(owners or [-1] * count, np.int64))


def values(*numbers: float) -> ColumnTable:
    """One column, measure.x, an account a number."""
    return ColumnTable((len(numbers),), {"measure.x": np.array(numbers, float)})


def course(
    live: LiveTrigger, daily: npt.NDArray[np.bool_], states: TriggerStates | None = None, *, first: int = 0
) -> list[Transitions]:
    """The state machine over days: daily (accounts, days) true where the condition holds, else known to be false."""
    known = states or TriggerStates()
    moves = []
    for day in range(daily.shape[1]):
        moved = Transitions()
        judged = Judged(daily[:, day], ~daily[:, day], np.full(len(daily), 2, np.uint8))
        moment = START + timedelta(days=first + day)
        advance(live, judged, subjects(len(daily)), known, moment, moved, day=20_000 + first + day, accounts=len(daily))
        moves.append(moved)
    return moves


def places(groups: list[Group]) -> list[int]:
    """Places of the accounts in some groups."""
    return [int(at) for group in groups for at in group.at]


@dataclass
class Plain:
    """Daily numbers from day `first` on. events: series -> (accounts, days) counts; users: (accounts, days) distinct
    users a day, never the same on two days; facts: name -> (accounts, days) values."""

    first: int
    days: int
    accounts: int
    events: dict[str, Floats] = field(default_factory=dict)
    facts: dict[str, Floats] = field(default_factory=dict)
    traits: dict[str, Values] = field(default_factory=dict)

    def of(self, store: dict[str, Floats], name: str) -> Floats:
        return store.get(name, np.zeros((self.accounts, self.days)))

    def as_of(self, day: int) -> PlainSubstrate:
        """Online: one day."""
        return PlainSubstrate(self, np.array([day], np.int32), flat=True)

    def over(self, days: Days) -> PlainSubstrate:
        """Offline: a grid of days."""
        return PlainSubstrate(self, days, flat=False)


class PlainSubstrate:
    """measures.Substrate over a Plain workspace, by sums over slices."""

    def __init__(self, plain: Plain, days: Days, *, flat: bool) -> None:
        self._plain, self._days, self._flat = plain, days, flat

    @property
    def shape(self) -> tuple[int, ...]:
        return (self._plain.accounts,) if self._flat else (self._plain.accounts, len(self._days))

    @property
    def as_of_day(self) -> Days:
        return self._days if self._flat else self._days[None, :]

    def _each(self, daily: Floats, window: int | None, ago: int = 0) -> Floats:
        columns = []
        for day in self._days:
            end = max(0, int(day) - ago - self._plain.first + 1)
            start = 0 if window is None else max(0, end - window)
            columns.append(daily[:, start:end].sum(axis=1))
        return columns[0] if self._flat else np.stack(columns, axis=1)

    def _last(self, daily: Floats) -> Floats:
        columns = []
        for day in self._days:
            until = daily[:, : max(0, int(day) - self._plain.first + 1)] != 0
            back = np.argmax(until[:, ::-1], axis=1) if until.shape[1] else np.zeros(len(daily))
            columns.append(np.where(until.any(axis=1), back, np.nan))
        return columns[0] if self._flat else np.stack(columns, axis=1)

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        return self._each(self._plain.of(self._plain.events, series), days, ending_days_ago)

    def active_days(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        return self._each((self._plain.of(self._plain.events, series) > 0).astype(float), days, ending_days_ago)

    def distinct_users(self, days: int, ending_days_ago: int = 0) -> Floats:
        return np.minimum(10, self.event_count("any", days, ending_days_ago))

    def days_since_event(self, series: str) -> Floats:
        return self._last(self._plain.of(self._plain.events, series))

    def days_since_first_event(self, series: str) -> Floats:
        daily = self._plain.of(self._plain.events, series) != 0
        first = np.where(daily.any(axis=1), daily.argmax(axis=1) + self._plain.first, np.inf)
        since = (self._days[None, :] - first[:, None]).astype(float)
        since[~(since >= 0)] = np.nan
        return since[:, 0] if self._flat else since

    def fact_sum(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        return self._each(self._plain.of(self._plain.facts, fact), days, ending_days_ago)

    def fact_count(self, fact: str, days: int, ending_days_ago: int = 0) -> Floats:
        return self._each((self._plain.of(self._plain.facts, fact) != 0).astype(float), days, ending_days_ago)

    def fact_total(self, fact: str) -> Floats:
        return self._each(self._plain.of(self._plain.facts, fact), None)

    def days_since_fact(self, fact: str) -> Floats:
        return self._last(self._plain.of(self._plain.facts, fact))

    def trait(self, key: str) -> Values:
        told = self._plain.traits.get(key, np.full(self._plain.accounts, np.nan))
        return told if self._flat else np.broadcast_to(told[:, None], self.shape)


@dataclass
class PlainBlock:
    account_ids: Ints
    owner_ids: Ints
    substrate: Substrate
    outcomes: Substrate


@dataclass
class PlainPast:
    """backtest.AccountHistory of a Plain workspace, all accounts in one block."""

    plain: Plain
    owners: list[int] | None = None

    @property
    def last_day(self) -> int:
        return self.plain.first + self.plain.days - 1

    def heard(self, feeds: Collection[Feed], since: int, until: int) -> dict[Feed, Days]:
        every = np.arange(self.plain.first, self.last_day + 1, dtype=np.int32)
        return {feed: every for feed in (Feed.TELEMETRY, Feed.TICKETS) if feed in feeds}

    def blocks(self, needs: Needs, days: Days, outcome_days: Days) -> Iterator[PlainBlock]:
        numbers = np.arange(self.plain.accounts, dtype=np.int64)
        owners = np.array(self.owners or [-1] * len(numbers), np.int64)
        yield PlainBlock(numbers + 1000, owners, self.plain.over(days), self.plain.over(outcome_days))
