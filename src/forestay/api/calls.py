"""Who calls and with what: the parts of the server that a route may use, and the caller's proof.

Gives : Call, needs(), signed_in(), required_by()

A route says `call: Annotated[Call, needs(Permission.TASKS_READ)]` and works in `with call.begin() as conn`,
one transaction under the row-level security of the caller's workspace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anyio import from_thread
from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from sqlalchemy import Connection

from forestay.api.deps import ApiDeps
from forestay.api.problems import request_id_of
from forestay.api.stream_hub import Hub
from forestay.api.strictness import only_known_query
from forestay.events.log import Codec
from forestay.governance import audit, sessions
from forestay.governance.keys import KeyKind
from forestay.governance.permissions import Permission
from forestay.governance.principal import Principal, key_principal
from forestay.kit.errors import Unauthorised

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call."""

    principal: Principal
    deps: ApiDeps
    request_id: str | None
    token: str | None = None
    """The session's token when a signed-in member calls, else None."""

    @property
    def workspace_id(self) -> int:
        """The caller's workspace."""
        return self.principal.workspace_id

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self.deps.clock.now()

    def begin(self) -> AbstractContextManager[Connection]:
        """One transaction in the caller's workspace."""
        return self.deps.store.begin(self.workspace_id)

    def audit(
        self, conn: Connection, action: str, subject: str, detail: Mapping[str, audit.Fact] | None = None
    ) -> None:
        """Write what the caller did into the audit trail, in the same transaction."""
        audit.record(conn, self.workspace_id, self.principal.actor, action, subject, detail, self.now())

    def append(self, codec: Codec, body: bytes) -> int:
        """Write one body to the event log; gives its position once durable. Only from a sync route."""
        return from_thread.run(self.deps.log.append, self.workspace_id, codec, body)

    def wake_jobs(self) -> None:
        """Tell the supervisor that a job waits; call it after the transaction."""
        wake = self.deps.settings.data_dir / "run" / "jobs.wake"
        wake.parent.mkdir(parents=True, exist_ok=True)
        wake.touch()


def deps_of(request: Request) -> ApiDeps:
    """The parts that create_app was given."""
    found: ApiDeps = request.app.state.deps
    return found


def hub_of(request: Request) -> Hub:
    """Who tells browsers what changed."""
    found: Hub = request.app.state.hub
    return found


def identify(request: Request) -> Call:
    """The caller by key or session, proved once a request. Raises Unauthorised, CsrfMissing, or Invalid for a query
    parameter that the route does not know."""
    known: Call | None = getattr(request.state, "call", None)
    if known is None:
        known = request.state.call = _prove(request)
        only_known_query(request)
    return known


def _prove(request: Request) -> Call:
    deps = deps_of(request)
    secret = bearer_of(request)
    if secret is not None:
        return Call(_by_key(deps, secret), deps, request_id_of(request))
    token = request.cookies.get(sessions.COOKIE)
    if token is None:
        raise Unauthorised("send Authorization: Bearer KEY with a management key, or sign in")
    if request.method not in _SAFE_METHODS:
        sessions.check_csrf(token, request.headers.get(sessions.CSRF_HEADER))
    with deps.store.begin(sessions.workspace_of(token)) as conn:
        session = sessions.resume(conn, token, deps.clock.now())
    return Call(session.principal, deps, request_id_of(request), token)


def needs(permission: Permission) -> Any:
    """The dependency of a route that needs a permission; the answer is the Call."""
    return Depends(_Needs(permission))


def signed_in() -> Any:
    """The dependency of a route that any known caller may use."""
    return Depends(_known)


def required_by(dependant: Dependant) -> Iterator[Permission]:
    """The permissions that a route asks for, by its dependencies."""
    if isinstance(dependant.call, _Needs):
        yield dependant.call.permission
    for inner in dependant.dependencies:
        yield from required_by(inner)


class _Needs:
    """Holds the permission, so that a test can ask each route what it needs."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Call:
        call = identify(request)
        call.principal.require(self.permission)
        return call


def _known(request: Request) -> Call:
    return identify(request)


def bearer_of(request: Request) -> str | None:
    """The key in the Authorization header, None without one. Raises Unauthorised for another scheme."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthorised("the Authorization header must be: Bearer KEY")
    return secret.strip()


def _by_key(deps: ApiDeps, secret: str) -> Principal:
    found = deps.keys.find(secret)
    if found is None:
        raise Unauthorised("this key is unknown or revoked; make one with `forestay` or in the settings")
    if found.kind is not KeyKind.MANAGEMENT:
        raise Unauthorised("this is a write key, which opens only /v1; use a management key (fsk_...)")
    return key_principal(found.workspace_id, found.key_id, found.scopes)
