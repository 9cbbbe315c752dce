"""How fast Forestay starts, and what it costs at rest.

    python -m benchmarks.start [--demo DATA] [--idle-seconds 60] [--runs 5]

Prints: seconds from the command to `ready` on an empty folder and on the folder thus made, and, after the idle
time, the share of one core and the proportional set size (PSS) of all processes. With --demo an existing demo
folder is started instead of an empty one for the figures at rest. The bytecode of the product and its libraries is
compiled first, as `./run` does when it installs, so that no start pays for that.
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import psutil

import forestay
from benchmarks.report import Report


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path) -> tuple[subprocess.Popen[str], float]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "forestay.app", "up", "--port", str(free_port()), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready "):
            return process, time.perf_counter() - began
    raise SystemExit("forestay did not become ready")


def compile_everything() -> None:
    """Nothing where it is done already."""
    for folder in (sysconfig.get_path("purelib"), str(Path(forestay.__file__).parent)):
        compileall.compile_dir(folder, quiet=2, workers=2)


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def family(root: int) -> list[psutil.Process]:
    parent = psutil.Process(root)
    return [parent, *parent.children(recursive=True)]


def pss_bytes(root: int) -> dict[str, int]:
    """PSS a program, summed over its processes; shared pages count once over all of them."""
    sums: dict[str, int] = {}
    for process in family(root):
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        match = re.search(r"^Pss:\s+(\d+) kB", text, re.M)
        name = "postgres" if "postgres" in process.name() else " ".join(process.cmdline()[1:4])[-40:]
        sums[name] = sums.get(name, 0) + (int(match[1]) * 1024 if match else 0)
    return sums


def cpu_seconds(root: int) -> float:
    return sum(sum(p.cpu_times()[:2]) for p in family(root))


def rest(process: subprocess.Popen[str], idle_seconds: float) -> tuple[float, dict[str, int]]:
    time.sleep(min(20.0, idle_seconds))
    before, began = cpu_seconds(process.pid), time.perf_counter()
    time.sleep(idle_seconds)
    share = (cpu_seconds(process.pid) - before) / (time.perf_counter() - began)
    return share, pss_bytes(process.pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--idle-seconds", type=float, default=60)
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    compile_everything()
    report = Report("start")
    empty, again = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.runs):
            data = Path(folder) / str(number)
            process, seconds = start(data)
            empty.append(seconds)
            stop(process)
            process, seconds = start(data)
            again.append(seconds)
            stop(process)
    report.add("ready, empty database", statistics.median(empty), "s", target="<= 5", runs=empty)
    report.add("ready, after", statistics.median(again), "s", target="<= 2", runs=again)
    data = options.demo or Path(tempfile.mkdtemp())
    process, _ = start(data)
    share, memory = rest(process, options.idle_seconds)
    stop(process)
    report.add("idle, share of a core", share * 100, "%", target="<= 1")
    for name, size in sorted(memory.items()):
        report.add(f"PSS {name}", size / 1e6, "MB")
    report.add("PSS of all processes", sum(memory.values()) / 1e6, "MB", target="<= 450 with the demo")
    report.show(save=options.save)


if __name__ == "__main__":
    os.environ.setdefault("FORESTAY_LOG_LEVEL", "warning")
    main()
