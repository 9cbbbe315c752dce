"""What a tick tells the lake, as its tables: events, adopted counts, facts, records, joins.

Reads : Intake, Remembered
Gives : lake_batch()
Accounts stand there under the store's id, users under their number in Identities.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa

from forestay.app.intake import Intake, Kept
from forestay.app.remembering import DatedFact
from forestay.app.shard import WorkspaceMemory
from forestay.lake.batch import ADOPTED, LakeBatch
from forestay.lake.tables import EVENTS, FACTS, JOINS, RECORDS, conform
from forestay.measures.ring import Ints
from forestay.sources.columns import FIRST_CALL, MessageKind, Told, Words
from forestay.sources.identity import NOBODY, Joined

_TYPES = pa.array([kind.name.lower() for kind in MessageKind])


def lake_batch(space: WorkspaceMemory, intake: Intake, facts: list[DatedFact], up_to: int) -> LakeBatch:
    """One workspace's part of a tick; up_to: the tick's last position."""
    empty = LakeBatch(up_to)
    events = [_events(space, kept) for kept in intake.kept]
    return LakeBatch(
        up_to,
        pa.concat_tables(events) if events else empty.events,
        _adopted(space, intake) if intake.adopted else empty.adopted,
        _facts(space, facts) if facts else empty.facts,
        _records(space, intake) if intake.rows else empty.records,
        _joins(space, intake) if intake.moved else empty.joins,
    )


def _events(space: WorkspaceMemory, kept: Kept) -> pa.Table:
    columns, who = kept.columns, kept.resolved
    is_event = columns.kind < FIRST_CALL
    return conform(
        pa.table(
            {
                "workspace_id": np.full(len(columns), columns.workspace_id),
                "day": columns.day,
                "received_at": columns.received,
                "at": columns.at,
                "position": columns.position,
                "part": columns.part,
                "message_id": _column(columns.message_id, pa.string()),
                "type": pa.DictionaryArray.from_arrays(columns.kind.astype(np.int8), _TYPES).cast(pa.string()),
                "event": _texts(columns.name),
                "user_key": _texts(columns.user),
                "user": _numbers(who.user, who.user),
                "account_id": _texts(columns.account),
                "account": _numbers(_ids(space, who.account), who.account),
                "weight": np.where(is_event, np.rint(columns.weight), 0).astype(np.int64),
                "value": pa.array(columns.value, from_pandas=True),
                "properties": _payloads(columns.payload),
            }
        ),
        EVENTS,
    )


def _texts(words: Words) -> pa.Array:
    codes = pa.array(words.codes, mask=words.codes < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(words.values, pa.string())).cast(pa.string())


def _ids(space: WorkspaceMemory, rows: np.ndarray[tuple[int], np.dtype[np.int32]] | Ints) -> Ints:
    ids: Ints = np.append(space.known.account_ids.values, 0)[rows]  # -1, nobody, finds the 0 at the end
    return ids


def _numbers(values: Ints, present: np.ndarray[tuple[int], np.dtype[np.int32]] | Ints) -> pa.Array:
    return pa.array(values, mask=np.asarray(present) == NOBODY)


def _column(told: Sequence[object] | Told, type_: pa.DataType) -> pa.Array:
    return told.column if isinstance(told, Told) else pa.array(told, type_)


def _payloads(payloads: Sequence[bytes] | Told) -> pa.Array:
    raw = _column(payloads, pa.binary())
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:  # bytes that are no UTF-8 inside a body that was taken as it came
        return pa.array([(one or b"").decode(errors="replace") for one in raw.to_pylist()], pa.string())


def _adopted(space: WorkspaceMemory, intake: Intake) -> pa.Table:
    parts = [
        pa.table(
            {
                "workspace_id": np.full(len(one.accounts), space.workspace_id),
                "account": _ids(space, one.accounts),
                "user": one.waiting.users,
                "event": pa.array(one.waiting.names, pa.string()),
                "day": pa.array(one.waiting.days, pa.int32()).cast(pa.date32()),
                "weight": one.waiting.weights,
                "position": np.full(len(one.accounts), one.position),
            },
            schema=ADOPTED,
        )
        for one in intake.adopted
    ]
    return pa.concat_tables(parts)


def _facts(space: WorkspaceMemory, facts: list[DatedFact]) -> pa.Table:
    rows = {
        "workspace_id": [space.workspace_id] * len(facts),
        "account": [space.known.account_ids[one.account] for one in facts],
        "fact": [one.fact.name for one in facts],
        "day": pa.array([one.fact.day for one in facts], pa.int32()),
        "value": [one.fact.value for one in facts],
        "count": [one.fact.count for one in facts],
        "position": [one.position for one in facts],
    }
    return conform(pa.table(rows), FACTS)


def _records(space: WorkspaceMemory, intake: Intake) -> pa.Table:
    known, rows = space.known, intake.rows
    told = {
        "workspace_id": [space.workspace_id] * len(rows),
        "kind": [row.kind.value for row in rows],
        "key": [row.key for row in rows],
        "account": [known.account_ids[row.account] if row.account != NOBODY else None for row in rows],
        "position": [row.position for row in rows],
        "part": pa.array([row.part for row in rows], pa.int32()),
        "received_at": [row.told_at for row in rows],
        "body": [msgspec.json.encode({**row.fields, "traits": row.traits}).decode() for row in rows],
    }
    return conform(pa.table(told), RECORDS)


def _joins(space: WorkspaceMemory, intake: Intake) -> pa.Table:
    ids, rows = space.known.account_ids, intake.moved
    is_user = [isinstance(one.step, Joined) for one in rows]
    into = [one.step.kept if isinstance(one.step, Joined) else ids[one.step.stays] for one in rows]
    gone = [one.step.gone if isinstance(one.step, Joined) else ids[one.step.gone] for one in rows]
    told = {
        "workspace_id": [space.workspace_id] * len(rows),
        "kind": ["user" if user else "account" for user in is_user],
        "gone": gone,
        "into": into,
        "position": [one.position for one in rows],
        "part": pa.array([one.part for one in rows], pa.int32()),
    }
    return conform(pa.table(told), JOINS)
