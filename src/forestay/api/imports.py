"""`/api/import/...`: files in, with a guessed mapping that can be seen and overridden, a dry run and a rejects file.

The upload is written to the data folder and a job works on it: poll `/api/jobs/{id}`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from pydantic import Field, ValidationError
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from forestay.api.calls import Call, needs
from forestay.api.jobs import JobShape, one_job
from forestay.api.once import OnceUploadRoute
from forestay.api.paging import Number
from forestay.api.shapes import Ask, Shape
from forestay.api.uploads import Upload, receive
from forestay.customers.kinds import FIELDS, KEY, ImportKind
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid, NotFound
from forestay.sources.imports.mapping import ImportMapping, guess_mapping, load_mapping
from forestay.store import jobs
from forestay.store.tables.ingest import import_files

router = APIRouter(prefix="/api", tags=["imports"], route_class=OnceUploadRoute)
Importer = Annotated[Call, needs(Permission.IMPORTS_WRITE)]
_MAPPING = Query(
    max_length=20_000,
    description="JSON: {columns, constants, lookups, only, without}; ours wins where it says nothing.",
)
_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "mapping": {"type": "string"},
                        "dry_run": {"type": "string"},
                        "source": {"type": "string"},
                    },
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class FieldView(Shape):
    """A field of ours that a column may become."""

    name: str
    type: str
    required: bool
    meaning: str


class MappingGuess(Shape):
    """How a file's columns would become fields. saved: somebody mapped a file of this shape before."""

    kind: ImportKind
    mapping: ImportMapping
    saved: bool
    unmapped: list[str] = Field(description="Columns that no field takes.")
    missing: list[str] = Field(description="Required fields without a column.")
    fields: list[FieldView]


class GuessAsk(Ask):
    """A file's first line."""

    header: list[str] = Field(min_length=1, max_length=2000)


class ImportStarted(JobShape):
    """The job that works on the file. already_imported: this very file came in before, by that job."""

    already_imported: int | None


@router.post("/import/{kind}", status_code=202, openapi_extra=_FILE)
async def import_file(
    kind: ImportKind,
    request: Request,
    call: Importer,
    name: Annotated[str | None, Query(max_length=500, description="The file's name, for a raw body.")] = None,
    source: Annotated[
        str | None, Query(max_length=200, description="Where it comes from; the name if left out.")
    ] = None,
    mapping: Annotated[str | None, _MAPPING] = None,
    dry_run: bool = False,
) -> ImportStarted:
    """Send a CSV, Parquet or JSON-lines file, as the body or as a form's part 'file'; answers with the job."""
    upload = await receive(request, call.deps.settings.data_dir / "uploads", name)
    try:
        chosen = _mapping(upload.fields.get("mapping") or mapping)
        dry = dry_run or upload.fields.get("dry_run", "").lower() in ("1", "true", "yes")
        origin = upload.fields.get("source") or source or upload.name
        return await run_in_threadpool(_enqueue, call, kind, upload, chosen, dry, origin)
    except BaseException:
        upload.discard()
        raise


@router.get("/imports/mapping-guess")
def guess_from_query(
    call: Importer, kind: ImportKind, header: Annotated[list[str], Query(description="Each column of the file.")]
) -> MappingGuess:
    """How columns of these names would be mapped, a saved mapping first."""
    return _guess(call, kind, header)


@router.post("/imports/mapping-guess")
def guess_from_body(call: Importer, kind: ImportKind, body: GuessAsk) -> MappingGuess:
    """The same for a header that is too long for an address."""
    return _guess(call, kind, body.header)


@router.get("/imports/{job_id}")
def get_import(job_id: Number, call: Importer) -> JobShape:
    """The import's job: progress, and when done its counts, mapping, reasons and sample."""
    with call.begin() as conn:
        row = one_job(conn, call.workspace_id, job_id)
    if row.kind != "import":
        raise NotFound("import", str(job_id))
    return JobShape.model_validate(row)


@router.get("/imports/{job_id}/rejects", response_class=FileResponse)
def rejects(job_id: Number, call: Importer) -> FileResponse:
    """The rows that were not taken, as CSV: row, reason, original."""
    with call.begin() as conn:
        row = one_job(conn, call.workspace_id, job_id)
    told = row.result.get("rejects") if row.kind == "import" else None
    path = _upload_of(call, str(told)) if told else None
    if path is None or not path.exists():
        raise NotFound("rejects file of import", str(job_id))
    return FileResponse(path, media_type="text/csv", filename=f"rejects-{job_id}.csv")


def _enqueue(
    call: Call, kind: ImportKind, upload: Upload, mapping: ImportMapping, dry_run: bool, source: str
) -> ImportStarted:
    params: dict[str, Any] = {
        "path": str(upload.path.resolve()),
        "name": upload.name,
        "kind": kind.value,
        "mapping": mapping.model_dump(),
        "dry_run": dry_run,
        "source": source,
    }
    digest = upload.sha256
    seen = select(import_files.c.job_id).where(
        import_files.c.workspace_id == call.workspace_id,
        import_files.c.kind == kind.value,
        import_files.c.sha256 == digest,
    )
    with call.begin() as conn:
        before = conn.execute(seen).scalar_one_or_none()
        number = jobs.enqueue(conn, call.workspace_id, "import", params, call.principal.actor)
        facts = {"kind": kind.value, "bytes": upload.size, "dry_run": dry_run, "sha256": digest}
        call.audit(conn, "import.asked", f"job:{number}", facts)
        row = one_job(conn, call.workspace_id, number)
    call.wake_jobs()
    return ImportStarted(**JobShape.model_validate(row).model_dump(), already_imported=before)


def _mapping(text: str | None) -> ImportMapping:
    if not text:
        return ImportMapping()
    try:
        return ImportMapping.model_validate_json(text)
    except ValidationError as refused:
        first = refused.errors()[0]
        raise Invalid(first["msg"], place=".".join(["mapping", *map(str, first["loc"])])) from refused


def _guess(call: Call, kind: ImportKind, header: list[str]) -> MappingGuess:
    with call.begin() as conn:
        saved = load_mapping(conn, call.workspace_id, kind, header)
    mapping = saved.over(guess_mapping(kind, header)) if saved is not None else guess_mapping(kind, header)
    given = {*mapping.columns, *mapping.constants}
    return MappingGuess(
        kind=kind,
        mapping=mapping,
        saved=saved is not None,
        unmapped=[column for column in header if column not in mapping.used],
        missing=[field.name for field in FIELDS[kind] if field.required and field.name not in given],
        fields=[FieldView(name=f.name, type=f.type.value, required=f.required, meaning=_meaning(kind, f.name, f.meaning))
                for f in FIELDS[kind]],
    )  # fmt: skip


def _meaning(kind: ImportKind, name: str, meaning: str) -> str:
    return meaning or ("names the record" if KEY[kind] == name else "")


def _upload_of(call: Call, name: str) -> Path | None:
    """A file of the uploads folder by its plain name; never a path from outside."""
    return call.deps.settings.data_dir / "uploads" / name if Path(name).name == name else None
