"""Kinds of measures that read business records (facts) and traits.

Reads : measures.reading; names of facts in measures.record_facts
Gives : FactSum, FactCount, FactMean, FactTotal, FactTotalChange, DaysSinceFact, Trait
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from forestay.measures.measure import FactDays, Measure, over
from forestay.measures.reading import Reading
from forestay.measures.substrate import Floats


class FactSum(Measure):
    """Sum of a fact's values in a window."""

    kind: Literal["fact_sum"] = "fact_sum"
    fact: str
    days: FactDays

    def value(self, read: Reading) -> Floats:
        """Sum, 0 when none."""
        return read.fact_sum(self.fact, self.days)


class FactCount(Measure):
    """How many values of a fact are dated in a window."""

    kind: Literal["fact_count"] = "fact_count"
    fact: str
    days: FactDays

    def value(self, read: Reading) -> Floats:
        """Count, 0 when none."""
        return read.fact_count(self.fact, self.days)


class FactMean(Measure):
    """Mean of the values of one or several facts in a window."""

    kind: Literal["fact_mean"] = "fact_mean"
    facts: tuple[str, ...] = Field(min_length=1)
    days: FactDays
    zero_when: str | None = Field(None, description="0 instead of missing when this fact has values in the window.")

    def value(self, read: Reading) -> Floats:
        """Mean; missing when there are no values, unless `zero_when` says that there could have been."""
        total = sum((read.fact_sum(fact, self.days) for fact in self.facts), np.zeros(read.shape))
        count = sum((read.fact_count(fact, self.days) for fact in self.facts), np.zeros(read.shape))
        mean = over(total, count)
        if self.zero_when is None:
            return mean
        return np.where((count == 0) & (read.fact_count(self.zero_when, self.days) > 0), 0.0, mean)


class FactTotal(Measure):
    """A balance: all values of a fact so far, less those of another."""

    kind: Literal["fact_total"] = "fact_total"
    fact: str
    minus: str | None = None
    or_trait: str | None = Field(None, description="Where the fact never had a value: this trait instead of 0.")
    trait_divisor: float = Field(1.0, gt=0)

    def value(self, read: Reading) -> Floats:
        """Balance; with `or_trait`, missing where neither is known."""
        total = read.fact_total(self.fact)
        if self.minus is not None:
            total = total - read.fact_total(self.minus)
        if self.or_trait is None:
            return total
        never = np.isnan(read.days_since_fact(self.fact))
        return np.where(never, read.number(self.or_trait) / self.trait_divisor, total)


class FactTotalChange(Measure):
    """A balance now over the same balance some days ago; 1 = unchanged."""

    kind: Literal["fact_total_change"] = "fact_total_change"
    fact: str
    days: FactDays

    def value(self, read: Reading) -> Floats:
        """Quotient; missing when the earlier balance was 0."""
        total = read.fact_total(self.fact)
        return over(total, np.round(total - read.fact_sum(self.fact, self.days), 6))


class DaysSinceFact(Measure):
    """Days since the last value of a fact; missing when there was none."""

    kind: Literal["days_since_fact"] = "days_since_fact"
    fact: str

    def value(self, read: Reading) -> Floats:
        """Whole days, 0 = on the as-of day."""
        return read.days_since_fact(self.fact)


class Trait(Measure):
    """A trait of the account: the number itself, or the days until or since a date."""

    kind: Literal["trait"] = "trait"
    trait: str
    reading: Literal["number", "days_until", "days_since"] = "number"

    def value(self, read: Reading) -> Floats:
        """Number, or days (negative when the date lies the other way); missing when the trait is."""
        number = read.number(self.trait)
        if self.reading == "number":
            return number
        return number - read.as_of_day if self.reading == "days_until" else read.as_of_day - number
