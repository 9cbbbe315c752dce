"""The job 'import': an uploaded file into the event log, resumable, idempotent, with a rejects file.

Reads : params {path, name, kind, mapping, dry_run, source}; the workspace's zone
Gives : carry_out(), whose result is what `GET /api/jobs/{id}` shows: counts, mapping, reasons, sample
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from forestay.app.job_kinds.workshop import Workshop
from forestay.customers.kinds import ImportKind
from forestay.sources.imports.importer import ImportOrder, ImportResult, file_sha256, plan, run_import
from forestay.sources.imports.mapping import ImportMapping, load_mapping, save_mapping
from forestay.sources.imports.reading import open_source
from forestay.store.jobs import Job
from forestay.store.shapes import Json
from forestay.store.tables.governance import workspaces
from forestay.store.tables.ingest import import_files

SAY_SECONDS = 0.3


@dataclass(slots=True)
class _Teller:
    """Progress and checkpoint, not more often than a person can read."""

    job: Job
    workshop: Workshop
    said: float = field(default=0.0)

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.said < SAY_SECONDS and done < total:
            return
        self.said = now
        self.workshop.say(self.job, done, total, "rows")
        self.workshop.remember(self.job, {"row": done})


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Import the file; a dry run tells what would come of it."""
    path, kind = Path(str(job.params["path"])), ImportKind(str(job.params["kind"]))
    order = _order(job, workshop, path, kind)
    source, mapping = plan(order)
    if not order.dry_run:
        with workshop.store.begin_worker() as connection:
            save_mapping(connection, job.workspace_id, kind, source.header, mapping)
    if order.rejects_path is not None and order.start_row == 0:
        order.rejects_path.unlink(missing_ok=True)
    result = run_import(order, lambda body: workshop.append(job.workspace_id, body), _Teller(job, workshop))
    if not order.dry_run:
        _remember_file(job, workshop, order)
    path.unlink(missing_ok=True)
    return _told(result, order)


def _order(job: Job, workshop: Workshop, path: Path, kind: ImportKind) -> ImportOrder:
    header = open_source(path).header
    with workshop.store.begin_worker() as connection:
        zone = connection.execute(select(workspaces.c.zone).where(workspaces.c.id == job.workspace_id)).scalar_one()
        saved = load_mapping(connection, job.workspace_id, kind, header)
    given = ImportMapping.model_validate(job.params.get("mapping") or {})
    name = str(job.params.get("name") or path.name)
    row = job.checkpoint.get("row", 0)
    return ImportOrder(
        path=path,
        kind=kind,
        source=str(job.params.get("source") or name),
        mapping=given.over(saved) if saved is not None else given,
        zone=zone,
        dry_run=bool(job.params.get("dry_run")),
        start_row=row if isinstance(row, int) else 0,
        rejects_path=path.with_suffix(".rejects.csv"),
        sha256=file_sha256(path),
    )


def _remember_file(job: Job, workshop: Workshop, order: ImportOrder) -> None:
    row = {
        "workspace_id": job.workspace_id, "kind": order.kind.value, "sha256": order.sha256, "job_id": job.id,
        "name": order.source,
    }  # fmt: skip
    with workshop.store.begin_worker() as connection:
        connection.execute(insert(import_files).values(row).on_conflict_do_nothing())


def _told(result: ImportResult, order: ImportOrder) -> Mapping[str, Json]:
    rejects = order.rejects_path
    return {
        "rows": result.rows,
        "accepted": result.accepted,
        "rejected": result.rejected,
        "reasons": dict(result.reasons),
        "mapping": result.mapping.model_dump(exclude={"lookups"}),
        "unmapped": list(result.unmapped),
        "sample": [dict(row) for row in result.sample],
        "dry_run": order.dry_run,
        "last_position": result.last_position,
        "rejects": rejects.name if rejects is not None and rejects.exists() else None,
    }
