"""The web workspace as files: built into `forestay/web_dist`, served from memory, without the management API's weight.

Reads : the folder that hatch_build.py fills, once at start
Gives : web_app() (ASGI), is_web(path), WEB_DIST

Files with a hash in their name are kept by browsers for good; the page itself is asked for each time and answered 304
while it is the same. Every other address without a dot is the page: the workspace finds its way itself. Of the scripts
that stand in the page only those of the build run: the policy names them by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

WEB_DIST = Path(__file__).parents[1] / "web_dist"
PAGE = "/index.html"
_ELSEWHERE = ("/api/", "/v1/", "/internal/", "/metrics", "/healthz", "/readyz")
_FOR_GOOD = "public, max-age=31536000, immutable"
_POLICY = (
    # style-src: the virtual table and the toasts place things by inline styles
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_SECURITY = {
    "Content-Security-Policy": _POLICY.format(scripts=""),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOT_BUILT = (
    "The web workspace is not built in this installation. From a checkout: python hatch_build.py\n"
    "The API at /api and the command line work without it.\n"
)


_SCRIPT_IN_PAGE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_PACKED = {"br": ".br", "gzip": ".gz"}
"""Encodings that a file may lie there in, the smallest first, and what its name then ends with."""


@dataclass(frozen=True, slots=True)
class _File:
    """One file, plain and packed by encoding (those that lie beside it). tag: its ETag."""

    plain: bytes
    packed: Mapping[str, bytes]
    kind: str
    tag: str
    caching: str
    policy: str


def is_web(path: str) -> bool:
    """Whether an address belongs to the workspace and not to an API or a probe.

    >>> is_web("/accounts/acme"), is_web("/api/accounts")
    (True, False)
    """
    return not path.startswith(_ELSEWHERE) and path != "/api"


def web_app(folder: Path = WEB_DIST) -> ASGIApp:
    """The files of `folder`; a sentence and 503 where nothing is built."""
    files = _read(folder)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(files, Request(scope))(scope, receive, send)

    return app


def _read(folder: Path) -> dict[str, _File]:
    return {
        f"/{path.relative_to(folder).as_posix()}": _file(path, path.parent.name == "assets")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in _PACKED.values() and not path.name.startswith(".")
    }


def _file(path: Path, has_hash: bool) -> _File:
    plain = path.read_bytes()
    beside = {encoding: path.with_name(f"{path.name}{ending}") for encoding, ending in _PACKED.items()}
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(
        plain,
        {encoding: other.read_bytes() for encoding, other in beside.items() if other.exists()},
        f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        f'"{hashlib.sha256(plain).hexdigest()[:20]}"',
        _FOR_GOOD if has_hash else "no-cache",
        _policy_of(plain) if path.suffix == ".html" else _POLICY.format(scripts=""),
    )


def _policy_of(page: bytes) -> str:
    """The policy under which the scripts that were built into a page run, and no others."""
    hashes = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _SCRIPT_IN_PAGE.findall(page))
    return _POLICY.format(scripts="".join(f" 'sha256-{one}'" for one in hashes))


def _answer(files: dict[str, _File], request: Request) -> Response:
    if PAGE not in files:
        return PlainTextResponse(NOT_BUILT, 503, _SECURITY)
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("only GET here; the API is at /api\n", 405, {"Allow": "GET, HEAD", **_SECURITY})
    path = request.url.path
    found = files.get(path) or (files[PAGE] if "." not in path.rpartition("/")[2] else None)
    if found is None:
        return PlainTextResponse("there is no such file\n", 404, _SECURITY)
    headers = {
        "ETag": found.tag, "Cache-Control": found.caching, "Vary": "Accept-Encoding", **_SECURITY,
        "Content-Security-Policy": found.policy,
    }  # fmt: skip
    if request.headers.get("if-none-match") == found.tag:
        return Response(None, 304, headers)
    accepted = request.headers.get("accept-encoding", "")
    for encoding, packed in found.packed.items():
        if encoding in accepted:
            return Response(packed, 200, {"Content-Encoding": encoding, **headers}, found.kind)
    return Response(found.plain, 200, headers, found.kind)
