"""Journeys at work: transitions a second, bytes of a waiting run, lateness of timers, events that wake, sweeping and
pausing all of them, and DBOS beside.

    python -m benchmarks.journeys [--runs 60000] [--waiting 10000 100000 1000000] [--dbos 200] [--save]

One PostgreSQL as it ships (fsync on, row security on). A run enters through the inbox, branches, asks for a message,
waits, and exits: five transitions, with history and the request written. DBOS Transact 3.4 (PyPI `dbos`) runs the same
five on the same server, right after, in a throw-away environment; left out, and said so, when it cannot be fetched.

'of processor time' is what the runner and its server process took, by the system's books: what remains comparable when
others use the machine, whose load stands in the result.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.journeys_house import STEPS, WAITERS_FROM, Clock, JourneysHouse, PlainWorld, journeys_house
from benchmarks.report import Report
from forestay.journeys.runtime import whole
from forestay.journeys.runtime.runner import Runner
from forestay.journeys.runtime.sweep import Sweeper
from forestay.store.database import Store, raw
from forestay.store.roles import DatabaseRole

_PER_RUN = 5
_DBOS = Path(__file__).with_name("journeys_dbos.py")


def drain(turn: Callable[[], int]) -> None:
    while turn():
        pass


def one_worker(house: JourneysHouse, first: int, runs: int) -> tuple[float, float]:
    """Transitions a second of one runner; microseconds of processor time that each took."""
    house.let_in(first, runs)
    house.settle()
    clock = Clock()
    runner = house.runner(clock)
    began, before = time.perf_counter(), processor_seconds(house)
    drain(lambda: runner.take_in().rows)
    clock.ahead = timedelta(days=3, seconds=30)
    drain(lambda: runner.run_due().rows)
    spent, took = processor_seconds(house) - before, time.perf_counter() - began
    runner.store.close()
    return _PER_RUN * runs / took, spent / (_PER_RUN * runs) * 1e6


def processor_seconds(house: JourneysHouse) -> float:
    """Of this process and of the server's processes that work for runners."""
    pids = house.ask(f"SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = '{DatabaseRole.WORKER}'")
    served = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids or ())
    return time.process_time() + served / 1e9


def idle(house: JourneysHouse, seconds: int = 10) -> float:
    """Share of a core that a worker takes which has nothing to do."""
    runner = house.runner(Clock())
    before = processor_seconds(house)
    for _ in range(seconds):
        runner.look()
        time.sleep(1)
    return (processor_seconds(house) - before) / seconds


def swept(house: JourneysHouse) -> tuple[float, float]:
    """Seconds in which the sweeper looks at every run and token once, and the longest look of it, a transaction each."""
    runner = house.runner(Clock())
    sweeper, looks = Sweeper(runner.book), list[float]()
    while not looks or not sweeper.is_through:
        began = time.perf_counter()
        with runner.store.begin_worker() as connection:
            sweeper.look(raw(connection), datetime.now(UTC))
        looks.append(time.perf_counter() - began)
    runner.store.close()
    return sum(looks), max(looks)


def paused(house: JourneysHouse, journey: int) -> tuple[float, float, float]:
    """Seconds until a journey stands still (nothing of it moves after that commit), of the longest chunk of marking its
    runs, and until all are marked."""
    store, chunks = Store.connect(house.worker_dsn, pool_size=1, role=DatabaseRole.WORKER), list[float]()
    began = time.perf_counter()
    with store.begin_worker() as connection:
        whole.pause_journey(raw(connection), journey, datetime.now(UTC))
    at_once, is_left = time.perf_counter() - began, True
    while is_left:
        since = time.perf_counter()
        with store.begin_worker() as connection:
            is_left = whole.carry_on(raw(connection)) is not None
        chunks.append(time.perf_counter() - since)
    store.close()
    return at_once, max(chunks), time.perf_counter() - began


def in_force(house: JourneysHouse, times: int = 6) -> float:
    """Seconds from a publication to the worker's having it, at worst; the worker looks once a second."""
    runner, is_over, worst = house.runner(Clock()), threading.Event(), 0.0

    def work() -> None:
        while not is_over.wait(1):
            runner.look()

    worker = threading.Thread(target=work)
    worker.start()
    steps = {"start": {"kind": "wait", "for": {"days": 1}, "next": "end"}, "end": {"kind": "exit"}}
    for n in range(times):
        began, key = time.perf_counter(), house.publish(steps, f"published-{n}", known=False)
        while key not in {one.compiled.key for one in list(runner.book.live.values())}:
            time.sleep(0.01)
        worst = max(worst, time.perf_counter() - began)
        time.sleep(0.3 * n / times)
    is_over.set()
    worker.join()
    return worst


def _work(dsn: str, ahead: float) -> None:
    """A process of its own."""
    store = Store.connect(dsn, pool_size=2, role=DatabaseRole.WORKER)
    runner = Runner(store, lambda _, now: PlainWorld(now), Clock(timedelta(seconds=ahead)))
    runner.refresh()
    drain(lambda: runner.take_in().rows)
    drain(lambda: runner.run_due().rows)
    store.close()


def two_workers(house: JourneysHouse, first: int, runs: int) -> float:
    house.let_in(first, 20)
    house.settle()
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_work, [house.worker_dsn] * 2, [0.0] * 2))  # warm: imports, connections
        house.let_in(first + 20, runs)
        began = time.perf_counter()
        for ahead in (0.0, timedelta(days=3, seconds=30).total_seconds()):
            list(pool.map(_work, [house.worker_dsn] * 2, [ahead] * 2))
        return _PER_RUN * runs / (time.perf_counter() - began)


def lateness(house: JourneysHouse, first: int, seconds: int = 10) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds between due and done of timers at 10,000 a minute; the loop sleeps as the worker does.
    They begin some seconds from now, since giving them their moments among a million takes a while."""
    count = seconds * 10_000 // 60
    house.let_in(first, count)
    runner = house.runner(Clock())
    drain(lambda: runner.take_in().rows)
    house.do(
        "UPDATE journey_tokens SET since = now() - interval '3 days' + (8 + random() * %s) * interval '1 s' WHERE account_id < %s AND state = 1",
        seconds, WAITERS_FROM,
    )  # fmt: skip
    house.do(
        "UPDATE journey_tokens SET due_at = since + interval '3 days' WHERE account_id < %s AND state = 1", WAITERS_FROM
    )
    due = house.ask(
        "SELECT array_agg(extract(epoch FROM due_at)::float8 ORDER BY due_at) FROM journey_tokens WHERE account_id < 10000000"
    )
    done: list[float] = []
    while len(done) < count:
        turn = runner.run_due()
        done += [time.time()] * turn.rows
        if not turn.rows:
            time.sleep(0.05)
    late: np.ndarray[tuple[int], np.dtype[np.float64]] = np.array(done) - np.array(due)
    return late


def event_latency(
    house: JourneysHouse, first: int, seconds: int = 4, rate: int = 5000
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds from an event's row to the commit that moved the run that waited for it."""
    count = seconds * rate
    steps = {"start": {"kind": "wait_for", "event": "Ping", "ports": {"next": "end"}}, "end": {"kind": "exit"}}
    house.publish(steps, "pings")
    house.let_in(first, count)
    runner = house.runner(Clock())
    drain(lambda: runner.take_in().rows)
    drain(lambda: runner.run_due().rows)
    told: list[tuple[int, float]] = []

    def feed() -> None:
        for part in range(seconds * 20):
            many = rate // 20
            start = first + part * many
            house.do(
                "INSERT INTO journey_inbox (workspace_id, kind, account_id, name, at) SELECT %s, 'event', n, 'Ping', now() "
                "FROM generate_series(%s::bigint, %s::bigint) AS n",
                house.workspace, start, start + many - 1,
            )  # fmt: skip
            told.append((many, time.time()))
            time.sleep(0.05)

    feeder = threading.Thread(target=feed)
    feeder.start()
    moved: list[float] = []
    while len(moved) < count:
        turn = runner.take_in()
        moved += [time.time()] * turn.rows
        if not turn.rows:
            time.sleep(0.01)
    feeder.join()
    took: np.ndarray[tuple[int], np.dtype[np.float64]] = np.array(moved) - np.repeat(
        [at for _, at in told], [many for many, _ in told]
    )
    return took


def dbos(house: JourneysHouse, runs: int) -> float | None:
    """Transitions a second of the same journey on DBOS; None when it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        python = str(Path(folder) / "bin" / "python")
        installer = ["uv", "pip", "install", "-p", python] if shutil.which("uv") else [python, "-m", "pip", "install"]
        made = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True, check=False)
        fetched = subprocess.run([*installer, "-q", "dbos==3.4.*"], capture_output=True, text=True, check=False)
        if made.returncode or fetched.returncode:
            print(f"DBOS cannot be fetched: {fetched.stderr.strip().splitlines()[-1:]}")
            return None
        command = [python, str(_DBOS), house.owner_dsn, str(runs)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            print(f"DBOS did not run: {ran.stderr[-800:]}")
            return None
        return float(ran.stdout.strip().splitlines()[-1])


def measure(arguments: argparse.Namespace) -> Report:
    report = Report("journeys", {"runs": arguments.runs, "load before": round(os.getloadavg()[0], 1)})
    runs, first, speed, size = arguments.runs, 1, 0.0, 0.0
    with journeys_house() as house:
        house.publish(STEPS)
        journey = house.journey
        house.accounts(6 * runs + 60_000)
        for waiting in arguments.waiting:
            house.fill(waiting)
            size = bytes_of_a_run(house)
            speed, spent = one_worker(house, first, runs)
            first += runs
            report.add(f"one worker, {waiting:,} waiting", speed, "trans/s", target=">= 80,000")
            report.add("  of processor time, a transition", spent, "us")
        other = dbos(house, arguments.dbos) if arguments.dbos else None
        if other is not None:
            report.add("DBOS 3.4, the same journey", other, "trans/s")
            report.add("one worker against DBOS", speed / other, "times", target=">= 100")
        report.add("two workers", two_workers(house, first, runs), "trans/s", target=">= 130,000")
        first += runs + 20
        report.add("a waiting run, rows and indexes", size, "bytes", target="<= 800")
        report.add("idle with those waiting", 100 * idle(house), "% of a core", target="<= 1")
        late = lateness(house, first)
        report.add("timer lateness at 10k a minute, p99", float(np.quantile(late, 0.99)), "s", target="<= 1")
        report.add("publication to in force, worst of 6", in_force(house), "s", target="<= 2")
        moved = event_latency(house, first + 3000)
        report.add("event to moved run at 5k/s, p99", float(np.quantile(moved, 0.99)), "s", target="<= 0.5")
        took, longest = swept(house)
        report.add("sweep of all runs and tokens", took, "s")
        report.add("  its longest look, a transaction", longest, "s")
        at_once, chunk, all_marked = paused(house, journey)
        report.add("pause of the journey, until nothing of it moves", at_once, "s")
        report.add("  its longest chunk, a transaction", chunk, "s")
        report.add("  until every run is marked", all_marked, "s")
    return report


def bytes_of_a_run(house: JourneysHouse) -> float:
    """Nearly all of them wait."""
    size = house.ask(
        "SELECT (pg_total_relation_size('journey_runs') + pg_total_relation_size('journey_tokens'))::float8"
    )
    return float(size) / int(house.ask("SELECT count(*) FROM journey_runs") or 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=60_000)
    parser.add_argument("--waiting", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dbos", type=int, default=200, help="runs of DBOS, 0 to leave it out")
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    print(f"journeys, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    measure(arguments).show(save=arguments.save)


if __name__ == "__main__":
    main()
