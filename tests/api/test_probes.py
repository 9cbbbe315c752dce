"""What an operator's machinery asks."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any, cast

from forestay.api.app import create_app, openapi_of
from tests.api.conftest import House

SNAPSHOT = Path(__file__).parents[2] / "docs" / "openapi.json"


def sign_of_life(house: House, age_seconds: float = 0.0) -> None:
    path = house.deps.settings.data_dir / "run" / "worker.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"position": 7}')
    moment = path.stat().st_mtime - age_seconds
    os.utime(path, (moment, moment))


def test_the_server_is_healthy_whatever_else_is_not(house: House) -> None:
    assert house.client.get("/healthz").json() == {"status": "ok"}


def test_it_is_ready_when_store_log_and_worker_work(house: House) -> None:
    house.deps.settings.log_dir.mkdir()
    sign_of_life(house)
    answer = house.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "store": "ok", "log": "ok", "worker": "ok"})


def test_a_worker_that_fell_silent_is_named(house: House) -> None:
    house.deps.settings.log_dir.mkdir()
    sign_of_life(house, age_seconds=120)
    answer = house.client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert "no sign of life for 120 s" in answer.json()["worker"]


def test_metrics_from_elsewhere_ask_for_a_key(house: House) -> None:
    far = {"X-Forwarded-For": "203.0.113.7"}
    assert house.client.get("/metrics").status_code == 200
    assert house.client.get("/metrics", headers=far).status_code == 401
    assert house.client.get("/metrics", headers={**far, **house.bearer("jobs:read")}).status_code == 200


def test_answers_are_not_stored_by_caches_nor_sniffed(house: House, admin: dict[str, str]) -> None:
    headers = house.client.get("/api/signals", headers=admin).headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_a_mistake_of_ours_is_told_with_the_requests_id_and_no_details(house: House, admin: dict[str, str]) -> None:
    house.deps.settings.__dict__["data_dir"] = None
    answer = house.client.get("/api/status", headers={**admin, "X-Request-Id": "request-9"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request_id"] == "request-9"
    assert "NoneType" not in answer.text


def test_the_openapi_document_in_docs_is_what_the_server_answers(house: House) -> None:
    """To renew it: python -m tests.api.write_openapi"""
    served = house.client.get("/api/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert json.loads(SNAPSHOT.read_text()) == served


def test_the_openapi_document_is_made_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert openapi_of(create_app(cast(Any, None)))["paths"]
