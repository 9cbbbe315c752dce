"""Made-up pasts for tests: accounts whose hidden state wanders, and facts on a few days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forestay.predictions.snapshots import Labels, Snapshots

NAMES = ("health.score", "measure.days_since_activity", "measure.a", "measure.b", "measure.c")
FIRST = 20_000


def wandering(accounts: int = 300, months: int = 14, seed: int = 0, rate: float = 0.03) -> tuple[Snapshots, Labels]:
    """Snapshots every 30 days; the state shows in three of five columns and makes accounts leave."""
    rng = np.random.default_rng(seed)
    state = np.cumsum(rng.normal(0, 0.5, (accounts, months)), axis=1) + rng.normal(0, 0.5, (accounts, 1))
    chance = 1 / (1 + np.exp(-np.log(rate) - state))
    leaves = rng.random((accounts, months)) < chance
    end = np.where(leaves.any(axis=1), leaves.argmax(axis=1), months)
    days = np.where(end < months, 30.0 * end + rng.integers(1, 31, accounts), np.inf)
    rows, month = np.nonzero(np.arange(months) <= end[:, None])
    shown = state[rows, month]
    values = np.column_stack(
        [60 - 12 * shown + rng.normal(0, 8, len(rows)), np.exp(1 + 0.5 * shown), shown + rng.normal(0, 1, len(rows)),
         rng.normal(0, 1, len(rows)), rng.integers(0, 5, len(rows))]
    )  # fmt: skip
    values[rng.random(len(rows)) < 0.1, 2] = np.nan
    arr = np.exp(rng.normal(9, 1, accounts))[rows]
    x = Snapshots(rows, (FIRST + 30 * month).astype(np.int32), NAMES, values.astype(np.float32), arr)
    return x, Labels(days[rows] - 30.0 * month, (30.0 * (months - month)).astype(float))


@dataclass(frozen=True)
class DatedFacts:
    """A substrate of dated facts: name -> (accounts, days) amounts added on each day."""

    facts: dict[str, np.ndarray]
    days: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return next(iter(self.facts.values())).shape

    @property
    def as_of_day(self) -> np.ndarray:
        return self.days

    def fact_total(self, fact: str) -> np.ndarray:
        return np.cumsum(self.facts.get(fact, np.zeros(self.shape)), axis=1)

    def fact_count(self, fact: str, days: int, ending_days_ago: int = 0) -> np.ndarray:
        assert days > len(self.days)
        return np.cumsum(self.facts.get(fact, np.zeros(self.shape)) != 0, axis=1)

    def fact_sum(self, fact: str, days: int, ending_days_ago: int = 0) -> np.ndarray:
        assert (days, ending_days_ago) == (1, 0)
        return self.facts.get(fact, np.zeros(self.shape)).copy()


def dated(days: int, **events: dict[int, float]) -> DatedFacts:
    """Facts of one account over `days` days from FIRST: name (with __ for a dot) -> day number -> amount."""
    facts = {}
    for name, amounts in events.items():
        row = np.zeros((1, days))
        row[0, list(amounts)] = list(amounts.values())
        facts[name.replace("__", ".")] = row
    return DatedFacts(facts, np.arange(FIRST, FIRST + days, dtype=np.int32))
