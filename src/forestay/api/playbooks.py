"""`/api/playbooks`: the journeys that ship, as they ship, to begin one's own from.

Reads: journeys.library
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from forestay.api.calls import Call, needs
from forestay.api.paging import Page
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.journeys.library import shipped_journeys

router = APIRouter(prefix="/api/playbooks", tags=["journeys"])
Reader = Annotated[Call, needs(Permission.JOURNEYS_READ)]


class PlaybookShape(Shape):
    """A journey that ships. document: as for `PUT /api/journeys/{key}/draft`, once it has a key of its own."""

    key: str
    name: str
    description: str
    category: str
    subject: str
    steps: int
    document: dict[str, Any] = Field(description="In canonical form.")


@router.get("")
def list_playbooks(call: Reader) -> Page[PlaybookShape]:
    """All of them, in the order of a customer's life."""
    return Page(
        items=[
            PlaybookShape(
                key=one.key, name=one.name, description=one.description, category=one.category.value,
                subject=one.subject.value, steps=len(one.steps), document=one.written(),
            )
            for one in shipped_journeys()
        ]
    )  # fmt: skip
