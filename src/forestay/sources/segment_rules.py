"""The rules of the Segment tracking protocol for one item and one batch.

Gives : Item, Batch, check(), Problem, ITEM_LIMIT_BYTES
Source: Segment HTTP tracking API (public specification): which ids each call needs, 32 kB an item. Lengths and the
        years 1970-2200 are ours: an index of PostgreSQL must hold an id, and a column a moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from forestay.events.wire import MessageType

ITEM_LIMIT_BYTES = 32 * 1024
_FIRST_YEAR, _LAST_YEAR = 1970, 2200

Text = Annotated[str, msgspec.Meta(max_length=512)]
Id = Annotated[str, msgspec.Meta(max_length=255)] | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None
Moment = Annotated[datetime, msgspec.Meta(tz=True)] | None
"""RFC 3339 with a zone; other spellings are rewritten before (sources.segment_mending)."""


class AnyObject(msgspec.Struct):
    """Some JSON object; it is looked through for being JSON and otherwise left alone."""


class ItemContext(msgspec.Struct):
    """What is read of a message's context."""

    groupId: Id = None  # noqa: N815
    traits: AnyObject | None = None


class Item(msgspec.Struct):
    """events.wire.Message with the limits in its types: whatever decodes as an Item decodes as a Message."""

    type: MessageType | None = None
    messageId: Annotated[str, msgspec.Meta(max_length=255)] | None = None  # noqa: N815
    userId: Id = None  # noqa: N815
    anonymousId: Id = None  # noqa: N815
    previousId: Id = None  # noqa: N815
    groupId: Id = None  # noqa: N815
    event: Text | None = None
    name: Text | None = None
    timestamp: Moment = None
    originalTimestamp: Moment = None  # noqa: N815
    sentAt: Moment = None  # noqa: N815
    properties: AnyObject | None = None
    traits: AnyObject | None = None
    context: ItemContext | None = None


class Batch(msgspec.Struct):
    """A batch as it is checked. context: the protocol merges it with the context of each item."""

    batch: list[Item]
    sentAt: Moment = None  # noqa: N815
    context: ItemContext | None = None


class Problem(msgspec.Struct, frozen=True):
    """Why an item cannot be accepted. code: stable; reason: a sentence for the one who sends it."""

    code: str
    reason: str


TYPE_MISSING = Problem("type_missing", "an item needs a type: track, identify, group, page, screen or alias")
ID_MISSING = Problem("id_missing", "a message needs a userId or an anonymousId")
USER_MISSING = Problem("user_id_missing", "an alias call needs the userId that the user has from now on")
EVENT_MISSING = Problem("event_missing", "a track call needs the name of its event")
GROUP_MISSING = Problem("group_id_missing", "a group call needs a groupId")
PREVIOUS_MISSING = Problem("previous_id_missing", "an alias call needs the previousId that the user had before")
OUT_OF_RANGE = Problem("time_out_of_range", f"a time must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}")


def check(item: Item) -> Problem | None:
    """What the protocol misses in an item, None when it is right; the messageId may be missing."""
    kind = item.type
    if kind is None:
        return TYPE_MISSING
    user = item.userId
    if user is None or user == "":
        if kind == "alias":
            return USER_MISSING
        if is_absent(item.anonymousId):
            return ID_MISSING
    if kind == "track":
        if not item.event:
            return EVENT_MISSING
    elif kind == "group" and is_absent(item.groupId):
        return GROUP_MISSING
    elif kind == "alias" and is_absent(item.previousId):
        return PREVIOUS_MISSING
    for moment in (item.timestamp, item.originalTimestamp, item.sentAt):
        if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return OUT_OF_RANGE
    return None


def has_traits_elsewhere(identify: Item) -> bool:
    """Whether an identify call carries its traits in its context, as RudderStack's libraries send them."""
    return identify.traits is None and identify.context is not None and identify.context.traits is not None


def is_absent(value: str | int | None) -> bool:
    """Whether an id is missing or empty; 0 is an id."""
    return value is None or value == ""


def in_range(moment: datetime | None) -> bool:
    """Whether a moment, where it is given, lies in the years that columns can hold."""
    return moment is None or _FIRST_YEAR <= moment.year <= _LAST_YEAR
