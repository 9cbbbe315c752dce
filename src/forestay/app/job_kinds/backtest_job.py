"""The job 'backtest': a trigger's document replayed over the lake's history.

Reads : params {trigger, since, until, outcome, within_days}; the workspace's configuration and accounts; the lake
Gives : carry_out(), whose result is the report of signals.report, as the API answers it
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec
import numpy as np
from sqlalchemy import Connection, func, select

from forestay.app.configuration import Configuration, load_configuration
from forestay.app.job_kinds.workshop import Workshop
from forestay.conditions.needs import events_of
from forestay.kit import clock
from forestay.kit.clock import day_of, number_of
from forestay.lake.reads import LakeReader
from forestay.measures.ring import Ints
from forestay.measures.series import SeriesBook
from forestay.measures.substrate import Values
from forestay.signals.backtest import backtest
from forestay.signals.columns import Making
from forestay.signals.past import LakePast
from forestay.signals.report import Period
from forestay.signals.trigger import Outcome, Trigger, read_trigger
from forestay.store.jobs import Job
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts

MEMORY_MB = 1500


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Replay the trigger; the answer is the report as JSON."""
    trigger = read_trigger(job.params["trigger"])
    with workshop.store.begin_worker() as connection:
        configuration = load_configuration(connection, job.workspace_id)
        numbers, owners, since_customer, churned = _accounts(connection, job.workspace_id)
    workshop.say(job, 0, 1, "history")
    lake = LakeReader(workshop.settings.lake_root, memory_mb=MEMORY_MB)
    try:
        past = LakePast(
            lake, job.workspace_id, numbers, owners,
            last_day=day_of(clock.now(), configuration.zone) - 1,
            book=_book(configuration, trigger),
            traits=_LastingTraits(numbers, {"customer_since": since_customer, "churned_on": churned}),
            memory_mb=MEMORY_MB,
        )  # fmt: skip
        making = Making(configuration.scorecards, configuration.segments)
        made = backtest(trigger, _period(job), past, making, configuration.measures, zone=configuration.zone)
    finally:
        lake.close()
    answer: Mapping[str, Json] = msgspec.json.decode(msgspec.json.encode(made))
    return answer


def _period(job: Job) -> Period:
    days = [number_of(date.fromisoformat(str(job.params[name]))) for name in ("since", "until")]
    return Period(days[0], days[1], Outcome(str(job.params["outcome"])), int(str(job.params["within_days"])))


def _book(configuration: Configuration, trigger: Trigger) -> SeriesBook:
    """The workspace's series and those of the events that this trigger, perhaps a draft, names."""
    context = configuration.measures.context
    parts = [part for part in (trigger.condition, trigger.until) if part is not None]
    named = {name for part in parts for name in events_of(part, configuration.segments)}
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
