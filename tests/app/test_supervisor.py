"""Processes that end when they should, and come back when they should."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest
from sqlalchemy import insert

from forestay.app.child import command_of
from forestay.app.orphans import KEPT_SECONDS, only_one, sweep, take_back
from forestay.app.readiness import PID_HEADER, is_ready
from forestay.app.supervisor import Child, Supervisor
from forestay.kit.settings import Settings
from forestay.store import jobs
from forestay.store.tables import ingest
from tests.conftest import StoreUnderTest
from tests.running import RunningForestay, eventually


def ended(code: int) -> Child:
    """A jobs process that has just ended with a code."""
    child = Child("jobs", "forestay.app.jobs")
    child.process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])
    child.process.wait()
    child.started = time.monotonic()
    return child


class Watched(Child):
    """A child whose starts are counted and not done."""

    starts = 0

    def start(self, environment: dict[str, str]) -> None:
        self.starts += 1


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    """One whose jobs process is counted, with a data folder."""
    (tmp_path / "run").mkdir()
    made = Supervisor(Settings(data_dir=tmp_path))
    made._jobs = Watched("jobs", "forestay.app.jobs")
    return made


def starts_of(supervisor: Supervisor) -> int:
    supervisor._look_for_jobs({})
    assert isinstance(supervisor._jobs, Watched)
    return supervisor._jobs.starts


def end_jobs(supervisor: Supervisor, code: int) -> None:
    """The jobs process was there and has ended."""
    dead = ended(code)
    supervisor._jobs.process, supervisor._jobs.started = dead.process, dead.started


def test_jobs_are_looked_for_once_at_every_start(supervisor: Supervisor) -> None:
    assert [starts_of(supervisor), starts_of(supervisor)] == [1, 1]


def test_a_jobs_process_that_ended_in_order_stays_away_until_it_is_asked_for(supervisor: Supervisor) -> None:
    starts_of(supervisor)
    end_jobs(supervisor, 0)
    assert [starts_of(supervisor), starts_of(supervisor)] == [1, 1]
    (supervisor.settings.data_dir / "run" / "jobs.wake").touch()
    assert [starts_of(supervisor), starts_of(supervisor)] == [2, 2]


@pytest.mark.parametrize("code", [1, -9])
def test_a_jobs_process_that_died_comes_back_unasked(supervisor: Supervisor, code: int) -> None:
    starts_of(supervisor)
    end_jobs(supervisor, code)
    assert starts_of(supervisor) == 1
    assert eventually(lambda: starts_of(supervisor), until=lambda starts: starts == 2, seconds=10) == 2


def test_a_job_whose_process_died_is_claimed_at_once_and_goes_on(store: StoreUnderTest, workspace: int) -> None:
    with store.worker.begin_worker() as connection:
        number = jobs.enqueue(connection, workspace, "import", {})
        first = jobs.claim(connection)
        assert first is not None
        jobs.checkpoint(connection, first, {"row": 7})
    with store.worker.begin_worker() as connection:
        assert jobs.claim(connection) is None
        assert take_back(connection) == 1
        again = jobs.claim(connection)
    assert again is not None
    assert (again.id, again.attempt, again.checkpoint) == (number, 2, {"row": 7})


def test_uploads_that_nobody_asks_for_go_after_a_week(store: StoreUnderTest, workspace: int, tmp_path: Path) -> None:
    for name in ("waiting.csv", "waiting.rejects.csv", "forgotten.csv", "old.rejects.csv", "half.part", "new.csv"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    os.utime(tmp_path / "new.csv", (1_000, 1_000))
    row = {"workspace_id": workspace, "kind": "import", "params": {"path": str(tmp_path / "waiting.csv")}}
    with store.worker.begin_worker() as connection:
        connection.execute(insert(ingest.jobs).values(row))
        assert sweep(connection, tmp_path, now=KEPT_SECONDS + 500) == 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["new.csv", "waiting.csv", "waiting.rejects.csv"]


def test_a_second_jobs_process_waits_for_the_first(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    order: list[str] = []

    def second() -> None:
        with only_one(tmp_path):
            order.append("second")

    thread = threading.Thread(target=second)
    with only_one(tmp_path):
        thread.start()
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


class Impostor(BaseHTTPRequestHandler):
    """An earlier server that still answers at the port."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header(PID_HEADER, "4711")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def impostor() -> Iterator[Settings]:
    server = HTTPServer(("127.0.0.1", 0), Impostor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Settings(port=server.server_port)
    server.shutdown()
    server.server_close()


def test_only_our_own_server_makes_us_ready(impostor: Settings) -> None:
    assert is_ready(impostor, server_pid=4711)
    assert not is_ready(impostor, server_pid=4712)
    assert is_ready(impostor)


PARENT = """
import subprocess, sys, time
from forestay.app.child import command_of
child = subprocess.Popen(command_of("tests.app.waiting_process"))
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert parent.stdout.readline() == "waiting\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    eventually(lambda: not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE, seconds=15)


def test_a_child_whose_parent_is_gone_already_does_not_begin() -> None:
    command = command_of("tests.app.waiting_process")
    command[-2] = "1" if os.getpid() != 1 else "2"
    assert subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 1


def test_a_killed_supervisor_leaves_nobody_and_the_next_start_works(data_dir: Path) -> None:
    """And what an earlier run said of its readiness is forgotten."""
    product = RunningForestay(data_dir)
    product.start()
    assert product.process is not None
    everyone = psutil.Process(product.process.pid).children(recursive=True)
    product.process.kill()
    product.process.wait()
    gone = [one.pid for one in everyone]
    eventually(lambda: [pid for pid in gone if is_alive(pid)], until=lambda left: left == [], seconds=40)
    assert (data_dir / "run" / "worker.json").exists()
    product.output.clear()
    product.start()
    try:
        worker = product.child("worker")
        assert worker is not None
        told = (data_dir / "run" / "worker.json").read_text()
        assert f'"pid":{worker.pid}' in told.replace(" ", "")
    finally:
        assert product.stop() == 0


EARLY = """
import sys
import psutil
from forestay.app import __main__
sys.argv = ["forestay", "up", "--port", "not-a-number"]
try:
    __main__.main()
except SystemExit as end:
    print(end.code, *[child.pid for child in psutil.Process().children()], flush=True)
"""


def test_children_that_began_before_a_wrong_command_was_read_end_unheard() -> None:
    ended = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, check=True, timeout=60)
    code, *children = map(int, ended.stdout.split())
    assert code == 2
    assert len(children) == 2
    eventually(lambda: [pid for pid in children if is_alive(pid)], until=lambda left: left == [], seconds=40)
    assert "Traceback" not in ended.stderr


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
