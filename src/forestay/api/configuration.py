"""The plain kinds of configuration: segments, measures and roles of events, and every kind's schema.

Gives : SEGMENTS, MEASURES, EVENT_ROLES (DocumentResource), router (`/api/schemas/{kind}`)
Triggers, scorecards and templates have modules of their own, since there is more to them than their document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from forestay.actions.library import TemplateDocument
from forestay.api.calls import Call, needs
from forestay.api.documents import DocumentResource, DocumentRules
from forestay.api.queries.naming import naming_segments
from forestay.conditions.document import condition_schema
from forestay.conditions.segments import Segment, check_segments, read_segment
from forestay.governance.permissions import Permission
from forestay.health.scorecard import Scorecard
from forestay.journeys.schema import journey_schema
from forestay.kit.errors import Conflict, Invalid
from forestay.measures import definition as measures
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.features import EventRole
from forestay.signals.trigger import trigger_schema
from forestay.store import documents as store
from forestay.store.documents import DocumentKind
from forestay.store.shapes import Json

router = APIRouter(prefix="/api/schemas", tags=["schemas"])
EventRolesBody: TypeAdapter[dict[EventRole, list[str]]] = TypeAdapter(dict[EventRole, list[str]])


def segments_of(conn: Connection, workspace_id: int) -> dict[str, Segment]:
    """The live segments by key."""
    live = store.list_live(conn, workspace_id, DocumentKind.SEGMENT)
    return {document.key: read_segment(document.body) for document in live}


def _check_segment(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    segment = read_segment(body)
    check_segments({**segments_of(conn, workspace_id), segment.key: segment}.values())


def _check_measure(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    definition = _validated(measures.DOCUMENT, body)
    live = store.list_live(conn, workspace_id, DocumentKind.MEASURE)
    known = {document.key for document in live} | set(shipped_measure_keys()) | {definition.key}
    unknown = sorted(set(measures.references(definition)) - known)
    if unknown:
        raise Invalid(f"there is no measure '{unknown[0]}'", place="of")


def _check_event_roles(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    _validated(EventRolesBody, body)


def shipped_measure_keys() -> tuple[str, ...]:
    """Keys of the measures that every workspace starts with."""
    return tuple(measure.key for measure in DEFAULT_MEASURES)


def _validated(adapter: TypeAdapter[Any], body: Mapping[str, Json]) -> Any:
    try:
        return adapter.validate_python(body)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False)[0]
        raise Invalid(first["msg"], place=".".join(str(part) for part in first["loc"])) from refused


class SegmentUsed(Conflict):
    """Others name the segment: change or retire them first."""

    code = "segment_used"


class SegmentResource(DocumentResource):
    """Segments stay while something that acts names them."""

    def retired(self, conn: Connection, call: Call, key: str) -> None:
        """Raise SegmentUsed with the names of those that would break."""
        users = [one for one in naming_segments(conn, call.workspace_id).get(key, ()) if not one.is_draft]
        if users:
            names = ", ".join(f"the {one.kind} '{one.key}'" for one in users)
            raise SegmentUsed(f"the segment '{key}' is used by {names}; take it out there first")


def _resource(rules: DocumentRules, kind: type[DocumentResource] = DocumentResource) -> DocumentResource:
    made = kind(rules)
    made.add_reading()
    made.add_writing()
    return made


SEGMENTS = _resource(
    DocumentRules(DocumentKind.SEGMENT, "segments", _check_segment, has_conditions=True), SegmentResource
)
MEASURES = _resource(DocumentRules(DocumentKind.MEASURE, "measures", _check_measure))
EVENT_ROLES = _resource(DocumentRules(DocumentKind.EVENT_ROLES, "event-roles", _check_event_roles, has_key=False))

_SCHEMAS: dict[DocumentKind, Callable[[], dict[str, Any]]] = {
    DocumentKind.TRIGGER: trigger_schema,
    DocumentKind.SCORECARD: Scorecard.model_json_schema,
    DocumentKind.SEGMENT: Segment.model_json_schema,
    DocumentKind.MEASURE: measures.schema,
    DocumentKind.TEMPLATE: TemplateDocument.model_json_schema,
    DocumentKind.EVENT_ROLES: EventRolesBody.json_schema,
    DocumentKind.JOURNEY: journey_schema,
}


@router.get("/condition")
def get_condition_schema(call: Annotated[Call, needs(Permission.CONFIG_READ)]) -> dict[str, Any]:
    """The JSON Schema of a condition, the part that triggers, segments and scorecards share."""
    return condition_schema()


@router.get("/{kind}")
def get_schema(kind: DocumentKind, call: Annotated[Call, needs(Permission.CONFIG_READ)]) -> dict[str, Any]:
    """The JSON Schema of a kind of document, for editors and forms."""
    return _SCHEMAS[kind]()
