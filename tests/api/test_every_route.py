"""One set of checks for every route: who may call it, and that another workspace's things do not exist there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from forestay.api.app import ROUTERS
from forestay.api.calls import _Needs
from forestay.governance.permissions import Permission
from forestay.predictions import registry
from forestay.predictions.policy import ModelPolicy
from forestay.predictions.registry import NewModel
from tests.api.conftest import House
from tests.api.journey_house import JourneyHouse
from tests.api.seeding import whole_company
from tests.predictions.models_at_hand import at_hand

OPEN_TO_ALL = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("POST", "/api/sessions"),
               ("POST", "/api/sessions/by-link"), ("GET", "/api/setup"), ("POST", "/api/setup/member")}  # fmt: skip
"""Probes, and the door by which one comes in. /metrics asks for a key only from other machines."""

FOR_ANY_CALLER = {("GET", "/api/sessions/me"), ("PATCH", "/api/sessions/me"), ("DELETE", "/api/sessions/me"), ("GET", "/api/stream"),
                  ("POST", "/api/sessions/switch")}  # fmt: skip


def routes() -> Iterator[tuple[str, str, APIRoute]]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                yield method, route.path, route


def permission_of(dependant: Dependant) -> Permission | None:
    own = dependant.call.permission if isinstance(dependant.call, _Needs) else None
    return next((found for found in (own, *map(permission_of, dependant.dependencies)) if found), None)


ALL = {(method, path): permission_of(route.dependant) for method, path, route in routes()}
GUARDED = sorted(set(ALL) - OPEN_TO_ALL - FOR_ANY_CALLER)


def address(path: str) -> str:
    """A plausible address: numbers where numbers go, words elsewhere."""
    filled = path.replace("{kind}", "accounts" if "import" in path else "trigger").replace("{channel}", "email")
    filled = re.sub(r"\{(\w+_id)\}", lambda found: "nobody" if found[1] == "external_id" else "1", filled)
    return re.sub(r"\{[^}]+\}", "some-key", filled)


def test_every_route_but_the_doors_asks_for_a_permission() -> None:
    assert [pair for pair in GUARDED if ALL[pair] is None] == []


def test_no_route_answers_a_stranger(house: House) -> None:
    refused = {
        (method, path): house.client.request(method, address(path), json={}).status_code
        for method, path in (*GUARDED, *sorted(FOR_ANY_CALLER))
    }
    assert {pair: status for pair, status in refused.items() if status != 401} == {}


def test_a_key_that_may_do_everything_else_is_told_the_one_permission_it_lacks(house: House) -> None:
    headers = {
        permission: house.bearer(*(word for word in Permission if word is not permission))
        for permission in set(ALL.values())
        if permission
    }
    wrong = {}
    for method, path in GUARDED:
        needed = ALL[method, path]
        assert needed is not None
        answer = house.client.request(method, address(path), json={}, headers=headers[needed])
        if answer.status_code != 403 or f"'{needed.value}'" not in answer.json()["detail"]:
            wrong[method, path] = answer.text
    assert wrong == {}


OWN_IDS = {
    "/api/accounts/{external_id}": "acme-1",
    "/api/contacts/{external_id}": "u-1",
    "/api/signals/{signal_id}": "signal",
    "/api/tasks/{task_id}": "task",
    "/api/messages/{message_id}": "message",
    "/api/effects/{effect_id}": "effect",
    "/api/quarantine/{item_id}": "item",
    "/api/members/{member_id}": "member",
    "/api/keys/{key_id}": "key",
    "/api/jobs/{job_id}": "job",
    "/api/imports/{job_id}": "job",
    "/api/triggers/{key}": "ours",
    "/api/journeys/{key}": "ours",
    "/api/runs/{run_id}": "run",
    "/api/models/{model_id}": "model",
    "/api/scorecards/{key}": "ours",
    "/api/segments/{key}": "ours",
    "/api/features/{key}": "ours",
    "/api/views/{view_id}": "view",
    "/api/bulk/{bulk_id}": "bulk",
}
BODIES = {
    "feedback": {"verdict": "accurate"},
    "complete": {"outcome": "resolved"},
    "snooze": {"until": "2027-01-01T00:00:00Z"},
    "reassign": {"member_id": 1},
    "claim": {"member_id": 1},
    "resolve": {"resolution": "retry"},
    "merge": {"into": "bolt-2"},
    "roll-back": {"version": 1},
    "enter": {"account": "acme-1"},
    "walk": {"account": "acme-1"},
    "migrate": {"version": 1},
    "skip": {"port": "next"},
    "start-again": {"step": "start"},
    "send": {"to": "u-1", "subject": "Hello", "text": "Hello"},
    "notes": {"text": "Hello"},
    "consents": {"channel": "email", "purpose": "success", "is_given": True},
}


def theirs(path: str, ids: dict[str, int]) -> str | None:
    for prefix, name in OWN_IDS.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            return path.replace(prefix, prefix.rpartition("/")[0] + f"/{ids.get(name, name)}")
    return None


def a_run(house: House) -> int:
    """A journey of ours with a run under way."""
    journeys = JourneyHouse(house)
    journeys.publish(key="ours")
    journeys.enter("acme-1", key="ours")
    return int(journeys.run()["id"])


def a_model(house: House) -> int:
    """A trained model of ours, live, so that everything could be done to it."""
    with house.store.api.begin(house.workspace_id) as conn:
        entry = registry.save(conn, house.workspace_id, NewModel(at_hand()))
        return registry.promote(conn, house.workspace_id, entry, "member:1", ModelPolicy(), house.clock.now()).id


def test_what_belongs_to_another_workspace_does_not_exist(house: House, other_workspace: int) -> None:
    ids = whole_company(house.store.api, house.workspace_id)
    ours = house.bearer()
    body = {"name": "Ours", "condition": {"column": "account.arr", "is": "above", "value": 1}}
    assert house.client.put("/api/segments/ours/draft", json=body, headers=ours).status_code == 200
    ids["run"] = a_run(house)
    ids["model"] = a_model(house)
    member = {"email": "one@acme.example.com", "role": "csm"}
    ids["member"] = house.client.post("/api/members", json=member, headers=ours).json()["id"]
    ids["key"] = house.client.get("/api/keys", headers=ours).json()["items"][0]["id"]
    upload = {"file": ("a.csv", b"account_id\na-1\n")}
    ids["job"] = house.client.post("/api/import/accounts", files=upload, headers=ours).json()["id"]
    view = {"name": "Ours", "is_shared": True, "body": {}}
    ids["view"] = house.client.post("/api/views", json=view, headers=ours).json()["id"]
    bulk = {"accounts": {"accounts": ["acme-1"]}, "owner": None}
    ids["bulk"] = house.client.post("/api/bulk/assign", json=bulk, headers=ours).json()["id"]
    stranger = house.bearer(workspace_id=other_workspace)
    found = {}
    for method, path in GUARDED:
        place = theirs(path, ids)
        if place is None or method == "PUT" or path.endswith(("/validate", "/render")):
            continue
        sent = BODIES.get(path.rpartition("/")[2], {})
        sent = {"owner": None} if (method, path) == ("PATCH", "/api/accounts/{external_id}") else sent
        found[method, path] = house.client.request(method, address(place), json=sent, headers=stranger).status_code
    assert len(found) > 40
    assert {pair: status for pair, status in found.items() if status != 404} == {}
