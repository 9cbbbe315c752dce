"""Bodies of the log into columns: what the tracking calls said, one row each.

Reads : events.log.Record with Codec.SEGMENT (events.wire.Batch), Codec.REJECTED and Codec.CONTROL
Gives : decode_segment() -> EventColumns and the bodies that could not be read; decode_rejected(), decode_control()
Source: Segment HTTP tracking API; page and screen calls are named as its destinations name them

A body is parsed once; `properties` and `traits` stay raw. About 4 microseconds an event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TypeVar

import msgspec
import numpy as np
import pyarrow as pa

from forestay.events.log import Record
from forestay.events.wire import Batch, Control, Message, Rejected
from forestay.kit.clock import days_of
from forestay.sources.columns import (
    BadBody,
    EventColumns,
    Int32s,
    Int64s,
    Kinds,
    MessageKind,
    Told,
    Words,
    no_words,
    words_of,
)  # fmt: skip
from forestay.sources.hashing import hashes_of_column
from forestay.sources.moments import corrected, micros_of_texts

_KINDS: dict[str | None, int] = {kind.name.lower(): int(kind) for kind in MessageKind}
_LONGEST_ITEM = 100_000
CLEAN = str.maketrans({"\x00": "�"})
"""PostgreSQL keeps no NUL in text."""
_Body = TypeVar("_Body")
_batches = msgspec.json.Decoder(Batch)
_rejections = msgspec.json.Decoder(Rejected)
_controls = msgspec.json.Decoder(Control)


def decode_segment(records: Sequence[Record], zone: str) -> tuple[EventColumns, list[BadBody]]:
    """Columns of the messages of some records of one workspace, and the bodies that are none.

    Messages without a messageId get one of their place in the log, so that replay gives the same.
    """
    bodies, bad = _read(records, _batches.decode)
    messages: list[Message] = []
    counts: list[int] = []
    for _, batch in bodies:
        messages += batch.batch
        counts.append(len(batch.batch))
    position = np.repeat(np.array([record.position for record, _ in bodies], np.int64), counts)
    received = np.repeat(np.array([record.received_at for record, _ in bodies], np.int64), counts)
    part = np.arange(len(messages), dtype=np.int32) - np.repeat(np.cumsum(counts) - counts, counts).astype(np.int32)
    sent_with_body = [batch.sentAt for _, batch in bodies for _ in batch.batch]
    workspace_id = records[0].workspace_id if records else 0
    return _columns(workspace_id, messages, sent_with_body, (position, part, received), zone), bad


def decode_rejected(records: Sequence[Record]) -> tuple[list[tuple[Record, Rejected]], list[BadBody]]:
    """The items that collection turned away, with their records."""
    return _read(records, _rejections.decode)


def decode_control(records: Sequence[Record]) -> tuple[list[tuple[Record, Control]], list[BadBody]]:
    """Our own decisions, with their records."""
    return _read(records, _controls.decode)


def unreadable(record: Record, reason_code: str, reason: str) -> BadBody:
    """The quarantine's entry for a body that cannot be read or applied."""
    item = record.body[:_LONGEST_ITEM].decode(errors="backslashreplace").translate(CLEAN)
    return BadBody(record.workspace_id, record.position, record.received_at, reason_code, reason, item)


def _columns(
    workspace_id: int,
    messages: list[Message],
    sent_with_body: list[str | None],
    places: tuple[Int64s, Int32s, Int64s],
    zone: str,
) -> EventColumns:
    position, part, received = places
    kind = np.array([_KINDS.get(m.type, 0) for m in messages], np.uint8)
    calls = np.flatnonzero(kind >= MessageKind.IDENTIFY).tolist()
    claimed = micros_of_texts([m.timestamp or m.originalTimestamp for m in messages])
    sent = micros_of_texts([m.sentAt or later for m, later in zip(messages, sent_with_body, strict=True)])
    at = corrected(claimed, sent, received)
    ids = _ids(messages, position, part)
    return EventColumns(
        workspace_id=workspace_id,
        is_import=False,
        position=position,
        part=part,
        kind=kind,
        message_hash=hashes_of_column(ids),
        message_id=Told(ids),
        user=_clean(words_of([_user_key(m) for m in messages])),
        anonymous=_anonymous(messages, kind, calls),
        account=_clean(words_of([_account_key(m) for m in messages])),
        name=_clean(words_of(_names(messages, kind))),
        at=at,
        received=received,
        day=days_of(at, zone),
        weight=np.ones(len(messages)),
        value=np.full(len(messages), np.nan),
        payload=Told(_payloads(messages, calls)),
        previous={row: key for row in calls if (key := _word("", messages[row].previousId))},
    )


def _ids(messages: list[Message], position: Int64s, part: Int32s) -> pa.StringArray:
    """messageIds, those that are missing made of the place in the log."""
    ids = [m.messageId for m in messages]
    if None in ids or "" in ids:
        places = zip(ids, position.tolist(), part.tolist(), strict=True)
        ids = [one or f"{where}.{which}" for one, where, which in places]
    return pa.array(ids, pa.string())


def _anonymous(messages: list[Message], kind: Kinds, calls: list[int]) -> Words:
    """Devices that identify calls name beside their user."""
    if not calls:
        return no_words(len(messages))
    anonymous: list[str | None] = [None] * len(messages)
    for row in calls:
        m = messages[row]
        if kind[row] == MessageKind.IDENTIFY and _word("u:", m.userId):
            anonymous[row] = _word("a:", m.anonymousId)
    return words_of(anonymous)


def _user_key(m: Message) -> str | None:
    user, anonymous = m.userId, m.anonymousId
    if user is not None and user != "":
        return f"u:{user}"
    return None if anonymous is None or anonymous == "" else f"a:{anonymous}"


def _account_key(m: Message) -> str | None:
    if m.type == "group":
        return None if m.groupId is None else str(m.groupId)
    context = m.context
    return None if context is None or context.groupId is None else str(context.groupId)


def _word(prefix: str, given: str | int | None) -> str | None:
    """The key of a given id; None for one that is missing or empty. NUL, which PostgreSQL refuses, is replaced."""
    return None if given is None or given == "" else f"{prefix}{given}".translate(CLEAN)


def _clean(words: Words) -> Words:
    """Words without NUL; looked for in the distinct ones only."""
    if "\x00" not in "".join(words.values):
        return words
    return Words(words.codes, [word.translate(CLEAN) for word in words.values])


def _names(messages: list[Message], kind: Kinds) -> list[str | None]:
    names: list[str | None] = [m.event for m in messages]
    for row in np.flatnonzero((kind == MessageKind.PAGE) | (kind == MessageKind.SCREEN)).tolist():
        names[row] = _view_name(messages[row].name, "Page" if kind[row] == MessageKind.PAGE else "Screen")
    for row in np.flatnonzero(kind >= MessageKind.IDENTIFY).tolist():
        names[row] = None
    return names


def _view_name(name: str | None, what: str) -> str:
    return f"Viewed {name} {what}" if name else f"Viewed a {what}"


def _payloads(messages: list[Message], calls: list[int]) -> pa.BinaryArray:
    """Copied end to end, without an object each."""
    payloads = list(map(attrgetter("properties"), messages))
    for row in calls:
        payloads[row] = messages[row].traits
    ends = np.zeros(len(payloads) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, payloads), np.int32, len(payloads)), out=ends[1:])
    whole = pa.py_buffer(b"".join(payloads))
    return pa.Array.from_buffers(pa.binary(), len(payloads), [None, pa.py_buffer(ends), whole])


def _read(
    records: Sequence[Record], parse: Callable[[bytes], _Body]
) -> tuple[list[tuple[Record, _Body]], list[BadBody]]:
    good: list[tuple[Record, _Body]] = []
    bad: list[BadBody] = []
    for record in records:
        try:
            good.append((record, parse(record.body)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as reason:
            bad.append(unreadable(record, "undecodable", f"the body cannot be read: {reason}"))
    return good, bad
