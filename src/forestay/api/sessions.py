"""`/api/sessions`: sign in by password, see who is signed in, sign out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr
from sqlalchemy import select

from forestay.api.calls import Call, deps_of, signed_in
from forestay.api.deps import ApiDeps
from forestay.api.shapes import Ask, Shape, SignedInMember
from forestay.customers.words import Role
from forestay.governance import audit, sessions
from forestay.governance.sessions import Candidate, Session, WrongPassword
from forestay.governance.throttle import attempt_names
from forestay.store.tables.governance import members

router = APIRouter(prefix="/api/sessions", tags=["sessions"])


class SignInAsk(Ask):
    """An address and a password; workspace is its slug."""

    email: str = Field(max_length=320)
    password: SecretStr
    workspace: str = Field("default", max_length=100)


class SessionShape(Shape):
    """Who calls and what they may do. csrf_token: goes into X-CSRF-Token of every unsafe call by cookie."""

    workspace_id: int
    actor: str
    member: SignedInMember | None
    permissions: list[str]
    csrf_token: str | None
    expires_at: datetime | None


@router.post("", status_code=201)
def sign_in(body: SignInAsk, request: Request, response: Response) -> SessionShape:
    """Open a session; the token comes back as an HttpOnly cookie and replaces any that was there."""
    deps = deps_of(request)
    names = attempt_names(body.workspace, body.email, _address(request))
    deps.throttle.check(*names)
    try:
        session = _open(deps, body)
    except WrongPassword:
        deps.throttle.failed(*names)
        raise
    deps.throttle.succeeded(*names[:2])
    _close_old(deps, request)
    _set_cookie(response, request, session, deps.clock.now())
    return _describe(deps, session)


@router.get("/me")
def me(call: Annotated[Call, signed_in()]) -> SessionShape:
    """Who the caller is; a browser learns its CSRF token here."""
    if call.token is None:
        permissions = sorted(call.principal.permissions)
        return SessionShape(
            workspace_id=call.workspace_id,
            actor=call.principal.actor,
            member=None,
            permissions=list(permissions),
            csrf_token=None,
            expires_at=None,
        )
    with call.begin() as conn:
        session = sessions.resume(conn, call.token, call.now())
    return _describe(call.deps, session)


@router.delete("/me", status_code=204)
def sign_out(call: Annotated[Call, signed_in()], response: Response) -> None:
    """End the session; a key has none to end."""
    if call.token is not None:
        with call.begin() as conn:
            sessions.sign_out(conn, call.token)
            call.audit(conn, "session.ended", call.principal.actor)
    response.delete_cookie(sessions.COOKIE, path="/")


def _open(deps: ApiDeps, body: SignInAsk) -> Session:
    at, password = deps.clock.now(), body.password.get_secret_value()
    who = sessions.prove(_candidate(deps, body), password)
    with deps.store.begin(who.workspace_id) as conn:
        session = sessions.begin_session(conn, who, password, at)
        audit.record(conn, who.workspace_id, session.principal.actor, "session.began", session.principal.actor, at=at)
    return session


def _candidate(deps: ApiDeps, body: SignInAsk) -> Candidate | None:
    workspace_id = deps.store.workspace_named(body.workspace)
    if workspace_id is None:
        return None
    with deps.store.begin(workspace_id) as conn:
        return sessions.candidate(conn, workspace_id, body.email)


def _close_old(deps: ApiDeps, request: Request) -> None:
    """A session that the browser had before is ended, not left behind."""
    old = request.cookies.get(sessions.COOKIE)
    if old is None or not sessions.looks_ours(old):
        return
    with deps.store.begin(sessions.workspace_of(old)) as conn:
        sessions.sign_out(conn, old)


def _set_cookie(response: Response, request: Request, session: Session, at: datetime) -> None:
    response.set_cookie(
        sessions.COOKIE,
        session.token,
        max_age=int((session.expires_at - at).total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _describe(deps: ApiDeps, session: Session) -> SessionShape:
    caller = session.principal
    with deps.store.begin(caller.workspace_id) as conn:
        row = conn.execute(
            select(members).where(members.c.workspace_id == caller.workspace_id, members.c.id == caller.member_id)
        ).one()
    return SessionShape(
        workspace_id=caller.workspace_id,
        actor=caller.actor,
        member=SignedInMember(id=row.id, name=row.name, email=row.email, role=Role(row.role)),
        permissions=sorted(caller.permissions),
        csrf_token=session.csrf,
        expires_at=session.expires_at,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "local"
