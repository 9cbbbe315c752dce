"""`/api/workspace`: the company that runs this: name, zone, currency and settings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Row, select, update

from forestay.actions.webhook_secrets import with_secrets_kept, with_secrets_masked, with_secrets_sealed
from forestay.api.calls import Call, needs
from forestay.api.settings import check_settings
from forestay.api.shapes import Ask, Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid
from forestay.kit.local_time import is_zone
from forestay.kit.sealing import Seal
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/workspace", tags=["workspace"])


class WorkspaceShape(Shape):
    """The caller's workspace."""

    id: int
    slug: str
    name: str
    zone: str = Field(description="IANA zone whose calendar days measures count.")
    currency: str
    settings: dict[str, Any] = Field(description="Secrets of webhooks are shown by their last four characters.")
    created_at: datetime


class WorkspacePatch(Ask):
    """What to change; a field left out stays. settings are merged key by key, null removes a key; a
    webhook's secret written back as it was shown stays what it is."""

    name: str | None = Field(None, min_length=1, max_length=200)
    zone: str | None = None
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    settings: dict[str, Any] | None = None


@router.get("")
def get_workspace(call: Annotated[Call, needs(Permission.CONFIG_READ)]) -> WorkspaceShape:
    """The caller's workspace and its settings."""
    with call.begin() as conn:
        row = conn.execute(select(workspaces).where(workspaces.c.id == call.workspace_id)).one()
    return _shown(call, row)


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
            values["settings"] = _merged(before.settings, body.settings, Seal(call.deps.settings.data_dir))
        if values:
            conn.execute(update(workspaces).where(mine).values(values))
            call.audit(
                conn, "workspace.changed", f"workspace:{call.workspace_id}", {"fields": " ".join(sorted(values))}
            )
        row = conn.execute(select(workspaces).where(mine)).one()
    return _shown(call, row)


def _merged(before: dict[str, Any], given: dict[str, Any], seal: Seal) -> dict[str, Any]:
    """The settings to store: the given keys over those before, null ones gone, webhook secrets sealed."""
    if "webhooks" in given:
        given = {**given, "webhooks": with_secrets_kept(given["webhooks"], before.get("webhooks"), seal)}
    kept = {key: value for key, value in {**before, **given}.items() if value is not None}
    check_settings({key: value for key, value in kept.items() if key in given})
    return {**kept, "webhooks": with_secrets_sealed(kept["webhooks"], seal)} if "webhooks" in kept else kept


def _shown(call: Call, row: Row[Any]) -> WorkspaceShape:
    shape = WorkspaceShape.model_validate(row)
    if "webhooks" in shape.settings:
        seal = Seal(call.deps.settings.data_dir)
        shape.settings = {**shape.settings, "webhooks": with_secrets_masked(shape.settings["webhooks"], seal)}
    return shape
