"""`/api/features` and `/api/calendars`: the customer's product as it is sold, and when the company works."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from forestay.api.calls import Call, needs
from forestay.api.documents import Key
from forestay.api.paging import Page
from forestay.api.shapes import Ask, Shape
from forestay.governance.permissions import Permission
from forestay.kit.calendars import BusinessCalendar, CalendarDocument
from forestay.kit.errors import Conflict, NotFound
from forestay.kit.local_time import local_of
from forestay.store.tables.customers import features
from forestay.store.tables.governance import calendars, members, workspaces

router = APIRouter(prefix="/api", tags=["product"])
Reader = Annotated[Call, needs(Permission.CONFIG_READ)]
Writer = Annotated[Call, needs(Permission.CONFIG_WRITE)]
_SHOWN_SHIFTS, _LOOK_DAYS = 10, 60
FeatureKey = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]


class FeatureAsk(Ask):
    """A feature of the customer's product."""

    name: str = Field(min_length=1, max_length=200)
    events: list[str] = Field(default_factory=list, max_length=200, description="Names of events that mean its use.")
    is_sticky: bool = False
    is_premium: bool = False
    module: str | None = Field(None, max_length=200)
    deployed_on: date | None = None
    position: int = Field(0, ge=0, le=100_000, description="Its place in lists.")


class FeatureShape(Shape):
    """A feature with its key."""

    key: str
    name: str
    events: list[str]
    is_sticky: bool
    is_premium: bool
    module: str | None
    deployed_on: date | None
    position: int


class Opening(Shape):
    """One shift of a calendar as it comes."""

    opens_at: datetime
    closes_at: datetime


class Openings(Shape):
    """The next shifts, and whether it is open now."""

    is_open: bool
    zone: str
    items: list[Opening]


class CalendarShape(Shape):
    """Business hours under a key; members name the one they work by."""

    key: str
    body: CalendarDocument
    updated_at: datetime


@router.get("/features")
def list_features(call: Reader) -> Page[FeatureShape]:
    """Every feature, in the order of the customer's list."""
    wanted = select(features).where(features.c.workspace_id == call.workspace_id)
    with call.begin() as conn:
        rows = conn.execute(wanted.order_by(features.c.position, features.c.key)).all()
    return Page(items=[FeatureShape.model_validate(row) for row in rows])


@router.put("/features/{key}")
def keep_feature(key: FeatureKey, body: FeatureAsk, call: Writer) -> FeatureShape:
    """Add or replace a feature."""
    values = {"workspace_id": call.workspace_id, "key": key, **body.model_dump()}
    statement = insert(features).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=[features.c.workspace_id, features.c.key], set_=body.model_dump()
    )
    with call.begin() as conn:
        row = conn.execute(statement.returning(features)).one()
        call.audit(conn, "feature.kept", f"feature:{key}")
    return FeatureShape.model_validate(row)


@router.delete("/features/{key}", status_code=204)
def remove_feature(key: FeatureKey, call: Writer) -> None:
    """Take a feature off the list; its events stay in the history."""
    mine = (features.c.workspace_id == call.workspace_id) & (features.c.key == key)
    with call.begin() as conn:
        if conn.execute(delete(features).where(mine)).rowcount == 0:
            raise NotFound("feature", key)
        call.audit(conn, "feature.removed", f"feature:{key}")


@router.get("/calendars")
def list_calendars(call: Reader) -> Page[CalendarShape]:
    """Every calendar."""
    wanted = select(calendars).where(calendars.c.workspace_id == call.workspace_id).order_by(calendars.c.key)
    with call.begin() as conn:
        rows = conn.execute(wanted).all()
    return Page(items=[CalendarShape.model_validate(row) for row in rows])


@router.post("/calendars/preview")
def preview_calendar(body: CalendarDocument, call: Reader) -> Openings:
    """The next ten shifts of a calendar that need not be saved; without a zone of its own, on the caller's clock."""
    zone, now = _zone_of(call), call.now()
    calendar = BusinessCalendar(body, zone)
    found: list[Opening] = []
    today = local_of(now, calendar.zone).date()
    for ahead in range(-1, _LOOK_DAYS):
        shifts = calendar.shifts_of(today + timedelta(days=ahead))
        found += [Opening(opens_at=opens, closes_at=closes) for opens, closes in shifts if closes > now]
        if len(found) >= _SHOWN_SHIFTS:
            break
    return Openings(is_open=calendar.is_open(now), zone=calendar.zone, items=found[:_SHOWN_SHIFTS])


def _zone_of(call: Call) -> str:
    with call.begin() as conn:
        own = conn.scalar(select(members.c.zone).where(members.c.id == call.principal.member_id))
        company = conn.scalar(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id))
    return str(own or company)


@router.put("/calendars/{key}")
def keep_calendar(key: Key, body: CalendarDocument, call: Writer) -> CalendarShape:
    """Add or replace a calendar; due times made before stay."""
    document = body.model_dump(mode="json")
    values = {"workspace_id": call.workspace_id, "key": key, "body": document, "updated_at": call.now()}
    statement = insert(calendars).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=[calendars.c.workspace_id, calendars.c.key], set_={"body": document, "updated_at": call.now()}
    )
    with call.begin() as conn:
        row = conn.execute(statement.returning(calendars)).one()
        call.audit(conn, "calendar.kept", f"calendar:{key}")
    return CalendarShape.model_validate(row)


@router.delete("/calendars/{key}", status_code=204)
def remove_calendar(key: Key, call: Writer) -> None:
    """Remove a calendar that nobody works by; the default one stays."""
    mine = (calendars.c.workspace_id == call.workspace_id) & (calendars.c.key == key)
    users = select(members.c.id).where(members.c.workspace_id == call.workspace_id, members.c.calendar_key == key)
    with call.begin() as conn:
        if key == "default" or conn.execute(users.limit(1)).first() is not None:
            raise Conflict(f"members work by the calendar '{key}'; give them another one first")
        if conn.execute(delete(calendars).where(mine)).rowcount == 0:
            raise NotFound("calendar", key)
        call.audit(conn, "calendar.removed", f"calendar:{key}")
