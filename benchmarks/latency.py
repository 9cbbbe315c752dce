"""How soon an event is a committed score and signal: 20,000 accounts, all shipped triggers on, load on the same cores.

    python -m benchmarks.latency [--rates 5000 20000 50000] [--seconds 30] [--accounts 20000] [--save]

`forestay up` runs as it ships. The accounts and a first event of each of their users come in by imports, so that the
load meets customers who are known. While the load generator (a process of its own) sends tracking calls, a probe
sends ten times a second one call that makes its account's health fall below 60, and asks the store until score and
signal of that account stand there: the figure is from before the HTTP call to after the answer, by one clock.
Backlog: bodies in the log that no tick has read, asked once a second under load: one that grows is larger in the last
third than in the middle one.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import httpx
import psycopg
import pyarrow as pa
import pyarrow.parquet

from benchmarks.calm import wait_calm
from benchmarks.load import EVENTS
from benchmarks.report import Report
from benchmarks.start import free_port
from forestay.app.client import ApiClient
from forestay.app.commands.imports import send_file
from forestay.customers.kinds import ImportKind
from forestay.sources.imports.mapping import ImportMapping
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole

ADMIN_KEY, WRITE_KEY = "fsk_made-up-admin-key-for-benchmarks", "fsw_made-up-write-key-for-benchmarks"
TARGETS = {5_000: (150, 400), 20_000: (250, 800)}
_USERS = 20
_COMMITTED = """
SELECT 1 FROM accounts AS a JOIN account_states AS s ON s.account_id = a.id JOIN signals AS g ON g.account_id = a.id
WHERE a.external_id = %s AND s.score IS NOT NULL LIMIT 1"""

_SIGNALS = "SELECT count(*) FROM signals"
_CALM_SIGNALS = 20
"""Signals a second below which the warm-up ends."""


class Product:
    """A running Forestay in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        environment = {**os.environ, "FORESTAY_ADMIN_KEY": ADMIN_KEY, "FORESTAY_WRITE_KEY": WRITE_KEY}
        command = [sys.executable, "-m", "forestay.app", "up", "--port", str(self.port), "--data", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        if not any(line.startswith("ready ") for line in self.process.stdout):
            raise SystemExit("forestay did not become ready")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def status(self) -> dict[str, object]:
        told = httpx.get(f"{self.url}/api/status", headers={"Authorization": f"Bearer {ADMIN_KEY}"}, timeout=30)
        answer: dict[str, object] = told.json()
        return answer

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Probe(threading.Thread):
    """Sends calls that make signals, and waits for each. seconds: one value a call."""

    def __init__(self, product: Product, run: str) -> None:
        super().__init__(daemon=True)
        self.product, self.run_name, self.over = product, run, threading.Event()
        self.seconds: list[float] = []

    def run(self) -> None:
        dsn = EmbeddedPostgres(self.product.folder).dsn(DatabaseRole.OWNER)
        number = 0
        with httpx.Client(base_url=self.product.url, auth=(WRITE_KEY, "")) as http, psycopg.connect(dsn) as store:
            store.autocommit = True
            while not self.over.wait(0.1):
                number += 1
                self.seconds.append(self._once(http, store, f"probe-{self.run_name}-{number}"))

    def _once(self, http: httpx.Client, store: psycopg.Connection[tuple[object, ...]], account: str) -> float:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        call = {
            "messageId": account, "userId": f"user-of-{account}", "event": "Report Opened", "timestamp": now,
            "sentAt": now, "context": {"groupId": account},
        }  # fmt: skip
        began = time.perf_counter()
        http.post("/v1/track", json=call).raise_for_status()
        while store.execute(_COMMITTED, (account,)).fetchone() is None:
            if time.perf_counter() - began > 60:
                return 60.0
            time.sleep(0.002)
        return time.perf_counter() - began


class Backlog(threading.Thread):
    """Asks once a second how many bodies wait. waiting: one count a second, from the start of the load."""

    def __init__(self, product: Product) -> None:
        super().__init__(daemon=True)
        self.product, self.over = product, threading.Event()
        self.waiting: list[float] = []

    def run(self) -> None:
        while not self.over.wait(1.0):
            status = self.product.status()
            self.waiting.append(int(str(status["last_position"])) - int(str(status["position"])))

    def thirds(self) -> tuple[float, float]:
        """Bodies that wait on average in the middle and in the last third of the load."""
        third = len(self.waiting) // 3
        return fmean(self.waiting[third : 2 * third]), fmean(self.waiting[2 * third :])


def bring_in(product: Product, accounts: int, folder: Path) -> None:
    """Accounts, and for each of their users an event of some days ago."""
    names = folder / "accounts.csv"
    with names.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["account_id", "name", "seats", "arr"])
        rows.writerows([f"account-{n}", f"Account {n}", 25, 1000 + n % 9000] for n in range(accounts))
    events = folder / "events.parquet"
    at = int(time.time() * 1e6)
    pairs = [(account, user) for account in range(accounts) for user in range(_USERS)]
    pa.parquet.write_table(
        pa.table(
            {
                "event": [EVENTS[(a * 7 + u) % len(EVENTS)] for a, u in pairs],
                "at": pa.array([at - (1 + (a + u) % 27) * 86_400_000_000 for a, u in pairs], pa.timestamp("us", "UTC")),
                "account_id": [f"account-{a}" for a, _ in pairs],
                "user_id": [f"user-{a}-{u}" for a, u in pairs],
            }
        ),
        events,
    )
    with ApiClient(product.url, ADMIN_KEY, timeout_seconds=600) as client:
        send_file(client, names, ImportKind.ACCOUNTS, ImportMapping())
        send_file(client, events, ImportKind.EVENTS, ImportMapping())
        wait_calm(client, product.folder)  # what the import set off is carried out before the load
    with psycopg.connect(EmbeddedPostgres(product.folder).dsn(DatabaseRole.OWNER), autocommit=True) as store:
        store.execute("ANALYZE")


def warm_up(product: Product, accounts: int, rate: int, most_seconds: float = 30.0) -> float:
    """Send load until the accounts have come to know it: what so much use sets off (growth, first workflows, new users)
    fires once and is open from then on. Gives the seconds it took."""
    began = time.perf_counter()
    with psycopg.connect(EmbeddedPostgres(product.folder).dsn(DatabaseRole.OWNER), autocommit=True) as store:
        before = _count(store, _SIGNALS)
        while time.perf_counter() - began < most_seconds:
            subprocess.run([*_generator(product, rate, 10.0, accounts)], check=True, capture_output=True)
            now = _count(store, _SIGNALS)
            if now - before < _CALM_SIGNALS * 10:
                break
            before = now
    with ApiClient(product.url, ADMIN_KEY, timeout_seconds=600) as client:
        wait_calm(client, product.folder)
    return time.perf_counter() - began


def _count(store: psycopg.Connection[tuple[object, ...]], query: str) -> int:
    row = store.execute(query.encode()).fetchone()
    return 0 if row is None else int(str(row[0]))


def _generator(product: Product, rate: int, seconds: float, accounts: int) -> list[str]:
    return [
        sys.executable, "-m", "benchmarks.load", "--url", product.url, "--write-key", WRITE_KEY, "--rate", str(rate),
        "--seconds", str(seconds), "--accounts", str(accounts), "--json",
    ]  # fmt: skip


def under_load(product: Product, rate: int, seconds: float, accounts: int, report: Report) -> None:
    probe = Probe(product, str(rate))
    command = _generator(product, rate, seconds, accounts)
    generator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    backlog = Backlog(product)
    backlog.start()
    time.sleep(min(5.0, seconds / 4))  # the first seconds belong to the start
    probe.start()
    output, _ = generator.communicate()
    backlog.over.set()
    probe.over.set()
    backlog.join()
    probe.join()
    sent = json.loads(output)
    times = sorted(probe.seconds)
    p50, p99 = TARGETS.get(rate, (None, None))
    name = f"{rate:,} events/s"
    report.add(f"{name}: accepted", sent["events_per_second"], "events/s")
    report.add(
        f"{name}: event to score and signal, p50", 1e3 * times[len(times) // 2], "ms", target=f"<= {p50}" if p50 else ""
    )
    report.add(
        f"{name}: event to score and signal, p99",
        1e3 * times[int(0.99 * (len(times) - 1))],
        "ms",
        target=f"<= {p99}" if p99 else "",
    )
    middle, last = backlog.thirds()
    report.add(f"{name}: bodies waiting, middle third", middle, "bodies", runs=backlog.waiting)
    report.add(f"{name}: bodies waiting, last third", last, "bodies", target="not growing")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=int, nargs="+", default=[5_000, 20_000, 50_000])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    report = Report("latency", {"accounts": asked.accounts, "seconds": asked.seconds, "users": asked.accounts * _USERS})
    with tempfile.TemporaryDirectory(prefix="forestay-bench-") as name:
        product = Product(Path(name) / "data")
        try:
            began = time.perf_counter()
            bring_in(product, asked.accounts, Path(name))
            report.add("accounts and first events imported", time.perf_counter() - began, "s")
            report.add("until the load sets off nothing new", warm_up(product, asked.accounts, asked.rates[0]), "s")
            for rate in asked.rates:
                under_load(product, rate, asked.seconds, asked.accounts, report)
        finally:
            product.stop()
    report.show(save=asked.save)


if __name__ == "__main__":
    main()
