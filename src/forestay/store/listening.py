"""What transactions of all processes changed, as it is committed: one connection that listens.

Gives : changes()
Reads : NOTIFY on the channel of store/changes.py
Source: PostgreSQL, LISTEN. Behind a pooler that shares sessions (pgbouncer in transaction mode) nothing is heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import psycopg

from forestay.kit.logs import get_logger
from forestay.store.changes import CHANNEL, Change, read_change

_log = get_logger(__name__)
_CONNECT_SECONDS = 10
_AGAIN_SECONDS = (0.2, 1.0, 3.0)


async def changes(dsn: str) -> AsyncIterator[Change | None]:
    """Every change from now on; None says that listening has begun (again): what was before that may be unheard."""
    tries = 0
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name="forestay_stream",
                keepalives_idle=15, keepalives_interval=5, keepalives_count=3,
            ) as connection:  # fmt: skip
                await connection.execute(f"LISTEN {CHANNEL}")
                tries = 0
                yield None
                async for one in connection.notifies():
                    change = _read(one.payload)
                    if change is not None:
                        yield change
        except psycopg.OperationalError as away:
            _log.warning("stream_not_listening", reason=str(away).splitlines()[0] if str(away) else type(away).__name__)
        await asyncio.sleep(_AGAIN_SECONDS[min(tries, len(_AGAIN_SECONDS) - 1)])
        tries += 1


def _read(payload: str) -> Change | None:
    """None for what another version of Forestay says, while two run on one database."""
    try:
        return read_change(payload)
    except msgspec.MsgspecError:
        _log.warning("stream_change_not_understood")
        return None
