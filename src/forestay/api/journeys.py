"""Journeys as documents over HTTP: draft, judge, publish, pause, roll back.

Gives : DOCUMENTS (`/api/journeys`), Seen, checking_of(), JourneyFindings
Source: docs/journeys.md; issue 'Journeys' 1; docs/journeys-operating.md (what publish, pause and stop do to runs)

A body is {"document": {...}}, or {"source": "YAML"} where comments and layout shall be kept; the text counts where both
are there. A draft may be unfinished, publishing needs a journey without errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field
from sqlalchemy import Connection, select

from forestay.actions.channels.webhook import WebhookSettings
from forestay.actions.ledger import load_workspace
from forestay.actions.library import templates_library
from forestay.actions.withdrawing import withdraw_all
from forestay.api.calls import Call, needs
from forestay.api.configuration import shipped_measure_keys
from forestay.api.documents import (
    Caller,
    DocumentBody,
    DocumentResource,
    DocumentRules,
    Key,
    pairs_of,
)
from forestay.api.journey_shapes import FindingShape, WorkShape
from forestay.api.queries.journeys import marks_of
from forestay.api.shapes import Shape
from forestay.governance.consent import policy_of
from forestay.governance.permissions import Permission
from forestay.journeys.kind import Checking, Finding, Other
from forestay.journeys.read import BadJourney, body_of, body_of_text, inspect_shape, journey_of_body
from forestay.journeys.runtime import whole
from forestay.journeys.runtime.book import register
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.validation import findings, has_errors, inspect, other_of
from forestay.kit.errors import Invalid, NotFound
from forestay.signals.words import ColumnWords
from forestay.store import documents as store
from forestay.store.database import raw
from forestay.store.documents import Document, DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.governance import calendars, members

_FORGET_CLOCKS = """
DELETE FROM journey_clocks AS c USING journeys AS j WHERE j.id = c.journey_id AND j.workspace_id = %s AND j.key = %s"""


class ActedShape(Shape):
    """How many runs stand still, go on or were ended already. withdrawn: requests, effects and tasks that were taken back.
    work: what the worker carries on with, null when all is done; nothing of the journey acts meanwhile."""

    runs: int
    withdrawn: int = 0
    work: WorkShape | None = None


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


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is under a key. retired: the last version that was live, where none is now."""

    live: Document | None
    draft: Document | None
    retired: Document | None = None

    @property
    def newest(self) -> Document:
        """The draft before what is live."""
        return self._first(self.draft, self.live, self.retired)

    @property
    def main(self) -> Document:
        """What is live before the draft."""
        return self._first(self.live, self.draft, self.retired)

    @staticmethod
    def _first(*documents: Document | None) -> Document:
        return next(document for document in documents if document is not None)


class JourneyResource(DocumentResource):
    """Documents whose checks answer with findings, and whose publishing lets runs go on."""

    def seen(self, conn: Connection, call: Call) -> dict[str, Seen]:
        """Every journey by key, retired ones among them."""
        found = {key: Seen(*pair) for key, pair in pairs_of(conn, call.workspace_id, DocumentKind.JOURNEY).items()}
        gone = [key for key in marks_of(conn, call.workspace_id) if key not in found]
        return {**found, **{key: seen for key in gone if (seen := self._retired(conn, call, key))}}

    def one_seen(self, conn: Connection, call: Call, key: str) -> Seen:
        """One of them. Raises NotFound."""
        pair = pairs_of(conn, call.workspace_id, DocumentKind.JOURNEY, key).get(key)
        seen = Seen(*pair) if pair is not None else self._retired(conn, call, key)
        if seen is None:
            raise NotFound("journey", key)
        return seen

    def _retired(self, conn: Connection, call: Call, key: str) -> Seen | None:
        versions = store.versions(conn, call.workspace_id, DocumentKind.JOURNEY, key)
        return Seen(None, None, versions[0]) if versions else None

    def retired(self, conn: Connection, call: Call, key: str) -> None:
        """Its clocks are forgotten: dates and hours that pass until it is published again let nobody in."""
        raw(conn).execute(_FORGET_CLOCKS, (call.workspace_id, key))

    def add_stop(self) -> None:
        """Register stop, which only journeys have."""
        publishing = [needs(self.rules.publish)]
        self.router.add_api_route("/{key}/stop", self.stop, methods=["POST"], dependencies=publishing)

    def changed(self, conn: Connection, call: Call, what: str, document: Document) -> None:
        """As for every document; a journey that is published acts, whatever it did before."""
        super().changed(conn, call, what, document)
        if what != "drafted":
            self._let_go_on(raw(conn), call, document)

    def pause(self, key: Key, call: Caller) -> ActedShape:  # type: ignore[override]
        """Let every run stand still. What comes in is kept, timers move by the pause; who enters waits at the start."""
        with call.begin() as conn:
            driver = raw(conn)
            number = self.number(driver, call, key)
            paused = whole.pause_journey(driver, number, call.now())
            call.audit(conn, "journey.paused", f"journey:{key}", {"runs": paused})
            return _acted(driver, number, paused)

    def resume(self, key: Key, call: Caller) -> ActedShape:  # type: ignore[override]
        """Go on after a pause or a stop; runs that were stopped stay so."""
        with call.begin() as conn:
            live = store.live(conn, call.workspace_id, DocumentKind.JOURNEY, key)
            resumed = self._let_go_on(raw(conn), call, live)
            call.audit(conn, "journey.resumed", f"journey:{key}", {"runs": resumed})
            return _acted(raw(conn), self.number(raw(conn), call, key), resumed)

    def stop(self, key: Key, call: Caller) -> ActedShape:
        """End every run, wherever it stands, and take back what has not left: nothing of the journey acts after this."""
        with call.begin() as conn:
            self.one_seen(conn, call, key)
            number = self.number(raw(conn), call, key)
            ended = whole.stop_journey(raw(conn), number, call.now())
            taken_back = withdraw_all(conn, call.workspace_id, number, "journey stopped", call.now(), whole.CHUNK)
            whole.finish_small(raw(conn), number, taken_back)
            call.audit(conn, "journey.stopped", f"journey:{key}", {"runs": ended, "withdrawn": taken_back})
            return _acted(raw(conn), number, ended, taken_back)

    def number(self, driver: Driver, call: Call, key: str) -> int:
        """The journey's number in the store. Raises NotFound for one that was never published."""
        row = driver.execute("SELECT id FROM journeys WHERE workspace_id = %s AND key = %s", (call.workspace_id, key))
        found = row.fetchone()
        if found is None:
            raise NotFound("published journey", key)
        return int(found[0])

    def _let_go_on(self, driver: Driver, call: Call, document: Document) -> int:
        number, _ = register(driver, call.workspace_id, journey_of_body(document.body))
        whole.start_journey(driver, number, call.now())
        return whole.resume_journey(driver, number, call.now())

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


def _acted(driver: Driver, number: int, runs: int, withdrawn: int = 0) -> ActedShape:
    work = whole.work_under_way(driver, number)
    return ActedShape(runs=runs, withdrawn=withdrawn, work=None if work is None else WorkShape.model_validate(work))


def _shapes(found: list[Finding]) -> list[FindingShape]:
    return [FindingShape.model_validate(one) for one in found]


RULES = DocumentRules(
    DocumentKind.JOURNEY, "journeys", check_journey, has_key=False, prepare=prepare, check_draft=check_draft,
    read=Permission.JOURNEYS_READ, write=Permission.JOURNEYS_WRITE, publish=Permission.JOURNEYS_PUBLISH,
)  # fmt: skip
DOCUMENTS = JourneyResource(RULES)
DOCUMENTS.add_writing()
DOCUMENTS.add_stop()
