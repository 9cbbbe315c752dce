"""File to committed score: events from Parquet and CSV through upload, job, log and tick, identity and dedup on.

    python -m benchmarks.imports [--events 1500000] [--save]

A whole Forestay runs on the same cores. The clock starts with the upload and stops when the worker has committed
the last row.
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
from tests.running import ADMIN_KEY, running_forestay

from benchmarks.report import Report
from forestay.app.client import ApiClient
from forestay.app.commands.imports import send_file
from forestay.customers.kinds import ImportKind
from forestay.sources.imports.mapping import ImportMapping

ACCOUNTS, USERS_AN_ACCOUNT, NAMES = 20_000, 10, 12


def events(count: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    account = rng.integers(0, ACCOUNTS, count)
    user = account * USERS_AN_ACCOUNT + rng.integers(0, USERS_AN_ACCOUNT, count)
    now = int(time.time() * 1e6)
    at = now - rng.integers(0, 90 * 86_400, count) * 1_000_000
    text = lambda prefix, numbers: pa.array([f"{prefix}{n}" for n in numbers.tolist()])  # noqa: E731
    return pa.table({
        "event": text("Event ", rng.integers(0, NAMES, count)), "at": pa.array(at, pa.timestamp("us", "UTC")),
        "account_id": text("acc-", account), "user_id": text("u-", user), "message_id": text(f"m{seed}-", np.arange(count)),
    })  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_500_000)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    report = Report("imports", {"events": options.events, "accounts": ACCOUNTS})
    with tempfile.TemporaryDirectory(prefix="forestay-bench-") as folder:
        Path(folder).chmod(0o711)
        parquet, csv, warm = (Path(folder) / name for name in ("a.parquet", "b.csv", "warm.parquet"))
        pq.write_table(events(options.events, 1), parquet)
        pacsv.write_csv(events(options.events // 2, 2), csv)
        pq.write_table(events(100_000, 3), warm)
        with running_forestay(Path(folder) / "data") as product, ApiClient(product.url, ADMIN_KEY, 600) as client:
            send_file(client, warm, ImportKind.EVENTS, ImportMapping())
            for file, count, target in (
                (parquet, options.events, ">= 150,000"),
                (csv, options.events // 2, ">= 50,000"),
            ):
                began = time.perf_counter()
                result = send_file(client, file, ImportKind.EVENTS, ImportMapping())
                seconds = time.perf_counter() - began
                assert result["accepted"] == count, result
                report.add(
                    f"import of {file.suffix[1:]}, file to committed score", count / seconds, "events/s", target=target
                )
    report.show(save=options.save)


if __name__ == "__main__":
    main()
