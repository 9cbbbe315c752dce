"""What a journey of the workspace may name, so that the builder says at once what the server would say.

Reads : journeys.checking_of
Gives : router (`GET /api/schemas/journey/names`), NamesShape
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from fastapi import APIRouter
from pydantic import Field

from forestay.api.calls import needs
from forestay.api.documents import Caller
from forestay.api.journeys import checking_of
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.kit.quiet_hours import QuietWindow

router = APIRouter(prefix="/api/schemas", tags=["schemas"])


class OtherShape(Shape):
    """Another journey. subject: 'account' or 'contact'; calls: keys of the journeys that it starts."""

    subject: str
    calls: list[str]


class QuietShape(Shape):
    """Hours in which nothing is sent, on the subject's clock."""

    start: time
    end: time


class NamesShape(Shape):
    """Everything that validation holds names against, each list in alphabetical order."""

    columns: list[str]
    templates: list[str]
    segments: list[str]
    triggers: list[str]
    calendars: list[str]
    endpoints: list[str]
    people: list[str] = Field(description="E-mails of members, in lower case.")
    journeys: dict[str, OtherShape] = Field(description="By key, drafts among them.")
    quiet_hours: QuietShape | None = Field(description="Null where there are none.")


@router.get("/journey/names", dependencies=[needs(Permission.JOURNEYS_READ)])
def journey_names(call: Caller) -> NamesShape:
    """What a journey may name here: columns, templates, segments, triggers, calendars, endpoints, people, journeys."""
    with call.begin() as conn:
        known = checking_of(conn, call.workspace_id)
    quiet = known.facts.get("quiet_hours")
    return NamesShape(
        columns=_sorted(known.columns), templates=_sorted(known.templates), segments=_sorted(known.segments),
        triggers=_sorted(known.triggers), calendars=_sorted(known.calendars), endpoints=_sorted(known.endpoints),
        people=_sorted(known.people),
        journeys={
            key: OtherShape(subject=one.subject, calls=sorted(one.calls)) for key, one in (known.journeys or {}).items()
        },
        quiet_hours=QuietShape(start=quiet.start, end=quiet.end) if isinstance(quiet, QuietWindow) else None,
    )  # fmt: skip


def _sorted(names: Iterable[str] | None) -> list[str]:
    return sorted(names or ())
