"""External ids as a part of a path, whatever characters they have: `/api/accounts/eu%2F42` is the account eu/42.

Gives : ID_IN_PATH (the part of a route's path that is an external id), slashes_kept()
Source: RFC 3986, 2.2: an encoded slash is data and no separator. ASGI's `path` is decoded before routes are matched and
        has lost the difference; its `raw_path` has not.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import Scope

_NAME = "external_id"
ID_IN_PATH = f"{{external_id:{_NAME}}}"
"""The part of a route's path that is an external id; the route's function takes it as `external_id`."""
_SIGN = "\udc2f"
"""Stands for an encoded slash while routes are matched: half a character, so no decoded path holds it otherwise."""
_PREFIXES = ("/api/accounts/", "/api/contacts/")
"""The routes below all take their ids by this convertor."""


class _ExternalId(Convertor[str]):
    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return value.replace(_SIGN, "/")

    def to_string(self, value: str) -> str:
        return value.replace("/", "%2F")


register_url_convertor(_NAME, _ExternalId())


def slashes_kept(scope: Scope) -> Scope:
    """The request with a path in which encoded slashes are no separators; itself when nothing is encoded."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%" not in raw or not scope["path"].startswith(_PREFIXES):
        return scope
    parts = [unquote(part).replace("/", _SIGN) for part in raw.partition(b"?")[0].decode("ascii").split("/")]
    return {**scope, "path": "/".join(parts)}
