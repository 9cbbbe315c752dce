"""Configuration documents and their versions: draft, published, paused, archived.

Gives : Document, DocumentKind, DocumentStatus, hash_of(), list_live(), live(), versions(), save_draft(),
        discard_draft(), publish(), pause(), resume(), retire(), roll_back()
Reads : table `documents`
Source: architecture: versions are immutable once published; one live version a key.

A key has at most one draft and at most one live version (published or paused). The body is checked by the
room whose document it is, before it comes here. Every function works inside the caller's transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, insert, select, update

from forestay.kit.errors import Conflict, NotFound
from forestay.store.shapes import Json
from forestay.store.tables.config import documents

_COLUMNS = (
    documents.c.id, documents.c.kind, documents.c.key, documents.c.version, documents.c.status, documents.c.body,
    documents.c.hash, documents.c.note, documents.c.author_id, documents.c.created_at, documents.c.published_at,
)  # fmt: skip


class DocumentKind(StrEnum):
    """What a document configures."""

    MEASURE = "measure"
    SCORECARD = "scorecard"
    TRIGGER = "trigger"
    SEGMENT = "segment"
    TEMPLATE = "template"
    EVENT_ROLES = "event_roles"
    JOURNEY = "journey"


class DocumentStatus(StrEnum):
    """published and paused are live; a paused one stays in its place and does not act."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    ARCHIVED = "archived"


_LIVE = (DocumentStatus.PUBLISHED, DocumentStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Document:
    """One version. hash: sha256 of its canonical JSON in hex, its ETag; version: 1, 2, 3, ... per kind and key."""

    id: int
    kind: DocumentKind
    key: str
    version: int
    status: DocumentStatus
    body: Mapping[str, Json]
    hash: str
    note: str | None
    author_id: int | None
    created_at: datetime
    published_at: datetime | None


class DocumentChanged(Conflict):
    """Somebody saved it in the meantime: read it again and decide."""

    code = "document_changed"

    def __init__(self, kind: str, key: str, present_hash: str | None) -> None:
        self.present_hash = present_hash
        super().__init__(f"the {kind} '{key}' was changed by somebody else; read it again")


def hash_of(body: Mapping[str, Json]) -> str:
    """sha256 in hex of a body's canonical JSON: keys sorted, no spaces.

    >>> hash_of({"b": 1, "a": 2}) == hash_of({"a": 2, "b": 1})
    True
    """
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def list_live(conn: Connection, workspace_id: int, kind: DocumentKind | None = None) -> list[Document]:
    """The published and paused documents (of one kind), by kind and key."""
    wanted = and_(documents.c.workspace_id == workspace_id, documents.c.status.in_(_LIVE))
    if kind is not None:
        wanted = and_(wanted, documents.c.kind == kind)
    rows = conn.execute(select(*_COLUMNS).where(wanted).order_by(documents.c.kind, documents.c.key))
    return [_document(row) for row in rows.mappings()]


def live(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> Document:
    """The published or paused version; NotFound when there is none."""
    return _needed(_one(conn, workspace_id, kind, key, documents.c.status.in_(_LIVE)), f"live {kind}", key)


def draft(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> Document | None:
    """The draft, None when there is none."""
    return _one(conn, workspace_id, kind, key, documents.c.status == DocumentStatus.DRAFT)


def versions(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> list[Document]:
    """Every version, newest first; empty for an unknown key."""
    rows = conn.execute(select(*_COLUMNS).where(_of(workspace_id, kind, key)).order_by(documents.c.version.desc()))
    return [_document(row) for row in rows.mappings()]


def save_draft(
    conn: Connection,
    workspace_id: int,
    kind: DocumentKind,
    key: str,
    body: Mapping[str, Json],
    *,
    author_id: int | None = None,
    expected_hash: str | None = None,
    note: str | None = None,
) -> Document:
    """Write the draft, a new version or the present draft anew.

    expected_hash: what the author read (the draft, else the newest version); DocumentChanged when it is another by now.
    """
    _lock(conn, workspace_id, kind, key)
    newest = _newest(conn, workspace_id, kind, key)
    if expected_hash is not None and (newest is None or newest.hash != expected_hash):
        raise DocumentChanged(kind, key, None if newest is None else newest.hash)
    values = {"body": body, "hash": hash_of(body), "author_id": author_id, "note": note, "created_at": func.now()}
    if newest is not None and newest.status is DocumentStatus.DRAFT:
        return _changed(conn, workspace_id, newest, values)
    return _added(conn, workspace_id, kind, key, 1 if newest is None else newest.version + 1, values)


def discard_draft(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> bool:
    """Throw the draft away; False when there was none."""
    wanted = and_(_of(workspace_id, kind, key), documents.c.status == DocumentStatus.DRAFT)
    return conn.execute(delete(documents).where(wanted)).rowcount > 0


def publish(
    conn: Connection, workspace_id: int, kind: DocumentKind, key: str, *, expected_hash: str | None = None
) -> Document:
    """Make the draft the live version and archive the one before; a pause ends with it."""
    _lock(conn, workspace_id, kind, key)
    waiting = _needed(draft(conn, workspace_id, kind, key), f"draft of the {kind}", key)
    if expected_hash is not None and waiting.hash != expected_hash:
        raise DocumentChanged(kind, key, waiting.hash)
    retire(conn, workspace_id, kind, key)
    return _changed(conn, workspace_id, waiting, {"status": DocumentStatus.PUBLISHED, "published_at": func.now()})


def pause(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> Document:
    """Stop the live version from acting; no change when it is paused already."""
    present = live(conn, workspace_id, kind, key)
    return _changed(conn, workspace_id, present, {"status": DocumentStatus.PAUSED})


def resume(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> Document:
    """Let the live version act again; no change when it does already."""
    present = live(conn, workspace_id, kind, key)
    return _changed(conn, workspace_id, present, {"status": DocumentStatus.PUBLISHED})


def retire(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> bool:
    """Archive the live version without another; False when there was none."""
    wanted = and_(_of(workspace_id, kind, key), documents.c.status.in_(_LIVE))
    return conn.execute(update(documents).where(wanted).values(status=DocumentStatus.ARCHIVED)).rowcount > 0


def roll_back(
    conn: Connection, workspace_id: int, kind: DocumentKind, key: str, version: int, *, author_id: int | None = None
) -> Document:
    """Publish an earlier version's body again, as a new version; a draft under way is thrown away."""
    _lock(conn, workspace_id, kind, key)
    earlier = _one(conn, workspace_id, kind, key, documents.c.version == version)
    body = _needed(earlier, f"{kind} version", f"{key} {version}").body
    discard_draft(conn, workspace_id, kind, key)
    save_draft(conn, workspace_id, kind, key, body, author_id=author_id, note=f"back to version {version}")
    return publish(conn, workspace_id, kind, key)


def _of(workspace_id: int, kind: DocumentKind, key: str) -> ColumnElement[bool]:
    return and_(documents.c.workspace_id == workspace_id, documents.c.kind == kind, documents.c.key == key)


def _one(
    conn: Connection, workspace_id: int, kind: DocumentKind, key: str, which: ColumnElement[bool]
) -> Document | None:
    row = conn.execute(select(*_COLUMNS).where(_of(workspace_id, kind, key), which)).one_or_none()
    return None if row is None else _document(row._mapping)


def _newest(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> Document | None:
    statement = select(*_COLUMNS).where(_of(workspace_id, kind, key)).order_by(documents.c.version.desc()).limit(1)
    row = conn.execute(statement).one_or_none()
    return None if row is None else _document(row._mapping)


def _needed(found: Document | None, kind: str, key: str) -> Document:
    if found is None:
        raise NotFound(kind, key)
    return found


def _added(
    conn: Connection, workspace_id: int, kind: DocumentKind, key: str, version: int, values: Mapping[str, object]
) -> Document:
    place = {"workspace_id": workspace_id, "kind": kind, "key": key, "version": version, "status": DocumentStatus.DRAFT}
    return _document(conn.execute(insert(documents).values(**place, **values).returning(*_COLUMNS)).mappings().one())


def _changed(conn: Connection, workspace_id: int, document: Document, values: Mapping[str, object]) -> Document:
    mine = and_(documents.c.workspace_id == workspace_id, documents.c.id == document.id)
    return _document(conn.execute(update(documents).where(mine).values(**values).returning(*_COLUMNS)).mappings().one())


def _lock(conn: Connection, workspace_id: int, kind: DocumentKind, key: str) -> None:
    """Two authors of one key take turns until the end of the transaction."""
    name = f"document:{workspace_id}:{kind}:{key}"
    conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _document(values: RowMapping) -> Document:
    return Document(**{**values, "kind": DocumentKind(values["kind"]), "status": DocumentStatus(values["status"])})
