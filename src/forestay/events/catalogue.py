"""The names of what we ourselves write into the log.

Gives : ControlKind, control_body()
Reads : events.wire.Control, which carries each of them
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from forestay.events.wire import Control


class ControlKind(StrEnum):
    """A decision of ours that a replay must see at the same place; a name, once written, is never reused."""

    ACCOUNT_MERGED = "account.merged"
    """subject: external id of the account that goes; into: of the one that stays; at; member_id."""
    ACCOUNT_CHURNED = "account.churned"
    """subject: external id of the account; at: when it left."""
    FEED_CONNECTED = "feed.connected"
    """subject: a customers.words.Feed."""


def control_body(
    kind: ControlKind, subject: str, *, into: str | None = None, at: str | None = None, member_id: int | None = None
) -> bytes:
    """The body of a record with Codec.CONTROL. at: RFC 3339.

    >>> control_body(ControlKind.FEED_CONNECTED, "tickets")
    b'{"kind":"feed.connected","subject":"tickets","into":null,"at":null,"member_id":null}'
    """
    return msgspec.json.encode(Control(kind.value, subject, into, at, member_id))
