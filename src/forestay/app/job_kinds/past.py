"""A workspace's past, opened for the jobs that look back: backtests and past health.

Gives: open_past() -> OpenPast(history, making, configuration)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection, func, select

from forestay.app.configuration import Configuration, load_configuration
from forestay.app.job_kinds.workshop import Workshop
from forestay.kit import clock
from forestay.kit.clock import day_of
from forestay.lake.reads import LakeReader
from forestay.measures.ring import Ints
from forestay.measures.series import SeriesBook
from forestay.measures.substrate import Values
from forestay.signals.columns import Making
from forestay.signals.past import LakePast
from forestay.store.jobs import Job
from forestay.store.tables.customers import accounts

MEMORY_MB = 1500
_EVENT = "event:"
LASTING = ("customer_since", "churned_on")
"""Traits that are today what they always were."""


@dataclass(frozen=True, slots=True)
class OpenPast:
    """What a look back needs. last_day of the history is yesterday: the last day that is complete."""

    history: LakePast
    making: Making
    configuration: Configuration


@contextmanager
def open_past(job: Job, workshop: Workshop, events: frozenset[str] = frozenset()) -> Iterator[OpenPast]:
    """Open the lake for the job's workspace. events: series that count beside those of the configuration."""
    with workshop.store.begin_worker() as connection:
        configuration = load_configuration(connection, job.workspace_id)
        numbers, owners, since_customer, churned = _accounts(connection, job.workspace_id)
    lake = LakeReader(workshop.settings.lake_root, memory_mb=MEMORY_MB)
    try:
        history = LakePast(
            lake, job.workspace_id, numbers, owners,
            last_day=day_of(clock.now(), configuration.zone) - 1,
            book=_book(configuration, events),
            traits=_LastingTraits(numbers, dict(zip(LASTING, (since_customer, churned), strict=True))),
            memory_mb=MEMORY_MB,
        )  # fmt: skip
        yield OpenPast(history, configuration.making(), configuration)
    finally:
        lake.close()


def _book(configuration: Configuration, events: frozenset[str]) -> SeriesBook:
    context = configuration.measures.context
    named = {name.removeprefix(_EVENT) for name in events if name.startswith(_EVENT)}
    return SeriesBook.build(context.features, context.roles, tuple(sorted({*configuration.events, *named})))


def _accounts(connection: Connection, workspace_id: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Of every living account: number, owner (-1 none), customer since and churned day (-1 unknown)."""
    epoch = date(1970, 1, 1)
    columns = (
        accounts.c.id,
        func.coalesce(accounts.c.owner_id, -1),
        func.coalesce(accounts.c.customer_since - epoch, -1),
        func.coalesce(accounts.c.churned_on - epoch, -1),
    )
    mine = (accounts.c.workspace_id == workspace_id) & accounts.c.merged_into.is_(None)
    rows = connection.execute(select(*columns).where(mine).order_by(accounts.c.id)).all()
    table = np.array([tuple(row) for row in rows], np.int64).reshape(len(rows), len(columns))
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


class _LastingTraits:
    """Lasting traits by account number, as days; missing where unknown."""

    def __init__(self, numbers: Ints, days: Mapping[str, Ints]) -> None:
        self._numbers, self._days = numbers, days

    def __call__(self, key: str, wanted: Ints) -> Values:
        known = self._days.get(key)
        if known is None:
            return np.full(len(wanted), np.nan)
        values = known[np.searchsorted(self._numbers, wanted)].astype(np.float64)
        return np.where(values < 0, np.nan, values)
