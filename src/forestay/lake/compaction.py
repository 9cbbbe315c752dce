"""The lake's night: rollups added up, small files joined, old duplicates taken out, dead files removed.

Reads : lake.tables
Gives : compact(), Compacted
Source: DESIGN section 4 (deduplication: duplicates older than the tick's memory fall to compaction and are counted).

It works beside the writer: a partition is rewritten from one snapshot, and when the writer appended to it
meanwhile the commit is refused and the partition is read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
from deltalake import DeltaTable

from forestay.lake.engine import DeltaFolder, connect
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

KEEP_HOURS = 24
"""Files that nothing names any more stay this long, for readers that still hold them."""
_ROLLUPS = ((ACCOUNT_EVENT_DAY, "event"), (ACCOUNT_USER_DAY, '"user"'))


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a night did. duplicates_of: by workspace, events that had come in more than once and were taken out."""

    partitions: int
    duplicates_of: Mapping[int, int]
    files_removed: int

    @property
    def duplicates(self) -> int:
        """Those of all workspaces."""
        return sum(self.duplicates_of.values())


def compact(root: str, *, memory_mb: int = 1024, keep_hours: int = KEEP_HOURS) -> Compacted:
    """Compact every table under root; safe beside a writer and after a crash in the middle.

    Raises:
        LakeBusy: a writer kept committing to the same partition.
    """
    folder = DeltaFolder(root)
    connection = connect(memory_mb)
    try:
        return _compact(folder, connection, keep_hours)
    finally:
        connection.close()


def _compact(folder: DeltaFolder, connection: duckdb.DuckDBPyConnection, keep_hours: int) -> Compacted:
    duplicates: Counter[int] = Counter()
    partitions = 0
    for day in _crowded(folder, EVENTS):
        duplicates.update(_compact_events_of(folder, connection, day))
        partitions += 1
    for table, key in _ROLLUPS:
        for month in _crowded(folder, table):
            _add_up(folder, connection, table, key, month)
            partitions += 1
    for table in (FACTS, RECORDS, JOINS):
        folder.retry(table, lambda table=table: folder.open(table).optimize.compact())  # type: ignore[misc]
    removed = sum(_vacuum(folder, table, keep_hours) for table in TABLES)
    return Compacted(partitions, duplicates, removed)


def _crowded(folder: DeltaFolder, table: LakeTable) -> list[str]:
    """Partitions of more than one file."""
    files: dict[str, int] = {}
    for uri in folder.open(table).file_uris():
        value = uri.rsplit("/", 2)[-2].partition("=")[2]
        files[value] = files.get(value, 0) + 1
    return sorted(value for value, count in files.items() if count > 1)


def _add_up(folder: DeltaFolder, connection: duckdb.DuckDBPyConnection, table: LakeTable, key: str, month: str) -> None:
    """One month of a rollup: partial sums become sums, sorted by account."""

    def attempt() -> None:
        snapshot = folder.open(table)
        source = folder.relation_of(connection, table, snapshot, [("month", "=", month)])
        sums = connection.sql(
            f"SELECT workspace_id, month, account, {key}, day, sum(events)::BIGINT AS events FROM {source} "  # noqa: S608
            f"WHERE month = {int(month)} GROUP BY ALL HAVING sum(events) <> 0 "
            f"ORDER BY workspace_id, account, {key}, day"
        )
        folder.rewrite(snapshot, sums.to_arrow_reader(), f"month = {int(month)}")

    folder.retry(table, attempt)


def _compact_events_of(folder: DeltaFolder, connection: duckdb.DuckDBPyConnection, day: str) -> dict[int, int]:
    """One day of events: later copies of a message go, and the rollups are corrected once for each; copies by workspace.

    The corrections are committed first, with the position up to which this day has been corrected; when the
    machine stops before the rewrite, the next night finds the same copies and corrects nothing twice.
    """

    def attempt() -> dict[int, int]:
        snapshot = folder.open(EVENTS)
        source = folder.relation_of(connection, EVENTS, snapshot, [("day", "=", day)])
        ranked = (
            "(SELECT *, CASE WHEN message_id IS NULL THEN 1 ELSE row_number() OVER (PARTITION BY workspace_id, "  # noqa: S608
            f"message_id ORDER BY position, part) END AS copy FROM {source} WHERE day = DATE '{day}')"
        )
        copies = _correct_rollups(folder, connection, ranked, day)
        rows = connection.sql(f"SELECT * EXCLUDE (copy) FROM {ranked} WHERE copy = 1 ORDER BY {_ORDER}")  # noqa: S608
        folder.rewrite(snapshot, rows.to_arrow_reader(), f"day = '{day}'")
        return copies

    return folder.retry(EVENTS, attempt)


_ORDER = ", ".join(f'"{column}"' for column in EVENTS.order)


def _correct_rollups(
    folder: DeltaFolder, connection: duckdb.DuckDBPyConnection, ranked: str, day: str
) -> dict[int, int]:
    """Take later copies out of both rollups; gives how many copies there are, by workspace."""
    counting = f"SELECT workspace_id, count(*), max(position) FROM {ranked} WHERE copy > 1 GROUP BY 1"  # noqa: S608
    found = connection.sql(counting).fetchall()
    copies = {int(workspace): int(number) for workspace, number, _ in found}
    if not copies:
        return copies
    last = max(int(position) for _, _, position in found)
    app_id = f"duplicates:{day}"
    for table, key in _ROLLUPS:
        done = folder.position(table, app_id)
        if done >= last:
            continue
        rows = connection.sql(
            f"SELECT workspace_id, account, {key}, day, -sum(weight)::BIGINT AS events FROM {ranked} "  # noqa: S608
            f"WHERE copy > 1 AND position > {done} AND account IS NOT NULL AND {key} IS NOT NULL AND weight > 0 "
            "GROUP BY ALL"
        ).to_arrow_table()
        folder.append(table, conform(rows.append_column("month", month_of(rows.column("day"))), table), last, app_id)
    return copies


def _vacuum(folder: DeltaFolder, table: LakeTable, keep_hours: int) -> int:
    def attempt() -> int:
        snapshot: DeltaTable = folder.open(table)
        return len(snapshot.vacuum(keep_hours, dry_run=False, enforce_retention_duration=False))

    return folder.retry(table, attempt)
