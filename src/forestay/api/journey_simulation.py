"""`/api/journeys/{key}/simulate` and `/walk`: the last days replayed through a journey, without any effect.

Reads: documents of kind journey; a job of kind 'journey_simulation' does the work
Short ones answer directly; long ones answer 202 with a job to poll, whose result is the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from forestay.api.calls import Call, needs
from forestay.api.documents import Key
from forestay.api.jobs import JobShape, done_soon
from forestay.api.journeys import DOCUMENTS, Seen, prepare
from forestay.api.queries import accounts as account_queries
from forestay.api.simulation_shapes import AssumptionsAsk, SimulateAsk, SimulationShape, WalkAsk, WalkShape
from forestay.governance.permissions import Permission
from forestay.journeys.compiled import compile_journey
from forestay.journeys.read import journey_of_body
from forestay.kit.errors import ForestayError, Invalid
from forestay.store import jobs
from forestay.store.shapes import Json

router = APIRouter(prefix="/api/journeys/{key}", tags=["journeys"])
Reader = Annotated[Call, needs(Permission.JOURNEYS_READ)]
OfDraft = Annotated[bool, Query(description="Of the draft where there is one, else of what is live.")]
KIND = "journey_simulation"
_LATER: dict[int | str, dict[str, Any]] = {202: {"model": JobShape}}


class SimulationFailed(ForestayError):
    """The simulation's job ended without an answer; the sentence is its own."""

    code = "simulation_failed"
    http_status = 422


@router.post("/simulate", response_model=SimulationShape, responses=_LATER)
async def simulate(key: Key, call: Reader, body: SimulateAsk | None = None, draft: OfDraft = True) -> Any:
    """Replay the last days: who would have entered, what each step would have done, messages a contact, hours a CSM."""
    number = await run_in_threadpool(_simulation, call, key, body or SimulateAsk(), draft)
    job = await done_soon(call, number, SimulationFailed)
    return job if isinstance(job, JSONResponse) else SimulationShape.model_validate(job.result)


@router.post("/walk", response_model=WalkShape, responses=_LATER)
async def walk(key: Key, call: Reader, body: WalkAsk, draft: OfDraft = True) -> Any:
    """The same for one account, told step by step."""
    number = await run_in_threadpool(_walk, call, key, body, draft)
    job = await done_soon(call, number, SimulationFailed)
    return job if isinstance(job, JSONResponse) else WalkShape.model_validate(job.result)


def _simulation(call: Call, key: str, asked: SimulateAsk, draft: bool) -> int:
    with call.begin() as conn:
        seen = DOCUMENTS.one_seen(conn, call, key)
        params = _params(key, seen, asked.source, draft, asked.days, asked.assumptions)
        if seen.live is not None and seen.live.body["document"] != params["document"]:
            params["published"] = seen.live.body["document"]
        params["others"] = [_other(conn, call, other) for other in asked.others]
        number = jobs.enqueue(conn, call.workspace_id, KIND, params, call.principal.actor)
    call.wake_jobs()
    return number


def _walk(call: Call, key: str, asked: WalkAsk, draft: bool) -> int:
    with call.begin() as conn:
        params = _params(key, DOCUMENTS.one_seen(conn, call, key), asked.source, draft, asked.days, asked.assumptions)
        params["account"] = account_queries.account_number(conn, call.workspace_id, asked.account)
        number = jobs.enqueue(conn, call.workspace_id, KIND, params, call.principal.actor)
    call.wake_jobs()
    return number


def _params(
    key: str, seen: Seen, source: str | None, draft: bool, days: int, assumptions: AssumptionsAsk
) -> dict[str, Json]:  # fmt: skip
    """What the job is told. Raises BadJourney, NotRunnable before anything waits for it."""
    document = seen.newest if draft else seen.main
    body: Mapping[str, Json] = prepare(key, {"source": source}) if source is not None else document.body
    compile_journey(journey_of_body(body))
    return {"document": body["document"], "days": days, "assumptions": assumptions.model_dump()}


def _other(conn: Connection, call: Call, key: str) -> Json:
    live = DOCUMENTS.one_seen(conn, call, key).live
    if live is None:
        raise Invalid(f"'{key}' is not published, so it collides with nothing", place="others")
    return live.body["document"]
