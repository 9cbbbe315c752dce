"""What collection answers, byte for byte, and the headers that let a browser read it.

Gives : Answer, SUCCESS, partly(), refusal(), preflight(), answer(), the refusals of collection
Source: Segment HTTP tracking API: {"success": true}; refusals are {"success": false, "code", "message"}, which the
        SDKs of Segment and RudderStack look for. CORS: Fetch standard.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import msgspec
from starlette.types import Send

from forestay.kit.errors import ForestayError

Headers = list[tuple[bytes, bytes]]

_RETRY_SECONDS = 5
"""What a sender is asked to wait when the log or the store cannot be used."""
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_HARMLESS = re.compile(rb"[A-Za-z0-9, _-]{1,500}")


class Refused(ForestayError):
    """Collection did not take a body; retry_after_seconds when the same body may come again."""

    retry_after_seconds: int | None = None


class KeyMissing(Refused):
    """The sender named no write key: as user name of Basic authentication, as Bearer, or as writeKey in the body."""

    code = "write_key_missing"
    http_status = 401

    def __init__(self) -> None:
        super().__init__(
            "a write key is needed: Basic authentication with the key as user name, or writeKey in the body"
        )


class KeyUnknown(Refused):
    """No live key has this secret: look it up under keys, or make a new one."""

    code = "invalid_write_key"
    http_status = 401

    def __init__(self) -> None:
        super().__init__("this key is not known or was revoked")


class KeyOfAnotherKind(Refused):
    """The key is live and opens another door."""

    code = "wrong_kind_of_key"
    http_status = 403

    def __init__(self, needed: str) -> None:
        super().__init__(f"this route needs {needed}")


class TooFast(Refused):
    """The key sends more events a second than it may: wait as Retry-After says."""

    code = "rate_limited"
    http_status = 429
    retryable = True

    def __init__(self, seconds: float, per_second: int) -> None:
        self.retry_after_seconds = max(1, math.ceil(seconds))
        super().__init__(f"this key may send {per_second} events a second; send again in {self.retry_after_seconds} s")


class RouteUnknown(Refused):
    """There is no such route; the protocol's are listed in docs/connect-your-data.md."""

    code = "not_found"
    http_status = 404

    def __init__(self, path: str) -> None:
        super().__init__(
            f"there is no {path[:100]}; use /v1/track, identify, group, page, screen, alias, batch or import"
        )


class MethodUnknown(Refused):
    """The routes of collection take POST."""

    code = "method_not_allowed"
    http_status = 405

    def __init__(self, method: str) -> None:
        super().__init__(f"use POST, not {method[:20]}")


class EncodingUnknown(Refused):
    """The body is packed in a way that is not understood: send it as gzip or plain."""

    code = "unsupported_encoding"
    http_status = 415

    def __init__(self, encoding: bytes) -> None:
        super().__init__(f"content-encoding {encoding[:40].decode('latin-1')!r} is not understood; use gzip or none")


class NoItemAccepted(Refused):
    """Every item was bad; they wait in the quarantine. The code is the first one's."""

    http_status = 400

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, ready to be sent."""

    status: int
    headers: Headers
    body: bytes


class _Partly(msgspec.Struct):
    accepted: int
    rejected: int
    success: bool = True


class _Refusal(msgspec.Struct):
    code: str
    message: str
    success: bool = False


def _json(status: int, body: bytes, *more: tuple[bytes, bytes]) -> Answer:
    length = (b"content-length", str(len(body)).encode())
    return Answer(status, [(b"content-type", b"application/json"), length, _ANY_ORIGIN, *more], body)


SUCCESS = _json(200, b'{"success":true}')


def partly(accepted: int, rejected: int) -> Answer:
    """Some items were taken; the others wait in the quarantine."""
    return _json(200, msgspec.json.encode(_Partly(accepted, rejected)))


def refusal(error: ForestayError) -> Answer:
    """What an error says to the sender."""
    more: Headers = []
    wait = error.retry_after_seconds if isinstance(error, Refused) else None
    if error.retryable:
        more.append((b"retry-after", str(wait or _RETRY_SECONDS).encode()))
        more.append((b"access-control-expose-headers", b"retry-after"))
    if isinstance(error, KeyMissing):
        more.append((b"www-authenticate", b'Basic realm="write key as user name"'))
    if isinstance(error, MethodUnknown):
        more.append((b"allow", b"POST, OPTIONS"))
    return _json(error.http_status, msgspec.json.encode(_Refusal(error.code, str(error))), *more)


def preflight(asked_headers: bytes | None) -> Answer:
    """The answer to a browser that asks whether a page of any origin may post."""
    allowed = asked_headers if asked_headers and _HARMLESS.fullmatch(asked_headers) else b"authorization, content-type"
    headers = [
        _ANY_ORIGIN,
        (b"access-control-allow-methods", b"POST, OPTIONS"),
        (b"access-control-allow-headers", allowed),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"access-control-request-headers"),
    ]
    return Answer(204, headers, b"")


async def answer(given: Answer, send: Send) -> None:
    """Send it."""
    await send({"type": "http.response.start", "status": given.status, "headers": given.headers})
    await send({"type": "http.response.body", "body": given.body})
