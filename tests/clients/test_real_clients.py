"""The SDKs of other makers against our server: every call arrives once, and as it was made."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from tests.api.keyring import WRITE_KEY
from tests.clients.conftest import CollectionServer

_PROPERTIES = {"title": "Übersicht 😀", "deep": {"list": [1, 2.5, None]}, "quote": 'a "b" \\ c\n'}
_WHEN = datetime(2026, 11, 20, 12, 30, 15, 123456, tzinfo=UTC)
_COUNT = 230


def _make_every_call(client: Any) -> list[dict[str, Any]]:
    """What each SDK says it has put into its queue."""
    calls = [
        client.track("ada", "Report Opened", {**_PROPERTIES, "n": n}, context={"groupId": "acme"}, timestamp=_WHEN)
        for n in range(_COUNT)
    ]
    calls += [
        client.identify("ada", {"plan": "pro", "seats": 12}),
        client.group("ada", "acme", {"industry": "steel"}),
        client.page("ada", "Docs", "Home", {"path": "/"}),
        client.screen("ada", "Docs", "Start", {"tab": 1}),
        client.alias("anonymous-1", "ada"),
    ]
    assert all(was_queued for was_queued, _ in calls)
    return [json.loads(json.dumps(message)) for _, message in calls]


def _by_id(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["messageId"]: item for item in items}


@pytest.mark.parametrize("gzip", [False, True])
def test_every_call_of_segments_python_library_arrives_once_and_intact(server: CollectionServer, gzip: bool) -> None:
    errors: list[Any] = []
    client = SegmentClient(
        WRITE_KEY, host=server.url, gzip=gzip, upload_interval=0.05, on_error=lambda *e: errors.append(e)
    )

    sent = _make_every_call(client)
    client.flush()
    client.join()

    received = server.received()
    assert (errors, len(received)) == ([], len(sent))
    assert _by_id(received) == _by_id(sent)


@pytest.mark.parametrize("gzip", [False, True])
def test_every_call_of_rudderstacks_python_library_arrives_once_and_intact(
    server: CollectionServer, gzip: bool
) -> None:
    errors: list[Any] = []
    client = RudderClient(
        WRITE_KEY, host=server.url, gzip=gzip, upload_interval=0.05, on_error=lambda *e: errors.append(e)
    )

    sent = _make_every_call(client)
    client.flush()
    client.join()

    received = server.received()
    expected = [item | {"traits": item["context"]["traits"]} if item["type"] == "identify" else item for item in sent]
    assert (errors, len(received)) == ([], len(sent))
    assert _by_id(received) == _by_id(expected)


def test_every_call_of_segments_node_library_arrives_once_and_intact(
    server: CollectionServer, node: Callable[..., str]
) -> None:
    said = json.loads(node("send.mjs", server.url, WRITE_KEY, str(_COUNT)))

    received = server.received()
    assert (said["failed"], len(received)) == ([], _COUNT + 5)
    assert _read(received) == _read(said["sent"])


def _read(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the caller said of each message; the library adds fields of its own on the way."""
    said = (
        "type",
        "event",
        "userId",
        "anonymousId",
        "groupId",
        "previousId",
        "name",
        "properties",
        "traits",
        "timestamp",
    )
    return {item["messageId"]: {name: item[name] for name in said if name in item} for item in items}


@pytest.mark.slow
def test_a_server_that_is_killed_in_the_middle_costs_no_event(server: CollectionServer) -> None:
    client = SegmentClient(WRITE_KEY, host=server.url, upload_interval=0.05, upload_size=10)
    sent = [client.track("ada", "Before", {"n": n})[1]["messageId"] for n in range(100)]
    server.kill()
    sent += [client.track("ada", "Meanwhile", {"n": n})[1]["messageId"] for n in range(100)]
    server.start()
    client.flush()
    client.join()

    assert set(_by_id(server.received())) == set(sent)


@pytest.mark.slow
def test_a_client_that_is_too_fast_waits_as_it_is_told_and_loses_nothing(slow_server: CollectionServer) -> None:
    client = SegmentClient(WRITE_KEY, host=slow_server.url, upload_interval=0.05)

    sent = [client.track("ada", "Report Opened", {"n": n})[1]["messageId"] for n in range(300)]
    client.flush()
    client.join()

    received = slow_server.received()
    assert sorted(item["messageId"] for item in received) == sorted(sent)
