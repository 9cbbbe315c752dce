"""One trigger replayed over a year of the lake, rollups warm.

    python -m benchmarks.backtest [--save] [--small]

Writes made-up rollups, compacts them as every night does, then times signals.backtest end to end: a trigger on usage,
one on health, one on churn risk. Sizes of the target: 10,000 accounts with 5,000 events each and
100,000 accounts with 200 each. Peak memory is that of this process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from benchmarks.report import Report
from benchmarks.rescore import CONTEXT
from forestay.kit.clock import date_of
from forestay.lake.compaction import compact
from forestay.lake.reads import LakeReader
from forestay.lake.tables import ACCOUNT_EVENT_DAY, ACCOUNT_USER_DAY, FACTS
from forestay.lake.writer import LakeWriter
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.series import SeriesBook
from forestay.signals.backtest import backtest
from forestay.signals.columns import Making
from forestay.signals.library import shipped_trigger
from forestay.signals.past import LakePast
from forestay.signals.report import Period
from forestay.signals.trigger import Outcome

TODAY, YEAR = 20_000, 365
TRIGGERS = ("usage-over-150-percent", "health-below-60", "churn-80-executive-turnover")
EVENTS_A_ROW = 5
"""Events of one name on one day of one account: rollups sum them."""


def months(days: np.ndarray) -> np.ndarray:
    table = np.array([date_of(day).year * 100 + date_of(day).month for day in range(TODAY - YEAR - 130, TODAY + 1)])
    return table[days - (TODAY - YEAR - 130)].astype(np.int32)


def write(root: str, accounts: int, events: int) -> None:
    """A year of two rollups and of subscriptions; a tenth of the accounts fade and churn."""
    LakeWriter(root)
    rng, rows = np.random.default_rng(3), max(1, events // EVENTS_A_ROW)
    names = np.array([f"Feature {n} Used" for n in range(12)] + ["Signed In"], object)
    for start in range(0, accounts, 2_000):
        here = np.arange(start, min(start + 2_000, accounts)) + 1
        account = np.repeat(here, rows)
        fades = np.repeat(here % 10 == 0, rows)
        back = rng.integers(1, YEAR + 120, len(account))
        day = TODAY - np.where(fades & (back < 120), back + 120, back)
        common = {"workspace_id": np.ones(len(account), np.int64), "month": months(day), "account": account}
        rest = {"day": pa.array(day.astype(np.int32)).cast(pa.date32()), "events": np.full(len(account), EVENTS_A_ROW)}
        by_event = pa.table({**common, "event": pa.array(names[rng.integers(0, len(names), len(account))]), **rest})
        by_user = pa.table({**common, "user": account * 16 + rng.integers(0, 12, len(account)), **rest})
        for table, data in ((ACCOUNT_EVENT_DAY, by_event), (ACCOUNT_USER_DAY, by_user)):
            data = (
                data.select(table.schema.names)
                .cast(table.schema)
                .sort_by([(name, "ascending") for name in table.order])
            )
            write_deltalake(f"{root}/{table.name}", data, mode="append", partition_by=[table.partition])
    write_deltalake(f"{root}/{FACTS.name}", facts(accounts), mode="append")
    compact(root, keep_hours=0)


def facts(accounts: int) -> pa.Table:
    every = np.arange(1, accounts + 1)
    parts = [("seats", 800, 10.0), ("mrr", 800, 500.0), ("subscription.started", 800, 1.0), ("ticket.opened", 40, 1.0)]
    gone = every[every % 10 == 0]
    columns = [(every, name, TODAY - days, value) for name, days, value in parts]
    columns.append((gone, "account.churned", TODAY - 60, 1.0))
    tables = [
        pa.table({
            "workspace_id": np.ones(len(who), np.int64), "account": who, "fact": pa.array([name] * len(who)),
            "day": pa.array(np.full(len(who), day, np.int32)).cast(pa.date32()), "value": np.full(len(who), value),
            "count": np.ones(len(who), np.int32), "position": np.ones(len(who), np.int64),
        }) for who, name, day, value in columns
    ]  # fmt: skip
    return pa.concat_tables(tables).select(FACTS.schema.names).cast(FACTS.schema)


def run(root: str, accounts: int, key: str) -> tuple[float, int, float | None]:
    measures = MeasureSet(DEFAULT_MEASURES, CONTEXT)
    book = SeriesBook.build(CONTEXT.features, CONTEXT.roles)
    numbers = np.arange(1, accounts + 1)
    lake = LakeReader(root, memory_mb=1500)
    unknown = lambda _key, wanted: np.full(len(wanted), np.nan)  # noqa: E731
    past = LakePast(lake, 1, numbers, np.full(accounts, -1), TODAY - 1, book, unknown, memory_mb=2000)
    began = time.perf_counter()
    made = backtest(
        shipped_trigger(key), Period(TODAY - YEAR, TODAY - 1, Outcome.CHURNED, 90), past, Making(), measures
    )
    seconds = time.perf_counter() - began
    lake.close()
    return seconds, made.firings, made.recall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--small", action="store_true", help="a tenth of the accounts, to try it out")
    options = parser.parse_args()
    report, scale = Report("backtest"), 10 if options.small else 1
    for accounts, events, target in ((10_000, 5_000, "<= 10"), (100_000, 200, "<= 60")):
        with tempfile.TemporaryDirectory() as root:
            write(root, accounts // scale, events)
            run(root, accounts // scale, TRIGGERS[0])
            for key in TRIGGERS:
                seconds, firings, recall = run(root, accounts // scale, key)
                report.add(f"{accounts // scale:,} x {events:,}: {key}", seconds, "s", target=f"{target}")
                report.add(f"  firings, recall {recall if recall is None else round(recall, 2)}", firings, "")
    report.add("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "GB", target="<= 4")
    report.show(save=options.save)


if __name__ == "__main__":
    main()
