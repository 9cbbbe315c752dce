"""`/api/workspace`: the company that runs this: name, zone, currency and settings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select, update

from forestay.api.calls import Call, needs
from forestay.api.settings import check_settings
from forestay.api.shapes import Ask, Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid
from forestay.kit.local_time import is_zone
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/workspace", tags=["workspace"])


class WorkspaceShape(Shape):
    """The caller's workspace."""

    id: int
    slug: str
    name: str
    zone: str = Field(description="IANA zone whose calendar days measures count.")
    currency: str
    settings: dict[str, Any]
    created_at: datetime


class WorkspacePatch(Ask):
    """What to change; a field left out stays. settings are merged key by key, null removes a key."""

    name: str | None = Field(None, min_length=1, max_length=200)
    zone: str | None = None
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    settings: dict[str, Any] | None = None


@router.get("")
def get_workspace(call: Annotated[Call, needs(Permission.CONFIG_READ)]) -> WorkspaceShape:
    """The caller's workspace and its settings."""
    with call.begin() as conn:
        row = conn.execute(select(workspaces).where(workspaces.c.id == call.workspace_id)).one()
    return WorkspaceShape.model_validate(row)


@router.patch("")
def change_workspace(body: WorkspacePatch, call: Annotated[Call, needs(Permission.CONFIG_WRITE)]) -> WorkspaceShape:
    """Change name, zone, currency or settings."""
    if body.zone is not None and not is_zone(body.zone):
        raise Invalid(f"'{body.zone}' is not an IANA time zone such as Europe/Berlin", place="zone")
    mine = workspaces.c.id == call.workspace_id
    with call.begin() as conn:
        before = conn.execute(select(workspaces).where(mine).with_for_update(key_share=True)).one()
        values: dict[str, Any] = body.model_dump(exclude_none=True, exclude={"settings"})
        if body.settings is not None:
            merged = {**before.settings, **body.settings}
            kept = values["settings"] = {key: value for key, value in merged.items() if value is not None}
            check_settings({key: value for key, value in kept.items() if key in body.settings})
        if values:
            conn.execute(update(workspaces).where(mine).values(values))
            call.audit(
                conn, "workspace.changed", f"workspace:{call.workspace_id}", {"fields": " ".join(sorted(values))}
            )
        row = conn.execute(select(workspaces).where(mine)).one()
    return WorkspaceShape.model_validate(row)
