"""`/api/setup`: the first member of an installation in which nobody can sign in yet.

Reads : members, one-time links (governance/links.py), keys
Gives : router

A stranger learns only whether the first member is still missing, and can make none: that takes a link that `forestay up`
or `forestay link` printed, or a management key that may administer members.
"""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr
from sqlalchemy import Connection, select, update

from forestay.api.calls import deps_of
from forestay.api.deps import ApiDeps
from forestay.api.held_sessions import SessionShape, address_of, opened
from forestay.api.shapes import Ask, Shape
from forestay.customers.words import Role
from forestay.governance import audit, members
from forestay.governance.bootstrap import SLUG
from forestay.governance.keys import KeyKind
from forestay.governance.links import LinkPurpose, LinkSpent, look_at_link, take_link
from forestay.governance.members import NewMember
from forestay.governance.permissions import Permission, granted_by_scopes
from forestay.kit.errors import Conflict, Invalid, Unauthorised
from forestay.kit.local_time import is_zone
from forestay.store.tables.governance import members as table
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/setup", tags=["setup"])
_COUNTED_AS = "setup"


class SetupShape(Shape):
    """Whether the first member is still to be made."""

    needs_member: bool


class FirstMemberAsk(Ask):
    """The first member, an admin, who is signed in at once. proof: a one-time link's secret, or a management key."""

    proof: SecretStr
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(max_length=320)
    password: SecretStr
    zone: str = "UTC"
    workspace_name: str | None = Field(None, min_length=1, max_length=200, description="The company's name.")


class AlreadySetUp(Conflict):
    """Somebody can sign in already: sign in, or ask an admin to add you."""

    code = "already_set_up"

    def __init__(self) -> None:
        super().__init__("somebody can sign in here already; sign in, or ask an admin to add you")


@router.get("")
def get_setup(request: Request) -> SetupShape:
    """Whether the first member is still to be made; anybody may ask."""
    deps = deps_of(request)
    number = deps.store.workspace_named(SLUG)
    if number is None:
        return SetupShape(needs_member=False)
    with deps.store.begin(number) as conn:
        return SetupShape(needs_member=not _somebody_signs_in(conn, number))


@router.post("/member", status_code=201)
def make_first_member(body: FirstMemberAsk, request: Request, response: Response) -> SessionShape:
    """Make the first member and sign them in. Refused once anybody can sign in."""
    deps, proof = deps_of(request), body.proof.get_secret_value()
    counted = (_COUNTED_AS, f"{_COUNTED_AS} from {address_of(request)}")
    deps.throttle.check(*counted)
    if not is_zone(body.zone):
        raise Invalid(f"'{body.zone}' is not an IANA time zone such as Europe/Berlin", place="zone")
    number = deps.store.workspace_named(SLUG)
    if number is None:
        raise AlreadySetUp
    try:
        is_link = _proved(deps, proof, number, deps.clock.now())
    except Unauthorised:
        deps.throttle.failed(*counted)
        raise
    with deps.store.begin(number) as conn:
        conn.execute(select(workspaces.c.id).where(workspaces.c.id == number).with_for_update())
        if _somebody_signs_in(conn, number):
            raise AlreadySetUp
        _make(conn, number, body, deps.clock.now())
        if is_link:  # last, so that a refused password does not use it up
            take_link(deps.settings.data_dir, proof, LinkPurpose.SETUP, deps.clock.now())
    return opened(deps, request, response, body.email, body.password.get_secret_value(), number)


def _make(conn: Connection, workspace_id: int, body: FirstMemberAsk, at: datetime) -> None:
    new = NewMember(body.email, body.name, Role.ADMIN, body.password.get_secret_value(), body.zone)
    made = _member_to_be(conn, workspace_id, new)
    values = {"zone": body.zone} | ({"name": body.workspace_name} if body.workspace_name else {})
    conn.execute(update(workspaces).where(workspaces.c.id == workspace_id).values(values))
    audit.record(conn, workspace_id, "system", "member.created", f"member:{made}", {"role": "admin", "first": True}, at)


def _member_to_be(conn: Connection, workspace_id: int, new: NewMember) -> int:
    """The number of the new member; one who was imported without a password gets one and becomes an admin."""
    mine = (table.c.workspace_id == workspace_id) & (table.c.email == members.tidy_email(new.email))
    present = conn.execute(select(table.c.id).where(mine)).scalar_one_or_none()
    if present is None:
        return members.create(conn, workspace_id, new)
    wanted = members.MemberChange(name=new.name, role=Role.ADMIN, password=new.password, zone=new.zone)
    members.enable(conn, workspace_id, int(present))
    members.change(conn, workspace_id, int(present), wanted)
    return int(present)


def _proved(deps: ApiDeps, proof: str, workspace_id: int, at: datetime) -> bool:
    """True for a link, False for a key that may do it. Raises LinkSpent, Unauthorised, PermissionMissing."""
    if not proof.startswith("fsk_"):
        look_at_link(deps.settings.data_dir, proof, LinkPurpose.SETUP, at)
        return True
    found = deps.keys.find(proof)
    if found is None or found.kind is not KeyKind.MANAGEMENT or found.workspace_id != workspace_id:
        raise LinkSpent
    if Permission.MEMBERS_ADMIN not in granted_by_scopes(found.scopes):
        raise LinkSpent
    return False


def _somebody_signs_in(conn: Connection, workspace_id: int) -> bool:
    able = (table.c.workspace_id == workspace_id) & table.c.password_hash.is_not(None) & table.c.disabled_at.is_(None)
    return conn.execute(select(table.c.id).where(able).limit(1)).first() is not None
