"""What a condition may name in this workspace, in words: columns with unit, type and the values that occur; events; segments.

Reads: accounts, features, measure documents, roles of events, live segments, recent events
Gives: ConditionField, fields_of(), EventName, event_names_of()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from forestay.api.queries.account_parts import definitions
from forestay.api.queries.trait_words import traits_of
from forestay.customers.words import Band
from forestay.measures.definition import Definition
from forestay.measures.features import EventRole
from forestay.signals.words import ColumnWords, Said
from forestay.store import documents
from forestay.store.documents import DocumentKind
from forestay.store.tables.customers import accounts, features
from forestay.store.tables.signals import recent_events

MOST_VALUES = 100
_TEXTS = ("plan", "lifecycle_stage", "industry", "country")


@dataclass(frozen=True, slots=True)
class ConditionField:
    """One column. type: number, yes_no, text or day; values: texts that occur, the most frequent first."""

    column: str
    label: str
    unit: str
    type: str
    group: str
    description: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventName:
    """What an event part may count. name: as it stands in the condition; kind: role, feature, features or event."""

    name: str
    label: str
    kind: str


def fields_of(conn: Connection, workspace_id: int) -> list[ConditionField]:
    """Every column that can be listed, by group, then as they are told of."""
    measures = definitions(conn, workspace_id)
    words = ColumnWords(measures.values())
    known = _known_texts(conn, workspace_id)
    listed = [_column(name, words[name], measures, known) for name in words.names]
    return [*listed, *_days(), *_traits(conn, workspace_id)]


def event_names_of(conn: Connection, workspace_id: int) -> list[EventName]:
    """Series of ours and events of the customer's that we know by name; any other name may be asked for too."""
    rows = conn.execute(
        select(features).where(features.c.workspace_id == workspace_id).order_by(features.c.position)
    ).all()
    roles = _roles(conn, workspace_id)
    made = [EventName(f"role:{role}", role.replace("_", " "), "role") for role in EventRole if roles.get(role)]
    made += [EventName(f"features:{word}", word, "features") for word in ("sticky", "premium")]
    made += [EventName(f"feature:{row.key}", row.name, "feature") for row in rows if row.events]
    told = {name for row in rows for name in row.events} | {name for names in roles.values() for name in names}
    recent = select(recent_events.c.name).where(recent_events.c.workspace_id == workspace_id).distinct().limit(500)
    return [*made, *(EventName(name, name, "event") for name in sorted(told | set(conn.execute(recent).scalars())))]


def _column(
    name: str, said: Said, measures: Mapping[str, Definition], known: Mapping[str, tuple[str, ...]]
) -> ConditionField:
    group, _, rest = name.partition(".")
    is_text = name in known
    kind = "text" if is_text else "yes_no" if said.unit == "yes_no" else "number"
    told = measures[rest].description if group == "measure" else ""
    return ConditionField(name, said.label, said.unit, kind, group, told, known.get(name, ()))


def _known_texts(conn: Connection, workspace_id: int) -> dict[str, tuple[str, ...]]:
    mine = (accounts.c.workspace_id == workspace_id) & accounts.c.merged_into.is_(None)
    found = {"health.band": tuple(band.value for band in Band)}
    for name in _TEXTS:
        column = accounts.c[name]
        often = select(column).where(mine, column.is_not(None)).group_by(column).order_by(func.count().desc(), column)
        found[f"account.{name}"] = tuple(conn.execute(often.limit(MOST_VALUES)).scalars())
    return found


def _days() -> Iterator[ConditionField]:
    for key, label in (("customer_since", "Customer since"), ("renews_on", "Renews on"), ("churned_on", "Churned on")):
        yield ConditionField(f"trait.{key}", label, "day", "day", "account")


def _traits(conn: Connection, workspace_id: int) -> Iterator[ConditionField]:
    """A key under which one account has a text is text for all, as the worker keeps it."""
    for one in traits_of(conn, workspace_id):
        if one.numbers or one.texts:
            kind = "text" if one.texts else "yes_no" if one.is_flag else "number"
            values = one.values if kind == "text" else ()
            yield ConditionField(f"trait.{one.key}", one.key.replace("_", " "), "", kind, "trait", "", values)


def _roles(conn: Connection, workspace_id: int) -> Mapping[str, Any]:
    """Event names by role, of the one live document; empty without one."""
    live = documents.list_live(conn, workspace_id, DocumentKind.EVENT_ROLES)
    return {name: names for document in live for name, names in document.body.items()}
