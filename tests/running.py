"""A whole Forestay in a process of its own, as its users run it, for the tests that need all of it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

ADMIN_KEY, WRITE_KEY = "fsk_test_admin_key_0123456789abcdef", "fsw_test_write_key_0123456789abcdef"
READY_SECONDS = 90.0
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(question: Callable[[], T], *, seconds: float = 60.0, until: Callable[[T], bool] = bool) -> T:
    """Ask until the answer is good; the last answer is in the failure's words."""
    deadline = time.monotonic() + seconds
    while not until(answer := question()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds:.0f} s"
        time.sleep(0.05)
    return answer


@dataclass
class RunningForestay:
    """One `forestay up`. output: what it printed so far."""

    data: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    output: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "forestay.app", "up", "--port", str(self.port), "--data", str(self.data)]
        keys = {"FORESTAY_ADMIN_KEY": ADMIN_KEY, "FORESTAY_WRITE_KEY": WRITE_KEY, "FORESTAY_LOG_LEVEL": "warning"}
        environment = {**os.environ, **keys, **self.environment}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        eventually(lambda: any(line.startswith("ready ") for line in self.output), seconds=READY_SECONDS)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.output.clear()
        return code

    def kill_everything(self) -> None:
        """A power cut, as far as processes can have one."""
        assert self.process is not None
        everyone = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        for one in everyone:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait()
        self.output.clear()

    def child(self, name: str) -> psutil.Process | None:
        """The server, worker or postgres (its postmaster) as a process, None while it is away."""
        assert self.process is not None
        for one in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                words = " ".join(one.cmdline())
                if (name == "postgres" and "postgres" in one.name()) or f"forestay.app.{name}" in words:
                    return one
        return None

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        return False

    def get(self, path: str, **query: Any) -> Any:
        answer = httpx.get(f"{self.url}{path}", params=query, headers=bearer(), timeout=30, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        options.setdefault("timeout", 60)
        return httpx.request(method, f"{self.url}{path}", headers=bearer(), trust_env=False, **options)

    def send(self, messages: list[dict[str, Any]]) -> httpx.Response:
        """One batch to the collection API."""
        return httpx.post(
            f"{self.url}/v1/batch", json={"batch": messages}, auth=(WRITE_KEY, ""), timeout=30, trust_env=False
        )

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line.rstrip())


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {ADMIN_KEY}"}


@contextlib.contextmanager
def running_forestay(data: Path, **environment: str) -> Iterator[RunningForestay]:
    product = RunningForestay(data, environment=environment)
    product.start()
    try:
        yield product
    finally:
        if product.process is not None and product.process.poll() is None:
            product.stop()
