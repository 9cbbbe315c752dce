"""Who sends: the key in a header or in the body, and what it may do.

Gives : Keys (protocol), Doorkeeper, secret_in_header(), secret_in_body()
"""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from typing import Protocol

import msgspec

from forestay.api.collection_answers import KeyMissing, KeyOfAnotherKind, KeyUnknown, TooFast
from forestay.governance.keys import KeyFacts, KeyKind
from forestay.governance.permissions import Permission, granted_by_scopes
from forestay.kit.limits import TokenBucket


class Keys(Protocol):
    """The keys of all workspaces, as governance.keybook.KeyBook keeps them."""

    def known(self, secret: str) -> KeyFacts | None:
        """The live key when it is known freshly; never blocks."""
        ...

    def find(self, secret: str) -> KeyFacts | None:
        """The live key, None when there is none; may block. Raises a retryable ForestayError when it cannot tell."""
        ...


class _WithKey(msgspec.Struct):
    writeKey: str | None = None  # noqa: N815


_with_key = msgspec.json.Decoder(_WithKey)


class Doorkeeper:
    """Lets keys in and keeps each to its rate."""

    def __init__(self, keys: Keys, events_per_second: int) -> None:
        self._keys, self._events_per_second = keys, events_per_second
        self._looking: dict[str, asyncio.Task[KeyFacts | None]] = {}
        self._buckets: dict[int, TokenBucket] = {}

    async def admit(self, secret: str | None) -> KeyFacts:
        """The live key of this secret. Raises KeyMissing or KeyUnknown."""
        if not secret:
            raise KeyMissing
        facts = self._keys.known(secret) or await self._look_up(secret)
        if facts is None:
            raise KeyUnknown
        return facts

    def pace(self, facts: KeyFacts, events: int) -> None:
        """Count events against the key's rate. Raises TooFast."""
        bucket = self._buckets.get(facts.key_id)
        if bucket is None:
            bucket = self._buckets[facts.key_id] = TokenBucket(self._events_per_second)
        if seconds := bucket.take(max(1, events)):
            raise TooFast(seconds, self._events_per_second)

    async def _look_up(self, secret: str) -> KeyFacts | None:
        """Ask the store in a thread, once for all who wait for the same key."""
        task = self._looking.get(secret)
        if task is None:
            task = self._looking[secret] = asyncio.create_task(asyncio.to_thread(self._keys.find, secret))
            task.add_done_callback(lambda _: self._looking.pop(secret, None))
        return await asyncio.shield(task)


def may_track(facts: KeyFacts) -> None:
    """Raises KeyOfAnotherKind unless it is a write key."""
    if facts.kind is not KeyKind.WRITE:
        raise KeyOfAnotherKind("a write key; a management key is never put into an app or a page")


def may_import(facts: KeyFacts) -> None:
    """Raises KeyOfAnotherKind unless it is a management key that may import."""
    if facts.kind is not KeyKind.MANAGEMENT or Permission.IMPORTS_WRITE not in granted_by_scopes(facts.scopes):
        raise KeyOfAnotherKind(f"a management key with the scope {Permission.IMPORTS_WRITE}")


def secret_in_header(header: bytes | None) -> str | None:
    """The key of an Authorization header: user name of Basic, or Bearer. None when there is none that can be read."""
    scheme, _, rest = (header or b"").strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return rest.strip().decode("latin-1")
    if scheme.lower() != b"basic":
        return None
    try:
        return b64decode(rest.strip(), validate=True).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def secret_in_body(body: bytes) -> str | None:
    """The writeKey in a JSON body, which beacons of browsers use since they cannot set headers."""
    try:
        return _with_key.decode(body).writeKey
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
