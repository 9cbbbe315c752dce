"""`/api/sessions`: sign in by password or one-time link, see who is signed in, switch between workspaces, sign out.

A browser may hold sessions of several workspaces, each opened by a password that fits there: the one it works in is in the
cookie `forestay_session`, each one also in `forestay_at_<workspace>`. Switching moves the first to another token that the
browser holds. Which workspaces an address has is never looked up: only those that the caller names are tried.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr
from sqlalchemy import select

from forestay.api.calls import Call, deps_of, signed_in
from forestay.api.held_sessions import (
    HeldWorkspace,
    SessionShape,
    address_of,
    begin,
    candidate,
    close_held,
    describe,
    enter,
    fitting,
    held_by,
)
from forestay.api.shapes import Ask
from forestay.customers.words import Role
from forestay.governance import members as people
from forestay.governance import sessions
from forestay.governance.bootstrap import SLUG
from forestay.governance.links import LinkPurpose, LinkSpent, take_link
from forestay.governance.members import MemberChange
from forestay.governance.sessions import Candidate, WrongPassword
from forestay.governance.throttle import attempt_names
from forestay.kit.errors import Forbidden, Invalid, Unauthorised
from forestay.kit.local_time import is_zone
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/sessions", tags=["sessions"])


class SignInAsk(Ask):
    """An address and a password; workspace is its slug. others: slugs of more workspaces of which the same password opens
    sessions where it fits, in silence where not; keep: what the browser holds of other workspaces stays."""

    email: str = Field(max_length=320)
    password: SecretStr
    workspace: str = Field("default", max_length=100)
    others: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=4)
    keep: bool = False


class LinkAsk(Ask):
    """The secret of a one-time link."""

    link: SecretStr


class SwitchAsk(Ask):
    """Where to go on."""

    workspace_id: int = Field(ge=1, le=2**63 - 1)


class OwnPatch(Ask):
    """What a member changes of themselves; a new password needs the present one, and ends all other sessions."""

    name: str | None = Field(None, min_length=1, max_length=200)
    zone: str | None = None
    password: SecretStr | None = None
    present_password: SecretStr | None = None


@router.post("", status_code=201)
def sign_in(body: SignInAsk, request: Request, response: Response) -> SessionShape:
    """Open a session; the token comes back as an HttpOnly cookie and replaces any that was there."""
    deps, password = deps_of(request), body.password.get_secret_value()
    names = attempt_names(body.workspace, body.email, address_of(request))
    deps.throttle.check(*names)
    try:
        who = sessions.prove(candidate(deps, body.workspace, body.email), password)
    except WrongPassword:
        deps.throttle.failed(*names)
        raise
    deps.throttle.succeeded(*names[:2])
    more = [one for slug in body.others if (one := fitting(deps, slug, body.email, password)) is not None]
    held = held_by(request) if body.keep else close_held(deps, request, response)
    opened_ones = [begin(deps, one, password) for one in (who, *more)]
    return enter(deps, request, response, opened_ones, held)


@router.post("/by-link", status_code=201)
def sign_in_by_link(body: LinkAsk, request: Request, response: Response) -> SessionShape:
    """Open a session by a one-time link that was made on this machine; it is worth one use within minutes."""
    deps = deps_of(request)
    counted = f"link from {address_of(request)}"
    deps.throttle.check(counted)
    try:
        link = take_link(deps.settings.data_dir, body.link.get_secret_value(), LinkPurpose.SIGN_IN, deps.clock.now())
        who = candidate(deps, SLUG, link.email or "")
        if who is None:
            raise LinkSpent
    except LinkSpent:
        deps.throttle.failed(counted)
        raise
    return enter(deps, request, response, [begin(deps, who)], close_held(deps, request, response))


@router.post("/switch")
def switch(body: SwitchAsk, call: Annotated[Call, signed_in()], request: Request, response: Response) -> SessionShape:
    """Go on in another workspace of which this browser holds a session."""
    token = held_by(request).get(body.workspace_id)
    if token is None:
        raise Unauthorised("this browser holds no session there; sign in to that workspace")
    with call.deps.store.begin(body.workspace_id) as conn:
        session = sessions.resume(conn, token, call.now())
    return enter(call.deps, request, response, [session], held_by(request))


@router.get("/me")
def me(call: Annotated[Call, signed_in()], request: Request) -> SessionShape:
    """Who the caller is; a browser learns its CSRF token here."""
    if call.token is None:
        permissions = sorted(call.principal.permissions)
        with call.begin() as conn:
            here = conn.execute(select(workspaces).where(workspaces.c.id == call.workspace_id)).one()
        return SessionShape(
            workspace_id=call.workspace_id,
            actor=call.principal.actor,
            member=None,
            permissions=list(permissions),
            csrf_token=None,
            expires_at=None,
            zone=None,
            workspaces=[HeldWorkspace.model_validate(here)],
        )
    with call.begin() as conn:
        session = sessions.resume(conn, call.token, call.now())
    return describe(call.deps, session, held_by(request))


@router.patch("/me")
def change_me(body: OwnPatch, call: Annotated[Call, signed_in()], request: Request, response: Response) -> SessionShape:
    """Change one's own name, time zone or password; what a role allows is not needed for it."""
    member_id = call.principal.member_id
    if member_id is None or call.token is None:
        raise Forbidden("a key is nobody; sign in as a member to change yourself")
    if body.zone is not None and not is_zone(body.zone):
        raise Invalid(f"'{body.zone}' is not an IANA time zone such as Europe/Berlin", place="zone")
    new = None if body.password is None else body.password.get_secret_value()
    if new is not None:
        _check_present(call, member_id, body.present_password)
    with call.begin() as conn:
        people.change(conn, call.workspace_id, member_id, MemberChange(name=body.name, zone=body.zone, password=new))
        facts = {"fields": " ".join(sorted(body.model_fields_set - {"present_password"}))}
        call.audit(conn, "member.changed", f"member:{member_id}", facts)
    if new is None:
        return me(call, request)
    with call.begin() as conn:
        row = people.find(conn, call.workspace_id, member_id)
    who = Candidate(call.workspace_id, member_id, Role(row.role), row.password_hash)
    return enter(call.deps, request, response, [begin(call.deps, who, new)], held_by(request))


@router.delete("/me", status_code=204)
def sign_out(call: Annotated[Call, signed_in()], request: Request, response: Response) -> None:
    """End the session, and those of other workspaces that this browser holds; a key has none to end."""
    if call.token is not None:
        with call.begin() as conn:
            sessions.sign_out(conn, call.token)
            call.audit(conn, "session.ended", call.principal.actor)
    close_held(call.deps, request, response)
    response.delete_cookie(sessions.COOKIE, path="/")


def _check_present(call: Call, member_id: int, given: SecretStr | None) -> None:
    """Who found an open browser cannot take the account over. Raises WrongPassword, TooManyAttempts."""
    counted = f"password of member {member_id}"
    call.deps.throttle.check(counted)
    with call.begin() as conn:
        row = people.find(conn, call.workspace_id, member_id)
    who = Candidate(call.workspace_id, member_id, Role(row.role), row.password_hash)
    try:
        sessions.prove(who, "" if given is None else given.get_secret_value())
    except WrongPassword:
        call.deps.throttle.failed(counted)
        raise Invalid("the present password is wrong", place="present_password", code="wrong_password") from None
    call.deps.throttle.succeeded(counted)
