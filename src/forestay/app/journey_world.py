"""What journeys' steps may ask, answered from the worker's memory and the store: the World of the product at work.

Reads : WorkspaceMemory, StorePeople
Gives : WorkerWorld, AccountGone
The columns of accounts are those of triggers, made by the same code (signals.columns) for the rows of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

import numpy as np

from forestay.app.journey_people import StorePeople, as_column
from forestay.app.shard import WorkspaceMemory
from forestay.conditions.columns import ColumnTable
from forestay.conditions.document import Condition
from forestay.conditions.evaluate import evaluate
from forestay.health.history import HistoryView
from forestay.health.score import PreviousHealth
from forestay.journeys.experiments.assignment import Allocation
from forestay.journeys.moves import NEVER, Batch, Ints
from forestay.journeys.run_columns import FAMILIES, own_families, own_moments
from forestay.kit.calendars import BusinessCalendar
from forestay.kit.clock import micros_of, number_of, start_of_day
from forestay.kit.errors import ForestayError
from forestay.signals.columns import build_columns


class AccountGone(ForestayError):
    """The account of a run is not known any more: it was erased, or has not been taken in yet; the run is tried again."""

    code = "account_gone"
    retryable = True


class WorkerWorld:
    """journeys.moves.World of one workspace for one turn."""

    def __init__(self, space: WorkspaceMemory, people: StorePeople, now: datetime) -> None:
        self.space, self.people, self._now = space, people, now

    @property
    def now(self) -> datetime:
        """The moment of the turn."""
        return self._now

    def table(self, batch: Batch) -> ColumnTable:
        """The accounts' columns, and contact.*, run.*, event.*, signal.*."""
        table = account_table(self.space, self._rows(batch), self._now)
        for family, values_of in own_families(batch).items():
            table.add_family(family, values_of)
        table.add_family("contact", lambda name: as_column(self.people.contact_value(batch.contact, name)))
        return table

    def zones(self, batch: Batch) -> Sequence[str]:
        """The contact's zone, else the account's, else the workspace's."""
        return self.people.zones(batch.account, batch.contact)

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        """A business calendar of the workspace."""
        return self.people.calendar(key, zone)

    def moments(self, batch: Batch, field: str) -> Ints:
        """Dates and moments by name, microseconds UTC, NEVER where there is none."""
        family, _, rest = field.partition(".")
        zones = self.zones(batch)
        if family in FAMILIES:
            return own_moments(batch, field, zones)
        if family == "contact":
            values = self.people.contact_value(batch.contact, rest)
        else:
            values = self.people.account_value(batch.account, field)
        return np.array([moment_in(value, zone) for value, zone in zip(values, zones, strict=True)], np.int64)

    def contacts(self, batch: Batch, who: str, segment: Condition | None) -> Sequence[Ints]:
        """Present contacts of each place's account."""
        found = self.people.present(batch.account, who)
        lists = [np.array(found.get(account, ()), np.int64) for account in batch.account.tolist()]
        return lists if segment is None else self._fitting(lists, segment)

    def allocation(self, journey: str, test: str) -> Allocation | None:
        """How a split's shares stand now."""
        return self.people.allocation(journey, test)

    def _fitting(self, lists: Sequence[Ints], segment: Condition) -> Sequence[Ints]:
        everybody = np.unique(np.concatenate(lists)) if lists else np.empty(0, np.int64)
        if not len(everybody):
            return lists
        values_of = partial(self.people.contact_value, everybody)
        table = ColumnTable((len(everybody),), families={"contact": lambda name: as_column(values_of(name))})
        fitting = everybody[evaluate(segment, table)]
        return [some[np.isin(some, fitting)] for some in lists]

    def _rows(self, batch: Batch) -> Ints:
        """Rows of the memory; a merged account stands under the one that stays."""
        known = self.space.rows_by_id
        rows = np.array([known.get(account, -1) for account in batch.account.tolist()], np.int64)
        if (rows < 0).any():
            raise AccountGone(f"account {batch.account[int(np.argmin(rows))]} is not known")
        merged: Ints = self.space.known.merged.values[rows].astype(np.int64)
        return merged


def account_table(space: WorkspaceMemory, rows: Ints, at: datetime) -> ColumnTable:
    """Every column of triggers for these rows (n,), as the tick would see them now; nothing of the memory is changed."""
    configuration, standing = space.configuration, space.standing
    substrate = space.memory.substrate(rows)
    spread = space.scores.spread(rows)
    previous = PreviousHealth(standing.score[rows], standing.band[rows], standing.dimensions[rows], spread)
    making = configuration.making(space.top_decile_arr)
    measures = configuration.measures.evaluate(substrate)
    earlier = HistoryView(space.scores, rows)
    return build_columns(
        substrate, measures, making, space.feeds.states(), at, previous=previous, earlier=earlier
    ).table


def moment_in(value: object, zone: str) -> int:
    """A date (its midnight in the zone) or a moment as microseconds UTC; NEVER for anything else."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    except ValueError:
        return NEVER
    if isinstance(value, datetime):
        return micros_of(value) if value.tzinfo else NEVER
    return micros_of(start_of_day(number_of(value), zone)) if isinstance(value, date) else NEVER
