"""Configuration documents over HTTP, the same way for every kind: draft, validate, publish, pause, roll back.

Gives : DocumentResource, DocumentRules, DocumentShape, etag(), if_match()
Source: DESIGN section 8 (configuration as documents; ETag and If-Match); REQUIREMENTS I1.

A draft is written with PUT and the If-Match of what was read, so that nobody overwrites another's change:
412 says that it changed since, 428 that the header is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Response
from pydantic import Field
from sqlalchemy import Connection, select

from forestay.api.calls import Call, needs, signed_in
from forestay.api.paging import Page
from forestay.api.shapes import Ask, Shape
from forestay.conditions.in_words import spelled_out
from forestay.governance.permissions import Permission
from forestay.kit.errors import ForestayError, Invalid, NotFound
from forestay.store import documents as store
from forestay.store.documents import Document, DocumentChanged, DocumentKind, DocumentStatus
from forestay.store.shapes import Json
from forestay.store.tables.config import documents as table

Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9/_-]*$", max_length=120)]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description='The ETag that was read, for example "9f86d0...".')
]
Caller = Annotated[Call, signed_in()]
DocumentBody = Annotated[dict[str, Any], Body(description="The document.")]
_NOTE = Query(max_length=1000, description="Why, in a sentence; it stays with the version.")


class DocumentShape(Shape):
    """One version of a document."""

    kind: DocumentKind
    key: str
    version: int
    status: DocumentStatus
    body: dict[str, Any]
    hash: str = Field(description="sha256 of the canonical JSON; the ETag.")
    note: str | None
    author_id: int | None
    created_at: datetime
    published_at: datetime | None


class DocumentPair(Shape):
    """What is live under a key, and the draft beside it."""

    key: str
    live: DocumentShape | None
    draft: DocumentShape | None


class Validation(Shape):
    """Whether a document could be published, and what stands in the way."""

    valid: bool
    problem: str | None = None
    place: str | None = None
    code: str | None = None


class VersionAsk(Ask):
    """Which version."""

    version: int = Field(ge=1)


class ChangedMeanwhile(ForestayError):
    """The document is not what If-Match says: read it again and decide."""

    code = "document_changed"
    http_status = 412


class IfMatchMissing(ForestayError):
    """The document exists: say with If-Match which state of it you read."""

    code = "if_match_missing"
    http_status = 428

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"the {kind} '{key}' exists; send If-Match with the ETag that you read")


Check = Callable[[Connection, int, Mapping[str, Json]], None]
"""Raise Invalid with the place of the fault unless the body is a good document of its kind."""


@dataclass(frozen=True, slots=True)
class DocumentRules:
    """What is particular about a kind. plural: its word in addresses; has_key: the body says its key; key_path: ':path' where
    keys hold a slash; has_conditions: conditions in it may come as words; prepare: the body to keep, of the key and of
    what was sent; check_draft: asked of drafts instead of `check`, where an unfinished one may be kept."""

    kind: DocumentKind
    plural: str
    check: Check
    has_key: bool = True
    key_path: str = ""
    has_conditions: bool = False
    prepare: Callable[[str, Mapping[str, Json]], Mapping[str, Json]] | None = None
    check_draft: Check | None = None
    read: Permission = Permission.CONFIG_READ
    write: Permission = Permission.CONFIG_WRITE
    publish: Permission = Permission.CONFIG_WRITE


class DocumentResource:
    """The routes of one kind of document."""

    def __init__(self, rules: DocumentRules) -> None:
        self.rules = rules
        self.router = APIRouter(prefix=f"/api/{rules.plural}", tags=[rules.plural])

    def add_reading(self) -> None:
        """Register list, get and versions."""
        reading = [needs(self.rules.read)]
        add, key = self.router.add_api_route, f"/{{key{self.rules.key_path}}}"
        add("", self.list_documents, methods=["GET"], dependencies=reading, response_model=Page[DocumentPair])
        add(f"{key}/versions", self.list_versions, methods=["GET"], dependencies=reading)
        add(key, self.get_document, methods=["GET"], dependencies=reading, response_model=DocumentPair)

    def add_writing(self) -> None:
        """Register draft, validate, publish, pause, resume, roll-back and retire."""
        writing, publishing = [needs(self.rules.write)], [needs(self.rules.publish)]
        add, key = self.router.add_api_route, f"/{{key{self.rules.key_path}}}"
        add(f"{key}/draft", self.save_draft, methods=["PUT"], dependencies=writing)
        add(f"{key}/draft", self.discard_draft, methods=["DELETE"], dependencies=writing, status_code=204)
        add(f"{key}/validate", self.validate, methods=["POST"], dependencies=writing)
        add(f"{key}/publish", self.publish, methods=["POST"], dependencies=publishing)
        add(f"{key}/pause", self.pause, methods=["POST"], dependencies=publishing)
        add(f"{key}/resume", self.resume, methods=["POST"], dependencies=publishing)
        add(f"{key}/roll-back", self.roll_back, methods=["POST"], dependencies=publishing)
        add(key, self.retire, methods=["DELETE"], dependencies=publishing, status_code=204)

    def list_documents(self, call: Caller) -> Page[DocumentPair]:
        """Every live document and draft, by key."""
        with call.begin() as conn:
            pairs = pairs_of(conn, call.workspace_id, self.rules.kind)
        return Page(items=[pair_shape(key, *pair) for key, pair in sorted(pairs.items())])

    def get_document(self, key: Key, call: Caller, response: Response) -> DocumentPair:
        """The live document and its draft; the ETag is the newest one's."""
        with call.begin() as conn:
            live, draft = self.pair(conn, call, key)
        response.headers["ETag"] = etag(draft or live)
        return pair_shape(key, live, draft)

    def list_versions(self, key: Key, call: Caller) -> Page[DocumentShape]:
        """Every version, the newest first."""
        with call.begin() as conn:
            found = store.versions(conn, call.workspace_id, self.rules.kind, key)
        if not found:
            raise NotFound(self.rules.kind, key)
        return Page(items=[DocumentShape.model_validate(one) for one in found])

    def save_draft(
        self, key: Key, body: DocumentBody, call: Caller, response: Response, if_match: IfMatch = None,
        note: Annotated[str | None, _NOTE] = None,
    ) -> DocumentShape:  # fmt: skip
        """Write the draft; it must be valid, and it causes nothing until it is published."""
        with call.begin() as conn:
            document = self.checked(conn, call, key, body, is_draft=True)
            expected = self._expected(conn, call, key, if_match)
            with _changed_means_412():
                saved = store.save_draft(
                    conn, call.workspace_id, self.rules.kind, key, document,
                    author_id=call.principal.member_id, expected_hash=expected, note=note,
                )  # fmt: skip
            self.changed(conn, call, "drafted", saved)
        response.headers["ETag"] = etag(saved)
        return DocumentShape.model_validate(saved)

    def discard_draft(self, key: Key, call: Caller) -> None:
        """Throw the draft away."""
        with call.begin() as conn:
            if not store.discard_draft(conn, call.workspace_id, self.rules.kind, key):
                raise NotFound(f"draft of the {self.rules.kind}", key)
            call.audit(conn, f"{self.rules.kind}.draft_discarded", f"{self.rules.kind}:{key}")

    def validate(self, key: Key, body: DocumentBody, call: Caller) -> Validation:
        """Say whether a document is good, without keeping it."""
        with call.begin() as conn:
            try:
                self.checked(conn, call, key, body)
            except Invalid as refused:
                return Validation(valid=False, problem=str(refused), place=refused.place or None, code=refused.code)
        return Validation(valid=True)

    def publish(self, key: Key, call: Caller, response: Response, if_match: IfMatch = None) -> DocumentShape:
        """Make the draft live; the version before is kept."""
        with call.begin() as conn:
            waiting = store.draft(conn, call.workspace_id, self.rules.kind, key)
            if waiting is not None:
                self.checked(conn, call, key, waiting.body)
            with _changed_means_412():
                made = store.publish(conn, call.workspace_id, self.rules.kind, key, expected_hash=tag_of(if_match))
            self.changed(conn, call, "published", made)
        response.headers["ETag"] = etag(made)
        return DocumentShape.model_validate(made)

    def pause(self, key: Key, call: Caller) -> DocumentShape:
        """Let the live version stand but not act."""
        with call.begin() as conn:
            made = store.pause(conn, call.workspace_id, self.rules.kind, key)
            self.changed(conn, call, "paused", made)
        return DocumentShape.model_validate(made)

    def resume(self, key: Key, call: Caller) -> DocumentShape:
        """Let the live version act again."""
        with call.begin() as conn:
            made = store.resume(conn, call.workspace_id, self.rules.kind, key)
            self.changed(conn, call, "resumed", made)
        return DocumentShape.model_validate(made)

    def roll_back(self, key: Key, body: VersionAsk, call: Caller) -> DocumentShape:
        """Publish an earlier version again, as a new one; a draft under way is thrown away."""
        with call.begin() as conn:
            made = store.roll_back(
                conn, call.workspace_id, self.rules.kind, key, body.version, author_id=call.principal.member_id
            )
            self.checked(conn, call, key, made.body)
            self.changed(conn, call, "rolled_back", made)
        return DocumentShape.model_validate(made)

    def retire(self, key: Key, call: Caller) -> None:
        """Take the live version out of service; its versions stay readable."""
        with call.begin() as conn:
            if not store.retire(conn, call.workspace_id, self.rules.kind, key):
                raise NotFound(f"live {self.rules.kind}", key)
            self.retired(conn, call, key)
            call.audit(conn, f"{self.rules.kind}.retired", f"{self.rules.kind}:{key}")

    def pair(self, conn: Connection, call: Call, key: str) -> tuple[Document | None, Document | None]:
        """The live document and the draft; NotFound when there is neither."""
        found = pairs_of(conn, call.workspace_id, self.rules.kind, key).get(key)
        if found is None:
            raise NotFound(self.rules.kind, key)
        return found

    def checked(
        self, conn: Connection, call: Call, key: str, body: Mapping[str, Json], *, is_draft: bool = False
    ) -> Mapping[str, Json]:
        """The document with its key, once it is good (or good enough for a draft). Raises Invalid."""
        named = body.get("key", key)
        if self.rules.has_key and named != key:
            raise Invalid(f"the document says '{named}', the address '{key}'", place="key")
        document = {"key": key, **body} if self.rules.has_key else body
        if self.rules.has_conditions:
            document = spelled_out(document)
        if self.rules.prepare is not None:
            document = self.rules.prepare(key, document)
        check = self.rules.check_draft if is_draft and self.rules.check_draft is not None else self.rules.check
        check(conn, call.workspace_id, document)
        return document

    def _expected(self, conn: Connection, call: Call, key: str, if_match: str | None) -> str | None:
        expected = tag_of(if_match)
        if if_match is None and store.versions(conn, call.workspace_id, self.rules.kind, key):
            raise IfMatchMissing(self.rules.kind, key)
        return expected

    def retired(self, conn: Connection, call: Call, key: str) -> None:
        """What else goes with the live version, in the same transaction; nothing for most kinds."""

    def changed(self, conn: Connection, call: Call, what: str, document: Document) -> None:
        """A document was drafted, published, paused, resumed or rolled back, in this transaction: the audit trail says so."""
        facts: dict[str, str | int | bool | None] = {"version": document.version, "hash": document.hash}
        call.audit(conn, f"{self.rules.kind}.{what}", f"{self.rules.kind}:{document.key}", facts)


def pairs_of(
    conn: Connection, workspace_id: int, kind: DocumentKind, key: str | None = None
) -> dict[str, tuple[Document | None, Document | None]]:
    """Live document and draft by key, of one key or of all."""
    drafts = select(table.c.key).where(
        table.c.workspace_id == workspace_id, table.c.kind == kind, table.c.status == DocumentStatus.DRAFT
    )
    keys = conn.execute(drafts if key is None else drafts.where(table.c.key == key)).scalars().all()
    waiting = {name: store.draft(conn, workspace_id, kind, name) for name in keys}
    standing = {document.key: document for document in store.list_live(conn, workspace_id, kind)}
    names = (waiting.keys() | standing.keys()) if key is None else ({key} & (waiting.keys() | standing.keys()))
    return {name: (standing.get(name), waiting.get(name)) for name in names}


def pair_shape(key: str, live: Document | None, draft: Document | None) -> DocumentPair:
    """The pair as the API shows it."""
    return DocumentPair(
        key=key,
        live=DocumentShape.model_validate(live) if live else None,
        draft=DocumentShape.model_validate(draft) if draft else None,
    )


def etag(document: Document | None) -> str:
    """The ETag header of a document."""
    return f'"{document.hash}"' if document is not None else '""'


def tag_of(if_match: str | None) -> str | None:
    """The hash that an If-Match header names, None without one or for '*'."""
    if if_match is None or if_match.strip() == "*":
        return None
    return if_match.strip().removeprefix("W/").strip('"')


@contextmanager
def _changed_means_412() -> Iterator[None]:
    try:
        yield
    except DocumentChanged as changed:
        raise ChangedMeanwhile(str(changed)) from changed
