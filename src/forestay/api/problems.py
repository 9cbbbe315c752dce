"""Every refusal of the API in one form: problem+json (RFC 9457) with a stable code and the request's id.

Gives : Problem, PROBLEMS, install()
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger

MEDIA_TYPE = "application/problem+json"
_LOG = get_logger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    428: "precondition_required",
    429: "too_many_requests",
    503: "unavailable",
}


class Problem(BaseModel):
    """What went wrong and what to do; `code` is stable, `place` names the part of the input."""

    type: str = Field(description="urn:forestay:problem: and the code.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What happened and what to do about it.")
    code: str
    place: str | None = None
    request_id: str | None = None


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "model": Problem,
        "description": "Any refusal, as problem+json.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""What each route says of its refusals in the OpenAPI document."""


class TooLarge(ForestayError):
    """The body is longer than this route takes: send less, or use an import."""

    code = "too_large"
    http_status = 413

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(f"the body is longer than the {limit_bytes:,} bytes that this route takes")


class UnknownRoute(ForestayError):
    """No such address: see /api/openapi.json for those that are."""

    code = "not_found"
    http_status = 404

    def __init__(self, path: str) -> None:
        super().__init__(f"there is nothing at {path}; /api/openapi.json lists every route")


def problem_of(error: ForestayError, request_id: str | None) -> JSONResponse:
    """The answer for an expected refusal."""
    headers = {}
    retry_after = getattr(error, "retry_after_seconds", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    elif error.retryable:
        headers["Retry-After"] = "1"
    if error.http_status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    place = getattr(error, "place", "") or None
    return answer(error.http_status, error.code, str(error), place=place, request_id=request_id, headers=headers)


def answer(
    status: int,
    code: str,
    detail: str,
    *,
    place: str | None = None,
    request_id: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """One problem+json response."""
    body = Problem(
        type=f"urn:forestay:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        place=place,
        request_id=request_id,
    )
    return JSONResponse(body.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem."""
    app.add_exception_handler(ForestayError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def unexpected(request_id: str | None, error: Exception) -> JSONResponse:
    """The answer for a mistake of ours; the log has what happened."""
    _LOG.error("request failed", request_id=request_id, exc_info=error)
    detail = "something went wrong on our side; the log names it under this request_id"
    return answer(500, "internal", detail, request_id=request_id)


def request_id_of(request: Request) -> str | None:
    """The id that the request was given at the door."""
    found: str | None = request.scope.get("forestay.request_id")
    return found


def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, ForestayError)
    return problem_of(error, request_id_of(request))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    more = len(error.errors()) - 1
    detail = f"{place}: {first['msg']}" + (f" (and {more} more)" if more else "")
    return answer(422, "invalid", detail, place=place, request_id=request_id_of(request))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail == "Not Found":
        return problem_of(UnknownRoute(request.url.path), request_id_of(request))
    code = _CODES.get(error.status_code, "http_error")
    headers = dict(error.headers) if error.headers else None
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not possible here; allowed: {(headers or {}).get('Allow', 'see the API')}"
        return answer(405, code, detail, request_id=request_id_of(request), headers=headers)
    return answer(error.status_code, code, str(error.detail), request_id=request_id_of(request), headers=headers)
