"""How many events a second collection answers after fsync, and how many the same server does without the log.

    python -m benchmarks.collection [--seconds 8] [--rounds 3] [--events-per-body 100] [--connections 32] [--save]

Server and load generator are processes of their own on the same cores. Rounds alternate between the file log and
a log that keeps nothing, so that both see the same machine; the figures are medians. Then, at half of the rate that
was reached and at 100k events/s, the time to the answer (open loop).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop

from benchmarks.report import Report
from forestay.api.collection import collection_app
from forestay.events.drivers.file import FileLog
from forestay.events.log import Codec, EventLog, Record
from forestay.governance.keys import KeyFacts, KeyKind

WRITE_KEY = "fsw_made-up-for-benchmarks"


class NullLog:
    """Answers at once and keeps nothing: what the same server does without the log."""

    def __init__(self) -> None:
        self._position = 0

    async def append(self, workspace_id: int, codec: Codec, body: bytes) -> int:
        self._position += 1
        return self._position

    def read(self, after: int, limit_bytes: int = 0) -> Sequence[Record]:
        return []

    def wait(self, after: int, timeout_seconds: float) -> bool:
        return False

    def last_position(self) -> int:
        return self._position

    def first_position(self) -> int:
        return self._position + 1

    def position_before(self, received_at: int) -> int:
        return self._position

    def forget(self, up_to: int) -> int:
        return self._position + 1

    def close(self) -> None:
        return None


class OneKey:
    """The only key of the benchmark."""

    def known(self, secret: str) -> KeyFacts | None:
        return KeyFacts(1, 1, KeyKind.WRITE, ()) if secret == WRITE_KEY else None

    def find(self, secret: str) -> KeyFacts | None:
        return self.known(secret)


def serve(folder: str, port: int) -> None:
    """Run the server until it is told to stop. folder: of the file log, empty for none."""
    log: EventLog = FileLog(Path(folder)) if folder else NullLog()
    app = collection_app(log, OneKey(), events_per_second=100_000_000)
    config = uvicorn.Config(
        app, port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning", lifespan="off",
        server_header=False, date_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)

    async def run() -> None:
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print(f"ready {server.servers[0].sockets[0].getsockname()[1]}", flush=True)
        await running

    uvloop.run(run())
    log.close()


@contextmanager
def running_server(folder: str) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.collection", "--serve", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def loaded(url: str, **options: float) -> dict[str, float]:
    """What the load generator measured, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load", "--url", url, "--write-key", WRITE_KEY, "--json"]
    command += [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    refused = {status: count for status, count in said["statuses"].items() if status != "200"}
    if refused:
        raise SystemExit(f"not everything was answered with 200: {refused}")
    return dict(said)


def measure(args: argparse.Namespace) -> None:
    report = Report("collection", {"events_per_body": args.events_per_body, "connections": args.connections})
    common = {"events_per_body": args.events_per_body, "connections": args.connections, "seconds": args.seconds}
    with (
        tempfile.TemporaryDirectory(dir=args.dir) as folder,
        running_server(folder) as logged,
        running_server("") as bare,
    ):
        loaded(logged, **{**common, "seconds": 1})
        loaded(bare, **{**common, "seconds": 1})
        rounds = [(loaded(logged, **common), loaded(bare, **common)) for _ in range(args.rounds)]
        rates = [[one["events_per_second"] for one in side] for side in zip(*rounds, strict=True)]
        reached, limit = (statistics.median(side) for side in rates)
        report.add("answered after fsync, closed loop", reached, "events/s", target=">= 100,000", runs=rates[0])
        report.add("the same server without the log", limit, "events/s", runs=rates[1])
        report.add("share of the server without the log", reached / limit, "", target=">= 0.5")
        for name in ("p50_ms", "p99_ms"):
            runs = [one[name] for one, _ in rounds]
            report.add(f"closed loop, {name[:3]}", statistics.median(runs), "ms", runs=runs)
        for rate in sorted({round(reached / 2, -3), 100_000}):
            said = loaded(logged, **common, rate=rate)
            report.add(f"at {rate:,.0f} events/s: answered", said["events_per_second"], "events/s")
            report.add(f"at {rate:,.0f} events/s: p50", said["p50_ms"], "ms")
            report.add(f"at {rate:,.0f} events/s: p99", said["p99_ms"], "ms", target="<= 50")
    report.show(save=args.save)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events-per-body", type=int, default=100)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--dir", help="where the log is written; a temporary folder by default")
    parser.add_argument("--save", action="store_true", help="write a dated file into benchmarks/results")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve is None:
        measure(args)
    else:
        serve(args.serve, 0)


if __name__ == "__main__":
    main()
