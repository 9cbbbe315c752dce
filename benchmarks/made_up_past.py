"""A made-up company's past as measures and health know it, straight from the simulator into a lake.

Gives: Past, past_of(): daily counts, measures and health of every account, for benchmarks that look at trajectories,
anomalies and signatures. The definitions are the product's own: nothing here is computed beside them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from deltalake import write_deltalake

from forestay.customers.kinds import FIELDS, FieldType
from forestay.kit.clock import DAY_MICROS, date_of
from forestay.lake.reads import LakeReader
from forestay.lake.tables import ACCOUNT_EVENT_DAY, ACCOUNT_USER_DAY, FACTS, LakeTable
from forestay.lake.writer import LakeWriter
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import EventRole, Feature, FeatureBook, MeasureContext
from forestay.measures.record_facts import facts_of_record
from forestay.measures.series import SeriesBook
from forestay.signals.columns import Making
from forestay.signals.past import LakePast
from forestay.signals.past_columns import PastColumns, PastQuestion, over_past
from forestay.signals.past_health import _ASKED
from forestay.signals.reach import Reach, reach_of
from forestay.simulator import CompanySpec, simulate
from forestay.simulator.account import AccountLife
from forestay.simulator.catalogue import EVENT_NAMES, EVENT_ROLES, FEATURES
from forestay.simulator.files import records_known
from forestay.simulator.people import NEVER
from forestay.simulator.rows import KINDS, Row
from forestay.simulator.usage import deployed_on

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """Accounts (n,) on as-of days (m,). names: (k,) of columns; values (n, m, k) float32; known (n, m): existed and
    has not left; score (n, m); daily, users: counts (n, all days) of product events and active users; sessions (rows, 3): account's
    place, day's place, events of one user on one day; churned: day or inf."""

    spec: CompanySpec
    days: Ints
    names: tuple[str, ...]
    values: npt.NDArray[np.float32]
    known: npt.NDArray[np.bool_]
    score: Floats
    daily: Floats
    users: Floats
    sessions: Ints
    churned: Floats
    mrr: Floats


def context_of(spec: CompanySpec) -> MeasureContext:
    features = tuple(
        Feature(one.key, one.name, tuple(name for name, _ in one.events), one.is_sticky, one.is_premium, one.module,
                None if (day := deployed_on(spec, one)) == -NEVER else spec.start_day + day)
        for one in FEATURES
    )  # fmt: skip
    return MeasureContext(FeatureBook(features), {EventRole(role): names for role, names in EVENT_ROLES.items()})


def past_of(spec: CompanySpec, step: int = 7) -> Past:
    """Live the company, write its lake, and read back every column on every `step`-th day."""
    with tempfile.TemporaryDirectory() as root:
        return _read(spec, root, step, _write(spec, root))


@dataclass(frozen=True, slots=True)
class _Told:
    daily: Floats
    users: Floats
    sessions: Ints
    churned: Floats
    since: Floats


def _write(spec: CompanySpec, root: str) -> _Told:
    LakeWriter(root)
    days = spec.until_day - spec.start_day
    daily, users = np.zeros((spec.accounts, days)), np.zeros((spec.accounts, days))
    churned, since = np.full(spec.accounts, np.inf), np.zeros(spec.accounts)
    events, people, facts = (
        list[npt.NDArray[np.int64]](),
        list[npt.NDArray[np.int64]](),
        list[tuple[int, str, int, float]](),
    )
    for at, life in enumerate(simulate(spec).accounts()):
        number = at + 1
        since[at] = spec.start_day + life.profile.since_day
        if life.latent.churn is not None and life.latent.churn.last_day < days:
            churned[at] = spec.start_day + life.latent.churn.last_day
        by_event, by_user = _rollups(spec, life, number)
        events.append(by_event)
        people.append(by_user)
        np.add.at(daily[at], by_event[:, 2] - spec.start_day, by_event[:, 3])
        np.add.at(users[at], by_user[:, 2] - spec.start_day, 1.0)
        facts += [(number, *one) for one in _facts(spec, life)]
    months = np.array([date_of(day).year * 100 + date_of(day).month for day in range(spec.until_day + 1)])
    _rollup(root, ACCOUNT_EVENT_DAY, np.concatenate(events), months, pa.array(np.array(EVENT_NAMES, object)))
    _rollup(root, ACCOUNT_USER_DAY, np.concatenate(people), months, None)
    _write_facts(root, facts)
    rows = np.concatenate(people)
    sessions = np.column_stack([rows[:, 0] - 1, rows[:, 2] - spec.start_day, rows[:, 3]])
    return _Told(daily, users, sessions, churned, since)


def _rollups(spec: CompanySpec, life: AccountLife, number: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows (account, event or user, day, events) of the complete days."""
    day = life.usage.at // DAY_MICROS
    here = (day >= spec.start_day) & (day < spec.until_day)
    found = []
    for key in (life.usage.name[here].astype(np.int64), life.usage.user[here].astype(np.int64) + number * 100_000):
        pairs, counts = np.unique(np.stack([key, day[here]], axis=1), axis=0, return_counts=True)
        found.append(np.column_stack([np.full(len(pairs), number), pairs, counts]).astype(np.int64))
    return found[0], found[1]


def _facts(spec: CompanySpec, life: AccountLife) -> Iterator[tuple[str, int, float]]:
    for row in records_known(spec, life, spec.until_day * DAY_MICROS - 1):
        if row.account_id == life.profile.key:
            for fact in facts_of_record(KINDS[type(row)], _record(row)):
                yield fact.name, fact.day, fact.value


def _record(row: Row) -> dict[str, str | float | int | bool | date | None]:
    record: dict[str, str | float | int | bool | date | None] = {}
    for field in FIELDS[KINDS[type(row)]]:
        value = getattr(row, field.name, None)
        if value is not None and field.type is FieldType.DAY:
            value = date_of(value)
        elif value is not None and field.type is FieldType.MONEY:
            value = value / 100
        record[field.name] = value
    return record


def _rollup(root: str, table: LakeTable, rows: Ints, months: Ints, names: pa.Array | None) -> None:
    second = "event" if names is not None else "user"
    data = pa.table({
        "workspace_id": np.ones(len(rows), np.int64), "month": months[rows[:, 2]].astype(np.int32), "account": rows[:, 0],
        second: names.take(pa.array(rows[:, 1])) if names is not None else rows[:, 1],
        "day": pa.array(rows[:, 2].astype(np.int32)).cast(pa.date32()), "events": rows[:, 3],
    })  # fmt: skip
    data = data.select(table.schema.names).cast(table.schema).sort_by([(name, "ascending") for name in table.order])
    write_deltalake(f"{root}/{table.name}", data, mode="append", partition_by=[table.partition or ""])


def _write_facts(root: str, facts: list[tuple[int, str, int, float]]) -> None:
    account, name, day, value = zip(*facts, strict=True)
    data = pa.table({
        "workspace_id": np.ones(len(facts), np.int64), "account": np.array(account, np.int64), "fact": pa.array(name),
        "day": pa.array(np.array(day, np.int32)).cast(pa.date32()), "value": np.array(value, np.float64),
        "count": np.ones(len(facts), np.int32), "position": np.ones(len(facts), np.int64),
    })  # fmt: skip
    write_deltalake(f"{root}/{FACTS.name}", data.select(FACTS.schema.names).cast(FACTS.schema), mode="append")


def _read(spec: CompanySpec, root: str, step: int, true: _Told) -> Past:
    churned, since = true.churned, true.since
    context = context_of(spec)
    measures = MeasureSet(DEFAULT_MEASURES, context)
    making = Making()
    told = {"customer_since": since, "churned_on": np.where(np.isinf(churned), np.nan, churned)}

    def traits(key: str, wanted: Ints) -> Floats:
        return told[key][wanted - 1] if key in told else np.full(len(wanted), np.nan)

    reach = reach_of(_ASKED, making, measures)
    keys = tuple(sorted(measures.by_key))
    reach = Reach(reach.columns, keys, reach.series, reach.traits, reach.event_days, 0, ())
    days = np.arange(spec.start_day + 90, spec.until_day, dtype=np.int32)
    asked = PastQuestion(reach, days, days[-1:], making, measures)
    lake = LakeReader(root, memory_mb=1500)
    numbers = np.arange(1, spec.accounts + 1)
    book = SeriesBook.build(context.features, context.roles)
    history = LakePast(lake, 1, numbers, np.full(spec.accounts, -1), spec.until_day - 1, book, traits, memory_mb=2000)
    pick = np.arange(0, len(days), step)
    names = (*(f"measure.{key}" for key in keys), "health.score", "health.confidence", "health.product_usage",
             "health.engagement", "health.support", "health.payment", "health.feature_adoption")  # fmt: skip

    def work(past: PastColumns) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        table = past.columns.table
        with np.errstate(invalid="ignore"):
            stack = [np.broadcast_to(table.floats(name), table.shape)[:, pick].astype(np.float32) for name in names]
        return np.stack(stack, axis=2), past.known[:, pick]

    parts = list(over_past(history, asked, work))
    lake.close()
    values, known = np.concatenate([one for one, _ in parts]), np.concatenate([one for _, one in parts])
    known = known & (days[pick][None, :] < churned[:, None])
    score = np.where(known, values[:, :, names.index("health.score")], np.nan).astype(np.float64)
    mrr = values[:, :, names.index("measure.mrr")].astype(np.float64)
    return Past(
        spec,
        days[pick].astype(np.int64),
        names,
        values,
        known,
        score,
        true.daily,
        true.users,
        true.sessions,
        churned,
        mrr,
    )
