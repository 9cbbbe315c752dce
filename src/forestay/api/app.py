"""The management API as one FastAPI application.

Gives : create_app(deps), give_parts(app, deps), ROUTERS

Start here to find a route: each resource is a module of this room with a `router`, listed below.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware

from forestay.api import (
    account_groups,
    account_history,
    account_records,
    accounts,
    audit,
    backtests,
    bulk,
    conditions,
    configuration,
    consent,
    contacts,
    effects,
    feeds,
    health_ahead,
    health_shelf,
    impact,
    imports,
    insights,
    jobs,
    journey_entering,
    journey_names,
    journey_runs,
    journey_simulation,
    journey_views,
    journey_work,
    journeys,
    keys,
    kpi_rows,
    kpis,
    learning,
    members,
    messages,
    models,
    notes,
    playbooks,
    predictions,
    probes,
    product,
    quarantine,
    roles,
    scorecards,
    sessions,
    setup,
    signals,
    status,
    stream,
    task_sending,
    tasks,
    templates,
    today,
    triggers,
    views,
    workspace,
)  # fmt: skip
from forestay.api.deps import ApiDeps
from forestay.api.door import Door
from forestay.api.problems import PROBLEMS, install
from forestay.api.stream_hub import Hub
from forestay.api.stream_rights import still_there
from forestay.governance.sessions import COOKIE, CSRF_HEADER

ROUTERS: tuple[APIRouter, ...] = (
    probes.router,
    account_history.router,
    predictions.router,
    health_ahead.router,
    account_groups.router,
    account_records.router,
    notes.router,
    accounts.router,
    bulk.router,
    views.router,
    today.router,
    signals.router,
    status.router,
    stream.router,
    kpis.router,
    kpi_rows.router,
    insights.router,
    impact.router,
    impact.of_account,
    learning.router,
    task_sending.router,
    tasks.router,
    models.router,
    messages.router,
    effects.router,
    triggers.router,
    backtests.router,
    triggers.DOCUMENTS.router,
    playbooks.router,
    journey_views.router,
    journeys.DOCUMENTS.router,
    journey_work.router,
    journey_entering.router,
    journey_names.router,
    journey_simulation.router,
    journey_runs.router,
    journey_runs.of_account,
    health_shelf.router,
    scorecards.router,
    scorecards.DOCUMENTS.router,
    configuration.SEGMENTS.router,
    configuration.MEASURES.router,
    configuration.EVENT_ROLES.router,
    templates.router,
    templates.DOCUMENTS.router,
    conditions.router,
    configuration.router,
    product.router,
    feeds.router,
    imports.router,
    quarantine.router,
    consent.router,
    contacts.router,
    jobs.router,
    keys.router,
    members.router,
    roles.router,
    sessions.router,
    setup.router,
    workspace.router,
    audit.router,
)

_SCHEMES: dict[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "A management key (`fsk_...`)."},
    "session": {
        "type": "apiKey", "in": "cookie", "name": COOKIE,
        "description": f"A signed-in member; unsafe methods also need {CSRF_HEADER}.",
    },
}  # fmt: skip
API_VERSION = "1"
"""Grows when a route or field is taken away; additions do not count."""
PACKED_FROM_BYTES = 1400
"""Smaller answers fit into one packet anyway."""

DESCRIPTION = """Management of Forestay. Send `Authorization: Bearer KEY` with a management key, or sign in at
`/api/sessions`. Lists answer `{items, next}`; give `next` as `cursor` for the next page. Moments are RFC 3339, UTC.
Every refusal is `application/problem+json` with a stable `code`. Collection (`/v1/*`) speaks the Segment protocol
and is described in docs/connect-your-data.md."""


def create_app(deps: ApiDeps) -> FastAPI:
    """The application over its parts; sync routes run in threads, each in one transaction."""
    app = FastAPI(
        title="Forestay",
        version=API_VERSION,
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        responses=PROBLEMS,
    )
    give_parts(app, deps)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign]
    install(app)
    # a page of accounts is 75 kB and packs to a tenth; streams of events are left as they are
    app.add_middleware(GZipMiddleware, minimum_size=PACKED_FROM_BYTES, compresslevel=4)
    app.add_middleware(Door)
    return app


def give_parts(app: FastAPI, deps: ApiDeps) -> None:
    """Let the application work on these parts from now on; what its calls share hangs on them alone."""
    app.state.deps = deps
    app.state.hub = Hub(lambda: deps.store.changes(), partial(still_there, deps))


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, as `/api/openapi.json` answers it; made when it is first asked for.

    How one proves who one is stands here once: a dependency for it in every route would cost a third of the start.
    """
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes,
            openapi_version=app.openapi_version,
        )  # fmt: skip
        made.setdefault("components", {})["securitySchemes"] = _SCHEMES
        made["security"] = [{name: []} for name in _SCHEMES]
        app.openapi_schema = made
    return app.openapi_schema


def _operation_id(route: APIRoute) -> str:
    """Operations are named by tag and function: signals.list_signals."""
    tag = route.tags[0] if route.tags else "api"
    return f"{tag}.{route.name}"
