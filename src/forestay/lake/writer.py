"""Writing to the lake: each table exactly once, however often a batch is tried.

Reads : lake.batch
Gives : LakeWriter
Source: DESIGN section 4 (three positions; recovery).

A flush appends to every table in turn. A crash between two tables leaves them at different positions; the batch
that comes next (with any boundaries) is filtered for each table by that table's own position, so nothing is lost
and nothing stands twice. Rollups are partial sums, added up by whoever reads and by the nightly compaction.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from forestay.lake.batch import LakeBatch
from forestay.lake.engine import DeltaFolder
from forestay.lake.tables import (
    ACCOUNT_EVENT_DAY,
    ACCOUNT_USER_DAY,
    EVENTS,
    FACTS,
    JOINS,
    RECORDS,
    TABLES,
    LakeTable,
    conform,
    month_of,
)  # fmt: skip


class LakeWriter:
    """The only appender of a lake; compaction may work beside it."""

    def __init__(self, root: str) -> None:
        """root: folder or object-store URL; tables that do not exist are created."""
        self._folder = DeltaFolder(root)
        for table in TABLES:
            self._folder.create(table)
        self._positions = {table.name: self._folder.position(table) for table in TABLES}

    def positions(self) -> dict[str, int]:
        """By table, the log position up to which it has been written."""
        return dict(self._positions)

    def position(self) -> int:
        """The log position that every table has passed: the log may be forgotten up to here."""
        return min(self._positions.values())

    def flush(self, batch: LakeBatch) -> None:
        """Write a batch of whole log records; writing it again, whole or cut otherwise, changes nothing.

        Raises:
            LakeBusy: another writer kept committing first; the batch may be flushed again.
        """
        self._append(EVENTS, conform(_after(batch.events, self._positions["events"]), EVENTS), batch.up_to)
        for table, key in ((ACCOUNT_EVENT_DAY, "event"), (ACCOUNT_USER_DAY, "user")):
            self._append(table, _rollup(batch, table, key, self._positions[table.name]), batch.up_to)
        for table, rows in ((FACTS, batch.facts), (RECORDS, batch.records), (JOINS, batch.joins)):
            self._append(table, conform(_after(rows, self._positions[table.name]), table), batch.up_to)

    def _append(self, table: LakeTable, rows: pa.Table, up_to: int) -> None:
        if up_to > self._positions[table.name]:
            self._folder.append(table, rows, up_to)
            self._positions[table.name] = up_to


def _after(rows: pa.Table, position: int) -> pa.Table:
    return rows if not rows.num_rows else _where(rows, pc.greater(rows.column("position"), position))


def _where(rows: pa.Table, condition: pa.ChunkedArray) -> pa.Table:
    """Most often that is all of them, and nothing is copied."""
    return rows if pc.all(condition, min_count=0).as_py() else rows.filter(condition)


def _rollup(batch: LakeBatch, table: LakeTable, key: str, position: int) -> pa.Table:
    """Events by account, key and day, of messages after the position that count for an account."""
    names = ["workspace_id", "account", key, "day", "weight", "position"]
    parts = [conform(_after(rows, position), EVENTS).select(names) for rows in (batch.events, batch.adopted)]
    rows = pa.concat_tables(parts)
    counted = pc.and_(pc.is_valid(rows.column("account")), pc.greater(rows.column("weight"), 0))
    rows = _where(rows, pc.and_(counted, pc.is_valid(rows.column(key))))
    sums = rows.group_by(["workspace_id", "account", key, "day"]).aggregate([("weight", "sum")])
    sums = sums.rename_columns(["events" if name == "weight_sum" else name for name in sums.column_names])
    return conform(sums.append_column("month", month_of(sums.column("day"))), table)
