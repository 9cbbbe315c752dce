"""One row of every table, made from the table's own columns."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Column, Connection, Table, insert
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, REAL

from forestay.store.tables import metadata

Value = object
_UNCHECKED = {"workspace_id": "workspaces", "account_id": "accounts", "contact_id": "contacts"}
"""Columns that name another table's row, some of them without a foreign key."""


def _is_last(table: Table) -> bool:
    """It names others' rows without a foreign key, so nothing sorts it behind them."""
    return any(c.name in ("account_id", "contact_id") and not c.foreign_keys for c in table.columns)


TABLES = sorted((table for table in metadata.sorted_tables if "workspace_id" in table.c), key=_is_last)
"""Every table that belongs to a workspace, parents first."""

_WORDS = {
    ("members", "role"): "csm",
    ("documents", "status"): "draft",
    ("api_keys", "kind"): "write",
    ("jobs", "status"): "queued",
    ("models", "status"): "draft",
}
_SAMPLES: dict[type, Value] = {
    str: "made-up",
    int: 1,
    float: 1.0,
    bool: True,
    bytes: b"\x01",
    date: date(2026, 1, 2),
    datetime: datetime(2026, 1, 2, tzinfo=UTC),
    list: [],
    dict: {},
}


def fill(conn: Connection, workspace_id: int) -> None:
    """Put one row into every table of a workspace, as the owner."""
    ids: dict[str, int] = {"workspaces": workspace_id}
    for table in TABLES:
        values = row_of(table, ids, workspace_id)
        returning = [table.c.id] if "id" in table.c else []
        result = conn.execute(
            insert(table).values(**values).returning(*returning) if returning else insert(table).values(**values)
        )
        ids.update({table.name: result.scalar_one()} if returning else {})


def row_of(table: Table, ids: dict[str, int], salt: int) -> dict[str, Value]:
    """Values for the columns that must have one; salt keeps two workspaces' rows apart."""
    needed = [column for column in table.columns if _must_have(column)]
    return {column.name: _value(column, ids, salt) for column in needed}


def _must_have(column: Column[Value]) -> bool:
    given = column.server_default is not None or column.identity is not None
    return bool(column.foreign_keys) or (not column.nullable and not given) or (column.primary_key and not given)


def _value(column: Column[Value], ids: dict[str, int], salt: int) -> Value:
    if column.name == "workspace_id":  # the hot tables of journeys have no foreign key
        return ids["workspaces"]
    for key in column.foreign_keys:
        return ids.get(key.column.table.name)
    if column.name in _UNCHECKED:
        return ids.get(_UNCHECKED[column.name])
    word = _WORDS.get((column.table.name, column.name))
    if word is not None:
        return word
    if isinstance(column.type, BYTEA) or column.type.python_type is bytes:
        return f"{column.table.name}{salt}".encode()
    if isinstance(column.type, ARRAY | REAL):
        return [] if isinstance(column.type, ARRAY) else 1.0
    return _SAMPLES[column.type.python_type]
