"""Numbers about ourselves: kept when asked for, shared between processes, sent nowhere unasked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from prometheus_client.parser import text_string_to_metric_families

from forestay.kit import telemetry
from forestay.kit.telemetry import Counter, Gauge, Histogram


@pytest.fixture
def worker() -> Iterator[None]:
    """A process named 'worker' that keeps numbers."""
    telemetry.set_up_telemetry("worker")
    yield
    telemetry.shut_down_telemetry()


@pytest.fixture
def collector() -> Iterator[tuple[str, Queue[str]]]:
    """An OTLP collector's address and the paths of what it received."""
    paths: Queue[str] = Queue()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            paths.put(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


def samples(text: str) -> dict[tuple[str, str], float]:
    """Value by sample's name and process."""
    families = text_string_to_metric_families(text)
    return {
        (s.name, s.labels["process"]): s.value for family in families for s in family.samples if "le" not in s.labels
    }


@pytest.mark.usefixtures("worker")
def test_what_is_counted_is_given_as_prometheus_text() -> None:
    telemetry.count(Counter.EVENTS_ACCEPTED, 100)
    telemetry.count(Counter.EVENTS_ACCEPTED, 20)
    telemetry.observe(Histogram.TICK, 0.02)
    telemetry.set_level(Gauge.LOG_LAG, 3)
    telemetry.set_level(Gauge.LOG_LAG, 1)
    text, content_type = telemetry.prometheus_text()
    found = samples(text.decode())
    assert content_type.startswith("text/plain; version=0.0.4")
    assert found["forestay_events_accepted_total", "worker"] == 120
    assert found["forestay_tick_seconds_count", "worker"] == 1
    assert found["forestay_log_lag_bodies", "worker"] == 1


@pytest.mark.usefixtures("worker")
def test_the_promised_limits_are_bucket_bounds() -> None:
    telemetry.observe(Histogram.EVENT_TO_SIGNAL, 0.2)
    text = telemetry.prometheus_text()[0].decode()
    bounds = {s.labels["le"] for f in text_string_to_metric_families(text) for s in f.samples if "le" in s.labels}
    assert {"0.15", "0.25", "0.4", "0.8"} <= bounds


def test_the_server_gives_the_workers_numbers_with_its_own(tmp_path: Path) -> None:
    telemetry.set_up_telemetry("worker")
    telemetry.count(Counter.BODIES, 1)
    telemetry.share(tmp_path)
    telemetry.set_up_telemetry("server")
    telemetry.count(Counter.BODIES, 7)
    text = telemetry.prometheus_text(tmp_path)[0].decode()
    telemetry.shut_down_telemetry()
    found = samples(text)
    assert (found["forestay_bodies_total", "worker"], found["forestay_bodies_total", "server"]) == (1, 7)
    assert text.count("# TYPE forestay_bodies_total counter") == 1


@pytest.mark.usefixtures("worker")
def test_an_idle_tick_writes_no_file(tmp_path: Path) -> None:
    telemetry.share(tmp_path)
    written = (tmp_path / "metrics-worker.prom").stat().st_mtime_ns
    telemetry.share(tmp_path)
    assert (tmp_path / "metrics-worker.prom").stat().st_mtime_ns == written


def test_without_telemetry_nothing_is_kept() -> None:
    telemetry.count(Counter.BODIES)
    telemetry.observe(Histogram.TICK, 1.0)
    with telemetry.span("tick", number=1):
        telemetry.set_level(Gauge.LAKE_LAG, 1)
    assert telemetry.prometheus_text()[0] == b""


def test_importing_it_loads_no_telemetry_library() -> None:
    probe = "import sys, forestay.kit.telemetry; print([m for m in sys.modules if 'opentelemetry' in m or 'prometheus' in m])"
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_traces_and_metrics_go_to_the_endpoint_that_is_set(collector: tuple[str, Queue[str]]) -> None:
    endpoint, paths = collector
    telemetry.set_up_telemetry("server", endpoint)
    telemetry.count(Counter.BODIES)
    with telemetry.span("request", route="/api/accounts"):
        telemetry.observe(Histogram.REQUEST, 0.01, route="/api/accounts")
    telemetry.shut_down_telemetry()
    assert {paths.get(timeout=10), paths.get(timeout=10)} == {"/v1/metrics", "/v1/traces"}
