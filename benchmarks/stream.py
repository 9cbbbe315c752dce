"""How soon a thousand browsers hear of a change, and what a listening browser costs the server.

    python -m benchmarks.stream [--clients 1000] [--seconds 30] [--save]

A whole Forestay; its stream at /api/stream, listened to over raw sockets by one key. Twice a second a transaction of
the worker's role changes an account and names it by the moment. Delivery is from when its commit was answered until a
client has read it: NOTIFY, gathering, fan-out, the loopback and this process's own reading, which is on the same cores.
What the commit itself took (it waits for the disk) stands beside it, and the sum of both.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import psycopg
import uvloop
from sqlalchemy import text
from tests.running import ADMIN_KEY, RunningForestay, eventually, running_forestay

from benchmarks.report import Report
from forestay.store.changes import about, tell_accounts
from forestay.store.database import Store
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole

EVERY_SECONDS = 0.5
_NAME = re.compile(rb'"t(\d{9,})"')
_CONNECTING_AT_ONCE = 50


@dataclass
class Crowd:
    """All clients. heard: of each delivery the name and the moment, ns; greeted: those that are connected."""

    port: int
    heard: list[tuple[int, int]] = field(default_factory=list)
    greeted: int = 0
    resyncs: int = 0

    async def listen(self, room: asyncio.Semaphore) -> None:
        """One browser, until it is cancelled."""
        async with room:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(
                f"GET /api/stream HTTP/1.1\r\nHost: f.example.com\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\r\n".encode()
            )
            await reader.readuntil(b"event: hello")
            self.greeted += 1
        try:
            while part := await reader.read(65_536):
                now = time.perf_counter_ns()
                found = _NAME.findall(part)
                self.heard += [(int(one), now) for one in found]
                self.resyncs += part.count(b"event: resync")
        finally:
            writer.close()


def change(store: Store, workspace_id: int) -> tuple[int, int]:
    """One transaction, named by its moment; gives the name and when it was committed, both in ns."""
    with store.begin_worker() as connection:
        about(connection, (workspace_id,))
        connection.execute(text("UPDATE accounts SET name = name || '' WHERE external_id = 'acme'"))
        name = time.perf_counter_ns()
        tell_accounts(connection, workspace_id, [f"t{name}"])
    return name, time.perf_counter_ns()


def cpu_of(process: psutil.Process) -> float:
    """Seconds of the processor that it has used."""
    used = process.cpu_times()
    return float(used.user + used.system)


async def measure(
    report: Report, port: int, store: Store, workspace_id: int, server: psutil.Process, clients: int, seconds: float
) -> None:
    crowd, room = Crowd(port), asyncio.Semaphore(_CONNECTING_AT_ONCE)
    before = server.memory_info().rss
    began = time.perf_counter()
    tasks = [asyncio.create_task(crowd.listen(room)) for _ in range(clients)]
    while crowd.greeted < clients:
        await asyncio.sleep(0.05)
    report.add(f"{clients:,} clients connected", time.perf_counter() - began, "s")
    report.add("memory of the server a client", (server.memory_info().rss - before) / clients / 1024, "KiB")
    await asyncio.sleep(3)
    crowd.heard.clear()
    idle_cpu, idle_at = cpu_of(server), time.perf_counter()
    await asyncio.sleep(10)
    report.add(
        "CPU of the server, silent but for signs of life",
        100 * (cpu_of(server) - idle_cpu) / (time.perf_counter() - idle_at),
        "% of core",
    )
    cpu, began, sent = cpu_of(server), time.perf_counter(), dict[int, int]()
    while time.perf_counter() - began < seconds:
        name, at = await asyncio.to_thread(change, store, workspace_id)
        sent[name] = at
        await asyncio.sleep(max(0.0, began + len(sent) * EVERY_SECONDS - time.perf_counter()))
    await asyncio.sleep(2)
    used = cpu_of(server) - cpu
    times = sorted(max(0, now - sent[name]) / 1e9 for name, now in crowd.heard)
    whole = sorted((now - name) / 1e9 for name, now in crowd.heard)
    commits = sorted((at - name) / 1e9 for name, at in sent.items())
    report.add("delivered of those that were sent", len(times) / (len(sent) * clients), "share", target="1")
    report.add("delivery, p50", 1e3 * statistics.median(times), "ms")
    report.add("delivery, p99", 1e3 * times[int(0.99 * len(times))], "ms", target="<= 500")
    report.add("delivery, slowest", 1e3 * times[-1], "ms")
    report.add("commit, p50", 1e3 * statistics.median(commits), "ms")
    report.add("commit, slowest", 1e3 * commits[-1], "ms")
    report.add("commit and delivery, p99", 1e3 * whole[int(0.99 * len(whole))], "ms")
    report.add("CPU of the server", 100 * used / seconds, "% of core")
    report.add("CPU of the server a message", 1e6 * used / max(1, len(times)), "us")
    report.add("clients that were told to ask again", crowd.resyncs, "")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=1000)
    asked.add_argument("--seconds", type=float, default=30.0)
    asked.add_argument("--save", action="store_true")
    given = asked.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, given.clients + 500)), hard))
    report = Report(
        "stream",
        {
            "clients": given.clients,
            "seconds": given.seconds,
            "messages_per_second": 1 / EVERY_SECONDS,
            "nice": os.nice(0),
        },
    )
    with tempfile.TemporaryDirectory(prefix="forestay-bench-") as folder:
        Path(folder).chmod(0o711)
        with running_forestay(Path(folder) / "data") as forestay:
            run(report, forestay, given.clients, given.seconds)
    report.show(save=given.save)


def run(report: Report, forestay: RunningForestay, clients: int, seconds: float) -> None:
    """Measure a Forestay that runs; nobody but this benchmark uses it."""
    eventually(forestay.is_ready)
    postgres = EmbeddedPostgres(forestay.data)
    with psycopg.connect(postgres.dsn(DatabaseRole.OWNER), autocommit=True) as owner:
        row = owner.execute("SELECT id FROM workspaces ORDER BY id LIMIT 1").fetchone()
        assert row is not None
        workspace_id = int(row[0])
        owner.execute(
            "INSERT INTO accounts (workspace_id, external_id, name) VALUES (%s, 'acme', 'Acme')", (workspace_id,)
        )
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    httpx.get(f"{forestay.url}/api/status", headers=headers, timeout=60, trust_env=False).raise_for_status()
    server = forestay.child("server")
    assert server is not None
    store = Store.connect(postgres.dsn(DatabaseRole.WORKER), pool_size=1, role=DatabaseRole.WORKER)
    try:
        uvloop.run(measure(report, forestay.port, store, workspace_id, server, clients, seconds))
    finally:
        store.close()


if __name__ == "__main__":
    main()
