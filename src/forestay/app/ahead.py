"""Reads and decodes the bodies that come after a tick's, in a thread, while the tick works and waits for the store.

Reads : the event log
Gives : Ahead, ReadAhead

Only while bodies wait, that is during large imports and after a halt. Nothing here changes memory: what was decoded
ahead is what the tick would have decoded, or it is thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from forestay.app.decoded import NOTHING_READY, DecodedImports, Ready, decode_imports
from forestay.events.log import Codec, LogReader, Record


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """Records after a position, in order, and what of them is decoded."""

    records: Sequence[Record] = ()
    ready: Ready = field(default_factory=lambda: NOTHING_READY)

    @property
    def size(self) -> int:
        """Bytes of the bodies."""
        return sum(len(record.body) for record in self.records)


NOTHING_AHEAD = ReadAhead()


@dataclass(slots=True)
class Ahead:
    """One thread that is at most one tick ahead. start() and take() are called by the tick's thread."""

    log: LogReader
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "ahead"))
    _after: int = -1
    _under_way: Future[ReadAhead] | None = None

    def start(self, after: int, limit_bytes: int, zones: Mapping[int, str]) -> None:
        """Begin with the records after a position. zones: by workspace, those of others are not decoded."""
        self._after = after
        self._under_way = self._pool.submit(self._read, after, limit_bytes, dict(zones))

    def take(self, after: int) -> ReadAhead:
        """What was begun for this position, when it is done; nothing when something else was, or it failed: whoever
        reads and decodes it again learns why."""
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            return NOTHING_AHEAD
        failed = under_way.exception() is not None
        return NOTHING_AHEAD if failed or after != self._after else under_way.result()

    def close(self) -> None:
        """End the thread after what it is doing."""
        self._pool.shutdown(cancel_futures=True)

    def _read(self, after: int, limit_bytes: int, zones: Mapping[int, str]) -> ReadAhead:
        records = self.log.read(after, limit_bytes)
        ready: dict[int, DecodedImports] = {}
        for number, zone in zones.items():
            mine = [record for record in records if record.workspace_id == number]
            for codec, run in groupby(mine, key=lambda record: record.codec):
                if codec is Codec.ARROW:
                    some = list(run)
                    ready[some[0].position] = decode_imports(some, zone)
        return ReadAhead(records, ready)
