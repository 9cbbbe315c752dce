"""A quarantined item, mended or not, as the body that goes into the log when it is replayed.

Gives : body_to_replay(), StillBad
Reads : the item's text, the route it came by and the moment it came

It is examined by the same rules as at the door. Two things would otherwise be wrong because it comes late: an event
without a time of its own happened when it was first received, not now; and the sender's clock was off by what it was
off then (receivedAt - sentAt of that day), so that the correction is made here and sentAt is taken out.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import msgspec

from forestay.kit.errors import Invalid
from forestay.sources.segment import Call, Malformed, examine


class StillBad(Invalid):
    """The item cannot be accepted as it is now: mend it as the sentence says, or discard it."""

    code = "still_bad"


class _Opened(msgspec.Struct):
    batch: list[dict[str, msgspec.Raw]]
    sentAt: datetime | None = None  # noqa: N815


class _MaybeBatch(msgspec.Struct):
    batch: msgspec.Raw = msgspec.Raw(b"")


_maybe_batch = msgspec.json.Decoder(_MaybeBatch)
_opened = msgspec.json.Decoder(_Opened)
_moment = msgspec.json.Decoder(datetime | None)
_encode = msgspec.json.Encoder().encode


def body_to_replay(text: str, source: str, received_at: datetime, stable_id: str) -> bytes:
    """The Segment body for the log. stable_id: what messageIds that are missing are made of. Raises StillBad."""
    body = text.encode()
    if len(body) > Call.IMPORT.limit_bytes:
        raise StillBad(f"it has {len(body)} bytes, more than the {Call.IMPORT.limit_bytes} of an import")
    call = _call_of(source)
    if call is None or call.is_batch or _is_batch(body):
        call, body = Call.IMPORT, body if _is_batch(body) else b'{"batch":[' + body + b"]}"
    try:
        examined = examine(body, call, lambda place: f"{stable_id}.{place}")
    except Malformed as error:
        raise StillBad(str(error)) from error
    if examined.rejected:
        raise StillBad(examined.rejected[0].reason)
    if not examined.accepted:
        raise StillBad("there is no item in it")
    return _as_received(examined.body, received_at)


def _call_of(source: str) -> Call | None:
    with suppress(ValueError):
        return Call(source.removeprefix("/v1/"))
    return None


def _is_batch(body: bytes) -> bool:
    try:
        return bytes(_maybe_batch.decode(body).batch) not in (b"", b"null")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _as_received(body: bytes, received_at: datetime) -> bytes:
    """The same items with the times that they would have had on the day they came."""
    opened = _opened.decode(body)
    for item in opened.batch:
        sent_at = _moment_of(item.pop("sentAt", None)) or opened.sentAt
        claimed = _moment_of(item.get("timestamp")) or _moment_of(item.get("originalTimestamp"))
        happened = received_at if claimed is None else claimed
        if claimed is not None and sent_at is not None:
            happened = min(claimed + (received_at - sent_at), received_at)
        item["timestamp"] = msgspec.Raw(_encode(happened))
    return _encode({"batch": opened.batch})


def _moment_of(written: msgspec.Raw | None) -> datetime | None:
    return None if written is None else _moment.decode(bytes(written))
