"""How each kind of record stands in the store, and the statements that put it there.

Gives: TABLES, RecordTable, Statement
Names in the SQL are constants of this module, never anybody's input; values travel as arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from forestay.customers.kinds import ImportKind


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the tick's transaction with its parameters."""

    sql: LiteralString
    parameters: Sequence[object] | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A table of records. columns: name -> SQL type, apart from workspace_id, external_id, traits and times.
    required: columns that are never null."""

    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...] = ()

    def select(self) -> LiteralString:
        """Present versions by external id, each looked up by itself whatever the planner believes of the table;
        parameters: external ids, workspace."""
        names = ", ".join(self.columns)
        text = (
            f"SELECT r.* FROM unnest(%s::text[]) AS key, LATERAL (SELECT external_id, {names} FROM {self.name} "  # noqa: S608
            f"WHERE workspace_id = %s AND external_id = key OFFSET 0) AS r"
        )
        return text

    def upsert(self, *, only_blanks: bool) -> LiteralString:
        """Insert, or lay over what is there; nulls leave it. Parameters: workspace, external ids, columns, traits."""
        names = list(self.columns)
        given = ", ".join(f"%s::{kind}[]" for kind in ("text", *self.columns.values(), "text"))
        over = ("t.{0}", "EXCLUDED.{0}") if only_blanks else ("EXCLUDED.{0}", "t.{0}")
        laid = [f"{name} = COALESCE({over[0]}, {over[1]})".format(name) for name in names]
        traits = "EXCLUDED.traits || t.traits" if only_blanks else "t.traits || EXCLUDED.traits"
        text = (
            f"INSERT INTO {self.name} AS t (workspace_id, external_id, {', '.join(names)}, traits) "  # noqa: S608
            f"SELECT %s, external_id, {', '.join(names)}, traits::jsonb "
            f"FROM unnest({given}) AS u (external_id, {', '.join(names)}, traits) "
            f"ON CONFLICT (workspace_id, external_id) DO UPDATE "
            f"SET {', '.join(laid)}, traits = {traits}, updated_at = now()"
        )
        return text


_DATED = {"started_on": "date", "ended_on": "date", "renews_on": "date"}
_ABOUT = {"account_id": "bigint", "contact_id": "bigint"}

TABLES: Mapping[ImportKind, RecordTable] = {
    ImportKind.ACCOUNTS: RecordTable(
        "accounts",
        {
            "name": "text", "parent_id": "bigint", "owner_id": "bigint", "owner_email": "text",
            "lifecycle_stage": "text", "plan": "text", "industry": "text", "country": "text", "zone": "text",
            "seats": "float8", "arr": "numeric", "currency": "text", "customer_since": "date", "renews_on": "date",
            "churned_on": "date",
        },
    ),
    ImportKind.CONTACTS: RecordTable(
        "contacts",
        {
            "email": "text", "name": "text", "title": "text", "phone": "text", "zone": "text",
            "is_sponsor": "boolean", "is_champion": "boolean", "created_on": "date", "left_on": "date",
        },
        ("is_sponsor", "is_champion"),
    ),
    ImportKind.SUBSCRIPTIONS: RecordTable(
        "subscriptions",
        {
            "account_id": "bigint", "product": "text", "plan": "text", "seats": "float8", "mrr": "numeric",
            "currency": "text", **_DATED, "billing_period": "text",
        },
        ("account_id", "started_on"),
    ),
    ImportKind.INVOICES: RecordTable(
        "invoices",
        {
            "account_id": "bigint", "amount": "numeric", "currency": "text", "issued_on": "date", "due_on": "date",
            "paid_on": "date", "is_void": "boolean",
        },
        ("account_id", "issued_on", "is_void"),
    ),
    ImportKind.TICKETS: RecordTable(
        "tickets",
        {
            **_ABOUT, "subject": "text", "body": "text", "priority": "text", "opened_at": "timestamptz",
            "first_response_at": "timestamptz", "closed_at": "timestamptz", "escalated_at": "timestamptz",
            "csat": "float8",
        },
        ("account_id", "opened_at"),
    ),
    ImportKind.INTERACTIONS: RecordTable(
        "interactions",
        {
            **_ABOUT, "channel": "text", "direction": "text", "at": "timestamptz", "subject": "text", "body": "text",
            "minutes": "float8",
        },
        ("account_id", "channel", "at"),
    ),
    ImportKind.SURVEYS: RecordTable(
        "surveys",
        {**_ABOUT, "survey": "text", "score": "float8", "comment": "text", "at": "timestamptz"},
        ("account_id", "survey", "score", "at"),
    ),
}  # fmt: skip
DEFAULTS: Mapping[str, object] = {"is_sponsor": False, "is_champion": False, "is_void": False, "survey": "nps"}
"""What a required column holds when nobody said."""
