"""Arrow bodies of imports into columns: events as whole columns, other records as typed row batches.

Reads : events.log.Record with Codec.ARROW (events.wire, 'Arrow bodies'; columns of customers.kinds)
Gives : read_arrow() -> ArrowBody; events_of() -> EventColumns; rows_of() -> RowBatch

Events are coded with Arrow's dictionaries and never pass through Python row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from forestay.customers.kinds import FIELDS, FieldType, ImportKind
from forestay.events.log import Record
from forestay.events.wire import ARROW_KIND, ARROW_SOURCE
from forestay.kit.clock import days_of
from forestay.sources.columns import BadBody, EventColumns, Floats, Int64s, Told, Words, no_words
from forestay.sources.decode import CLEAN, unreadable
from forestay.sources.hashing import hashes_of_column

ARROW_TYPES: Mapping[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.NUMBER: pa.float64(),
    FieldType.MONEY: pa.float64(),
    FieldType.MOMENT: pa.timestamp("us", "UTC"),
    FieldType.DAY: pa.date32(),
    FieldType.FLAG: pa.bool_(),
    FieldType.JSON: pa.string(),
}


@dataclass(frozen=True, slots=True)
class ArrowBody:
    """One body of imported rows. source: the file or connector it came from."""

    record: Record
    kind: ImportKind
    source: str
    table: pa.Table


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Rows of one kind in the order given. columns: field of FIELDS[kind] -> values, None where not given;
    a field that is not a key says nothing about the rows. traits: JSON text or None. received: microseconds UTC."""

    kind: ImportKind
    position: int
    received: int
    columns: Mapping[str, Sequence[Any]]
    traits: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.traits)


def read_arrow(records: Sequence[Record]) -> tuple[list[ArrowBody], list[BadBody]]:
    """Open the bodies, each with every column of its kind in our type; those that cannot be are bad."""
    good: list[ArrowBody] = []
    bad: list[BadBody] = []
    for record in records:
        try:
            with pa.ipc.open_stream(record.body) as stream:
                table = stream.read_all()
            about = table.schema.metadata or {}
            kind = ImportKind(about[ARROW_KIND].decode())
            good.append(ArrowBody(record, kind, about.get(ARROW_SOURCE, b"").decode(), _typed(table, kind)))
        except (pa.ArrowException, ValueError, KeyError) as reason:
            bad.append(unreadable(record, "undecodable", f"the imported rows cannot be read: {reason!r}"))
    return good, bad


def events_of(bodies: Sequence[ArrowBody], zone: str) -> EventColumns:
    """Columns of imported events; the bodies are all of kind EVENTS and of one workspace."""
    counts = [body.table.num_rows for body in bodies]
    rows = pa.concat_tables([body.table for body in bodies])
    position = np.repeat(np.array([body.record.position for body in bodies], np.int64), counts)
    received = np.repeat(np.array([body.record.received_at for body in bodies], np.int64), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    at = np.minimum(_micros(rows["at"], received), received)
    keys = rows["row_key"].combine_chunks()
    return EventColumns(
        workspace_id=bodies[0].record.workspace_id,
        is_import=True,
        position=position,
        part=(np.arange(rows.num_rows) - starts).astype(np.int32),
        kind=np.zeros(rows.num_rows, np.uint8),
        message_hash=hashes_of_column(keys),
        message_id=Told(keys),
        user=_coded(rows["user_id"], "u:"),
        anonymous=no_words(rows.num_rows),
        account=_coded(rows["account_id"], ""),
        name=_coded(rows["event"], ""),
        at=at,
        received=received,
        day=days_of(at, zone),
        weight=_numbers(rows["weight"], 1.0),
        value=_numbers(rows["value"], np.nan),
        payload=Told(pc.fill_null(rows["properties"].combine_chunks(), "").cast(pa.binary())),
        previous={},
    )


def rows_of(body: ArrowBody) -> RowBatch:
    """The rows of a body that is not events; a field whose column is wholly empty is left out."""
    given = [f.name for f in FIELDS[body.kind] if body.table[f.name].null_count < body.table.num_rows]
    columns = {name: body.table[name].to_pylist() for name in given}
    traits = body.table["traits"].to_pylist()
    return RowBatch(body.kind, body.record.position, body.record.received_at, columns, traits)


def _typed(table: pa.Table, kind: ImportKind) -> pa.Table:
    columns = {f.name: ARROW_TYPES[f.type] for f in FIELDS[kind]} | {"row_key": pa.string(), "traits": pa.string()}
    present = set(table.schema.names)
    if kind is ImportKind.EVENTS and "row_key" not in present:
        raise KeyError("row_key")
    arrays = {
        name: table[name].cast(type_) if name in present else pa.nulls(table.num_rows, type_)
        for name, type_ in columns.items()
    }
    return pa.table(arrays)


def _coded(words: pa.ChunkedArray, prefix: str) -> Words:
    coded = words.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    values = pc.binary_join_element_wise(prefix, coded.dictionary, "").to_pylist()
    if pc.any(pc.match_substring(coded.dictionary, "\x00")).as_py():
        values = [word.translate(CLEAN) for word in values]
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    if "" in values or prefix in values:
        codes[codes == values.index(prefix)] = -1
    return Words(codes, values)


def _micros(moments: pa.ChunkedArray, otherwise: Int64s) -> Int64s:
    whole = moments.combine_chunks().cast(pa.int64())
    micros: Int64s = whole.fill_null(0).to_numpy(zero_copy_only=False)
    return np.where(np.asarray(whole.is_valid()), micros, otherwise)


def _numbers(values: pa.ChunkedArray, missing: float) -> Floats:
    numbers: Floats = values.combine_chunks().fill_null(missing).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(numbers), missing, numbers)
