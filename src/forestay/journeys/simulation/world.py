"""What a step may ask under the virtual clock: the machine's World over a block of the past.

Reads : BlockPast, People
Gives : BlockWorld, values_as_column()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable, Values
from forestay.conditions.document import Condition
from forestay.conditions.evaluate import evaluate
from forestay.journeys.experiments.assignment import Allocation
from forestay.journeys.moves import Batch, Ints
from forestay.journeys.run_columns import FAMILIES, own_families, own_moments
from forestay.journeys.simulation.past import BlockPast, Family
from forestay.journeys.simulation.people import People
from forestay.kit.calendars import BusinessCalendar, CalendarDocument
from forestay.kit.clock import day_of

_SECOND = timedelta(seconds=1)


class BlockWorld:
    """journeys.moves.World; `now` is set by who drives the clock."""

    def __init__(
        self, past: BlockPast, people: People, calendars: Mapping[str, CalendarDocument], now: datetime
    ) -> None:  # fmt: skip
        self.past, self.people, self.calendars = past, people, calendars
        self.now = now

    @property
    def known_day(self) -> int:
        """The last day that is complete at this moment."""
        return day_of(self.now + _SECOND, self.people.zone) - 1

    def rows(self, accounts: Ints) -> Ints:
        """Places of accounts in the block."""
        return np.searchsorted(self.past.account_ids, accounts)

    def table(self, batch: Batch) -> ColumnTable:
        """Columns as of the last complete day; run.*, event.*, signal.* from the runs' values, contact.* as today."""
        own: dict[str, Family] = {**own_families(batch), "contact": partial(self._of_contacts, batch)}
        return self.past.cut(self.rows(batch.account), self.known_day, own)

    def zones(self, batch: Batch) -> Sequence[str]:
        """IANA zone of each place."""
        return self.people.zones_of(batch.account, batch.contact)

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        """The calendar of that key as it is today, else the usual week."""
        return BusinessCalendar(self.calendars.get(key or "default") or CalendarDocument(), zone)

    def moments(self, batch: Batch, field: str) -> Ints:
        """Dates of accounts as known today; those of run.* and event.* from the values."""
        if field.partition(".")[0] in FAMILIES:
            return own_moments(batch, field, self.zones(batch))
        return self.people.moments_of(field, batch.account, self.zones(batch))

    def allocation(self, journey: str, test: str) -> Allocation | None:
        """The document's shares."""
        return None

    def contacts(self, batch: Batch, who: str, segment: Condition | None) -> Sequence[Ints]:
        """Present contacts of each place's account."""
        contacts = self.people.contacts
        chosen = np.ones(len(contacts.contact), bool) if who == "all" else contacts.parts.get(who)
        if chosen is None:
            return [np.empty(0, np.int64) for _ in range(len(batch))]
        if segment is not None:
            table = ColumnTable((len(contacts.contact),), {f"contact.{k}": v for k, v in contacts.columns.items()})
            chosen = chosen & evaluate(segment, table)
        found = []
        for account in batch.account.tolist():
            where = contacts.of(account)
            found.append(np.sort(contacts.contact[where][chosen[where]]))
        return found

    def _of_contacts(self, batch: Batch, name: str) -> Values | None:
        column = self.people.contacts.columns.get(name)
        if column is None:
            return np.full(len(batch), np.nan)
        at = self.people.contacts.places_of(batch.contact)
        missing: Any = None if column.dtype == object else np.nan
        return np.where(at >= 0, column[at], missing) if len(column) else np.full(len(batch), missing)


def values_as_column(found: Sequence[Any]) -> Values:
    """A column of JSON values: float64 where all are numbers or flags, else text; missing where there is none."""
    if all(value is None or isinstance(value, bool | int | float) for value in found):
        return np.array([np.nan if value is None else float(value) for value in found], np.float64)
    texts: npt.NDArray[np.object_] = np.empty(len(found), object)
    texts[:] = [value if value is None or isinstance(value, str) else str(value) for value in found]
    return texts
