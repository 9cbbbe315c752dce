"""Kinds of measures that count product events, users and features.

Reads : measures.reading
Gives : Count, ActiveDays, DistinctUsers, DaysSince, FirstSeenWithin, Change, FeaturesUsed, ShareOfFeatures,
        UnusedFeatures, PerSeat, SeatUseChange
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from forestay.measures.measure import EventDays, EventWindow, Key, Measure, Series, over
from forestay.measures.reading import Reading
from forestay.measures.ring import RING_DAYS
from forestay.measures.substrate import Floats


class Count(EventWindow):
    """Events of a series in a window; missing when no event name feeds the series."""

    kind: Literal["count"] = "count"
    series: Series = "any"

    def value(self, read: Reading) -> Floats:
        """Events, 0 when none."""
        return read.event_count(self.series, self.days, self.ending_days_ago)


class ActiveDays(EventWindow):
    """Days with at least one event of a series."""

    kind: Literal["active_days"] = "active_days"
    series: Series = "any"

    def value(self, read: Reading) -> Floats:
        """Days, 0 to `days`."""
        return read.active_days(self.series, self.days, self.ending_days_ago)


class DistinctUsers(EventWindow):
    """Users with at least one event in a window."""

    kind: Literal["distinct_users"] = "distinct_users"

    def value(self, read: Reading) -> Floats:
        """Users, 0 when none."""
        return read.distinct_users(self.days, self.ending_days_ago)


class DaysSince(Measure):
    """Days since the last event of a series; missing when there never was one."""

    kind: Literal["days_since"] = "days_since"
    series: Series = "any"

    def value(self, read: Reading) -> Floats:
        """Whole days, 0 = on the as-of day."""
        return read.days_since_event(self.series)


class FirstSeenWithin(Measure):
    """1 when the first event ever of a series fell into the last days, else 0."""

    kind: Literal["first_seen_within"] = "first_seen_within"
    series: Series
    days: EventDays

    def value(self, read: Reading) -> Floats:
        """1 or 0; missing when no event name feeds the series."""
        if not read.context.feeds(self.series):
            return read.missing()
        return (read.days_since_first_event(self.series) < self.days).astype(np.float64)


class Change(EventWindow):
    """Events a day of a series in a window, over events a day in the window just before it; 1 = unchanged."""

    kind: Literal["change"] = "change"
    series: Series = "any"
    before_days: EventDays

    @model_validator(mode="after")
    def _both_within_reach(self) -> Change:
        if self.days + self.ending_days_ago + self.before_days > RING_DAYS:
            raise ValueError(f"the two windows reach back more than {RING_DAYS} days")
        return self

    def value(self, read: Reading) -> Floats:
        """Quotient of daily rates; missing when the earlier window is empty."""
        now = read.event_count(self.series, self.days, self.ending_days_ago)
        before = read.event_count(self.series, self.before_days, self.ending_days_ago + self.days)
        return over(now * self.before_days, before * self.days)


class FeaturesUsed(Measure):
    """Features with at least one event in a window."""

    kind: Literal["features_used"] = "features_used"
    days: EventDays

    def value(self, read: Reading) -> Floats:
        """Features; missing when the workspace has none."""
        features = read.context.features.measurable
        used = [read.used(f"feature:{feature.key}", self.days) for feature in features]
        return np.sum(used, axis=0).astype(np.float64) if used else read.missing()


class ShareOfFeatures(Measure):
    """Features used in a window, over features deployed by the as-of day."""

    kind: Literal["share_of_features"] = "share_of_features"
    days: EventDays

    def value(self, read: Reading) -> Floats:
        """0 to 1; missing when no feature is deployed."""
        used, deployed = np.zeros(read.shape, np.int16), np.zeros(read.as_of_day.shape)
        for feature in read.context.features.measurable:
            there = read.as_of_day >= (0 if feature.deployed_on is None else feature.deployed_on)
            deployed += there
            used += there & read.used(f"feature:{feature.key}", self.days)
        return over(used.astype(np.float64), deployed)


class UnusedFeatures(Measure):
    """Features deployed at least `days` and at most `deployed_within_days` days ago, not used in the last `days` days.

    Premium features are not part of everybody's contract and do not count, nor do features without a date.
    """

    kind: Literal["unused_features"] = "unused_features"
    days: EventDays
    deployed_within_days: Annotated[int, Field(ge=1, le=3650)] = 180

    def value(self, read: Reading) -> Floats:
        """Features; missing when none was deployed in that time."""
        unused, recent = np.zeros(read.shape), np.zeros(read.shape)
        for feature in read.context.features.measurable:
            if feature.is_premium or feature.deployed_on is None:
                continue
            age = read.as_of_day - feature.deployed_on
            there = (age >= self.days) & (age <= self.deployed_within_days)
            recent += there
            unused += there & ~read.used(f"feature:{feature.key}", self.days)
        return np.where(recent > 0, unused, np.nan)


class PerSeat(Measure):
    """Another measure over the seats of the account."""

    kind: Literal["per_seat"] = "per_seat"
    of: Key
    seats: Key = "seats_contracted"

    def value(self, read: Reading) -> Floats:
        """Share, above 1 when seats are exceeded; missing without seats."""
        return over(read.measure(self.of), read.measure(self.seats))


class SeatUseChange(EventWindow):
    """Active users per seat now over active users per seat some days ago; 1 = unchanged."""

    kind: Literal["seat_use_change"] = "seat_use_change"
    days: EventDays = 30
    before_days: Annotated[int, Field(ge=1, lt=RING_DAYS)]
    seats: Key = "seats_contracted"
    seats_fact: str = "seats"

    @model_validator(mode="after")
    def _earlier_within_reach(self) -> SeatUseChange:
        if self.days + self.before_days > RING_DAYS:
            raise ValueError(f"the earlier window reaches back more than {RING_DAYS} days")
        return self

    def value(self, read: Reading) -> Floats:
        """Quotient; missing without seats or users then. Seats without dated subscriptions count as unchanged."""
        seats = read.measure(self.seats)
        seats_then = np.round(seats - read.fact_sum(self.seats_fact, self.before_days), 6)
        use_then = over(read.distinct_users(self.days, self.before_days), seats_then)
        return over(over(read.distinct_users(self.days), seats), use_then)
