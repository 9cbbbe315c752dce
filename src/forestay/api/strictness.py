"""A misspelt filter is refused instead of being ignored, and the refusal lists the right ones.

Gives: only_known_query(), asked of every authorised call
"""

from __future__ import annotations

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from forestay.kit.errors import Invalid


def only_known_query(request: Request) -> None:
    """Raise Invalid (422) for a query parameter that the route does not know."""
    if not request.scope["query_string"]:
        return
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    allowed = _walk(route.dependant)
    unknown = sorted(set(request.query_params) - allowed)
    if unknown:
        listed = ", ".join(sorted(allowed)) or "none"
        raise Invalid(
            f"there is no such parameter here; allowed are {listed}", place=unknown[0], code="unknown_parameter"
        )


def _walk(dependant: Dependant) -> set[str]:
    names = {field.alias for field in dependant.query_params}
    for inner in dependant.dependencies:
        names |= _walk(inner)
    return names
