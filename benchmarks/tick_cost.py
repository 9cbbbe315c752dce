"""What a tick costs, by the accounts that are stored: it should depend on what it touches, not on what is there.

    python -m benchmarks.tick_cost [--accounts 10000 100000 1000000] [--events 500] [--ticks 60] [--profile] [--save]

Accounts come in by an import, as they would; then ticks of a constant number of events about a constant number of
accounts, all shipped triggers on, everything committed to a PostgreSQL with fsync. Median, and 95 of 100;
and the processor time of the tick's own thread, which other work on the machine hardly moves.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import io
import pstats
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from benchmarks.report import Report
from forestay.app.asking import StorePatience
from forestay.app.commit import Commit
from forestay.app.poison import Isolation
from forestay.app.quick_arrays import use_quick_arrays
from forestay.app.recovery import Recovery
from forestay.app.shipped import shipped_documents
from forestay.app.tick import Tick, Ticked
from forestay.customers.kinds import ImportKind
from forestay.events.drivers.file import FileLog
from forestay.events.log import Codec
from forestay.events.wire import ARROW_KIND, ARROW_SOURCE
from forestay.governance.bootstrap import create_workspace
from forestay.lake.batch import LakeBatch
from forestay.lake.reads import Chosen, DatedFacts
from forestay.store.database import Store
from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole

EVENTS = [f"{noun} {verb}" for noun in ("Report", "Dashboard", "Invoice", "User") for verb in ("Opened", "Created", "Shared")]  # fmt: skip
_IMPORT_ROWS = 20_000
_USERS, _HISTORY_DAYS = 20, 20


class NoLake:
    """The lake's part happens in another thread and is measured elsewhere."""

    def hand(self, batches: Sequence[LakeBatch], up_to: int) -> None:
        """Forget them."""


def no_facts(chosen: Chosen, fact: str) -> DatedFacts:
    raise AssertionError("nothing is recovered here")


class Bench:
    """One worker on a real store and log."""

    def __init__(self, folder: Path, store: Store, owner: Store) -> None:
        with owner.begin_worker() as connection:
            self.workspace = create_workspace(connection, "bench", "Bench", shipped_documents())
        self.log = FileLog(folder / "log")
        patience, commit = StorePatience(store), Commit(store)
        recovery = Recovery(
            store,
            self.log,
            folder / "snapshot",
            lambda: datetime.now(UTC),
            NoLake().hand,
            lambda: 1 << 60,
            no_facts,
        )
        position, last = commit.position()
        self.tick = Tick(
            self.log, recovery.shard(position), commit, patience.ask, NoLake(), Isolation(recovery, store),
            lambda: datetime.now(UTC), last,
        )  # fmt: skip

    def append(self, codec: Codec, body: bytes) -> None:
        asyncio.run(self.log.append(self.workspace, codec, body))

    def run_dry(self) -> float:
        """Tick until nothing is to do, imports have settled and what they fired is written."""
        started = time.perf_counter()
        worked = 0.0
        while True:
            began = time.perf_counter()
            while self.tick.run() is not None:
                continue
            worked += time.perf_counter() - began
            if not any(len(space.settling) for space in self.tick.shard.workspaces.values()):
                return worked
            if time.perf_counter() - started > 3600:
                raise TimeoutError("the imports did not settle")
            time.sleep(0.05)


@contextmanager
def bench() -> Iterator[Bench]:
    use_quick_arrays()
    with tempfile.TemporaryDirectory(prefix="forestay-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder)
        server.start()
        prepare({role: server.dsn(role) for role in DatabaseRole}, folder)
        store = Store.connect(server.dsn(DatabaseRole.WORKER), role=DatabaseRole.WORKER)
        owner = Store.connect(server.dsn(DatabaseRole.OWNER), role=DatabaseRole.OWNER)
        made = Bench(folder, store, owner)
        try:
            yield made
        finally:
            made.log.close()
            store.close()
            owner.close()
            server.stop()


def accounts_body(first: int, count: int) -> bytes:
    ids = [f"account-{n}" for n in range(first, first + count)]
    columns = {
        "account_id": ids, "name": [f"Account {n}" for n in range(first, first + count)],
        "plan": ["pro"] * count, "seats": [20.0] * count, "arr": [1000.0 + n % 5000 for n in range(count)],
        "row_key": ids,
    }  # fmt: skip
    return arrow_body(ImportKind.ACCOUNTS, columns)


def history_body(accounts: range, days_ago: int) -> bytes:
    """An imported day of every touched account's twenty users, so that ticks meet accounts that live."""
    pairs = [(account, user) for account in accounts for user in range(_USERS)]
    at = int((time.time() - 86_400 * days_ago) * 1e6)
    columns = {
        "event": pa.array([EVENTS[(account + user + days_ago) % len(EVENTS)] for account, user in pairs]),
        "at": pa.array([at] * len(pairs), pa.timestamp("us", "UTC")),
        "account_id": pa.array([f"account-{account}" for account, _ in pairs]),
        "user_id": pa.array([f"user-{account}-{user}" for account, user in pairs]),
        "row_key": pa.array([f"h-{days_ago}-{account}-{user}" for account, user in pairs]),
    }
    return arrow_body(ImportKind.EVENTS, columns)


def arrow_body(kind: ImportKind, columns: Mapping[str, object]) -> bytes:
    batch = pa.RecordBatch.from_pydict(dict(columns)).replace_schema_metadata(
        {ARROW_KIND: kind.value.encode(), ARROW_SOURCE: b"bench"}
    )
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue()


def events_body(chance: random.Random, accounts: range, count: int, number: int) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    batch = []
    for n in range(count):
        account = chance.choice(accounts)
        batch.append(
            {"type": "track", "messageId": f"m-{number}-{n}", "userId": f"user-{account}-{chance.randrange(_USERS)}",
             "event": chance.choice(EVENTS), "timestamp": now, "context": {"groupId": f"account-{account}"},
             "properties": {"source": "web"}}
        )  # fmt: skip
    return msgspec.json.encode({"batch": batch, "sentAt": now})


def measure(bench: Bench, accounts: int, events: int, ticks: int, spread: int, report: Report, profile: bool) -> None:
    before = len(bench.tick.shard.workspaces[bench.workspace].known.account_keys)
    for first in range(before, accounts, _IMPORT_ROWS):
        bench.append(Codec.ARROW, accounts_body(first, min(_IMPORT_ROWS, accounts - first)))
    worked = bench.run_dry()
    report.add(f"{accounts:,} accounts: imported, scored and judged", (accounts - before) / worked, "accounts/s")
    chance = random.Random(1)
    touched = range(0, accounts, max(1, accounts // spread))
    for day in range(_HISTORY_DAYS, 0, -1):
        bench.append(Codec.ARROW, history_body(touched, day))
    rows = len(touched) * _USERS * _HISTORY_DAYS
    report.add(
        f"{accounts:,} accounts: events imported and scored", rows / bench.run_dry(), "events/s", target=">= 150,000"
    )
    seconds: list[float] = []
    worked_seconds: list[float] = []
    profiler = cProfile.Profile()
    for number in range(ticks + 10):
        bench.append(Codec.SEGMENT, events_body(chance, touched, events, accounts + number))
        if profile and number == 10:
            profiler.enable()
        began, worked_before = time.perf_counter(), time.thread_time()
        ticked: Ticked | None = bench.tick.run()
        assert ticked is not None
        if number >= 10:
            seconds.append(time.perf_counter() - began)
            worked_seconds.append(time.thread_time() - worked_before)
    profiler.disable()
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    seconds.sort()
    report.add(f"{accounts:,} accounts: tick of {events} events, median", 1e3 * statistics.median(seconds), "ms")
    report.add(
        f"{accounts:,} accounts: processor time of its tick, median", 1e3 * statistics.median(worked_seconds), "ms"
    )
    report.add(f"{accounts:,} accounts: tick of {events} events, p95", 1e3 * seconds[int(0.95 * len(seconds))], "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--ticks", type=int, default=60)
    parser.add_argument("--spread", type=int, default=2000, help="accounts that the events are about")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    report = Report("tick-cost", {"events": asked.events, "ticks": asked.ticks})
    with bench() as made:
        for accounts in sorted(asked.accounts):
            measure(made, accounts, asked.events, asked.ticks, asked.spread, report, asked.profile)
    report.show(save=asked.save)


if __name__ == "__main__":
    main()
