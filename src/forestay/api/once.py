"""`Idempotency-Key`: a POST that is sent again is answered as the first time, and done once.

Gives : OnceRoute, OnceSecretRoute, OnceUploadRoute (route classes for routers), KEPT, HEADER, REPLAYED
Reads : idempotency_keys
Source: draft-ietf-httpapi-idempotency-key-header; DESIGN section 8

1. The key is claimed in a transaction of its own, with the route and a fingerprint of caller and body.
2. The route works. Refused or broken: the claim is given up, and the same key may try again.
3. The answer is kept with the key for a day, and given to whoever repeats the request.
A process that dies between 2 and 3 leaves a claim without answer: nobody can know whether the work was done, and the
repeated request is told so (409). Without the header nothing of this happens.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from starlette.concurrency import run_in_threadpool

from forestay.api.calls import Call, identify, required_by
from forestay.kit.errors import Conflict, Invalid
from forestay.kit.secret_files import secret_in
from forestay.store.tables.governance import idempotency_keys as table

HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"
KEPT = timedelta(hours=24)
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_CARRIED = ("location", "etag")
_PARAMETER = {
    "name": HEADER, "in": "header", "required": False, "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "Sent again with the same body within 24 hours, the first answer is given and nothing is done.",
}  # fmt: skip

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class KeyOfAnother(Conflict):
    """The key was used for another request: take a new one for each request."""

    code = "idempotency_key_reused"


class FirstUnderWay(Conflict):
    """The first request with this key is not answered yet, or was cut off: look whether what it makes is there."""

    code = "idempotency_key_in_use"


class AlreadyCreated(Conflict):
    """The first request made it; its secret was shown then and is kept nowhere. Revoke it and make another if lost."""

    code = "already_created"


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a request with a key says of itself. fingerprint: HMAC, since a body may hold a password."""

    call: Call
    key: str
    route: str
    fingerprint: bytes

    @property
    def row(self) -> ColumnElement[bool]:
        return and_(table.c.workspace_id == self.call.workspace_id, table.c.key == self.key)


class OnceRoute(APIRoute):
    """A route whose POSTs heed Idempotency-Key."""

    keeps_answer: ClassVar[bool] = True

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        if "POST" in (settings.get("methods") or ()):
            extra = dict(settings.get("openapi_extra") or {})
            settings["openapi_extra"] = {**extra, "parameters": [*extra.get("parameters", ()), _PARAMETER]}
        super().__init__(path, endpoint, **settings)

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, behind the key."""
        handler = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method != "POST":
                return await handler(request)
            return await self._once(request, key, handler)

        return once

    async def body_of(self, request: Request) -> bytes:
        """What of the request must be the same when it is sent again."""
        return await request.body()

    async def _once(self, request: Request, key: str, handler: Handler) -> Response:
        if not _KEY.match(key):
            raise Invalid("a key is 1 to 200 visible ASCII characters without spaces", place=HEADER)
        call = await run_in_threadpool(_let_in, request, self.dependant)
        claim = _claim_of(call, key, request, await self.body_of(request))
        answered = await run_in_threadpool(_claim, claim)
        if answered is not None:
            return answered
        try:
            response = await handler(request)
        except BaseException:
            await run_in_threadpool(_give_up, claim)
            raise
        await run_in_threadpool(_settle, claim, response, self.keeps_answer)
        return response


class OnceSecretRoute(OnceRoute):
    """The same where the answer holds a secret: it is not kept, and who repeats is told that the thing was made."""

    keeps_answer = False


class OnceUploadRoute(OnceRoute):
    """The same for files of any size: parameters and length are compared instead of the bytes."""

    async def body_of(self, request: Request) -> bytes:
        """The query and the length."""
        return f"{request.url.query} {request.headers.get('content-length', '')}".encode()


def _let_in(request: Request, dependant: Dependant) -> Call:
    """Who repeats a request must be let in as the first time."""
    call = identify(request)
    for permission in required_by(dependant):
        call.principal.require(permission)
    return call


def _claim_of(call: Call, key: str, request: Request, body: bytes) -> _Claim:
    secret = secret_in(call.deps.settings.data_dir, "idempotency").encode()
    said = b"\n".join((call.principal.actor.encode(), request.url.query.encode(), body))
    return _Claim(call, key, f"POST {request.url.path}", hmac.digest(secret, said, hashlib.sha256))


def _claim(claim: _Claim) -> Response | None:
    """None when this request is the first with its key, else the first one's answer. Raises Conflict."""
    call, at = claim.call, claim.call.now()
    with call.begin() as conn:
        conn.execute(delete(table).where(table.c.workspace_id == call.workspace_id, table.c.at < at - KEPT))
        made = conn.execute(
            insert(table)
            .values(
                workspace_id=call.workspace_id, key=claim.key, route=claim.route, body_hash=claim.fingerprint, at=at
            )
            .on_conflict_do_nothing()
            .returning(table.c.key)
        )
        if made.first() is not None:
            return None
        first = conn.execute(select(table).where(claim.row)).one()
    if (first.route, bytes(first.body_hash)) != (claim.route, claim.fingerprint):
        raise KeyOfAnother(f"the key '{claim.key}' was used for another request; take a new key for each")
    if first.status is None:
        raise FirstUnderWay("the first request with this key has no answer yet; look whether what it makes is there")
    if first.answer is None:
        raise AlreadyCreated("this was made by the first request with this key; its secret was shown then only")
    return _replayed(first.status, first.answer)


def _replayed(status: int, answer: dict[str, Any]) -> Response:
    headers = {**answer["headers"], REPLAYED: "true"}
    return Response(None, status, headers) if status == 204 else JSONResponse(answer["body"], status, headers)


def _settle(claim: _Claim, response: Response, keeps_answer: bool) -> None:
    headers = {name: response.headers[name] for name in _CARRIED if name in response.headers}
    body = json.loads(bytes(response.body) or b"null")
    answer = {"body": body, "headers": headers} if keeps_answer else None
    with claim.call.begin() as conn:
        conn.execute(update(table).where(claim.row).values(status=response.status_code, answer=answer))


def _give_up(claim: _Claim) -> None:
    with claim.call.begin() as conn:
        conn.execute(delete(table).where(claim.row))
