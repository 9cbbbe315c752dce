"""Which documents name a segment: triggers, other segments, scorecards and journeys, live or waiting as drafts.

Reads: documents
Gives: Naming, naming_segments()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from forestay.store.documents import DocumentKind, DocumentStatus
from forestay.store.shapes import Json
from forestay.store.tables.config import documents

_KINDS = (DocumentKind.TRIGGER, DocumentKind.SEGMENT, DocumentKind.SCORECARD, DocumentKind.JOURNEY)


@dataclass(frozen=True, slots=True)
class Naming:
    """A document that names a segment. is_draft: only its draft does, nothing that acts."""

    kind: DocumentKind
    key: str
    name: str
    is_draft: bool


def naming_segments(conn: Connection, workspace_id: int) -> dict[str, list[Naming]]:
    """By key of the segment, in the order of kinds and keys; nothing for a segment that nobody names."""
    rows = conn.execute(
        select(documents.c.kind, documents.c.key, documents.c.status, documents.c.body)
        .where(
            documents.c.workspace_id == workspace_id,
            documents.c.kind.in_(_KINDS),
            documents.c.status != DocumentStatus.ARCHIVED,
        )
        .order_by(documents.c.kind, documents.c.key, documents.c.status == DocumentStatus.DRAFT)
    ).all()
    found: dict[str, dict[tuple[str, str], Naming]] = defaultdict(dict)
    for row in rows:
        named = Naming(
            DocumentKind(row.kind), row.key, str(row.body.get("name", row.key)), row.status == DocumentStatus.DRAFT
        )
        for segment in set(_named(row.body)):
            found[segment].setdefault((row.kind, row.key), named)
    return {segment: list(by.values()) for segment, by in found.items()}


def _named(part: Json) -> Iterator[str]:
    """Every text under the key 'segment', however deep: conditions, entries and steps all say it so."""
    if isinstance(part, Mapping):
        for key, inner in part.items():
            if key == "segment" and isinstance(inner, str):
                yield inner
            else:
                yield from _named(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _named(inner)
