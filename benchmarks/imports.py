"""File to committed score: events from Parquet and CSV through upload, job, log and tick, identity and dedup on.

    python -m benchmarks.imports [--events 1500000] [--known] [--save]

A whole Forestay runs on the same cores. The clock starts with the upload and stops when the worker has committed
the last row. Each kind of file goes into a Forestay of its own, with events of users and accounts that nobody has seen
before; with --known again with others of the same users, after what the first import set off is done.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
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

ACCOUNTS, USERS_AN_ACCOUNT, NAMES = 20_000, 10, 12


def events(count: int, seed: int, company: str) -> pa.Table:
    """Use of the last 90 days by the users of a company's ACCOUNTS customers."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, ACCOUNTS, count)
    user = account * USERS_AN_ACCOUNT + rng.integers(0, USERS_AN_ACCOUNT, count)
    now = int(time.time() * 1e6)
    at = now - rng.integers(0, 90 * 86_400, count) * 1_000_000
    text = lambda prefix, numbers: pa.array([f"{prefix}{n}" for n in numbers.tolist()])  # noqa: E731
    return pa.table({
        "event": text("Event ", rng.integers(0, NAMES, count)), "at": pa.array(at, pa.timestamp("us", "UTC")),
        "account_id": text(f"{company}-", account), "user_id": text(f"{company}-u-", user),
        "message_id": text(f"m{seed}-", np.arange(count)),
    })  # fmt: skip


def measure(product: RunningForestay, client: ApiClient, file: Path, rows: pa.Table) -> float:
    """Events a second from the upload to the committed score of the last row; waits before for a calm machine."""
    write = pq.write_table if file.suffix == ".parquet" else pacsv.write_csv
    write(rows, file)
    wait_calm(client, product.data)
    began = time.perf_counter()
    result = send_file(client, file, ImportKind.EVENTS, ImportMapping())
    seconds = time.perf_counter() - began
    assert result["accepted"] == rows.num_rows, result
    file.unlink()
    return rows.num_rows / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_500_000)
    parser.add_argument("--known", action="store_true", help="also measure other events of the same users")
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    conditions = {"events": asked.events, "accounts": ACCOUNTS, "users": ACCOUNTS * USERS_AN_ACCOUNT}
    report = Report("imports", conditions)
    for name, count, target in (
        ("a.parquet", asked.events, ">= 150,000"), ("b.csv", asked.events // 2, ">= 50,000"),
    ):  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="forestay-bench-") as folder:
            Path(folder).chmod(0o711)
            file = Path(folder) / name
            with running_forestay(Path(folder) / "data") as product, ApiClient(product.url, ADMIN_KEY, 600) as client:
                whose = ("users seen for the first time", *(("known users",) if asked.known else ()))
                for seed, who in enumerate(whose):
                    rate = measure(product, client, file, events(count, seed, "acc"))
                    report.add(f"{file.suffix[1:]}, {who}", rate, "events/s", target=target)
    report.show(save=asked.save)


if __name__ == "__main__":
    main()
