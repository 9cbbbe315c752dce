"""One port for collection, the jobs' way into the log, and management."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from forestay.api.append import INTERNAL_PATH, SECRET_NAME, WORKSPACE_HEADER
from forestay.app.server import asgi_app
from forestay.events.log import Codec
from forestay.governance.keys import KeyKind
from forestay.kit.secret_files import secret_in
from forestay.store.database import Store
from tests.api.conftest import House


@pytest.fixture
def port(house: House) -> Iterator[TestClient]:
    with TestClient(asgi_app(house.deps), base_url="http://forestay.example.com") as client:
        yield client


def test_an_event_goes_to_the_log_and_an_account_is_read_at_the_same_port(house: House, port: TestClient) -> None:
    secret = house.key(kind=KeyKind.WRITE)
    sent = port.post("/v1/track", json={"userId": "u-1", "event": "Signed In"}, auth=(secret, ""))
    assert (sent.status_code, house.log.records[0].codec) == (200, Codec.SEGMENT)
    assert port.get("/api/accounts", headers=house.bearer()).status_code == 200


def test_what_is_nowhere_is_a_problem_of_the_management_api(port: TestClient) -> None:
    answer = port.get("/api/nothing-of-the-kind")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_rows_of_an_import_need_the_secret_of_the_data_folder(house: House, port: TestClient) -> None:
    headers = {WORKSPACE_HEADER: str(house.workspace_id)}
    assert port.post(INTERNAL_PATH, content=b"rows", headers={**headers, **house.bearer()}).status_code == 401
    secret = secret_in(house.deps.settings.data_dir, SECRET_NAME)
    answer = port.post(INTERNAL_PATH, content=b"rows", headers={**headers, "Authorization": f"Bearer {secret}"})
    assert (answer.text, house.log.records[0].body) == ("1", b"rows")


def test_collection_goes_on_and_management_says_so_while_the_store_is_away(house: House, port: TestClient) -> None:
    secret, headers = house.key(kind=KeyKind.WRITE), house.bearer()
    event = {"userId": "u-1", "event": "Signed In"}
    assert port.post("/v1/track", json=event, auth=(secret, "")).status_code == 200
    assert port.get("/api/accounts", headers=headers).status_code == 200
    with gone(house):
        assert port.post("/v1/track", json=event, auth=(secret, "")).status_code == 200
        answer = port.get("/api/accounts", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert port.get("/healthz").status_code == 200
    assert port.get("/api/accounts", headers=headers).status_code == 200


class gone:  # noqa: N801 - reads as a sentence
    """The store cannot be reached within this block."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.engine = house.store.api._engine

    def __enter__(self) -> None:
        self.house.store.api._engine = Store.connect("postgresql://nobody@127.0.0.1:1/x?connect_timeout=1")._engine

    def __exit__(self, *_: object) -> None:
        self.house.store.api._engine = self.engine
