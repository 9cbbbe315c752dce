"""Who may call, and how a refusal reads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forestay.customers.words import Role
from forestay.governance import keys
from forestay.governance.keys import KeyKind
from tests.api.conftest import House

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "place", "request_id"}


def test_a_caller_without_a_key_is_asked_for_one(house: House) -> None:
    answer = house.client.get("/api/signals")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_unknown_key_is_refused(house: House) -> None:
    answer = house.client.get("/api/signals", headers={"Authorization": "Bearer fsk_nobody-made-this"})
    assert answer.status_code == 401


def test_a_write_key_does_not_open_the_management_api(house: House) -> None:
    secret = house.key(kind=KeyKind.WRITE)
    answer = house.client.get("/api/signals", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401
    assert "opens only /v1" in answer.json()["detail"]


def test_a_key_without_the_scope_is_told_the_permission_it_lacks(house: House) -> None:
    answer = house.client.get("/api/signals", headers=house.bearer("tasks:read"))
    assert answer.status_code == 403
    assert answer.json()["detail"] == "this needs the permission 'signals:read', which this key does not have"


def test_a_key_with_the_scope_is_let_in(house: House) -> None:
    answer = house.client.get("/api/signals", headers=house.bearer("signals:read"))
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})


def test_a_revoked_key_is_refused_at_once(house: House, admin: dict[str, str]) -> None:
    made = house.client.post("/api/keys", json={"kind": "management", "name": "CI", "scopes": ["*"]}, headers=admin)
    theirs = {"Authorization": f"Bearer {made.json()['secret']}"}
    assert house.client.get("/api/signals", headers=theirs).status_code == 200
    assert house.client.delete(f"/api/keys/{made.json()['id']}", headers=admin).status_code == 204
    assert house.client.get("/api/signals", headers=theirs).status_code == 401


def test_a_key_revoked_elsewhere_is_refused_within_seconds(house: House) -> None:
    headers = house.bearer("signals:read")
    assert house.client.get("/api/signals", headers=headers).status_code == 200
    secret = headers["Authorization"].removeprefix("Bearer ")
    with house.store.api.begin(house.workspace_id) as conn:
        facts = keys.look_up(conn, keys.fingerprint(secret))
        assert facts is not None
        keys.revoke(conn, house.workspace_id, facts.key_id)
    house.clock.advance(timedelta(seconds=11))
    assert house.client.get("/api/signals", headers=headers).status_code == 401


def test_a_key_cannot_make_a_stronger_key(house: House) -> None:
    wanted = {"kind": "management", "name": "more", "scopes": ["audit:read"]}
    answer = house.client.post("/api/keys", json=wanted, headers=house.bearer("keys:admin"))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


def test_a_secret_is_shown_once_and_kept_nowhere(house: House, admin: dict[str, str]) -> None:
    made = house.client.post("/api/keys", json={"kind": "write", "name": "site"}, headers=admin).json()
    listed = house.client.get("/api/keys", headers=admin).text
    assert made["secret"].startswith("fsw_")
    assert made["secret"] not in listed


def test_a_viewer_is_told_that_their_role_may_not(house: House) -> None:
    csrf = house.browser(Role.VIEWER)
    answer = house.client.post("/api/signals/1/feedback", json={"verdict": "accurate"}, headers=csrf)
    assert answer.status_code == 403
    assert "'feedback:write', which the role viewer does not have" in answer.json()["detail"]


def test_a_viewer_may_read(house: House) -> None:
    house.browser(Role.VIEWER)
    assert house.client.get("/api/signals").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing-here", 404, "not_found"),
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/api/signals", 405, "method_not_allowed"),
        ("GET", "/api/signals?status=sideways", 422, "invalid"),
        ("GET", "/api/signals?statsu=open", 422, "unknown_parameter"),
        ("GET", "/api/signals?limit=0", 422, "invalid"),
        ("GET", "/api/signals?since=2026-01-01T00:00:00", 422, "invalid"),
        ("GET", "/api/signals?cursor=abc", 400, "bad_cursor"),
        ("GET", "/api/signals/1", 404, "not_found"),
        ("GET", "/api/signals/99999999999999999999", 422, "invalid"),
    ],
)
def test_every_refusal_is_a_problem_with_a_code_and_the_requests_id(
    house: House, admin: dict[str, str], method: str, path: str, status: int, code: str
) -> None:
    answer = house.client.request(method, path, headers={**admin, "X-Request-Id": "my-request-7"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == PROBLEM_FIELDS
    assert problem["request_id"] == answer.headers["x-request-id"] == "my-request-7"


def test_a_wrong_filter_value_is_answered_with_the_right_ones(house: House, admin: dict[str, str]) -> None:
    detail = house.client.get("/api/signals?status=sideways", headers=admin).json()["detail"]
    assert "'open' or 'closed'" in detail


def test_a_misspelt_filter_is_answered_with_the_right_names(house: House, admin: dict[str, str]) -> None:
    detail = house.client.get("/api/signals?statsu=open", headers=admin).json()["detail"]
    assert "account, cursor, held_back, limit, risk_level, since, status, tier, trigger, until" in detail


def test_an_unknown_field_of_a_body_is_refused(house: House, admin: dict[str, str]) -> None:
    answer = house.client.post("/api/keys", json={"kind": "write", "name": "x", "colour": "red"}, headers=admin)
    assert (answer.status_code, answer.json()["place"]) == (422, "body.colour")


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_read(house: House, admin: dict[str, str]) -> None:
    answer = house.client.post("/api/keys", content=b"x" * 1_048_577, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_of_unknown_length_is_refused_when_it_grows_too_long(house: House, admin: dict[str, str]) -> None:
    pieces = (b"x" * 65_536 for _ in range(20))
    answer = house.client.post("/api/keys", content=pieces, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_that_is_no_json_is_refused(house: House, admin: dict[str, str]) -> None:
    headers = {**admin, "Content-Type": "application/json"}
    answer = house.client.post("/api/keys", content=b"{not json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
