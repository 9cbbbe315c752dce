"""`/api/models`: the register of models: their cards, training, and who lets which one answer.

Reads : predictions.registry; jobs of kind 'train' do the work
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, select

from forestay.api.calls import Call, needs
from forestay.api.jobs import JobShape, one_job
from forestay.api.model_shapes import (
    DecisionAsk,
    DriftShape,
    LookAsk,
    ModelCard,
    ModelItem,
    RollBackAsk,
    RolledBack,
    TrainAsk,
    card_of,
    drift_shape,
    item_of,
)
from forestay.api.once import OnceRoute
from forestay.api.paging import Number, Page
from forestay.api.queries.predictions import alarmed, drift_of
from forestay.governance.audit import Fact
from forestay.governance.permissions import Permission
from forestay.kit.errors import Conflict, Invalid
from forestay.predictions import registry
from forestay.predictions.model_document import Purpose
from forestay.predictions.policy import policy_of
from forestay.predictions.registry import ModelEntry
from forestay.store import jobs
from forestay.store.jobs import JobStatus
from forestay.store.shapes import Json
from forestay.store.tables.ingest import jobs as jobs_table

router = APIRouter(prefix="/api/models", tags=["models"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.MODELS_READ)]
Trainer = Annotated[Call, needs(Permission.MODELS_TRAIN)]
Publisher = Annotated[Call, needs(Permission.MODELS_PUBLISH)]
TRAIN, DRIFT = "train", "drift"
"""Kinds of jobs."""
MOST_WEEKS = 60


class NotLive(Conflict):
    """Drift is looked at for the version that answers: promote it first."""

    code = "model_not_live"


class TrainingUnderWay(Conflict):
    """A training of this purpose waits or runs; follow its job."""

    code = "training_under_way"

    def __init__(self, purpose: str, number: int) -> None:
        super().__init__(f"a training of '{purpose}' is under way: follow /api/jobs/{number}, or cancel it")


@router.get("")
def list_models(
    call: Reader, purpose: Annotated[Purpose | None, Query(description="churn, early_warning, expansion, ...")] = None
) -> Page[ModelItem]:
    """Every version, the newest first."""
    with call.begin() as conn:
        found = registry.entries(conn, call.workspace_id, purpose.value if purpose else None)
        moved = alarmed(conn, call.workspace_id)
    return Page(items=[item_of(one, moved) for one in found])


@router.post("/train", status_code=202, response_model=JobShape)
def train(call: Trainer, body: TrainAsk | None = None) -> Any:
    """Train on the history of today; answers 202 with a job whose result names the new draft. Nothing goes live by it."""
    asked = body or TrainAsk()
    if asked.until is not None and asked.until > call.now().date():
        raise Invalid("the history cannot end in the future; leave it out for all of it", place="until")
    with call.begin() as conn:
        running = _training(conn, call.workspace_id, asked.purpose)
        if running is not None:
            raise TrainingUnderWay(asked.purpose.value, running)
        params: dict[str, Json] = {"purpose": asked.purpose.value, "because": "asked"}
        if asked.until is not None:
            params["until"] = asked.until.isoformat()
        number = jobs.enqueue(conn, call.workspace_id, TRAIN, params, call.principal.actor)
        job = JobShape.model_validate(one_job(conn, call.workspace_id, number))
    call.wake_jobs()
    return JSONResponse(job.model_dump(mode="json"), 202, headers={"Location": f"/api/jobs/{number}"})


@router.post("/roll-back")
def roll_back(call: Publisher, body: RollBackAsk | None = None) -> RolledBack:
    """Put the version that was live before back into service; the rule score when there was none."""
    asked = body or RollBackAsk()
    purpose, by, note = asked.purpose.value, call.principal.actor, _note(asked)
    with call.begin() as conn:
        found = registry.roll_back(conn, call.workspace_id, purpose, by, call.now(), note=note)
        back = None if found.back is None else found.back.version
        said: dict[str, Fact] = {"from": found.gone.version, "to": back, "note": note}
        call.audit(conn, "model.rolled_back", f"model:{purpose}", said)
        moved = alarmed(conn, call.workspace_id)
    return RolledBack(live=None if found.back is None else item_of(found.back, moved))


@router.get("/{model_id}")
def get_model(model_id: Number, call: Reader) -> ModelCard:
    """One version's card: what it learned from, how good it is with intervals, its candidates, drift and lineage."""
    with call.begin() as conn:
        return card_of(conn, call, registry.numbered(conn, call.workspace_id, model_id))


@router.get("/{model_id}/drift")
def get_drift(model_id: Number, call: Reader, limit: Annotated[int, Query(ge=1, le=400)] = 30) -> Page[DriftShape]:
    """The daily looks at one version, the newest first."""
    with call.begin() as conn:
        entry = registry.numbered(conn, call.workspace_id, model_id)
        return Page(items=[drift_shape(row) for row in drift_of(conn, call.workspace_id, entry.id, limit=limit)])


@router.post("/{model_id}/drift", status_code=202, response_model=JobShape)
def look_at_drift(model_id: Number, call: Trainer, body: LookAsk | None = None) -> Any:
    """Look at a live version's drift now, or on past days since it was trained; answers 202 with a job."""
    with call.begin() as conn:
        entry = registry.numbered(conn, call.workspace_id, model_id)
        if entry.status != registry.ModelStatus.LIVE:
            raise NotLive(f"{entry.purpose} {entry.version} is {entry.status}; only a live version is looked at")
        params: dict[str, Json] = {"days": _days(call, body.since)} if body is not None and body.since else {}
        number = jobs.enqueue(conn, call.workspace_id, DRIFT, params, call.principal.actor)
        job = JobShape.model_validate(one_job(conn, call.workspace_id, number))
    call.wake_jobs()
    return JSONResponse(job.model_dump(mode="json"), 202, headers={"Location": f"/api/jobs/{number}"})


@router.get("/{model_id}/document")
def get_document(model_id: Number, call: Reader) -> dict[str, Any]:
    """The model itself as JSON (trees of LightGBM as their own text inside): to keep, to compare, to read elsewhere."""
    with call.begin() as conn:
        entry = registry.numbered(conn, call.workspace_id, model_id)
        return registry.document_of(conn, call.workspace_id, entry.id).model_dump(mode="json")


@router.post("/{model_id}/promote")
def promote(model_id: Number, call: Publisher, body: DecisionAsk | None = None) -> ModelItem:
    """Let this version answer from now on, within two seconds in every process; where the workspace asks for approval,
    it waits for another member instead (`asked_by` says so)."""
    with call.begin() as conn:
        entry = registry.numbered(conn, call.workspace_id, model_id)
        policy = policy_of(conn, call.workspace_id)
        note, by = _note(body), call.principal.actor
        changed = registry.promote(conn, call.workspace_id, entry, by, policy, call.now(), note=note)
        is_live = changed.status == registry.ModelStatus.LIVE
        return _told(conn, call, changed, "model.promoted" if is_live else "model.promotion_asked", note)


@router.post("/{model_id}/approve")
def approve(model_id: Number, call: Publisher, body: DecisionAsk | None = None) -> ModelItem:
    """Let a version go live that another member asked for."""
    with call.begin() as conn:
        entry = registry.numbered(conn, call.workspace_id, model_id)
        policy, by, note = policy_of(conn, call.workspace_id), call.principal, _note(body)
        changed = registry.approve(conn, call.workspace_id, entry, by.actor, by.role, policy, call.now(), note=note)
        return _told(conn, call, changed, "model.approved", note)


@router.post("/{model_id}/shadow")
def shadow(model_id: Number, call: Publisher) -> ModelItem:
    """Let this draft predict every day beside the live one; only its card shows what it says."""
    with call.begin() as conn:
        entry = registry.numbered(conn, call.workspace_id, model_id)
        return _told(conn, call, registry.shadow(conn, call.workspace_id, entry), "model.shadowed")


@router.post("/{model_id}/retire")
def retire(model_id: Number, call: Publisher, body: DecisionAsk | None = None) -> ModelItem:
    """Take this version out of service; without a live one the rule score answers."""
    with call.begin() as conn:
        entry = registry.numbered(conn, call.workspace_id, model_id)
        note = _note(body)
        gone = registry.retire(conn, call.workspace_id, entry, call.now(), note=note)
        return _told(conn, call, gone, "model.retired", note)


def _days(call: Call, since: date) -> list[Json]:
    """A week apart, the last one yesterday."""
    last = call.now().date() - timedelta(days=1)
    if since > last:
        raise Invalid("since lies after yesterday, the last day that is complete", place="since")
    weeks = min((last - since).days // 7, MOST_WEEKS)
    return [(last - timedelta(weeks=week)).isoformat() for week in range(weeks, -1, -1)]


def _note(body: DecisionAsk | None) -> str | None:
    return (body.note or "").strip() or None if body else None


def _told(conn: Connection, call: Call, entry: ModelEntry, action: str, note: str | None = None) -> ModelItem:
    said: dict[str, Fact] = {"version": entry.version, "hash": entry.hash[:16], "note": note}
    call.audit(conn, action, f"model:{entry.purpose}", said)
    return item_of(entry, alarmed(conn, call.workspace_id))


def _training(conn: Connection, workspace_id: int, purpose: Purpose) -> int | None:
    table = jobs_table.c
    found: int | None = conn.scalar(
        select(table.id).where(
            table.workspace_id == workspace_id, table.kind == TRAIN,
            table.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)), table.params["purpose"].astext == purpose.value,
        ).limit(1)
    )  # fmt: skip
    return found
