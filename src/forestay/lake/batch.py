"""What the tick hands to the lake at once.

Gives : LakeBatch
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from forestay.lake.tables import EVENTS, FACTS, JOINS, RECORDS

ADOPTED = pa.schema(
    [
        ("workspace_id", pa.int64()),
        ("account", pa.int64()),
        ("user", pa.int64()),
        ("event", pa.string()),
        ("day", pa.date32()),
        ("weight", pa.int64()),
        ("position", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class LakeBatch:
    """Rows of whole log records with position <= up_to, columns as in lake.tables (missing ones are null).

    up_to: position of the last log record that went into the batch, with or without rows of its own.
    events: messages that were accepted and are no duplicates.
    adopted: events that came before their user had an account, now counted for it: they stand in `events` already
    (without account), so only the rollups learn of them; columns as ADOPTED, position of the adopting record.
    """

    up_to: int
    events: pa.Table = field(default_factory=EVENTS.schema.empty_table)
    adopted: pa.Table = field(default_factory=ADOPTED.empty_table)
    facts: pa.Table = field(default_factory=FACTS.schema.empty_table)
    records: pa.Table = field(default_factory=RECORDS.schema.empty_table)
    joins: pa.Table = field(default_factory=JOINS.schema.empty_table)
