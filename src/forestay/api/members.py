"""`/api/members`: the people of the workspace and their roles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, SecretStr
from sqlalchemy import Row, select

from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.shapes import Ask, Shape
from forestay.customers.words import Role
from forestay.governance import members as people
from forestay.governance.members import MemberChange, NewMember
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid
from forestay.kit.local_time import is_zone
from forestay.store.tables.governance import members

router = APIRouter(prefix="/api/members", tags=["members"], route_class=OnceRoute)


class MemberShape(Shape):
    """A member; the password is never shown."""

    id: int
    email: str
    name: str
    role: Role
    zone: str
    calendar_key: str
    tasks_per_day: int
    can_sign_in: bool
    disabled_at: datetime | None
    created_at: datetime


class MemberAsk(Ask):
    """A member to add. Accounts whose owner_email is this address become theirs."""

    email: str = Field(max_length=320)
    name: str = Field("", max_length=200)
    role: Role
    password: SecretStr | None = None
    zone: str = "UTC"
    calendar_key: str = "default"
    tasks_per_day: int = Field(12, ge=0, le=1000)


class MemberPatch(Ask):
    """What to change; a field left out stays."""

    name: str | None = Field(None, min_length=1, max_length=200)
    role: Role | None = None
    password: SecretStr | None = None
    zone: str | None = None
    calendar_key: str | None = None
    tasks_per_day: int | None = Field(None, ge=0, le=1000)


@router.get("")
def list_members(
    call: Annotated[Call, needs(Permission.CONFIG_READ)], limit: Limit = 50, cursor: Cursor = None
) -> Page[MemberShape]:
    """Every member by name, disabled ones too."""
    question = ("members",)
    wanted = select(members).where(members.c.workspace_id == call.workspace_id)
    sorting = Sorting(members.c.name, members.c.id)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(wanted, cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.name, row.id), shape)


@router.get("/{member_id}")
def get_member(member_id: Number, call: Annotated[Call, needs(Permission.CONFIG_READ)]) -> MemberShape:
    """One member."""
    with call.begin() as conn:
        return shape(people.find(conn, call.workspace_id, member_id))


@router.post("", status_code=201)
def add_member(body: MemberAsk, call: Annotated[Call, needs(Permission.MEMBERS_ADMIN)]) -> MemberShape:
    """Add a member; without a password they cannot sign in yet."""
    _check_zone(body.zone)
    new = NewMember(
        body.email, body.name, body.role, _open(body.password), body.zone, body.calendar_key, body.tasks_per_day
    )
    with call.begin() as conn:
        number = people.create(conn, call.workspace_id, new)
        call.audit(conn, "member.created", f"member:{number}", {"role": body.role.value})
        return shape(people.find(conn, call.workspace_id, number))


@router.patch("/{member_id}")
def change_member(
    member_id: Number, body: MemberPatch, call: Annotated[Call, needs(Permission.MEMBERS_ADMIN)]
) -> MemberShape:
    """Change a member; a new role or password signs them out everywhere."""
    _check_zone(body.zone)
    wanted = MemberChange(body.name, body.role, _open(body.password), body.zone, body.calendar_key, body.tasks_per_day)
    changed = " ".join(sorted(body.model_fields_set))
    with call.begin() as conn:
        people.change(conn, call.workspace_id, member_id, wanted)
        call.audit(conn, "member.changed", f"member:{member_id}", {"fields": changed, "role": body.role})
        return shape(people.find(conn, call.workspace_id, member_id))


@router.post("/{member_id}/disable")
def disable_member(member_id: Number, call: Annotated[Call, needs(Permission.MEMBERS_ADMIN)]) -> MemberShape:
    """Shut a member out at once; what they own and did stays."""
    with call.begin() as conn:
        people.disable(conn, call.workspace_id, member_id, call.now())
        call.audit(conn, "member.disabled", f"member:{member_id}")
        return shape(people.find(conn, call.workspace_id, member_id))


@router.post("/{member_id}/enable")
def enable_member(member_id: Number, call: Annotated[Call, needs(Permission.MEMBERS_ADMIN)]) -> MemberShape:
    """Let a disabled member in again."""
    with call.begin() as conn:
        people.enable(conn, call.workspace_id, member_id)
        call.audit(conn, "member.enabled", f"member:{member_id}")
        return shape(people.find(conn, call.workspace_id, member_id))


def shape(row: Row[Any]) -> MemberShape:
    """A member as the API shows them."""
    shown = {name: getattr(row, name) for name in MemberShape.model_fields if name != "can_sign_in"}
    return MemberShape(**shown, can_sign_in=row.password_hash is not None and row.disabled_at is None)


def _open(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _check_zone(zone: str | None) -> None:
    if zone is not None and not is_zone(zone):
        raise Invalid(f"'{zone}' is not an IANA time zone such as Europe/Berlin", place="zone")
