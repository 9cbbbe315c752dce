"""File to committed score: events from Parquet and CSV through upload, job, log and tick, identity and dedup on.

    python -m benchmarks.imports [--events 3000000] [--only parquet|csv] [--case history|people] [--save]

A whole Forestay runs on the same cores. The clock starts with the upload and stops when the worker has committed
the last row and scored every account of it. Each file goes into a Forestay of its own, so nobody in it has been seen
before. The rate is what the machine gave; the processor time an event says what it cost, whoever else was at work.

Users cost much when they come and little after, and the lake has a folder for each day, so there are three cases: a
history (a year of use in the order of time, as tables of events are kept: a hundred events of each user, in visits of
ten), one in no order of time and without visits (no event of a user on the same day as another), and mostly new people
(two months of rare visitors, under eight events of each, in no order).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from tests.running import ADMIN_KEY, RunningForestay, running_forestay

from benchmarks.calm import wait_calm
from benchmarks.report import Report
from forestay.app.client import ApiClient
from forestay.app.commands.imports import send_file
from forestay.customers.kinds import ImportKind
from forestay.sources.imports.mapping import ImportMapping

NAMES = 12
TARGETS = {"parquet": ">= 150,000", "csv": ">= 50,000"}


@dataclass(frozen=True, slots=True)
class Case:
    """A company's past. visit: events that a user makes one after the other, minutes apart; share: of the events asked
    for that its file holds; is_in_order: by time."""

    name: str
    accounts: int
    users_an_account: int
    days: int
    visit: int
    share: float
    is_in_order: bool


CASES = {
    "history": Case("a history", 3_000, 10, 365, 10, 1.0, True),
    "unordered": Case("a history in no order", 3_000, 10, 365, 1, 1.0, False),
    "people": Case("mostly new people", 20_000, 10, 60, 2, 0.5, False),
}


def events(case: Case, count: int, seed: int) -> pa.Table:
    """Use of all users alike."""
    rng = np.random.default_rng(seed)
    visits = -(-count // case.visit)
    visitor = rng.integers(0, case.accounts * case.users_an_account, visits)
    user = np.repeat(visitor, case.visit)[:count]
    ago = np.repeat(rng.integers(0, case.days * 86_400, visits), case.visit)[:count]
    ago = (ago + rng.integers(0, 1_800, count)) * 1_000_000
    order = np.argsort(-ago) if case.is_in_order else rng.permutation(count)
    user, at = user[order], int(time.time() * 1e6) - ago[order]
    account = user // case.users_an_account
    return pa.table({
        "event": _words("Event ", rng.integers(0, NAMES, count)), "at": pa.array(at, pa.timestamp("us", "UTC")),
        "account_id": _words("acc-", account), "user_id": _words("u-", user),
        "message_id": _words(f"m{seed}-", np.arange(count)),
    })  # fmt: skip


def _words(prefix: str, numbers: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array([f"{prefix}{n}" for n in numbers.tolist()])


def processor_seconds(product: RunningForestay) -> float:
    """Time that all of a Forestay's processes have had, those that ended included."""
    assert product.process is not None
    top = psutil.Process(product.process.pid)
    seconds = 0.0
    for one in (*top.children(recursive=True), top):  # the top last: it tells of those that ended meanwhile
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def measure(product: RunningForestay, client: ApiClient, file: Path, rows: pa.Table) -> tuple[float, float]:
    """Events a second from the upload to the committed score of the last row, and processor time an event in
    microseconds; waits before for a calm machine."""
    write = pq.write_table if file.suffix == ".parquet" else pacsv.write_csv
    write(rows, file)
    wait_calm(client, product.data)
    began, before = time.perf_counter(), processor_seconds(product)
    result = send_file(client, file, ImportKind.EVENTS, ImportMapping())
    seconds, worked = time.perf_counter() - began, processor_seconds(product) - before
    assert result["accepted"] == rows.num_rows, result
    file.unlink()
    return rows.num_rows / seconds, worked / rows.num_rows * 1e6


def runs(asked: argparse.Namespace) -> Iterator[tuple[Case, str, int]]:
    """What is measured: case, kind of file, number of events."""
    for key, case in CASES.items():
        for kind in TARGETS:
            if asked.case in (None, key) and asked.only in (None, kind) and (kind == "parquet" or key != "unordered"):
                yield case, kind, int(asked.events * case.share * (1.0 if kind == "parquet" else 0.5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--only", choices=sorted(TARGETS))
    parser.add_argument("--case", choices=sorted(CASES))
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    conditions = {
        "events": asked.events,
        **{
            c.name: f"{c.accounts * c.users_an_account} users of {c.accounts} accounts, {c.days} days"
            for c in CASES.values()
        },
    }
    report = Report("imports", conditions)
    for case, kind, count in runs(asked):
        with tempfile.TemporaryDirectory(prefix="forestay-bench-") as folder:
            Path(folder).chmod(0o711)
            with running_forestay(Path(folder) / "data") as product, ApiClient(product.url, ADMIN_KEY, 600) as client:
                rate, worked = measure(product, client, Path(folder) / f"events.{kind}", events(case, count, 0))
                target = TARGETS[kind] if case is CASES["history"] else ""
                report.add(f"{kind}, {case.name}", rate, "events/s", target=target)
                report.add(f"{kind}, {case.name}: processor time of all processes", worked, "us/event")
    report.show(save=asked.save)


if __name__ == "__main__":
    main()
