"""The sessions that a browser holds: the one it works in, and those of other workspaces that it can switch to.

Reads : cookies, member_sessions, members
Gives : SessionShape, HeldWorkspace, enter(), describe(), begin(), opened(), fitting(), candidate(), held_by(), close_held(), address_of()

The session at work is in the cookie `forestay_session`; it and those of other workspaces also in `forestay_at_<workspace>`.
Each was opened by a proof for its own workspace: an admin of one cannot make themselves a member of another by its address.
"""

from __future__ import annotations

from datetime import datetime

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import select

from forestay.api.deps import ApiDeps
from forestay.api.shapes import Shape, SignedInMember
from forestay.customers.words import Role
from forestay.governance import audit, sessions
from forestay.governance.sessions import Candidate, Session, WrongPassword
from forestay.governance.throttle import TooManyAttempts, attempt_names
from forestay.kit.errors import Unauthorised
from forestay.store.tables.governance import members, workspaces

_HELD = "forestay_at_"
_MOST_HELD = 8


class HeldWorkspace(Shape):
    """A workspace of which this browser holds a session."""

    id: int
    slug: str
    name: str


class SessionShape(Shape):
    """Who calls and what they may do. csrf_token: goes into X-CSRF-Token of every unsafe call by cookie."""

    workspace_id: int
    actor: str
    member: SignedInMember | None
    permissions: list[str]
    csrf_token: str | None
    expires_at: datetime | None
    zone: str | None = Field(description="The member's own time zone.")
    workspaces: list[HeldWorkspace] = Field(description="Those that one can switch to, this one among them.")


def opened(
    deps: ApiDeps, request: Request, response: Response, email: str, password: str, workspace_id: int
) -> SessionShape:
    """Sign a member in who was just made; what the browser held before is closed."""
    with deps.store.begin(workspace_id) as conn:
        who = sessions.candidate(conn, workspace_id, email)
    if who is None:
        raise WrongPassword
    return enter(deps, request, response, [begin(deps, who, password)], close_held(deps, request, response))


def address_of(request: Request) -> str:
    """Where a call comes from, to slow guessing down."""
    return request.client.host if request.client else "local"


def enter(
    deps: ApiDeps, request: Request, response: Response, made: list[Session], held: dict[int, str]
) -> SessionShape:
    """The first of these sessions becomes the one that the browser works in; all of them are held."""
    at, is_safe = deps.clock.now(), request.url.scheme == "https"
    for session in made:
        held = {**held, session.principal.workspace_id: session.token}
        _set_cookie(response, f"{_HELD}{session.principal.workspace_id}", session, at, is_safe)
    _set_cookie(response, sessions.COOKIE, made[0], at, is_safe)
    return describe(deps, made[0], held)


def begin(deps: ApiDeps, who: Candidate, password: str | None = None) -> Session:
    """A new session, told to the audit trail. password: None when a link proved who it is."""
    at = deps.clock.now()
    with deps.store.begin(who.workspace_id) as conn:
        session = sessions.begin_session(conn, who, password, at)
        audit.record(conn, who.workspace_id, session.principal.actor, "session.began", session.principal.actor, at=at)
    return session


def fitting(deps: ApiDeps, slug: str, email: str, password: str) -> Candidate | None:
    """The member of another workspace whom the same password fits; tried like the first, and counted like it."""
    name = attempt_names(slug, email, "")[1]
    try:
        deps.throttle.check(name)
        return sessions.prove(candidate(deps, slug, email), password)
    except TooManyAttempts:
        return None
    except WrongPassword:
        deps.throttle.failed(name)
        return None


def candidate(deps: ApiDeps, slug: str, email: str) -> Candidate | None:
    """The member with this address in the workspace of this slug, None when either does not exist."""
    workspace_id = deps.store.workspace_named(slug)
    if workspace_id is None:
        return None
    with deps.store.begin(workspace_id) as conn:
        return sessions.candidate(conn, workspace_id, email)


def held_by(request: Request) -> dict[int, str]:
    """Tokens by workspace; whether they still hold is asked where one is used."""
    found = {}
    for name, token in request.cookies.items():
        number = name.removeprefix(_HELD)
        if name.startswith(_HELD) and sessions.looks_ours(token) and number == token.partition(".")[0]:
            found[int(number)] = token
    return dict(list(found.items())[:_MOST_HELD])


def close_held(deps: ApiDeps, request: Request, response: Response) -> dict[int, str]:
    """Sessions that the browser had before are ended, not left behind; gives what is held then: nothing."""
    tokens = {*held_by(request).values(), request.cookies.get(sessions.COOKIE, "")}
    for token in filter(sessions.looks_ours, tokens):
        number = sessions.workspace_of(token)
        with deps.store.begin(number) as conn:
            sessions.sign_out(conn, token)
        response.delete_cookie(f"{_HELD}{number}", path="/")
    return {}


def _set_cookie(response: Response, name: str, session: Session, at: datetime, is_safe: bool) -> None:
    response.set_cookie(
        name,
        session.token,
        max_age=int((session.expires_at - at).total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_safe,
    )


def describe(deps: ApiDeps, session: Session, held: dict[int, str]) -> SessionShape:
    """The session as the API shows it."""
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
        zone=row.zone,
        workspaces=_named(deps, {**held, caller.workspace_id: session.token}),
    )


def _named(deps: ApiDeps, held: dict[int, str]) -> list[HeldWorkspace]:
    """Those whose session still holds, by name."""
    found = []
    for number, token in held.items():
        with deps.store.begin(number) as conn:
            try:
                sessions.resume(conn, token, deps.clock.now())
            except Unauthorised:
                continue
            row = conn.execute(select(workspaces).where(workspaces.c.id == number)).one()
            found.append(HeldWorkspace.model_validate(row))
    return sorted(found, key=lambda one: (one.name, one.id))
