"""The first member of a new installation, one-time links, and going from one workspace to another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from forestay.customers.words import Role
from forestay.governance import members
from forestay.governance.bootstrap import SLUG, create_workspace
from forestay.governance.links import LIVES, LinkPurpose, LinkSpent, make_link, take_link
from forestay.governance.members import NewMember
from tests.api.conftest import PASSWORD, House

ANA = {"name": "Ana", "email": "ana@acme.example.com", "password": PASSWORD, "zone": "Europe/Berlin"}


@pytest.fixture
def fresh(house: House) -> int:
    """An installation as it is after its first start: the workspace 'default', in which nobody can sign in."""
    with house.store.owner.begin_worker() as conn:
        return create_workspace(conn, SLUG, "My company", ())


def link(house: House, purpose: LinkPurpose = LinkPurpose.SETUP, email: str | None = None) -> str:
    return make_link(house.deps.settings.data_dir, purpose, house.clock.now(), email)


def first(house: House, proof: str, **more: Any) -> Any:
    return house.client.post("/api/setup/member", json={**ANA, "proof": proof, **more})


def test_the_first_member_comes_in_by_the_printed_link_and_is_an_admin(house: House, fresh: int) -> None:
    assert house.client.get("/api/setup").json() == {"needs_member": True}
    made = first(house, link(house), workspace_name="Acme").json()
    assert (made["member"]["email"], made["member"]["role"]) == ("ana@acme.example.com", "admin")
    assert house.client.get("/api/sessions/me").json()["workspaces"][0]["name"] == "Acme"
    assert house.client.get("/api/setup").json() == {"needs_member": False}


def test_the_first_member_can_prove_themselves_by_the_printed_key_instead(house: House, fresh: int) -> None:
    assert first(house, house.key("*", workspace_id=fresh)).status_code == 201


def test_a_stranger_cannot_become_the_first_member(house: House, fresh: int) -> None:
    assert first(house, "guessed").json()["code"] == "link_spent"
    assert first(house, house.key("tasks:read", workspace_id=fresh)).status_code == 401
    assert first(house, house.key("*")).status_code == 401  # a key of another workspace
    assert first(house, link(house, LinkPurpose.SIGN_IN, "ana@acme.example.com")).status_code == 401
    assert house.client.get("/api/setup").json() == {"needs_member": True}


def test_guessing_the_link_is_slowed_down(house: House, fresh: int) -> None:
    answers = [first(house, f"guess {number}").status_code for number in range(6)]
    assert answers == [401] * 5 + [429]


def test_nobody_becomes_first_once_somebody_can_sign_in(house: House, fresh: int) -> None:
    another = link(house)
    first(house, link(house))
    house.client.cookies.clear()
    answer = first(house, another, email="eve@acme.example.com")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_set_up")


def test_a_refused_password_leaves_the_link_good(house: House, fresh: int) -> None:
    proof = link(house)
    assert first(house, proof, password="short").json()["code"] == "weak_password"
    assert first(house, proof).status_code == 201


def test_a_member_of_an_import_who_has_no_password_yet_becomes_the_first(house: House, fresh: int) -> None:
    with house.store.api.begin(fresh) as conn:
        number = members.create(conn, fresh, NewMember("ana@acme.example.com", "Imported", Role.CSM))
    made = first(house, link(house)).json()
    assert (made["member"]["id"], made["member"]["role"], made["member"]["name"]) == (number, "admin", "Ana")


def test_a_link_is_good_once_and_for_minutes(house: House, fresh: int) -> None:
    data, now = house.deps.settings.data_dir, house.clock.now()
    secret = link(house)
    take_link(data, secret, LinkPurpose.SETUP, now)
    with pytest.raises(LinkSpent):
        take_link(data, secret, LinkPurpose.SETUP, now)
    old = link(house)
    with pytest.raises(LinkSpent):
        take_link(data, old, LinkPurpose.SETUP, now + LIVES)


def test_a_sign_in_link_opens_one_session_of_its_member(house: House, fresh: int) -> None:
    first(house, link(house))
    house.client.cookies.clear()
    secret = link(house, LinkPurpose.SIGN_IN, "ana@acme.example.com")
    came = house.client.post("/api/sessions/by-link", json={"link": secret})
    assert (came.status_code, came.json()["member"]["name"]) == (201, "Ana")
    assert house.client.post("/api/sessions/by-link", json={"link": secret}).json()["code"] == "link_spent"


def test_a_setup_link_opens_no_session(house: House, fresh: int) -> None:
    first(house, link(house))
    house.client.cookies.clear()
    assert house.client.post("/api/sessions/by-link", json={"link": link(house)}).status_code == 401


def two_homes(house: House, other_workspace: int, password: str = PASSWORD) -> dict[str, str]:
    """One address in both workspaces; signed in to the first, the other tried with the same password."""
    house.member(Role.CSM, "ana@acme.example.com")
    with house.store.api.begin(other_workspace) as conn:
        members.create(conn, other_workspace, NewMember("ana@acme.example.com", "Ana", Role.ADMIN, password))
    body = {"email": "ana@acme.example.com", "password": PASSWORD, "workspace": "acme", "others": ["globex", "nowhere"]}
    came = house.client.post("/api/sessions", json=body).json()
    return {"X-CSRF-Token": came["csrf_token"], "names": " ".join(one["slug"] for one in came["workspaces"])}


def test_one_password_for_two_workspaces_lets_one_switch_without_typing(house: House, other_workspace: int) -> None:
    came = two_homes(house, other_workspace)
    assert came.pop("names") == "acme globex"
    there = house.client.post("/api/sessions/switch", json={"workspace_id": other_workspace}, headers=came).json()
    assert (there["workspace_id"], there["member"]["role"]) == (other_workspace, "admin")
    assert house.client.get("/api/sessions/me").json()["workspace_id"] == other_workspace


def test_another_password_there_opens_nothing_there(house: House, other_workspace: int) -> None:
    came = two_homes(house, other_workspace, password="quite another password")
    assert came.pop("names") == "acme"
    answer = house.client.post("/api/sessions/switch", json={"workspace_id": other_workspace}, headers=came)
    assert answer.status_code == 401
    assert house.client.get("/api/sessions/me").json()["workspace_id"] == house.workspace_id


def test_a_wrong_password_tells_nothing_of_other_workspaces(house: House, other_workspace: int) -> None:
    two_homes(house, other_workspace)
    house.client.cookies.clear()
    body = {"email": "ana@acme.example.com", "password": "wrong", "workspace": "acme", "others": ["globex"]}
    known = house.client.post("/api/sessions", json=body).json()
    unknown = house.client.post("/api/sessions", json={**body, "email": "stranger@acme.example.com"}).json()
    assert {**known, "request_id": ""} == {**unknown, "request_id": ""}


def test_switching_needs_the_proof_that_the_page_is_ours(house: House, other_workspace: int) -> None:
    two_homes(house, other_workspace)
    assert house.client.post("/api/sessions/switch", json={"workspace_id": other_workspace}).json()["code"] == "csrf"


def test_a_session_that_ended_there_cannot_be_switched_to(house: House, other_workspace: int) -> None:
    came = two_homes(house, other_workspace)
    came.pop("names")
    with house.store.api.begin(other_workspace) as conn:
        members.end_sessions(conn, other_workspace, members_of(house, other_workspace))
    answer = house.client.post("/api/sessions/switch", json={"workspace_id": other_workspace}, headers=came)
    assert answer.status_code == 401
    assert [one["slug"] for one in house.client.get("/api/sessions/me").json()["workspaces"]] == ["acme"]


def members_of(house: House, workspace_id: int) -> int:
    answer = house.client.get("/api/members", headers=house.bearer(workspace_id=workspace_id))
    return int(answer.json()["items"][0]["id"])


def test_signing_out_ends_the_sessions_of_all_workspaces(house: House, other_workspace: int) -> None:
    came = two_homes(house, other_workspace)
    came.pop("names")
    cookies = dict(house.client.cookies)
    assert house.client.delete("/api/sessions/me", headers=came).status_code == 204
    house.client.cookies.clear()
    house.client.cookies.set("forestay_session", cookies[f"forestay_at_{other_workspace}"])
    assert house.client.get("/api/sessions/me").status_code == 401


def test_the_next_person_at_this_browser_does_not_inherit_the_last_ones_sessions(
    house: House, other_workspace: int
) -> None:
    two_homes(house, other_workspace)
    house.member(Role.VIEWER, "bo@acme.example.com")
    came = house.sign_in("bo@acme.example.com").json()
    assert [one["slug"] for one in came["workspaces"]] == ["acme"]


def test_a_member_changes_their_own_name_and_zone_whatever_their_role(house: House) -> None:
    csrf = house.browser(Role.VIEWER)
    answer = house.client.patch("/api/sessions/me", json={"name": "Vi", "zone": "Asia/Tokyo"}, headers=csrf).json()
    assert (answer["member"]["name"], answer["zone"]) == ("Vi", "Asia/Tokyo")


def test_a_new_password_needs_the_present_one_and_ends_other_sessions(house: House) -> None:
    csrf = house.browser(Role.CSM)
    new = {"password": "a better long password"}
    refused = house.client.patch("/api/sessions/me", json={**new, "present_password": "guess"}, headers=csrf)
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_password")
    elsewhere = house.client.cookies["forestay_session"]
    changed = house.client.patch("/api/sessions/me", json={**new, "present_password": PASSWORD}, headers=csrf)
    assert changed.status_code == 200
    assert house.client.get("/api/sessions/me").status_code == 200
    house.client.cookies.clear()
    house.client.cookies.set("forestay_session", elsewhere, domain="forestay.example.com")
    assert house.client.get("/api/sessions/me").status_code == 401


def test_a_key_is_nobody_who_could_change_themselves(house: House, admin: dict[str, str]) -> None:
    assert house.client.patch("/api/sessions/me", json={"name": "Key"}, headers=admin).status_code == 403


def test_idle_links_are_swept(house: House) -> None:
    link(house)
    house.clock.advance(LIVES + timedelta(seconds=1))
    link(house)
    assert len(list((house.deps.settings.data_dir / "run" / "links").iterdir())) == 1
