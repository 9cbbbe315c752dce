"""A check of imported rows before they go into the log: is this an Arrow stream that the tick can read?

Gives : checked_rows(), ARROW_LIMIT_BYTES, NotRows
Source: events/wire.py, 'Arrow bodies'
"""

from __future__ import annotations

from forestay.customers.kinds import ImportKind
from forestay.events.wire import ARROW_KIND
from forestay.kit.errors import Invalid

ARROW_LIMIT_BYTES = 16_000_000
_ROW_KEY = "row_key"


class NotRows(Invalid):
    """The body is no Arrow stream of one of our kinds; docs/connect-your-data.md shows one."""

    code = "not_rows"
    http_status = 400


def checked_rows(body: bytes) -> int:
    """How many rows the stream holds. Raises NotRows. Blocks for as long as reading takes."""
    # Here and not above: a server that never sees an import does not pay for Arrow's memory.
    import pyarrow as pa
    import pyarrow.ipc

    try:
        with pyarrow.ipc.open_stream(body) as stream:
            metadata = stream.schema.metadata or {}
            kind = ImportKind(metadata.get(ARROW_KIND, b"").decode())
            if _ROW_KEY not in stream.schema.names:
                raise NotRows(f"every row of {kind} needs a {_ROW_KEY}")
            rows = 0
            for batch in stream:
                batch.validate(full=True)
                rows += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise NotRows(f"the body is no Arrow stream with forestay.kind in its metadata: {error}") from error
    return rows
