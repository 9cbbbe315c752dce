"""What would health become if logins came back, tickets were solved, invoices were paid?

Reads : Snapshots of now and of a quarter ago, scorecards, a TrajectoryModel
Gives : SCENARIOS, ASKED_BACK, Scenario, Change, forecast_under() -> Outlook
Source: REQUIREMENTS C3

The measures that the scenario speaks of are changed, health is scored again from them by the same scorecards, and the
same model forecasts from there. It says what accounts that look like this did next. It does not say that doing
something about it would bring that about: that is what holdouts are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.conditions.document import Compare
from forestay.conditions.needs import leaves_of
from forestay.customers.words import Feed
from forestay.health.feeds import FeedState, FeedStates
from forestay.health.registry import KEYS
from forestay.health.score import HealthTable, score
from forestay.health.scorecard import DEFAULT_SCORECARD, ExceptionRule, Scorecard
from forestay.predictions.snapshots import Snapshots
from forestay.predictions.trajectory import SCORE, Forecast, TrajectoryModel

Floats = npt.NDArray[np.float64]
Column = npt.NDArray[Any]


class To(StrEnum):
    """What a measure is changed to."""

    BETTER_OF_THEN = "better_of_then"
    """The better of now and a quarter ago."""
    VALUE = "value"
    """A given value."""
    AT_LEAST = "at_least"
    """The given value where it is lower now."""
    AT_MOST = "at_most"
    """The given value where it is higher now."""


@dataclass(frozen=True, slots=True)
class Change:
    """One column and what it becomes. more_is_better: which of now and then is the better one."""

    column: str
    to: To
    value: float = 0.0
    more_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """A question and the changes that stand for it."""

    key: str
    question: str
    changes: tuple[Change, ...]

    @property
    def looks_back(self) -> bool:
        """Whether it needs to know what was a quarter ago."""
        return any(one.to is To.BETTER_OF_THEN for one in self.changes)


@dataclass(frozen=True, slots=True)
class Outlook:
    """As things stand, and under the scenario. score (n,): health at once under the scenario, 0-100, NaN without;
    changed (n,): whether the scenario changes anything for the account."""

    as_it_stands: Forecast
    under: Forecast
    score: Floats
    changed: npt.NDArray[np.bool_]


def _then(*measures: str, more_is_better: bool = True) -> tuple[Change, ...]:
    return tuple(Change(f"measure.{one}", To.BETTER_OF_THEN, more_is_better=more_is_better) for one in measures)


_AS_BEFORE = tuple(
    Change(f"measure.{one}", To.AT_LEAST, 1.0)
    for one in ("usage_change_28d", "seat_use_change_60d", "sticky_change_7d")
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "use_recovers",
        "What if logins recover to last quarter's level?",
        (
            *_then("sign_ins_30d", "active_users_7d", "active_users_30d", "seat_use_30d", "active_days_28d", "events_7d",
                   "events_30d"),
            *_then("days_since_activity", more_is_better=False), *_AS_BEFORE,
        ),
    ),
    Scenario(
        "features_recover",
        "What if they use the features again that they used last quarter?",
        (*_then("features_used_30d", "feature_adoption_30d"), *_then("unused_features_45d", more_is_better=False),
         Change("measure.sticky_change_7d", To.AT_LEAST, 1.0)),
    ),
    Scenario(
        "tickets_solved",
        "What if all open tickets are solved?",
        tuple(Change(f"measure.{one}", To.VALUE) for one in ("open_tickets", "escalations_14d", "escalations_30d")),
    ),
    Scenario(
        "invoices_paid",
        "What if the overdue invoices are paid?",
        tuple(Change(f"measure.{one}", To.VALUE) for one in ("invoices_overdue", "overdue_amount")),
    ),
    Scenario(
        "contact_resumed",
        "What if we talk to them again as often as last quarter?",
        (*_then("interactions_90d", "meetings_90d", "inbound_90d"), Change("measure.days_since_interaction", To.AT_MOST, 7.0)),
    ),
)  # fmt: skip

ASKED_BACK: tuple[str, ...] = tuple(
    dict.fromkeys(one.column for each in SCENARIOS for one in each.changes if one.to is To.BETTER_OF_THEN)
)
"""Columns of a quarter ago that the scenarios need."""


def forecast_under(
    scenario: Scenario,
    model: TrajectoryModel,
    now: Snapshots,
    then: Snapshots,
    scorecards: Sequence[Scorecard] = (DEFAULT_SCORECARD,),
) -> Outlook:
    """Forecasts of accounts (n,) as they stand and under the scenario. then: the same accounts, row for row, a quarter
    ago, NaN where nothing is known of them; what is not known stays as it is now."""
    supposed = _supposed(scenario, now, then)
    before, after = _health(now, scorecards), _health(supposed, scorecards)
    moved = np.nan_to_num(after.score - before.score)
    reached = np.clip(now.column(SCORE) + moved, 0, 100)
    columns: dict[str, Column] = {SCORE: reached}
    for at, key in enumerate(KEYS):
        gained = np.nan_to_num(after.dimensions[:, at] - before.dimensions[:, at])
        columns[f"health.{key}"] = np.clip(now.column(f"health.{key}") + gained, 0, 100)
    for days in (7, 30, 90):
        columns[f"health.change_{days}d"] = now.column(f"health.change_{days}d") + reached - now.column(SCORE)
    supposed = _with(supposed, columns)
    changed = (~np.isclose(supposed.values, now.values, equal_nan=True)).any(axis=1)
    return Outlook(model.forecast(now), model.forecast(supposed), np.asarray(reached, np.float64), np.asarray(changed))


def _supposed(scenario: Scenario, now: Snapshots, then: Snapshots) -> Snapshots:
    columns: dict[str, Column] = {}
    for change in scenario.changes:
        if change.column in now.names:
            columns[change.column] = _changed(change, now.column(change.column), then.column(change.column))
    return _with(now, columns)


def _changed(change: Change, now: Column, then: Column) -> Column:
    if change.to is To.BETTER_OF_THEN:
        better = np.fmax(now, then) if change.more_is_better else np.fmin(now, then)
        return np.where(np.isnan(now), now, better)
    if change.to is To.AT_LEAST:
        return np.maximum(now, change.value)
    if change.to is To.AT_MOST:
        return np.minimum(now, change.value)
    return np.where(np.isnan(now), now, change.value)


def _with(x: Snapshots, columns: dict[str, Column]) -> Snapshots:
    """The rows with some of their columns replaced."""
    values = np.array(x.values)
    for name, column in columns.items():
        if name in x.names:
            values[:, x.names.index(name)] = column
    return Snapshots(x.account_ids, x.as_of_days, x.names, values, x.arr)


def _health(x: Snapshots, scorecards: Sequence[Scorecard]) -> HealthTable:
    """By the scorecards, every source taken as live: only the difference between two of these is used."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(x.as_of_days.max(initial=0)))
    feeds = FeedStates({feed: FeedState(True, at) for feed in Feed})
    columns = {name: x.column(name).astype(np.float64) for name in x.names if not name.startswith("health.")}
    unknown = dict.fromkeys(("measure", "account", "trait"), lambda _name: np.full(len(x), np.nan))
    cards = [card.model_copy(update={"exceptions": _answerable(card)}) for card in scorecards]
    return score(cards, ColumnTable((len(x),), columns, families=unknown), feeds, None, at)


def _answerable(card: Scorecard) -> tuple[ExceptionRule, ...]:
    """Exceptions that ask about measures alone; events, segments, traits and the account's own columns are not known here."""
    return tuple(
        one
        for one in card.exceptions
        if all(isinstance(leaf, Compare) and leaf.column.startswith("measure.") for leaf in leaves_of(one.when))
    )
