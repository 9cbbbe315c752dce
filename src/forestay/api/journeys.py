"""Journeys as documents over HTTP: draft, judge, publish, pause, roll back.

Gives : DOCUMENTS (`/api/journeys`), checking_of(), JourneyFindings
Source: docs/journeys.md; issue 'Journeys' 1

A body is {"document": {...}}, or {"source": "YAML"} where comments and layout shall be kept; the text counts where both
are there. A draft may be unfinished, publishing needs a journey without errors.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field
from sqlalchemy import Connection, select

from forestay.actions.channels.webhook import WebhookSettings
from forestay.actions.ledger import load_workspace
from forestay.actions.library import templates_library
from forestay.api.calls import Call
from forestay.api.configuration import shipped_measure_keys
from forestay.api.documents import Caller, DocumentBody, DocumentResource, DocumentRules, Key, pairs_of
from forestay.api.shapes import Shape
from forestay.governance.consent import policy_of
from forestay.governance.permissions import Permission
from forestay.journeys.kind import Checking, Finding, Other
from forestay.journeys.read import BadJourney, body_of, body_of_text, inspect_shape
from forestay.journeys.validation import findings, has_errors, inspect, other_of
from forestay.kit.errors import Invalid
from forestay.signals.words import ColumnWords
from forestay.store import documents as store
from forestay.store.documents import DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.governance import calendars, members


class FindingShape(Shape):
    """Something wrong, or worth a look. place: path in the document; is_error: it may not be published with it."""

    code: str
    place: str
    message: str
    is_error: bool


class JourneyFindings(Shape):
    """What is said of a journey. ports: the ways out that each readable step has with its settings."""

    valid: bool = Field(description="Nothing forbids publishing it.")
    findings: list[FindingShape]
    ports: dict[str, list[str]] = Field(default_factory=dict)


def prepare(key: str, body: Mapping[str, Json]) -> Mapping[str, Json]:
    """The body to keep: {"document", "source"}; a plain journey is taken, too. Raises BadJourney."""
    source = body.get("source")
    made = body_of_text(source) if isinstance(source, str) else body_of(body.get("document", body))
    document = {"key": key, **made["document"]}
    if document["key"] != key:
        raise Invalid(f"the document says '{document['key']}', the address '{key}'", place="key")
    return {**made, "document": document}


def check_journey(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    """Raise BadJourney with every finding unless it may be published."""
    _, found = inspect(body["document"], checking_of(conn, workspace_id))
    wrong = [one for one in found if one.is_error]
    if wrong:
        raise BadJourney(wrong)


def check_draft(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    """A draft may be unfinished."""


def checking_of(conn: Connection, workspace_id: int) -> Checking:
    """What the workspace has that a journey may name."""
    workspace = load_workspace(conn, workspace_id)
    live: dict[DocumentKind, set[str]] = {kind: set() for kind in DocumentKind}
    for document in store.list_live(conn, workspace_id):
        live[document.kind].add(document.key)
    measured = {f"measure.{key}" for key in live[DocumentKind.MEASURE] | set(shipped_measure_keys())}
    mine = select(members.c.email).where(members.c.workspace_id == workspace_id)
    hours = select(calendars.c.key).where(calendars.c.workspace_id == workspace_id)
    return Checking(
        columns=frozenset(measured | set(ColumnWords().names) | {"health.band_confidence"}),
        templates=frozenset(live[DocumentKind.TEMPLATE] | set(templates_library())),
        segments=frozenset(live[DocumentKind.SEGMENT]),
        triggers=frozenset(live[DocumentKind.TRIGGER]),
        journeys=_others(conn, workspace_id),
        calendars=frozenset(conn.execute(hours).scalars()),
        endpoints=frozenset(WebhookSettings.of(workspace).by_key()),
        people=frozenset(email.lower() for email in conn.execute(mine).scalars()),
        facts={"quiet_hours": policy_of(workspace.settings).quiet_hours},
    )


def _others(conn: Connection, workspace_id: int) -> dict[str, Other]:
    """Every journey by key, drafts among them, so that two can be written that start each other's."""
    found = {}
    for key, (live, draft) in pairs_of(conn, workspace_id, DocumentKind.JOURNEY).items():
        body = (live or draft).body  # type: ignore[union-attr] # a pair has at least one of the two
        journey, _ = inspect_shape(body.get("document"))
        found[key] = Other() if journey is None else other_of(journey)
    return found


class JourneyResource(DocumentResource):
    """Documents whose checks answer with findings."""

    def validate(self, key: Key, body: DocumentBody, call: Caller) -> JourneyFindings:  # type: ignore[override]
        """Everything that is wrong with a journey or worth a look, without keeping it."""
        try:
            document = prepare(key, body)["document"]
        except BadJourney as refused:
            return JourneyFindings(valid=False, findings=_shapes(refused.findings))
        with call.begin() as conn:
            journey, found = inspect(document, checking_of(conn, call.workspace_id))
        steps = {} if journey is None else journey.steps
        ports = {step_id: list(step.port_names) for step_id, step in steps.items()}
        return JourneyFindings(valid=not has_errors(found), findings=_shapes(found), ports=ports)

    def checked(
        self, conn: Connection, call: Call, key: str, body: Mapping[str, Json], *, is_draft: bool = False
    ) -> Mapping[str, Json]:
        """As for every document; transactional messages need a permission of their own to be published."""
        document = super().checked(conn, call, key, body, is_draft=is_draft)
        journey, _ = inspect_shape(document["document"])
        if not is_draft and journey is not None and any(one.code == "transactional" for one in findings(journey)):
            call.principal.require(Permission.MESSAGES_TRANSACTIONAL)
        return document


def _shapes(found: list[Finding]) -> list[FindingShape]:
    return [FindingShape.model_validate(one) for one in found]


RULES = DocumentRules(
    DocumentKind.JOURNEY, "journeys", check_journey, has_key=False, prepare=prepare, check_draft=check_draft,
    read=Permission.JOURNEYS_READ, write=Permission.JOURNEYS_WRITE, publish=Permission.JOURNEYS_PUBLISH,
)  # fmt: skip
DOCUMENTS = JourneyResource(RULES)
DOCUMENTS.add_reading()
DOCUMENTS.add_writing()
