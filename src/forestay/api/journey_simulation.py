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
from forestay.api.simulation_shapes import AssumptionsAsk, GroundShape, SimulateAsk, SimulationShape, WalkAsk, WalkShape
from forestay.governance.permissions import Permission
from forestay.journeys.compiled import compile_journey
from forestay.journeys.read import journey_of_body
from forestay.kit.errors import ForestayError, Invalid
from forestay.store import documents as store
from forestay.store import jobs
from forestay.store.documents import DocumentKind
from forestay.store.shapes import Json

router = APIRouter(prefix="/api/journeys/{key}", tags=["journeys"])
Reader = Annotated[Call, needs(Permission.JOURNEYS_READ)]
OfDraft = Annotated[bool, Query(description="Of the draft where there is one, else of what is live.")]
Wait = Annotated[
    float | None, Query(ge=0, le=10, description="Seconds until a longer one is answered with its job; 10 if left out.")
]
KIND = "journey_simulation"
_LATER: dict[int | str, dict[str, Any]] = {202: {"model": JobShape}}


class SimulationFailed(ForestayError):
    """The simulation's job ended without an answer; the sentence is its own."""

    code = "simulation_failed"
    http_status = 422


@router.get("/simulate")
def ground(key: Key, call: Reader) -> GroundShape:
    """What may be assumed, with the usual values, and the other journeys that act."""
    with call.begin() as conn:
        DOCUMENTS.one_seen(conn, call, key)
        live = store.list_live(conn, call.workspace_id, DocumentKind.JOURNEY)
    return GroundShape(
        usual=AssumptionsAsk().model_dump(), others=sorted(one.key for one in live if one.key != key)
    )  # fmt: skip


@router.post("/simulate", response_model=SimulationShape, responses=_LATER)
async def simulate(
    key: Key, call: Reader, body: SimulateAsk | None = None, draft: OfDraft = True, wait: Wait = None
) -> Any:  # fmt: skip
    """Replay the last days: who would have entered, what each step would have done, messages a contact, hours a CSM."""
    number = await run_in_threadpool(_simulation, call, key, body or SimulateAsk(), draft)
    job = await done_soon(call, number, SimulationFailed, wait)
    return job if isinstance(job, JSONResponse) else SimulationShape.model_validate(job.result)


@router.post("/walk", response_model=WalkShape, responses=_LATER)
async def walk(key: Key, call: Reader, body: WalkAsk, draft: OfDraft = True, wait: Wait = None) -> Any:
    """The same for one account, told step by step."""
    number = await run_in_threadpool(_walk, call, key, body, draft)
    job = await done_soon(call, number, SimulationFailed, wait)
    return job if isinstance(job, JSONResponse) else WalkShape.model_validate(job.result)


def _simulation(call: Call, key: str, asked: SimulateAsk, draft: bool) -> int:
    with call.begin() as conn:
        seen = DOCUMENTS.one_seen(conn, call, key)
        params = _params(key, seen, asked, draft)
        if seen.live is not None and seen.live.body["document"] != params["document"]:
            params["published"] = seen.live.body["document"]
        params["others"] = [_other(conn, call, other) for other in asked.others]
        number = jobs.enqueue(conn, call.workspace_id, KIND, params, call.principal.actor)
    call.wake_jobs()
    return number


def _walk(call: Call, key: str, asked: WalkAsk, draft: bool) -> int:
    with call.begin() as conn:
        params = _params(key, DOCUMENTS.one_seen(conn, call, key), asked, draft)
        params["account"] = account_queries.account_number(conn, call.workspace_id, asked.account)
        number = jobs.enqueue(conn, call.workspace_id, KIND, params, call.principal.actor)
    call.wake_jobs()
    return number


def _params(key: str, seen: Seen, asked: SimulateAsk | WalkAsk, draft: bool) -> dict[str, Json]:
    """What the job is told. Raises BadJourney, NotRunnable before anything waits for it."""
    document = seen.newest if draft else seen.main
    body: Mapping[str, Json] = document.body
    if asked.source is not None:
        body = prepare(key, {"source": asked.source})
    elif asked.document is not None:
        body = prepare(key, {"document": asked.document})
    compile_journey(journey_of_body(body))
    return {"document": body["document"], "days": asked.days, "assumptions": asked.assumptions.model_dump()}


def _other(conn: Connection, call: Call, key: str) -> Json:
    live = DOCUMENTS.one_seen(conn, call, key).live
    if live is None:
        raise Invalid(f"'{key}' is not published, so it collides with nothing", place="others")
    return live.body["document"]
