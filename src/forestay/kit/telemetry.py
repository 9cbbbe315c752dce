"""Numbers and traces about ourselves: OpenTelemetry instruments, all named here.

Gives : Counter, Histogram, Gauge, count(), observe(), set_level(), span(), set_up_telemetry(), shut_down_telemetry(),
        prometheus_text(), share()
Reads : Settings.otlp_endpoint; run/metrics-*.prom, what the other processes shared
Source: OpenTelemetry metrics and traces; Prometheus text format 0.0.4.

Before `set_up_telemetry` every call does nothing and loads nothing. After it metrics are kept in memory and given
as Prometheus text; nothing leaves the machine unless an OTLP endpoint is set. The worker and
the jobs have no HTTP door, so they share their text as a file, and the server's /metrics gives all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from prometheus_client import CollectorRegistry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARE_SECONDS = 5.0
"""The shared text is written at most this often."""

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.8, 1.5, 3.0, 10.0, 60.0)
"""Upper bounds in seconds; 0.15, 0.25, 0.4 and 0.8 are the promised limits from event to signal."""


class Counter(StrEnum):
    """What is counted from the start of a process."""

    EVENTS_ACCEPTED = "forestay_events_accepted"
    EVENTS_DUPLICATE = "forestay_events_duplicate"
    EVENTS_LATE = "forestay_events_late"
    EVENTS_QUARANTINED = "forestay_events_quarantined"
    BODIES = "forestay_bodies"
    SIGNALS = "forestay_signals"
    EFFECTS = "forestay_effects"
    JOURNEY_TRANSITIONS = "forestay_journey_transitions"
    JOURNEY_ALARMS = "forestay_journey_alarms"
    JOBS = "forestay_jobs"
    STREAM_EVENTS = "forestay_stream_events"
    STREAM_RESYNCS = "forestay_stream_resyncs"


class Histogram(StrEnum):
    """Durations in seconds."""

    TICK = "forestay_tick_seconds"
    EVENT_TO_SIGNAL = "forestay_event_to_signal_seconds"
    REQUEST = "forestay_request_seconds"


class Gauge(StrEnum):
    """Levels as of now."""

    LOG_LAG = "forestay_log_lag_bodies"
    LAKE_LAG = "forestay_lake_lag_bodies"
    EFFECTS_PENDING = "forestay_effects_pending"
    STREAM_CLIENTS = "forestay_stream_clients"


_MEANING: dict[StrEnum, str] = {
    Counter.JOURNEY_TRANSITIONS: "Steps that runs of journeys passed",
    Counter.JOURNEY_ALARMS: "Journeys whose runs began to end otherwise than they used to",
    Counter.EVENTS_ACCEPTED: "Events that were used by a tick",
    Counter.EVENTS_DUPLICATE: "Events dropped because their message id was seen before",
    Counter.EVENTS_LATE: "Events older than the activity cube's ring, which go to the lake only",
    Counter.EVENTS_QUARANTINED: "Items put into the quarantine by a tick",
    Counter.BODIES: "HTTP bodies answered by the collection, by status",
    Counter.SIGNALS: "Signals fired",
    Counter.EFFECTS: "Effects that came to an end, by status",
    Counter.JOBS: "Jobs that came to an end, by kind and status",
    Histogram.TICK: "From reading the log to the committed transaction",
    Histogram.EVENT_TO_SIGNAL: "From receipt of the event to the committed signal",
    Histogram.REQUEST: "HTTP requests of the management API, by route and status",
    Gauge.LOG_LAG: "Bodies in the log that no tick has read yet",
    Gauge.LAKE_LAG: "Bodies read by the tick that are not in the lake yet",
    Counter.STREAM_EVENTS: "Events of change put before browsers that listen",
    Counter.STREAM_RESYNCS: "Times a browser was told to ask again for all it shows, by why",
    Gauge.STREAM_CLIENTS: "Browsers that listen to the event stream",
    Gauge.EFFECTS_PENDING: "Effects that wait to be carried out, also those postponed",
}


class _Instruments:
    """The live OpenTelemetry objects of this process. labels: what every number carries, the process's name."""

    def __init__(self, process: str, otlp_endpoint: str | None) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import Resource
        from prometheus_client import CollectorRegistry

        self.labels = {"process": process}
        self.registry = CollectorRegistry()
        self.shared_at = float("-inf")
        resource = Resource.create({"service.name": "forestay", "service.instance.id": process})
        self._metrics = MeterProvider(_readers(self.registry, otlp_endpoint), resource=resource)
        meter = self._metrics.get_meter("forestay")
        self.counters = {one: meter.create_counter(one.value, description=_MEANING[one]) for one in Counter}
        self.gauges = {one: meter.create_gauge(one.value, description=_MEANING[one]) for one in Gauge}
        self.histograms = {
            one: meter.create_histogram(
                one.value, description=_MEANING[one], explicit_bucket_boundaries_advisory=SECONDS_BUCKETS
            )
            for one in Histogram
        }
        self._traces = None if otlp_endpoint is None else _traces(resource, otlp_endpoint)
        self.tracer = None if self._traces is None else self._traces.get_tracer("forestay")

    def close(self) -> None:
        """Send what waits to be sent and stop the threads."""
        self._metrics.shutdown()
        if self._traces is not None:
            self._traces.shutdown()


_live: _Instruments | None = None


def set_up_telemetry(process: str, otlp_endpoint: str | None = None) -> None:
    """Begin to keep numbers. process: 'server', 'worker', ...; otlp_endpoint: base URL of an OTLP/HTTP collector."""
    global _live
    shut_down_telemetry()
    _live = _Instruments(process, otlp_endpoint)


def shut_down_telemetry() -> None:
    """Send what waits and forget the numbers; safe to call twice."""
    global _live
    ended, _live = _live, None
    if ended is not None:
        ended.close()


def count(what: Counter, number: int = 1, **labels: str) -> None:
    """Add to a counter. number: >= 0; labels: few distinct values, never ids or persons."""
    if _live is not None and number:
        _live.counters[what].add(number, {**_live.labels, **labels})


def observe(what: Histogram, seconds: float, **labels: str) -> None:
    """Record one duration in seconds."""
    if _live is not None:
        _live.histograms[what].record(seconds, {**_live.labels, **labels})


def set_level(what: Gauge, level: float, **labels: str) -> None:
    """Set a level as of now."""
    if _live is not None:
        _live.gauges[what].set(level, {**_live.labels, **labels})


@contextmanager
def span(name: str, **attributes: str | int | float) -> Iterator[None]:
    """A traced part of the work, when traces are exported; ids only in its attributes."""
    if _live is None or _live.tracer is None:
        yield
        return
    with _live.tracer.start_as_current_span(name, attributes=dict(attributes)):
        yield


def prometheus_text(shared_in: Path | None = None) -> tuple[bytes, str]:
    """The numbers of this process and of those that share theirs in that folder: text and its content type."""
    texts = [path.read_text() for path in sorted(shared_in.glob("metrics-*.prom"))] if shared_in is not None else []
    return _merged([_own_text(), *texts]).encode(), CONTENT_TYPE


def share(folder: Path, *, is_last: bool = False) -> None:
    """Write this process's numbers to `folder`/metrics-<process>.prom; at most every SHARE_SECONDS, else nothing.

    is_last: the process is about to end, so they are written whenever they were written before.
    """
    if _live is None or (time.monotonic() - _live.shared_at < SHARE_SECONDS and not is_last):
        return
    _live.shared_at = time.monotonic()
    path = folder / f"metrics-{_live.labels['process']}.prom"
    half = path.with_suffix(".half")
    half.write_text(_own_text())
    half.replace(path)


def _own_text() -> str:
    if _live is None:
        return ""
    from prometheus_client import generate_latest

    return generate_latest(_live.registry).decode()


def _merged(texts: Sequence[str]) -> str:
    """One text of several: the format wants all lines of a family together and its HELP and TYPE once."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for text in texts:
        family = ""
        for line in text.splitlines():
            if line.startswith("#"):
                family = line.split(" ", 3)[2]
                head = heads.setdefault(family, [])
                head.extend([] if line in head else [line])
            elif line:
                samples.setdefault(family, []).append(line)
    return "".join(f"{line}\n" for family, head in heads.items() for line in [*head, *samples.get(family, [])])


def _readers(registry: CollectorRegistry, otlp_endpoint: str | None) -> list[MetricReader]:
    from opentelemetry.exporter.prometheus import PrometheusMetricReader

    readers: list[MetricReader] = [
        PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=registry)
    ]
    if otlp_endpoint is not None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(f"{otlp_endpoint.rstrip('/')}/v1/metrics")))
    return readers


def _traces(resource: Resource, otlp_endpoint: str) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{otlp_endpoint.rstrip('/')}/v1/traces")))
    return provider
