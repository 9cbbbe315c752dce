"""The tables of the lake: their columns, how they are partitioned, and what a row means.

Gives : LakeTable, TABLES, conform()
Source: docs/architecture.md, DESIGN section 4 (full history and the two daily rollups).

Every table has workspace_id. Moments are timestamp[us, UTC], days date32 on the workspace's calendar. `account` and
`user` are the numbers under which the product knows them; `position` is that of the log record that said it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class LakeTable:
    """One Delta table. order: what compaction sorts a partition by, so that readers of few accounts skip the rest."""

    name: str
    schema: pa.Schema
    partition: str | None
    order: tuple[str, ...]


EVENTS = LakeTable(
    "events",
    pa.schema(
        [
            ("workspace_id", pa.int64()),
            ("day", pa.date32()),
            ("received_at", _MOMENT),
            ("at", _MOMENT),
            ("position", pa.int64()),
            ("part", pa.int32()),
            ("message_id", pa.string()),
            ("type", pa.string()),
            ("event", pa.string()),
            ("user_key", pa.string()),
            ("user", pa.int64()),
            ("account_id", pa.string()),
            ("account", pa.int64()),
            ("weight", pa.int64()),
            ("value", pa.float64()),
            ("properties", pa.string()),
        ]
    ),
    "day",
    ("workspace_id", "account", "at", "position", "part"),
)
"""Every accepted message, once. weight: product events it stands for, 0 for calls that are none (identify, group)."""

ACCOUNT_EVENT_DAY = LakeTable(
    "account_event_day",
    pa.schema(
        [
            ("workspace_id", pa.int64()),
            ("month", pa.int32()),
            ("account", pa.int64()),
            ("event", pa.string()),
            ("day", pa.date32()),
            ("events", pa.int64()),
        ]
    ),
    "month",
    ("workspace_id", "account", "event", "day"),
)
"""Partial sums of events: add up rows of the same account, event and day. month: year * 100 + month."""

ACCOUNT_USER_DAY = LakeTable(
    "account_user_day",
    pa.schema(
        [
            ("workspace_id", pa.int64()),
            ("month", pa.int32()),
            ("account", pa.int64()),
            ("user", pa.int64()),
            ("day", pa.date32()),
            ("events", pa.int64()),
        ]
    ),
    "month",
    ("workspace_id", "account", "user", "day"),
)
"""Partial sums of events by user; a row with events > 0 in sum says that the user was active."""

FACTS = LakeTable(
    "facts",
    pa.schema(
        [
            ("workspace_id", pa.int64()),
            ("account", pa.int64()),
            ("fact", pa.string()),
            ("day", pa.date32()),
            ("value", pa.float64()),
            ("count", pa.int32()),
            ("position", pa.int64()),
        ]
    ),
    None,
    ("workspace_id", "fact", "account", "day", "position"),
)
"""What records said (count 1) and took back (count -1, value with its sign turned), when it came in by `position`."""

RECORDS = LakeTable(
    "records",
    pa.schema(
        [
            ("workspace_id", pa.int64()),
            ("kind", pa.string()),
            ("key", pa.string()),
            ("account", pa.int64()),
            ("position", pa.int64()),
            ("part", pa.int32()),
            ("received_at", _MOMENT),
            ("body", pa.string()),
        ]
    ),
    None,
    ("workspace_id", "kind", "key", "position", "part"),
)
"""Every version of every record (kind: customers.kinds.ImportKind), body as JSON."""

JOINS = LakeTable(
    "joins",
    pa.schema(
        [
            ("workspace_id", pa.int64()),
            ("kind", pa.string()),
            ("gone", pa.int64()),
            ("into", pa.int64()),
            ("position", pa.int64()),
            ("part", pa.int32()),
        ]
    ),
    None,
    ("workspace_id", "position", "part"),
)
"""Accounts (kind 'account') and users (kind 'user') that turned out to be one; read in the order of position."""

TABLES = (EVENTS, ACCOUNT_EVENT_DAY, ACCOUNT_USER_DAY, FACTS, RECORDS, JOINS)


def conform(rows: pa.Table, table: LakeTable) -> pa.Table:
    """The rows with exactly the table's columns and types; missing columns are null, others are dropped.

    Days may come as int32 day numbers, moments as int64 microseconds.
    """
    columns = []
    for field in table.schema:
        if field.name in rows.column_names:
            columns.append(_cast(rows.column(field.name), field.type))
        else:
            columns.append(pa.nulls(rows.num_rows, field.type))
    return pa.table(columns, schema=table.schema)


def month_of(day: pa.ChunkedArray) -> pa.ChunkedArray:
    """year * 100 + month of dates."""
    hundred = pc.multiply(pc.year(day), pa.scalar(100, pa.int64()))
    return pc.add(hundred, pc.month(day)).cast(pa.int32())


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    if pa.types.is_date32(kind) and pa.types.is_integer(column.type):
        column = column.cast(pa.int32())
    if pa.types.is_timestamp(kind) and pa.types.is_integer(column.type):
        column = column.cast(pa.int64())
    return column.cast(kind)
