"""Training sets without leakage: what was known of each account at the end of a day, and what came after.

Reads : blocks of accounts with every column over consecutive days (the tick's own definitions) and facts on the days
        of the outcomes; app makes them of signals.past_columns.over_past
Gives : SnapshotBuilder, PastBlock, SnapshotPart, TrainingSet, as_of_grid()
Source: DESIGN section 4 ('online and offline values are one implementation'), section 6

Rows of days on which an account was not yet or no longer a customer are left out. Parts are independent: `part` may run
in several threads. Values are kept as float32, one column at a time, so memory is 4 bytes a value and the cost linear
in account-days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable, Flags
from forestay.kit.errors import Invalid
from forestay.measures.substrate import Substrate
from forestay.predictions.labels import LabelForm, LastActivity, days_until, event_days, known_after
from forestay.predictions.snapshots import Ints, Labels, Snapshots

SILENCE = "measure.days_since_activity"
STILL_ACTIVE_DAYS = 14
"""An account is still active when its last activity is at most so many days ago: only such a row is at risk of a last
activity."""
_ROUNDING = 0.01
_EVER = 100_000


@dataclass(frozen=True, slots=True)
class PastBlock:
    """Some accounts (n,): days (m,) consecutive, table and known (n, m) on them; outcome_days (q,) consecutive, outcomes
    on them, (n, q)."""

    account_ids: Ints
    days: Ints
    table: ColumnTable
    known: Flags
    outcomes: Substrate
    outcome_days: Ints


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """The rows of one block."""

    snapshots: Snapshots
    labels: Mapping[str, Labels]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """All rows, by account and then by day; labels by name, row for row."""

    snapshots: Snapshots
    labels: Mapping[str, Labels]


def as_of_grid(first_day: int, last_day: int, every: int = 30) -> npt.NDArray[np.int32]:
    """Days `every` days apart that end with last_day, none before first_day."""
    return np.arange(last_day, first_day - 1, -every, dtype=np.int32)[::-1]


@dataclass(frozen=True)
class SnapshotBuilder:
    """names: columns to keep. labels: by name. as_of_days: (g,) ascending; each lies in a block's days and outcome days.
    known_until: the last day of which everything has arrived."""

    names: tuple[str, ...]
    labels: Mapping[str, LabelForm]
    as_of_days: Ints
    known_until: int

    def part(self, block: PastBlock) -> SnapshotPart:
        """The rows of a block; keeps copies, so that the block may be let go. Raises Invalid when a day is missing."""
        at, after = (
            _places(self.as_of_days, block.days, "days"),
            _places(self.as_of_days, block.outcome_days, "outcomes"),
        )
        kept = block.known[:, at] & is_customer(block.outcomes)[:, after]
        rows, columns = np.nonzero(kept)
        values = np.empty((len(rows), len(self.names)), np.float32)
        for number, name in enumerate(self.names):
            values[:, number] = block.table.floats(name)[rows, at[columns]]
        arr = (
            block.table.floats("account.arr")[rows, at[columns]]
            if "account.arr" in block.table
            else np.full(len(rows), np.nan)
        )
        snapshots = Snapshots(
            block.account_ids[rows],
            self.as_of_days[columns].astype(np.int32),
            self.names,
            values,
            arr.astype(np.float64),
        )
        return SnapshotPart(
            snapshots, {name: self._labels(label, block, rows, columns, after) for name, label in self.labels.items()}
        )

    def gather(self, parts: Iterable[SnapshotPart]) -> TrainingSet:
        """All parts as one, by account and then by day."""
        every = [part for part in parts if len(part.snapshots)]
        if not every:
            empty = np.zeros(0, np.int64)
            none = Labels(np.zeros(0), np.zeros(0))
            return TrainingSet(
                Snapshots(empty, empty, self.names, np.zeros((0, len(self.names)), np.float32), np.zeros(0)),
                dict.fromkeys(self.labels, none),
            )
        snapshots = Snapshots(
            np.concatenate([part.snapshots.account_ids for part in every]),
            np.concatenate([part.snapshots.as_of_days for part in every]),
            self.names,
            np.vstack([part.snapshots.values for part in every]),
            np.concatenate([part.snapshots.arr for part in every]),
        )
        labels = {
            name: Labels(
                np.concatenate([part.labels[name].event_in_days for part in every]),
                np.concatenate([part.labels[name].observed_days for part in every]),
            )
            for name in self.labels
        }
        return TrainingSet(snapshots, labels)

    def _labels(self, label: LabelForm, block: PastBlock, rows: Ints, columns: Ints, after: Ints) -> Labels:
        happened = event_days(label, block.outcomes, _silence(block))
        last = min(self.known_until, int(block.outcome_days[-1])) - known_after(label)
        happened[:, block.outcome_days > last] = False
        event = days_until(happened, after)[rows, columns]
        observed = (last - self.as_of_days[columns]).astype(np.float64)
        if isinstance(label, LastActivity):
            quiet = block.table.floats(SILENCE)[:, _places(self.as_of_days, block.days, "days")][rows, columns]
            observed = np.where(quiet <= STILL_ACTIVE_DAYS, observed, -1.0)
        return Labels(np.where(event <= observed, event, np.inf), observed)


def is_customer(outcomes: Substrate) -> Flags:
    """Whether each account was (still) a customer at the end of each day: not churned, and not at the end of its last
    priced subscription.

    A subscription adds a figure of revenue when it starts and takes it back when it ends; so where there are two figures
    for each that started, and nothing is left, all have ended. An account on a free plan, or whose subscriptions bear no
    price, is a customer until it churns.
    """
    gone = outcomes.fact_total("account.churned") > 0
    started, figures = (outcomes.fact_count(fact, _EVER) for fact in ("subscription.started", "mrr"))
    lapsed = (started > 0) & (figures >= 2 * started) & (outcomes.fact_total("mrr") <= _ROUNDING)
    return np.asarray(~(gone | lapsed), bool)


def _silence(block: PastBlock) -> npt.NDArray[np.float64] | None:
    """Days since the last activity on the outcome days, None where the table has no such column; days that the table
    does not reach are unknown."""
    if SILENCE not in block.table:
        return None
    silence = np.full((len(block.account_ids), len(block.outcome_days)), np.nan)
    shared, mine, theirs = np.intersect1d(block.outcome_days, block.days, return_indices=True)
    if len(shared):
        silence[:, mine] = block.table.floats(SILENCE)[:, theirs]
    return silence


def _places(wanted: Ints, days: Ints, what: str) -> npt.NDArray[np.int64]:
    places = np.asarray(wanted, np.int64) - int(days[0])
    if len(places) and (places[0] < 0 or places[-1] >= len(days)):
        raise Invalid("a snapshot's day lies outside the days that were read", place=what)
    return places
