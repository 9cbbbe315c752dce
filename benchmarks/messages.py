"""Messages a second on one core: requests drained, recipients found, the guard asked, letters rendered and kept, handed to
a provider that takes them at once, and their outcomes recorded. PostgreSQL runs beside, with fsync and row security on.

    python -m benchmarks.messages [--messages 10000] [--accounts 2000] [--profile] [--save]

CPU is that of this process (one core); the wall clock includes waiting for PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.actions.crowd import fill
from tests.actions.null_provider import NullChannel, NullProvider

from benchmarks.report import Report
from forestay.actions.carrying import Carrier
from forestay.actions.drain import drain_requests
from forestay.actions.registry import channels_for
from forestay.app.quick_arrays import use_quick_arrays
from forestay.kit.clock import SystemClock
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole


def main() -> None:
    """Fill a database, send everything, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    use_quick_arrays()  # as the worker does
    with TemporaryDirectory(prefix="forestay-bench-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "data")
        server.start()
        try:
            prepare({role: server.dsn(role) for role in DatabaseRole}, server.data_dir)
            fill(server.dsn(DatabaseRole.OWNER), accounts=options.accounts, messages=options.messages)
            run(Store.connect(server.dsn(DatabaseRole.WORKER), role=DatabaseRole.WORKER), options)
        finally:
            server.stop()


def run(store: Store, options: argparse.Namespace) -> None:
    provider, profile = NullProvider(knows_keys=True), cProfile.Profile()
    if options.profile:
        profile.enable()
    wall, cpu = time.perf_counter(), time.process_time()
    drained = asyncio.run(send_all(store, provider))
    wall, cpu, draining = time.perf_counter() - wall, time.process_time() - cpu, drained
    profile.disable()
    report = Report("messages", {"messages": options.messages, "accounts": options.accounts})
    sent = len(provider.acted)
    assert sent == options.messages
    report.add("messages handed over", sent, "messages")
    report.add("messages a second of the wall clock", sent / wall, "1/s")
    report.add("messages a second of a core", sent / cpu, "1/s", target=">= 1,000")
    report.add("of that, draining requests (wall clock)", draining, "s")
    report.show(save=options.save)
    if options.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


async def send_all(store: Store, provider: NullProvider) -> float:
    """Everything; gives the seconds spent in draining."""
    channel = NullChannel(provider, idempotent=True)
    channels = {**channels_for(Settings()), channel.kind: channel}
    carrier, seconds = Carrier(store, channels, SystemClock()), 0.0
    while True:
        began = time.perf_counter()
        with store.begin_worker() as connection:
            drained = drain_requests(connection, SystemClock().now(), 500)
        seconds += time.perf_counter() - began
        carried = await carrier.round()
        if not drained.requests and not carried.claimed:
            return seconds


if __name__ == "__main__":
    main()
