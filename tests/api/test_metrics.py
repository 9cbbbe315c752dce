"""What /metrics shows of the server itself moves when somebody calls."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from forestay.actions.carrying import Carried
from forestay.customers.words import EffectStatus
from forestay.kit import telemetry
from tests.api.conftest import House


@pytest.fixture
def counting() -> Iterator[None]:
    """A process that keeps numbers."""
    telemetry.set_up_telemetry("server")
    yield
    telemetry.shut_down_telemetry()


def counts(text: str, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Values of a sample by some of its labels."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {tuple(s.labels[label] for label in labels): s.value for s in samples if s.name == name}


@pytest.mark.usefixtures("counting")
def test_requests_are_timed_by_their_route_and_never_by_an_id(house: House, admin: dict[str, str]) -> None:
    house.client.get("/api/status", headers=admin)
    house.client.get("/api/accounts/nobody-1", headers=admin)
    house.client.get("/api/accounts/nobody-2", headers=admin)
    house.client.get("/no/such/page")
    told = counts(house.client.get("/metrics").text, "forestay_request_seconds_count", "route", "status")
    assert told["/api/status", "200"] == 1
    assert told["none", "404"] == 1
    assert [number for (route, status), number in told.items() if "nobody" in route] == []
    assert sum(number for (route, _), number in told.items() if route.startswith("/api/accounts/")) == 2


@pytest.mark.usefixtures("counting")
def test_effects_are_counted_when_they_end_and_not_when_they_wait_for_another_try() -> None:
    Carried().count([EffectStatus.SENT, EffectStatus.SENT, EffectStatus.FAILED, None])
    told = counts(telemetry.prometheus_text()[0].decode(), "forestay_effects_total", "status")
    assert told == {("sent",): 2, ("failed",): 1}


@pytest.mark.parametrize("instrument", [*telemetry.Counter, *telemetry.Histogram, *telemetry.Gauge])
def test_every_instrument_has_somebody_who_moves_it(instrument: StrEnum) -> None:
    called = f"{type(instrument).__name__}.{instrument.name}"
    rooms = Path(telemetry.__file__).parents[1]
    assert [path for path in rooms.rglob("*.py") if path.name != "telemetry.py" and called in path.read_text()]
