"""What stands in the log's bodies.

Gives : Message and Batch (Segment tracking protocol), Rejected, Control, and the Arrow schema rules

What collection has let through keeps these rules (sources.segment): a Segment body is a Batch, strict
JSON in UTF-8 without NUL or lone surrogates; every item has a known `type`, a `messageId` and the ids that
its type needs; times are RFC 3339 with a zone, 1970-2200; properties and traits are objects or null. (Numbers
in them may still be out of a double's range, as JSON allows: decoding them can raise msgspec.ValidationError.)
Each item that could not be accepted is a REJECTED record of its own.
Source: Segment HTTP tracking API (public specification); `properties`, `traits` and `context` stay raw
        JSON, so that a body is parsed once and cheaply.

Arrow bodies (Codec.ARROW): an IPC stream whose schema metadata has b"forestay.kind" (a
customers.kinds.ImportKind) and b"forestay.source" (file name or connector). Columns are those of
customers.kinds.FIELDS[kind]; every row also has `row_key` (utf8, stable per source row, the key of
deduplication) and may have `traits` (utf8, a JSON object of columns that have no field of ours).
"""

from __future__ import annotations

from typing import Literal

import msgspec

ARROW_KIND = b"forestay.kind"
ARROW_SOURCE = b"forestay.source"

MessageType = Literal["track", "identify", "group", "page", "screen", "alias"]


class Context(msgspec.Struct, gc=False):
    """The parts of a message's context that we read; the rest is skipped."""

    groupId: str | int | None = None  # noqa: N815


class Message(msgspec.Struct, gc=False):
    """One tracking call. Times are ISO 8601 text; ids may be numbers, since SDKs send both."""

    type: str | None = None
    messageId: str | None = None  # noqa: N815
    userId: str | int | None = None  # noqa: N815
    anonymousId: str | int | None = None  # noqa: N815
    previousId: str | int | None = None  # noqa: N815
    groupId: str | int | None = None  # noqa: N815
    event: str | None = None
    name: str | None = None
    timestamp: str | None = None
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815
    properties: msgspec.Raw = msgspec.Raw(b"")
    traits: msgspec.Raw = msgspec.Raw(b"")
    context: Context | None = None


class Batch(msgspec.Struct):
    """The body of /v1/batch and of every Segment record in the log."""

    batch: list[Message]
    sentAt: str | None = None  # noqa: N815


class Rejected(msgspec.Struct):
    """An item that collection could not accept, kept so that it can be read, fixed and replayed."""

    reason_code: str
    reason: str
    source: str
    item: str
    """The item as it came, as text; bytes that are no UTF-8 are escaped."""


class Control(msgspec.Struct):
    """A decision of ours that replay must see at the same place in time.

    kind: 'account.merged' (subject: the account that goes, into: the one that stays),
    'account.churned' (subject, at), 'feed.connected' (subject: feed).
    """

    kind: str
    subject: str
    into: str | None = None
    at: str | None = None
    member_id: int | None = None
