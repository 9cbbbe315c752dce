"""A body of the Segment tracking protocol, checked, and as it goes into the log.

Gives : Call, examine(), Examined, unread(), Malformed, check(), Item, Problem
Reads : the bytes of one HTTP body
Source: Segment HTTP tracking API (public specification): 500 kB a batch, 32 kB an item.

The common body, a batch in which everything is right, is decoded once and goes into the log as it came. A body is
written anew (sources.segment_mending) only when something must change: bad items out, a messageId in (before the log,
so that a replay sees the same one), a time made RFC 3339, a single call wrapped as a batch of one.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from uuid import uuid4

import msgspec

from forestay.events.wire import Rejected
from forestay.sources.segment_depth import MOST_DEPTH, is_too_deep
from forestay.sources.segment_mending import Examined, Malformed, has_nul, mend
from forestay.sources.segment_rules import ITEM_LIMIT_BYTES, Batch, Item, Problem, check, has_traits_elsewhere, in_range

__all__ = ["Call", "Examined", "Item", "Malformed", "Problem", "check", "examine", "unread"]

BATCH_LIMIT_BYTES = 500 * 1024
IMPORT_LIMIT_BYTES = 5_000 * 1024
"""/v1/import: history, in larger bodies than the protocol's 500 kB."""


class _Sizes(msgspec.Struct):
    batch: list[msgspec.Raw]


_batches = msgspec.json.Decoder(Batch)
_sizes = msgspec.json.Decoder(_Sizes)


class Call(StrEnum):
    """The last part of the route; a single call's route says the type of its message."""

    TRACK = "track"
    IDENTIFY = "identify"
    GROUP = "group"
    PAGE = "page"
    SCREEN = "screen"
    ALIAS = "alias"
    BATCH = "batch"
    IMPORT = "import"

    @property
    def is_batch(self) -> bool:
        """Whether its body is {"batch": [...]}."""
        return self in _BATCH_LIMITS

    @property
    def limit_bytes(self) -> int:
        """The largest body, decompressed."""
        return _BATCH_LIMITS.get(self, ITEM_LIMIT_BYTES)

    @property
    def route(self) -> str:
        """The path it is called by, which the quarantine keeps as the source of an item."""
        return f"/v1/{self.value}"


_BATCH_LIMITS = {Call.BATCH: BATCH_LIMIT_BYTES, Call.IMPORT: IMPORT_LIMIT_BYTES}


def examine(body: bytes, call: Call, new_id: Callable[[int], str] | None = None) -> Examined:
    """Check every item and give the body for the log.

    new_id: the messageId of item n where it has none; random by default. Raises Malformed when the body is no JSON in
    UTF-8, nested too deeply, or not of the shape that the call has.
    """
    try:
        body.isascii() or body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8 at byte {error.start}", code="invalid_utf8") from error
    if is_too_deep(body):
        raise Malformed(f"the body is nested more than {MOST_DEPTH} deep", code="too_deep")
    if call.is_batch and (count := _count_if_faultless(body)) is not None:
        return Examined(body, count, [])
    return mend(body, None if call.is_batch else call.value, call.route, new_id or _random_id)


def unread(body: bytes, call: Call, why: Malformed) -> Rejected:
    """A whole body that could not be read, for the quarantine."""
    return Rejected(why.code, str(why), call.route, body.decode(errors="backslashreplace"))


def _count_if_faultless(body: bytes) -> int | None:
    """How many items a batch has that needs no change at all; None when something has to be looked at closer."""
    if has_nul(body) or (len(body) > ITEM_LIMIT_BYTES and _has_large_item(body)):
        return None
    try:
        batch = _batches.decode(body)
    except msgspec.DecodeError:
        return None
    if not in_range(batch.sentAt) or (batch.context is not None and batch.context.groupId is not None):
        return None
    for item in batch.batch:
        if not item.messageId or check(item) is not None or (item.type == "identify" and has_traits_elsewhere(item)):
            return None
    return len(batch.batch)


def _has_large_item(body: bytes) -> bool:
    try:
        items = _sizes.decode(body).batch
    except msgspec.DecodeError:
        return True
    return any(len(raw) > ITEM_LIMIT_BYTES for raw in items)


def _random_id(_place: int) -> str:
    return str(uuid4())
