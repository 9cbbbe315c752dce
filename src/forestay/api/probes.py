"""`/healthz`, `/readyz`, `/metrics`: for whoever runs Forestay; no key for the first two."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from forestay.api.calls import deps_of, identify
from forestay.api.problems import PROBLEMS
from forestay.api.readiness import HEALTHY, HEALTHZ, READYZ, answer, is_local, parts_of
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.kit.telemetry import prometheus_text

router = APIRouter(tags=["probes"])


class Readiness(Shape):
    """Whether every part works. A part is 'ok' or says what is wrong."""

    ready: bool
    store: str
    log: str
    worker: str


@router.get(HEALTHZ)
async def healthz() -> dict[str, str]:
    """The server answers."""
    return HEALTHY


@router.get(READYZ, response_model=Readiness, responses={503: {"model": Readiness}})
def readyz(request: Request) -> JSONResponse:
    """Store reachable, log writable, worker alive: 200; else 503 and which of them is not."""
    return answer(request, parts_of(deps_of(request)))


@router.get("/metrics", response_class=Response, responses=PROBLEMS)
def metrics(request: Request) -> Response:
    """Prometheus text of server and worker: from this machine without a key, else with the scope jobs:read."""
    if not is_local(request):
        identify(request).principal.require(Permission.JOBS_READ)
    body, content_type = prometheus_text(deps_of(request).settings.data_dir / "run")
    return Response(body, media_type=content_type)
