"""Collection as a sender sees it: what is answered, and what is in the log afterwards."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.ipc
import pytest

from forestay.api.collection import collection_app
from forestay.events.drivers.file import FileLog
from forestay.events.log import Codec, LogFull, Record
from tests.api.keyring import IMPORT_KEY, OTHER_WRITE_KEY, READ_KEY, WRITE_KEY, KeyRing

TRACK = {"type": "track", "messageId": "m-1", "userId": "ada", "event": "Report Opened"}
AUTH = (WRITE_KEY, "")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FileLog]:
    log = FileLog(tmp_path)
    yield log
    log.close()


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing()


def _client(log: FileLog, keys: KeyRing, **settings: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(collection_app(log, keys, **settings))
    return httpx.AsyncClient(transport=transport, base_url="http://forestay.example.com")


@pytest.fixture
async def client(log: FileLog, keys: KeyRing) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(log, keys) as client:
        yield client


def _records(log: FileLog) -> list[Record]:
    return list(log.read(0))


def _items(log: FileLog) -> list[dict[str, Any]]:
    return [
        item for record in _records(log) if record.codec is Codec.SEGMENT for item in json.loads(record.body)["batch"]
    ]


def _rejected(log: FileLog) -> list[dict[str, Any]]:
    return [json.loads(record.body) for record in _records(log) if record.codec is Codec.REJECTED]


async def test_a_batch_is_answered_as_the_protocol_says_once_it_is_in_the_log(
    client: httpx.AsyncClient, log: FileLog
) -> None:
    answer = await client.post("/v1/batch", json={"batch": [TRACK]}, auth=AUTH)

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    (record,) = _records(log)
    assert (record.workspace_id, record.codec, json.loads(record.body)) == (7, Codec.SEGMENT, {"batch": [TRACK]})


@pytest.mark.parametrize("call", ["track", "identify", "group", "page", "screen", "alias"])
@pytest.mark.parametrize("name", [str, lambda call: call[0]], ids=["long", "short"])
async def test_every_single_call_is_taken_by_its_long_and_its_short_name(client, log, call: str, name: Any) -> None:
    item = {"userId": "ada", "event": "x", "groupId": "acme", "previousId": "a-1", "messageId": "m-1"}

    answer = await client.post(f"/v1/{name(call)}", json=item, auth=AUTH)

    assert answer.json() == {"success": True}
    assert _items(log) == [item | {"type": call}]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": httpx.BasicAuth(WRITE_KEY, "")._auth_header},
        {"Authorization": httpx.BasicAuth(WRITE_KEY, "ignored")._auth_header},
        {"Authorization": f"Bearer {WRITE_KEY}"},
        {"authorization": f"bearer {WRITE_KEY}"},
    ],
)
async def test_the_write_key_may_come_in_a_header(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.post("/v1/track", json=TRACK, headers=headers)).status_code == 200


async def test_the_write_key_may_come_in_the_body_as_beacons_send_it(client: httpx.AsyncClient, log: FileLog) -> None:
    body = json.dumps({"batch": [TRACK], "writeKey": WRITE_KEY})

    answer = await client.post(
        "/v1/b", content=body, headers={"Content-Type": "text/plain", "Origin": "https://app.example.com"}
    )

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert _items(log) == [TRACK]


async def test_each_key_writes_into_its_own_workspace(client: httpx.AsyncClient, log: FileLog) -> None:
    for key in (WRITE_KEY, OTHER_WRITE_KEY):
        await client.post("/v1/track", json=TRACK, auth=(key, ""))

    assert [record.workspace_id for record in _records(log)] == [7, 8]


@pytest.mark.parametrize(
    ("auth", "status", "code"),
    [
        (None, 401, "write_key_missing"),
        (("", ""), 401, "write_key_missing"),
        (("fsw_nobody-has-this-key", ""), 401, "invalid_write_key"),
        ((IMPORT_KEY, ""), 403, "wrong_kind_of_key"),
    ],
)
async def test_without_a_live_write_key_nothing_is_taken(client, log, auth: Any, status: int, code: str) -> None:
    answer = await client.post("/v1/batch", json={"batch": [TRACK, 5]}, auth=auth)

    assert (answer.status_code, answer.json()["code"], answer.json()["success"]) == (status, code, False)
    assert _records(log) == []


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic /w==", "Digest abc", "Bearer"])
async def test_a_header_that_is_no_key_is_a_missing_key(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.post("/v1/track", json=TRACK, headers={"Authorization": header})

    assert (answer.status_code, answer.json()["code"]) == (401, "write_key_missing")


async def test_a_key_is_looked_up_away_from_the_event_loop_and_once_for_all(log: FileLog, keys: KeyRing) -> None:
    keys.is_stale = True
    async with _client(log, keys) as client:
        answers = await asyncio.gather(*(client.post("/v1/track", json=TRACK, auth=AUTH) for _ in range(5)))

    assert [answer.status_code for answer in answers] == [200] * 5
    assert len(keys.found_in) < 5
    assert "MainThread" not in keys.found_in


async def test_a_key_that_nobody_can_look_up_is_asked_to_come_again_and_not_turned_away(
    log: FileLog, keys: KeyRing
) -> None:
    keys.is_stale = keys.is_away = True
    async with _client(log, keys) as client:
        answer = await client.post("/v1/track", json=TRACK, auth=AUTH)

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_good_items_are_taken_and_bad_ones_kept_with_their_reason(
    client: httpx.AsyncClient, log: FileLog
) -> None:
    bad = {"type": "track", "userId": "ada", "messageId": "m-2"}

    answer = await client.post("/v1/batch", json={"batch": [TRACK, bad, 5]}, auth=AUTH)

    assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "rejected": 2})
    assert _items(log) == [TRACK]
    assert [(one["reason_code"], json.loads(one["item"])) for one in _rejected(log)] == [
        ("event_missing", bad),
        ("not_an_object", 5),
    ]


@pytest.mark.parametrize(
    ("route", "body"), [("track", {"userId": "ada"}), ("batch", {"batch": [{"type": "track", "userId": "ada"}]})]
)
async def test_when_nothing_is_good_the_sender_hears_why_and_it_is_kept(
    client, log, route: str, body: dict[str, Any]
) -> None:
    answer = await client.post(f"/v1/{route}", json=body, auth=AUTH)

    assert (answer.status_code, answer.json()["code"]) == (400, "event_missing")
    assert "event" in answer.json()["message"]
    assert [one["source"] for one in _rejected(log)] == [f"/v1/{route}"]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "malformed"), (b"[]", "malformed"), (b'{"batch":["\xff"]}', "invalid_utf8"), (b"\x00", "malformed")],
)
async def test_a_body_that_cannot_be_read_is_refused_and_kept(client, log, body: bytes, code: str) -> None:
    answer = await client.post("/v1/batch", content=body, auth=AUTH)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    (kept,) = _rejected(log)
    assert (kept["reason_code"], kept["item"]) == (code, body.decode(errors="backslashreplace"))


async def test_an_empty_batch_is_a_success_and_leaves_no_trace(client: httpx.AsyncClient, log: FileLog) -> None:
    assert (await client.post("/v1/batch", json={"batch": []}, auth=AUTH)).json() == {"success": True}
    assert _records(log) == []


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
async def test_a_packed_body_is_unpacked(client: httpx.AsyncClient, log: FileLog, encoding: str) -> None:
    body = gzip.compress(json.dumps({"batch": [TRACK]}).encode())

    answer = await client.post("/v1/batch", content=body, headers={"Content-Encoding": encoding}, auth=AUTH)

    assert answer.status_code == 200
    assert _items(log) == [TRACK]


@pytest.mark.parametrize(
    ("route", "length", "status"),
    [
        ("track", 33_000, 413),
        ("batch", 600_000, 413),
        ("batch", 500_000, 400),
        ("import", 600_000, 400),
        ("import", 5_200_000, 413),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
async def test_each_route_has_its_limit_also_for_what_is_packed(
    client, route: str, length: int, status: int, packed: bool
) -> None:
    body = b" " * length
    content, headers = [(body, {}), (gzip.compress(body), {"Content-Encoding": "gzip"})][packed]

    answer = await client.post(f"/v1/{route}", content=content, headers=headers, auth=AUTH)

    assert (answer.status_code, answer.json()["success"]) == (status, False)


async def test_a_body_without_announced_length_has_the_same_limit(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b" " * 1_000

    assert (await client.post("/v1/batch", content=endless(), auth=AUTH)).status_code == 413


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 400), ("br", 415)])
async def test_a_body_that_cannot_be_unpacked_is_refused(client: httpx.AsyncClient, encoding: str, status: int) -> None:
    answer = await client.post("/v1/batch", content=b"{}", headers={"Content-Encoding": encoding}, auth=AUTH)

    assert answer.status_code == status


async def test_history_may_be_imported_in_bodies_larger_than_the_protocols(
    client: httpx.AsyncClient, log: FileLog
) -> None:
    items = [TRACK | {"messageId": f"m-{n}", "timestamp": "2019-01-01T00:00:00Z"} for n in range(6_000)]

    answer = await client.post("/v1/import", json={"batch": items}, auth=AUTH)

    assert answer.status_code == 200
    assert _items(log) == items


async def test_a_key_above_its_rate_is_told_when_to_come_again(log: FileLog, keys: KeyRing) -> None:
    async with _client(log, keys, events_per_second=10) as client:
        body = {"batch": [TRACK] * 10}
        answers = [await client.post("/v1/batch", json=body, auth=AUTH) for _ in range(2)]
        other = await client.post("/v1/batch", json=body, auth=(OTHER_WRITE_KEY, ""))

    assert [answer.status_code for answer in [*answers, other]] == [200, 429, 200]
    assert int(answers[1].headers["retry-after"]) >= 1
    assert len(_records(log)) == 2


async def test_a_full_disk_asks_the_sender_to_come_again(client, log: FileLog, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> int:
        raise LogFull("log")

    monkeypatch.setattr(log, "append", full)
    answers = [await client.post("/v1/batch", json={"batch": batch}, auth=AUTH) for batch in ([TRACK], [TRACK, 5], [5])]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "log_full")] * 3
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/track", 405), ("POST", "/v1/nothing", 404), ("PUT", "/v1/batch", 405)]
)
async def test_other_routes_and_methods_are_refused_in_json(client, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path, auth=AUTH)

    assert (answer.status_code, answer.json()["success"]) == (status, False)


async def test_a_slash_at_the_end_is_no_other_route(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/track/", json=TRACK, auth=AUTH)).status_code == 200


async def test_a_page_of_any_origin_may_post(client: httpx.AsyncClient) -> None:
    asked = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "anonymousid,authorization",
    }

    answer = await client.options("/v1/batch", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "anonymousid,authorization"
    assert "POST" in answer.headers["access-control-allow-methods"]


async def test_a_page_can_read_a_refusal(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/track", json=TRACK, headers={"Origin": "https://app.example.com"})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "*")


async def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing(log: FileLog, keys: KeyRing) -> None:
    received = iter([{"type": "http.request", "body": b'{"batch":[', "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(received)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/batch",
        "headers": [(b"authorization", f"Bearer {WRITE_KEY}".encode())],
    }
    await collection_app(log, keys)(scope, receive, send)

    assert (sent, _records(log)) == ([], [])


def _rows(metadata: dict[str, str], columns: dict[str, list[str]]) -> bytes:
    table = pa.table(columns).replace_schema_metadata(metadata)
    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


ROWS = _rows(
    {"forestay.kind": "accounts", "forestay.source": "accounts.csv"}, {"row_key": ["1"], "account_id": ["acme"]}
)


async def test_typed_rows_of_a_key_that_may_import_go_into_the_log_as_they_came(
    client: httpx.AsyncClient, log: FileLog
) -> None:
    answer = await client.post("/v1/arrow", content=ROWS, headers={"Authorization": f"Bearer {IMPORT_KEY}"})

    assert answer.status_code == 200
    (record,) = _records(log)
    assert (record.workspace_id, record.codec, record.body) == (7, Codec.ARROW, ROWS)


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        (READ_KEY, ROWS, 403),
        (WRITE_KEY, ROWS, 403),
        ("fsk_nobody-has-this-key", ROWS, 401),
        (IMPORT_KEY, b"", 400),
        (IMPORT_KEY, b"{}", 400),
        (IMPORT_KEY, ROWS[:-20], 400),
        (IMPORT_KEY, _rows({}, {"row_key": ["1"]}), 400),
        (IMPORT_KEY, _rows({"forestay.kind": "planets"}, {"row_key": ["1"]}), 400),
        (IMPORT_KEY, _rows({"forestay.kind": "accounts"}, {"account_id": ["acme"]}), 400),
    ],
)
async def test_other_keys_and_other_bodies_are_refused(client, log, key: str, body: bytes, status: int) -> None:
    answer = await client.post("/v1/arrow", content=body, headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, _records(log)) == (status, [])
