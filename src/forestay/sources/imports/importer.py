"""Carries out one import: file -> typed rows -> Arrow bodies in the event log, resumable at any row.

Gives: ImportOrder, ImportResult, run_import(), preview_import(). The log deduplicates rows by their keys, so a body that was
       sent twice around a crash counts once; the checkpoint only saves work.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from forestay.customers.kinds import ImportKind
from forestay.sources.imports.conversion import Converter, Reject
from forestay.sources.imports.mapping import ImportMapping, guess_mapping
from forestay.sources.imports.reading import Source, open_source

BODY_ROWS = 20_000
"""Rows of one Arrow body: about 2 MB, so that a tick stays short while a large file comes in."""

MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is to be imported, and how. zone: for dates without one. start_row: where to go on after a crash."""

    path: Path
    kind: ImportKind
    source: str
    mapping: ImportMapping = field(default_factory=ImportMapping)
    zone: str = "UTC"
    dry_run: bool = False
    start_row: int = 0
    rejects_path: Path | None = None
    sha256: str | None = None


@dataclass(slots=True)
class ImportResult:
    """What came of it. reasons: reject reason -> rows. last_position: of the log, 0 for a dry run."""

    mapping: ImportMapping
    unmapped: list[str]
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    sample: list[dict[str, str | None]] = field(default_factory=list)
    last_position: int = 0


@dataclass(frozen=True, slots=True)
class _Sent:
    """A batch whose bodies are being appended. done, total: what progress may be told when they are."""

    position: Future[int]
    done: int
    total: int


Append = Callable[[bytes], int]
"""Put one Arrow body into the log; gives its position once durable."""

Progress = Callable[[int, int], None]
"""Rows done (a safe place to go on from) and rows in all."""


def file_sha256(path: Path) -> str:
    """Names a file by its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plan(order: ImportOrder) -> tuple[Source, ImportMapping]:
    """Open the file and settle its mapping. Raises UnreadableFile, Invalid."""
    source = open_source(order.path)
    mapping = order.mapping.over(guess_mapping(order.kind, source.header))
    mapping.check(order.kind, source.header)
    return source, mapping


def run_import(order: ImportOrder, append: Append, progress: Progress) -> ImportResult:
    """Import the whole file; a dry run converts and counts but appends nothing.

    The bodies of one batch are on their way, in order, while the next batch is converted; `append` is called in a
    thread of its own, one body at a time, and progress is told of rows that are durable.
    """
    source, mapping = plan(order)
    result = ImportResult(mapping, [name for name in source.header if name not in mapping.used])
    key = (order.sha256 or file_sha256(order.path))[:16]
    converter = Converter(order.kind, mapping, source=order.source, file_key=key, zone=order.zone)
    result.rows = order.start_row
    with ThreadPoolExecutor(1, "append") as sender:
        on_their_way: _Sent | None = None
        for batch in source.batches(order.start_row):
            converted = converter.convert(batch)
            _keep_rejects(order, result, converted.rejects)
            if not result.sample:
                result.sample = _sample(converted.rows)
            result.rows += batch.columns.num_rows + len(batch.bad_lines)
            result.accepted += converted.rows.num_rows
            _wait_for(on_their_way, result, progress)
            done = batch.first_row + batch.columns.num_rows
            rows = pa.RecordBatch.from_pydict({}) if order.dry_run else converted.rows
            on_their_way = _Sent(sender.submit(_append_all, rows, append), done, max(source.rows, done))
        _wait_for(on_their_way, result, progress)
    return result


def _append_all(rows: pa.RecordBatch, append: Append) -> int:
    """One body after the other; gives the last one's position, 0 for no rows."""
    position = 0
    for start in range(0, rows.num_rows, BODY_ROWS):
        position = append(_body(rows.slice(start, BODY_ROWS)))
    return position


def _wait_for(sent: _Sent | None, result: ImportResult, progress: Progress) -> None:
    if sent is not None:
        result.last_position = sent.position.result() or result.last_position
        progress(sent.done, sent.total)


def preview_import(order: ImportOrder) -> ImportResult:
    """What the first batch of the file would become; nothing is appended. Raises UnreadableFile, Invalid."""
    source, mapping = plan(order)
    result = ImportResult(mapping, [name for name in source.header if name not in mapping.used], rows=source.rows)
    converter = Converter(order.kind, mapping, source=order.source, file_key="preview", zone=order.zone)
    first = next(iter(source.batches()), None)
    if first is not None:
        converted = converter.convert(first)
        result.accepted = converted.rows.num_rows
        _keep_rejects(order, result, converted.rejects)
        result.sample = _sample(converted.rows)
    return result


def _body(rows: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    return bytes(sink.getvalue())


def _sample(rows: pa.RecordBatch) -> list[dict[str, str | None]]:
    shown = rows.slice(0, 5).to_pylist()
    return [{name: None if value is None else str(value) for name, value in row.items()} for row in shown]


def _keep_rejects(order: ImportOrder, result: ImportResult, rejects: list[Reject]) -> None:
    result.rejected += len(rejects)
    for reject in rejects:
        if reject.reason in result.reasons or len(result.reasons) < MOST_REASONS:
            result.reasons[reject.reason] += 1
        else:
            result.reasons["other reasons"] += 1
    if not rejects or order.rejects_path is None:
        return
    new = not order.rejects_path.exists()
    with order.rejects_path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["row", "reason", "original"])
        writer.writerows([reject.row, reject.reason, reject.original] for reject in rejects)
