"""Bodies of the log as a sender would have made them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from forestay.customers.kinds import FIELDS, ImportKind
from forestay.events.log import Codec, Record
from forestay.events.wire import ARROW_KIND, ARROW_SOURCE
from forestay.sources.decode_arrow import ARROW_TYPES

NOON = 1_795_348_800_000_000
"""2026-11-22T12:00:00Z in microseconds."""


def body_of(*messages: Mapping[str, Any], sent_at: str | None = None) -> bytes:
    return msgspec.json.encode({"batch": messages, **({"sentAt": sent_at} if sent_at else {})})


def segment(position: int, *messages: Mapping[str, Any], workspace: int = 1, received: int = NOON) -> Record:
    return Record(position, received, workspace, Codec.SEGMENT, body_of(*messages))


def control(position: int, kind: str, subject: str, into: str | None = None, workspace: int = 1) -> Record:
    body = msgspec.json.encode({"kind": kind, "subject": subject, "into": into})
    return Record(position, NOON, workspace, Codec.CONTROL, body)


def track(message: str, event: str = "Report Run", **rest: Any) -> dict[str, Any]:
    group = rest.pop("account", None)
    context = {"context": {"groupId": group}} if group else {}
    return {"type": "track", "messageId": message, "event": event, **context, **rest}


def identify(message: str, user: str, anonymous: str | None = None, **rest: Any) -> dict[str, Any]:
    group = rest.pop("account", None)
    context = {"context": {"groupId": group}} if group else {}
    device = {"anonymousId": anonymous} if anonymous else {}
    return {"type": "identify", "messageId": message, "userId": user, **device, **context, **rest}


def group(message: str, account: str, **rest: Any) -> dict[str, Any]:
    return {"type": "group", "messageId": message, "groupId": account, **rest}


def arrow(
    position: int, kind: ImportKind, rows: Sequence[Mapping[str, Any]], workspace: int = 1, received: int = NOON
) -> Record:
    """An import's body; a row without row_key gets one of its place."""
    types = {f.name: ARROW_TYPES[f.type] for f in FIELDS[kind]} | {"row_key": pa.string(), "traits": pa.string()}
    keyed = [{"row_key": f"{position}:{n}", **row} for n, row in enumerate(rows)]
    given = {name for row in keyed for name in row}
    columns = {n: pa.array([row.get(n) for row in keyed], t) for n, t in types.items() if n in given}
    batch = pa.RecordBatch.from_pydict(columns).replace_schema_metadata(
        {ARROW_KIND: kind.value.encode(), ARROW_SOURCE: b"test.csv"}
    )
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return Record(position, received, workspace, Codec.ARROW, sink.getvalue())
