"""A request that is sent again with its key is answered again and done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from forestay.governance import members as people
from forestay.store.tables.governance import api_keys, idempotency_keys, members
from tests.api.conftest import House
from tests.api.seeding import whole_company

ANN = {"email": "ann@acme.example.com", "role": "csm", "password": "correct horse battery"}


def keyed(headers: dict[str, str], key: str = "first-try") -> dict[str, str]:
    return {**headers, "Idempotency-Key": key}


def add(house: House, headers: dict[str, str], **body: Any) -> Any:
    return house.client.post("/api/members", json={**ANN, **body}, headers=headers)


def test_a_member_is_added_once_however_often_it_is_asked(house: House, admin: dict[str, str]) -> None:
    first, again = add(house, keyed(admin)), add(house, keyed(admin))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    with house.store.owner.begin_worker() as conn:
        assert conn.execute(select(func.count()).select_from(members)).scalar_one() == 1


def test_the_same_key_for_another_body_is_refused(house: House, admin: dict[str, str]) -> None:
    add(house, keyed(admin))
    answer = add(house, keyed(admin), email="bea@acme.example.com")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


def test_the_same_key_for_another_route_or_by_another_caller_is_refused(house: House, admin: dict[str, str]) -> None:
    add(house, keyed(admin))
    elsewhere = house.client.post("/api/keys", json=ANN, headers=keyed(admin))
    assert elsewhere.json()["code"] == "idempotency_key_reused"
    assert add(house, keyed(house.bearer())).json()["code"] == "idempotency_key_reused"


def test_a_refused_request_may_try_again_with_its_key(house: House, admin: dict[str, str]) -> None:
    assert add(house, keyed(admin), zone="Mars/Base").status_code == 422
    assert add(house, keyed(admin)).status_code == 201


def test_a_key_is_forgotten_after_a_day(house: House, admin: dict[str, str]) -> None:
    add(house, keyed(admin))
    house.clock.advance(timedelta(hours=25))
    again = add(house, keyed(admin), email="bea@acme.example.com")
    assert (again.status_code, "idempotent-replayed" in again.headers) == (201, False)


def test_a_keys_secret_is_not_kept_to_be_repeated(house: House, admin: dict[str, str]) -> None:
    ask = {"kind": "write", "name": "Website"}
    made = house.client.post("/api/keys", json=ask, headers=keyed(admin)).json()
    again = house.client.post("/api/keys", json=ask, headers=keyed(admin))
    assert (again.status_code, again.json()["code"]) == (409, "already_created")
    with house.store.owner.begin_worker() as conn:
        kept = str(conn.execute(select(idempotency_keys)).all())
        assert conn.execute(select(func.count()).where(api_keys.c.name == "Website")).scalar_one() == 1
    assert made["secret"] not in kept


def test_a_request_that_was_cut_off_is_said_to_be_unknown(house: House, admin: dict[str, str]) -> None:
    add(house, keyed(admin))
    with house.store.owner.begin_worker() as conn:
        conn.execute(idempotency_keys.update().values(status=None, answer=None))
    assert add(house, keyed(admin)).json()["code"] == "idempotency_key_in_use"


def test_a_crash_in_the_work_gives_the_key_back(
    house: House, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(people, "create", lambda *_: 1 // 0)
        assert add(house, keyed(admin)).status_code == 500
    assert add(house, keyed(admin)).status_code == 201


def test_an_answer_is_repeated_only_to_who_may_still_ask(house: House, admin: dict[str, str]) -> None:
    headers = keyed(house.bearer("members:admin"))
    add(house, headers)
    with house.store.owner.begin_worker() as conn:
        conn.execute(
            api_keys.update().where(api_keys.c.scopes.contains(["members:admin"])).values(scopes=["jobs:read"])
        )
    house.clock.advance(timedelta(minutes=10))
    assert add(house, headers).status_code == 403


def test_another_workspace_may_use_the_same_key(house: House, admin: dict[str, str], other_workspace: int) -> None:
    add(house, keyed(admin))
    answer = add(house, keyed(house.bearer(workspace_id=other_workspace)))
    assert (answer.status_code, "idempotent-replayed" in answer.headers) == (201, False)


def test_merging_twice_writes_one_decision(house: House, admin: dict[str, str]) -> None:
    whole_company(house.store.api, house.workspace_id)
    answers = [
        house.client.post("/api/accounts/acme-1/merge", json={"into": "bolt-2"}, headers=keyed(admin)) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len(house.log.records) == 1


def test_a_file_sent_twice_is_one_job_at_the_same_address(house: House, admin: dict[str, str]) -> None:
    sent = {"content": b"account_id,name\na-1,Ann\n", "headers": keyed(admin), "params": {"name": "a.csv"}}
    first, again = (house.client.post("/api/import/accounts", **sent) for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert again.headers.get("location") == first.headers.get("location")


def test_a_quarantined_item_is_replayed_once(house: House, admin: dict[str, str]) -> None:
    item = whole_company(house.store.api, house.workspace_id)["item"]
    fixed = {"item": '{"type":"track","event":"X","userId":"u-1","messageId":"m-1"}'}
    answers = [house.client.post(f"/api/quarantine/{item}/replay", json=fixed, headers=keyed(admin)) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"settled": 1}] * 2
    assert len(house.log.records) == 1


def test_a_key_that_is_none_is_refused(house: House, admin: dict[str, str]) -> None:
    answer = add(house, keyed(admin, "two words"))
    assert (answer.status_code, answer.json()["place"]) == (422, "Idempotency-Key")
