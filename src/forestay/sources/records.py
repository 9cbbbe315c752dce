"""Rows into the store: what stood there, what will stand there, and the statements that make it so.

Reads : folded rows (sources.rows) with their account and person; the store's present versions
Gives : RecordBook.plan() -> Planned(changes, statements, refused)
Source: docs/architecture.md, 'From event to signal' (2) and the table of facts

Rows may come out of order, twice, and in part: an empty field never erases a known one, and writing the same
row again changes nothing. Old and new versions are both given, so that facts are written as differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg

from forestay.customers.kinds import ImportKind
from forestay.kit.clock import moment_of
from forestay.sources.contact_words import contact_statements
from forestay.sources.identity import NOBODY, Identities, Joined
from forestay.sources.record_tables import DEFAULTS, TABLES, RecordTable, Statement
from forestay.sources.rows import FieldValue, Row, folded

Version = Mapping[str, FieldValue]
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record before and after. old: None when it is new. *_account: account row it counts for, NOBODY none."""

    kind: ImportKind
    key: str
    old: Version | None
    old_account: int
    new: Version
    new_account: int
    row: Row


@dataclass(slots=True)
class Planned:
    """What some rows come to. refused: rows that lack what their kind needs, with the reason."""

    changes: list[RecordChange] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    refused: list[tuple[Row, str]] = field(default_factory=list)


class RecordBook:
    """Plans the rows of one workspace. rows_by_id: the store's account id -> account row."""

    def __init__(self, workspace_id: int, known: Identities, rows_by_id: Mapping[int, int]) -> None:
        self._workspace_id, self._known, self._rows_by_id = workspace_id, known, rows_by_id

    def plan(self, connection: Connection, rows: Iterable[Row], joined: Sequence[Joined] = ()) -> Planned:
        """Versions and statements of rows, which may be of several kinds; accounts and contacts have ids by now.

        joined: contacts that turn out to be one; rows of both are among `rows`, empty where nothing was told.
        """
        planned = Planned()
        whole = folded(rows)
        for kind in TABLES:
            if some := [row for row in whole if row.kind is kind]:
                self._plan_kind(connection, kind, some, planned)
        for one in joined:
            self._unite(planned, self._known.contact_keys[one.kept], self._known.contact_keys[one.gone])
        return planned

    def _plan_kind(self, connection: Connection, kind: ImportKind, rows: list[Row], planned: Planned) -> None:
        table = TABLES[kind]
        present = _present(connection, self._workspace_id, table, [row.key for row in rows])
        if kind is ImportKind.ACCOUNTS:
            self._find_owners(connection, rows)
        kept: list[tuple[Row, dict[str, FieldValue]]] = []
        for row in rows:
            old = present.get(row.key)
            given = self._columns_of(row, old)
            missing = [name for name in table.required if given.get(name) is None]
            if missing:
                planned.refused.append((row, f"{missing[0]} is missing and not known from before"))
                continue
            kept.append((row, given))
            planned.changes.append(self._change(row, old, given))
        if kind is ImportKind.CONTACTS:
            planned.statements += contact_statements(self._workspace_id, self._known, [row for row, _ in kept])
        kept = [(row, given) for row, given in kept if row.fields or row.traits]
        for only_blanks in (False, True):
            some = [(row, given) for row, given in kept if row.only_blanks is only_blanks]
            if some:
                planned.statements.append(self._statement(table, some, only_blanks=only_blanks))

    def _columns_of(self, row: Row, old: Version | None) -> dict[str, FieldValue]:
        """The columns that a row sets; required ones also where it does not."""
        given = dict(row.fields)
        completed = _COMPLETE.get(row.kind)
        if completed is not None:
            completed(given, old, row)
        if row.kind is not ImportKind.ACCOUNTS and row.account != NOBODY:
            given["account_id"] = self._known.account_ids[row.account]
        if row.user != NOBODY and row.kind is not ImportKind.CONTACTS:
            given["contact_id"] = self._known.contact_ids[self._known.canonical[row.user]] or None
        if (parent := given.pop("parent_row", None)) is not None:
            given["parent_id"] = self._known.account_ids[self._known.merged[int(str(parent))]]
        for name in TABLES[row.kind].required:
            if given.get(name) is None:
                given[name] = DEFAULTS.get(name) if old is None else old.get(name)  # type: ignore[assignment]
        return {name: value for name, value in given.items() if name in TABLES[row.kind].columns}

    def _change(self, row: Row, old: Version | None, given: Version) -> RecordChange:
        layers = (given, old or {}) if row.only_blanks else (old or {}, given)
        new = {**layers[0], **{name: value for name, value in layers[1].items() if value is not None}}
        old_account = NOBODY if old is None else self._account_of(old, row)
        return RecordChange(row.kind, row.key, old, old_account, new, self._account_of(new, row), row)

    @staticmethod
    def _unite(planned: Planned, kept: str, gone: str) -> None:
        """The contact that is kept takes over what only the other knew, as identity_store has the store do it."""
        at = {one.key: place for place, one in enumerate(planned.changes) if one.kind is ImportKind.CONTACTS}
        if kept not in at or gone not in at or kept == gone:
            return
        mine, theirs = planned.changes[at[kept]].new, planned.changes[at[gone]].new
        new: dict[str, FieldValue] = {
            name: theirs.get(name) if mine.get(name) is None and name != "left_on" else mine.get(name)
            for name in {*mine, *theirs}
        }
        for flag in ("is_sponsor", "is_champion"):
            new[flag] = mine.get(flag) is True or theirs.get(flag) is True
        told = [day for day in (mine.get("created_on"), theirs.get("created_on")) if isinstance(day, date)]
        new["created_on"] = min(told, default=None)
        planned.changes[at[kept]] = replace(planned.changes[at[kept]], new=new)

    def _account_of(self, version: Version, row: Row) -> int:
        account_id = version.get("account_id")
        if not isinstance(account_id, int):
            return row.account
        known_row = self._rows_by_id.get(account_id, NOBODY)
        return NOBODY if known_row == NOBODY else self._known.merged[known_row]

    def _find_owners(self, connection: Connection, rows: Sequence[Row]) -> None:
        emails = {str(row.fields["owner_email"]).lower() for row in rows if row.fields.get("owner_email")}
        if not emails:
            return
        found = connection.execute(
            "SELECT lower(email), id FROM members WHERE workspace_id = %s AND lower(email) = ANY(%s)",
            (self._workspace_id, sorted(emails)),
        )
        owners = {str(email): int(str(number)) for email, number in found}
        for row in rows:
            owner = owners.get(str(row.fields.get("owner_email", "")).lower())
            if owner is not None:
                row.fields["owner_id"] = owner

    def _statement(
        self, table: RecordTable, rows: Sequence[tuple[Row, Mapping[str, FieldValue]]], *, only_blanks: bool
    ) -> Statement:
        columns = [_listed([given.get(name) for _, given in rows], kind) for name, kind in table.columns.items()]
        traits = [msgspec.json.encode(row.traits).decode() for row, _ in rows]
        keys = [row.key for row, _ in rows]
        return Statement(table.upsert(only_blanks=only_blanks), (self._workspace_id, keys, *columns, traits))


def _present(connection: Connection, workspace_id: int, table: RecordTable, keys: Sequence[str]) -> dict[str, Version]:
    names = list(table.columns)
    found = connection.execute(table.select(), (list(keys), workspace_id))
    return {
        str(row[0]): {name: plain(value) for name, value in zip(names, row[1:], strict=True)} for row in found
    }  # fmt: skip


def plain(value: object) -> FieldValue:
    """A value of the store as records hold it: money as a number."""
    return float(value) if isinstance(value, Decimal) else value  # type: ignore[return-value]


def _listed(values: list[FieldValue], kind: str) -> list[Any]:
    """One type a list: a whole number among fractions, and a moment among dates, are made alike."""
    if kind in ("float8", "numeric"):
        return [None if value is None else float(value) for value in values]  # type: ignore[arg-type]
    if kind == "date":
        return [value.date() if isinstance(value, datetime) else value for value in values]
    return values


def _complete_subscription(given: dict[str, FieldValue], old: Version | None, row: Row) -> None:
    """Revenue is kept by the month."""
    yearly = given.pop("arr", None)
    if given.get("mrr") is None and isinstance(yearly, float):
        given["mrr"] = round(yearly / 12, 2)


def _complete_ticket(given: dict[str, FieldValue], old: Version | None, row: Row) -> None:
    """A response after so many minutes, and an escalation without a moment, get their moment."""
    minutes, escalated = given.pop("first_response_minutes", None), given.pop("is_escalated", None)
    opened = given.get("opened_at") or (None if old is None else old.get("opened_at"))
    if isinstance(minutes, float) and given.get("first_response_at") is None and isinstance(opened, datetime):
        given["first_response_at"] = opened + timedelta(minutes=minutes)
    known = given.get("escalated_at") or (None if old is None else old.get("escalated_at"))
    if escalated is True and known is None:
        given["escalated_at"] = opened if old is None else moment_of(row.told_at)


def _complete_contact(given: dict[str, FieldValue], old: Version | None, row: Row) -> None:
    """Consent stands in a table of its own."""
    given.pop("email_consent", None)


_COMPLETE = {
    ImportKind.SUBSCRIPTIONS: _complete_subscription,
    ImportKind.TICKETS: _complete_ticket,
    ImportKind.CONTACTS: _complete_contact,
}
