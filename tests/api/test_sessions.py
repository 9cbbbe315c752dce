"""Signing in with a browser."""

from __future__ import annotations

from datetime import timedelta

from forestay.customers.words import Role
from tests.api.conftest import PASSWORD, START, House


def test_a_member_signs_in_and_learns_who_they_are(house: House) -> None:
    house.browser(Role.CSM)
    me = house.client.get("/api/sessions/me").json()
    assert (me["member"]["email"], me["member"]["role"]) == ("csm@acme.example.com", "csm")
    assert "tasks:write" in me["permissions"]
    assert "keys:admin" not in me["permissions"]


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_across_sites(house: House) -> None:
    house.member(Role.CSM)
    header = house.sign_in("csm@acme.example.com").headers["set-cookie"]
    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    assert "Path=/" in header


def test_an_unsafe_call_by_cookie_needs_the_csrf_token(house: House) -> None:
    csrf = house.browser(Role.ADMIN)
    wanted = {"kind": "write", "name": "site"}
    assert house.client.post("/api/keys", json=wanted).json()["code"] == "csrf"
    assert house.client.post("/api/keys", json=wanted, headers={"X-CSRF-Token": "0" * 32}).status_code == 403
    assert house.client.post("/api/keys", json=wanted, headers=csrf).status_code == 201


def test_the_csrf_token_of_one_session_does_not_fit_another(house: House) -> None:
    csrf = house.browser(Role.ADMIN)
    house.sign_in("admin@acme.example.com")
    assert house.client.post("/api/keys", json={"kind": "write", "name": "x"}, headers=csrf).status_code == 403


def test_a_planted_cookie_is_worth_nothing_after_signing_in(house: House) -> None:
    house.member(Role.CSM)
    house.client.cookies.set("forestay_session", f"{house.workspace_id}.planted", domain="forestay.example.com")
    house.sign_in("csm@acme.example.com")
    token = house.client.cookies["forestay_session"]
    assert token != f"{house.workspace_id}.planted"
    house.client.cookies.clear()
    house.client.cookies.set("forestay_session", f"{house.workspace_id}.planted", domain="forestay.example.com")
    assert house.client.get("/api/sessions/me").status_code == 401


def test_signing_in_again_ends_the_session_before(house: House) -> None:
    house.browser(Role.CSM)
    old = house.client.cookies["forestay_session"]
    house.sign_in("csm@acme.example.com")
    house.client.cookies.clear()
    house.client.cookies.set("forestay_session", old, domain="forestay.example.com")
    assert house.client.get("/api/sessions/me").status_code == 401


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(house: House) -> None:
    house.member(Role.CSM)
    wrong = house.sign_in("csm@acme.example.com", "not the password").json()
    unknown = house.sign_in("stranger@acme.example.com", "not the password").json()
    no_such_place = house.client.post(
        "/api/sessions", json={"email": "csm@acme.example.com", "password": PASSWORD, "workspace": "nowhere"}
    ).json()
    same = {answer["detail"] for answer in (wrong, unknown, no_such_place)}
    assert same == {"the e-mail address or the password is wrong"}
    assert wrong["status"] == 401


def test_guessing_passwords_is_slowed_down_and_ends(house: House) -> None:
    house.member(Role.CSM)
    for _ in range(5):
        house.sign_in("csm@acme.example.com", "a wrong guess")
    refused = house.sign_in("csm@acme.example.com")
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        429,
        "too_many_attempts",
        "2",
    )
    house.clock.advance(timedelta(seconds=3))
    assert house.sign_in("csm@acme.example.com").status_code == 201


def test_a_session_in_use_goes_on_and_an_idle_one_ends(house: House) -> None:
    house.browser(Role.CSM)
    house.clock.advance(timedelta(days=13))
    assert house.client.get("/api/sessions/me").status_code == 200
    house.clock.advance(timedelta(days=13))
    assert house.client.get("/api/sessions/me").status_code == 200
    house.clock.advance(timedelta(days=14, seconds=1))
    assert house.client.get("/api/sessions/me").status_code == 401


def test_no_session_lasts_longer_than_ninety_days(house: House) -> None:
    house.browser(Role.CSM)
    for _ in range(8):
        house.clock.advance(timedelta(days=11))
        assert house.client.get("/api/sessions/me").status_code == 200
    house.clock.advance(timedelta(days=2, seconds=1))
    assert house.clock.now() > START + timedelta(days=90)
    assert house.client.get("/api/sessions/me").status_code == 401


def test_signing_out_ends_the_session(house: House) -> None:
    csrf = house.browser(Role.CSM)
    token = house.client.cookies["forestay_session"]
    assert house.client.delete("/api/sessions/me", headers=csrf).status_code == 204
    house.client.cookies.set("forestay_session", token, domain="forestay.example.com")
    assert house.client.get("/api/sessions/me").status_code == 401


def test_a_disabled_member_is_out_at_once(house: House, admin: dict[str, str]) -> None:
    house.browser(Role.CSM)
    number = house.client.get("/api/sessions/me").json()["member"]["id"]
    assert house.client.post(f"/api/members/{number}/disable", headers=admin).status_code == 200
    assert house.client.get("/api/sessions/me").status_code == 401
    assert house.sign_in("csm@acme.example.com").status_code == 401


def test_a_new_role_ends_the_sessions_of_the_old_one(house: House, admin: dict[str, str]) -> None:
    house.browser(Role.CSM)
    number = house.client.get("/api/sessions/me").json()["member"]["id"]
    house.client.patch(f"/api/members/{number}", json={"role": "viewer"}, headers=admin)
    assert house.client.get("/api/sessions/me").status_code == 401


def test_the_last_admin_cannot_be_shut_out(house: House, admin: dict[str, str]) -> None:
    number = house.member(Role.ADMIN)
    answer = house.client.post(f"/api/members/{number}/disable", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    answer = house.client.patch(f"/api/members/{number}", json={"role": "viewer"}, headers=admin)
    assert answer.json()["code"] == "last_admin"


def test_a_short_password_is_refused(house: House, admin: dict[str, str]) -> None:
    wanted = {"email": "new@acme.example.com", "role": "csm", "password": "short"}
    answer = house.client.post("/api/members", json=wanted, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


def test_two_members_cannot_share_an_address(house: House, admin: dict[str, str]) -> None:
    house.member(Role.CSM)
    answer = house.client.post("/api/members", json={"email": "CSM@acme.example.com", "role": "ops"}, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_no_answer_ever_holds_a_password_hash(house: House, admin: dict[str, str]) -> None:
    house.member(Role.CSM)
    assert "argon2" not in house.client.get("/api/members", headers=admin).text


def test_a_member_of_another_workspace_cannot_sign_in_here(house: House, other_workspace: int) -> None:
    house.member(Role.CSM)
    answer = house.client.post(
        "/api/sessions", json={"email": "csm@acme.example.com", "password": PASSWORD, "workspace": "globex"}
    )
    assert answer.status_code == 401


def test_a_token_with_another_workspaces_number_opens_nothing(house: House, other_workspace: int) -> None:
    house.browser(Role.ADMIN)
    secret = house.client.cookies["forestay_session"].partition(".")[2]
    house.client.cookies.clear()
    house.client.cookies.set("forestay_session", f"{other_workspace}.{secret}", domain="forestay.example.com")
    assert house.client.get("/api/sessions/me").status_code == 401
