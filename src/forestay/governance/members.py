"""Members: the people of a workspace, their roles, and the password by which they sign in.

Gives : create(), update(), disable(), enable(), set_password(), find(), MemberChange
Source: REQUIREMENTS I2.

A member is never deleted, since tasks, verdicts and audit entries name them: they are disabled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from forestay.customers.words import Role
from forestay.governance.passwords import hash_password
from forestay.kit import clock
from forestay.kit.errors import Conflict, Invalid, NotFound
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import member_sessions, members


class EmailTaken(Conflict):
    """Another member of the workspace has this address: change that member instead."""

    code = "email_taken"

    def __init__(self, email: str) -> None:
        super().__init__(f"there is already a member with the address {email}; change that one instead")


class LastAdmin(Conflict):
    """Nobody could administer the workspace afterwards: make another member an admin first."""

    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("this is the last admin who can sign in; make another member an admin first")


@dataclass(frozen=True, slots=True)
class NewMember:
    """What a new member starts with. password: None for a member who cannot sign in yet."""

    email: str
    name: str
    role: Role
    password: str | None = None
    zone: str = "UTC"
    calendar_key: str = "default"
    tasks_per_day: int = 12


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What is to change; None leaves it as it is."""

    name: str | None = None
    role: Role | None = None
    password: str | None = None
    zone: str | None = None
    calendar_key: str | None = None
    tasks_per_day: int | None = None


def create(conn: Connection, workspace_id: int, new: NewMember) -> int:
    """Add a member; gives the number. Accounts whose owner_email is this address become theirs."""
    email = tidy_email(new.email)
    values = {
        "workspace_id": workspace_id,
        "email": email,
        "name": new.name.strip() or email,
        "role": new.role.value,
        "password_hash": hash_password(new.password) if new.password is not None else None,
        "zone": new.zone,
        "calendar_key": new.calendar_key,
        "tasks_per_day": new.tasks_per_day,
    }
    try:
        with conn.begin_nested():
            number = int(conn.execute(insert(members).values(values).returning(members.c.id)).scalar_one())
    except IntegrityError as error:
        raise EmailTaken(email) from error
    _adopt_accounts(conn, workspace_id, number, email)
    return number


def change(conn: Connection, workspace_id: int, member_id: int, wanted: MemberChange) -> None:
    """Change a member. A new password or role ends their sessions. Raises NotFound, LastAdmin, Invalid."""
    before = find(conn, workspace_id, member_id)
    values: dict[str, Any] = {
        name: value
        for name in ("name", "zone", "calendar_key", "tasks_per_day")
        if (value := getattr(wanted, name)) is not None
    }
    if wanted.role is not None and wanted.role.value != before.role:
        values["role"] = wanted.role.value
        _keep_an_admin(conn, workspace_id, member_id)
    if wanted.password is not None:
        values["password_hash"] = hash_password(wanted.password)
    if not values:
        return
    _write(conn, workspace_id, member_id, values)
    if "role" in values or "password_hash" in values:
        end_sessions(conn, workspace_id, member_id)


def disable(conn: Connection, workspace_id: int, member_id: int, at: datetime | None = None) -> None:
    """Shut a member out at once; what they own and did stays. Raises NotFound, LastAdmin."""
    find(conn, workspace_id, member_id)
    _keep_an_admin(conn, workspace_id, member_id)
    _write(conn, workspace_id, member_id, {"disabled_at": at or clock.now()})
    end_sessions(conn, workspace_id, member_id)


def enable(conn: Connection, workspace_id: int, member_id: int) -> None:
    """Let a disabled member in again. Raises NotFound."""
    find(conn, workspace_id, member_id)
    _write(conn, workspace_id, member_id, {"disabled_at": None})


def find(conn: Connection, workspace_id: int, member_id: int) -> Row[Any]:
    """The member's row. Raises NotFound."""
    row = conn.execute(select(members).where(_one(workspace_id, member_id))).one_or_none()
    if row is None:
        raise NotFound("member", str(member_id))
    return row


def end_sessions(conn: Connection, workspace_id: int, member_id: int) -> None:
    """Sign the member out everywhere."""
    mine = (member_sessions.c.workspace_id == workspace_id) & (member_sessions.c.member_id == member_id)
    conn.execute(delete(member_sessions).where(mine))


def tidy_email(email: str) -> str:
    """Lower case without blanks. Raises Invalid when it is no address.

    >>> tidy_email(" Ana@Example.com ")
    'ana@example.com'
    """
    tidy = email.strip().lower()
    name, at, host = tidy.rpartition("@")
    if not (name and at and host) or any(c.isspace() for c in tidy) or len(tidy) > 320:
        raise Invalid("this is no e-mail address", place="email")
    return tidy


def _one(workspace_id: int, member_id: int) -> Any:
    return (members.c.workspace_id == workspace_id) & (members.c.id == member_id)


def _write(conn: Connection, workspace_id: int, member_id: int, values: dict[str, Any]) -> None:
    conn.execute(update(members).where(_one(workspace_id, member_id)).values(values))


def _adopt_accounts(conn: Connection, workspace_id: int, member_id: int, email: str) -> None:
    theirs = (accounts.c.workspace_id == workspace_id) & (func.lower(accounts.c.owner_email) == email)
    conn.execute(update(accounts).where(theirs, accounts.c.owner_id.is_(None)).values(owner_id=member_id))


def _keep_an_admin(conn: Connection, workspace_id: int, leaving: int) -> None:
    """Locks the admins, so that the last two cannot leave at the same time."""
    rows = conn.execute(
        select(members.c.id, members.c.password_hash)
        .where(members.c.workspace_id == workspace_id, members.c.role == Role.ADMIN, members.c.disabled_at.is_(None))
        .with_for_update()
    ).all()
    able = {row.id for row in rows if row.password_hash is not None}
    if leaving in able and len(able) == 1:
        raise LastAdmin
