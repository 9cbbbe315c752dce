"""Sessions: a member signed in by password in a browser.

Gives : candidate(), prove(), begin_session(), resume(), sign_out(), csrf_of(), workspace_of(), Session
Source: REQUIREMENTS I2.

The token is random, made new at every sign-in (so that a planted one is worth nothing), kept as sha256, and
travels in an HttpOnly SameSite=Lax cookie. Unsafe methods also need the X-CSRF-Token header, which is a
hash of the token: another site can send the cookie but cannot read it. A session ends 14 days after its
last use (at most 90 days after it began), when the member signs out, is disabled, or changes password or role.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from forestay.customers.words import Role
from forestay.governance.passwords import hash_password, needs_rehash, password_is
from forestay.governance.principal import Principal, member_principal
from forestay.kit.errors import Forbidden, Unauthorised
from forestay.store.tables.governance import member_sessions, members

COOKIE = "forestay_session"
CSRF_HEADER = "X-CSRF-Token"
IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
_TOUCH_EVERY = timedelta(minutes=5)


class WrongPassword(Unauthorised):
    """The address or the password is wrong; which of them is not said."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("the e-mail address or the password is wrong")


class CsrfMissing(Forbidden):
    """A browser's unsafe call came without the header that proves it is ours: send X-CSRF-Token."""

    code = "csrf"

    def __init__(self) -> None:
        super().__init__(f"send the header {CSRF_HEADER} with the value that signing in (or GET /api/sessions/me) gave")


@dataclass(frozen=True, slots=True)
class Session:
    """A member's way in. token: for the cookie; csrf: for the header; expires_at: unless used before."""

    token: str
    csrf: str
    expires_at: datetime
    principal: Principal


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who may prove who they are. password_hash: None for one who has no password."""

    workspace_id: int
    member_id: int
    role: Role
    password_hash: str | None


def candidate(conn: Connection, workspace_id: int, email: str) -> Candidate | None:
    """The member with this address who may sign in, or None."""
    where = (members.c.workspace_id == workspace_id) & (members.c.email == email.strip().lower())
    row = conn.execute(select(members).where(where, members.c.disabled_at.is_(None))).one_or_none()
    if row is None:
        return None
    return Candidate(workspace_id, row.id, Role(row.role), row.password_hash)


def prove(found: Candidate | None, password: str) -> Candidate:
    """Raise WrongPassword unless the password fits; as slow whatever is wrong. Hold no transaction meanwhile."""
    fits = password_is(found.password_hash if found is not None else None, password)
    if found is None or not fits:
        raise WrongPassword
    return found


def begin_session(conn: Connection, who: Candidate, password: str | None, at: datetime) -> Session:
    """Open a session for a member who has proved who they are; sessions that have ended are swept. password: None when
    they proved it by a one-time link."""
    if password is not None and who.password_hash is not None and needs_rehash(who.password_hash):
        conn.execute(update(members).where(members.c.id == who.member_id).values(password_hash=hash_password(password)))
    token = f"{who.workspace_id}.{secrets.token_urlsafe(32)}"
    expires = at + IDLE
    conn.execute(
        insert(member_sessions).values(
            token_hash=_hash(token),
            workspace_id=who.workspace_id,
            member_id=who.member_id,
            created_at=at,
            last_used_at=at,
            expires_at=expires,
        )
    )
    _sweep(conn, who.workspace_id, at)
    return Session(token, csrf_of(token), expires, member_principal(who.workspace_id, who.member_id, who.role))


def resume(conn: Connection, token: str, at: datetime) -> Session:
    """The session of a token, its end moved on by use. Raises Unauthorised when it is none or has ended."""
    row = conn.execute(
        select(member_sessions, members.c.role, members.c.disabled_at)
        .join(members, members.c.id == member_sessions.c.member_id)
        .where(
            member_sessions.c.token_hash == _hash(token),
            member_sessions.c.workspace_id == workspace_of(token),
            members.c.workspace_id == member_sessions.c.workspace_id,
        )
    ).one_or_none()
    if row is None or row.disabled_at is not None or row.expires_at <= at:
        raise Unauthorised("this session has ended; sign in again")
    expires = row.expires_at
    if row.last_used_at is None or at - row.last_used_at >= _TOUCH_EVERY:
        expires = min(at + IDLE, row.created_at + LONGEST)
        moved = update(member_sessions).where(member_sessions.c.token_hash == row.token_hash)
        conn.execute(moved.values(last_used_at=at, expires_at=expires))
    caller = member_principal(row.workspace_id, row.member_id, Role(row.role))
    return Session(token, csrf_of(token), expires, caller)


def alive(conn: Connection, workspace_id: int, tokens: Iterable[str], at: datetime) -> dict[str, Principal]:
    """Of these sessions those that hold, with what their member may do now; asking is no use of them."""
    by_hash = {_hash(token): token for token in tokens}
    if not by_hash:
        return {}
    rows = conn.execute(
        select(member_sessions.c.token_hash, member_sessions.c.member_id, members.c.role)
        .join(members, members.c.id == member_sessions.c.member_id)
        .where(
            member_sessions.c.workspace_id == workspace_id,
            members.c.workspace_id == workspace_id,
            member_sessions.c.token_hash.in_(by_hash),
            member_sessions.c.expires_at > at,
            members.c.disabled_at.is_(None),
        )
    )
    return {by_hash[row.token_hash]: member_principal(workspace_id, row.member_id, Role(row.role)) for row in rows}


def sign_out(conn: Connection, token: str) -> None:
    """End the session of a token; an unknown one is as good as ended."""
    conn.execute(delete(member_sessions).where(member_sessions.c.token_hash == _hash(token)))


def csrf_of(token: str) -> str:
    """What X-CSRF-Token must say for a session."""
    return hashlib.sha256(b"csrf:" + token.encode()).hexdigest()[:32]


def check_csrf(token: str, header: str | None) -> None:
    """Raise CsrfMissing unless the header fits the session."""
    if header is None or not hmac.compare_digest(csrf_of(token).encode(), header.encode()):
        raise CsrfMissing


def workspace_of(token: str) -> int:
    """The workspace that a token claims to be of; the store then finds it there or does not.

    Raises Unauthorised when it is no token of ours.
    """
    if not looks_ours(token):
        raise Unauthorised("this session has ended; sign in again")
    return int(token.partition(".")[0])


def looks_ours(token: str) -> bool:
    """Whether it has the form of our tokens: a workspace's number, a dot, and chance."""
    number, dot, rest = token.partition(".")
    return bool(dot and rest and number.isascii() and number.isdigit() and len(number) < 19)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _sweep(conn: Connection, workspace_id: int, at: datetime) -> None:
    ended = (member_sessions.c.workspace_id == workspace_id) & (member_sessions.c.expires_at <= at)
    conn.execute(delete(member_sessions).where(ended))
