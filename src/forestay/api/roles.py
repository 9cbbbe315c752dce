"""`/api/roles` and `/api/about`: what each role may do, and what this installation is."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import metadata
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from forestay.api.calls import Call, needs
from forestay.api.paging import Page
from forestay.api.readiness import parts_of
from forestay.api.shapes import Shape
from forestay.customers.words import Role
from forestay.governance.permissions import ROLE_PERMISSIONS, Permission

router = APIRouter(prefix="/api", tags=["roles"])
Reader = Annotated[Call, needs(Permission.CONFIG_READ)]


class RoleShape(Shape):
    """A role and what it may do."""

    role: Role
    permissions: list[Permission]


class AboutShape(Shape):
    """This installation: its version, its parts ('ok' or what is wrong), and settings that only its operator changes."""

    version: str
    python: str
    store: str
    log: str
    worker: str
    sends_mail: bool = Field(description="False: mail stays in the built-in outbox.")
    mail_from: str
    database: str = Field(description="embedded or given.")
    free_bytes: int = Field(description="Room where the data is.")
    log_retention_hours: float
    journey_retention_days: int
    cores: int


@router.get("/roles")
def list_roles(call: Reader) -> Page[RoleShape]:
    """Every role with its permissions, the mightiest first."""
    roles = sorted(ROLE_PERMISSIONS, key=lambda role: -len(ROLE_PERMISSIONS[role]))
    return Page(items=[RoleShape(role=role, permissions=sorted(ROLE_PERMISSIONS[role])) for role in roles])


@router.get("/about")
def get_about(call: Reader) -> AboutShape:
    """What runs here and how it is."""
    settings, parts = call.deps.settings, parts_of(call.deps)
    place = next(one for one in (settings.data_dir, *settings.data_dir.parents) if one.exists())
    return AboutShape(
        version=metadata.version("forestay"),
        python=".".join(str(part) for part in sys.version_info[:3]),
        store=parts.store,
        log=parts.log,
        worker=parts.worker,
        sends_mail=settings.smtp_url is not None,
        mail_from=settings.mail_from,
        database="embedded" if settings.database_url is None else "given",
        free_bytes=shutil.disk_usage(place).free,
        log_retention_hours=settings.log_retention_hours,
        journey_retention_days=settings.journey_retention_days,
        cores=os.cpu_count() or 1,
    )
