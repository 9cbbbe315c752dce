"""The file driver: an event log in a folder of one machine, written by one process and read by any number.

Gives : FileLog (the writer's view), FileLogReader (for every other process)
Source: DESIGN section 3; measured there: 318k events/s at 100 events a body, answered after the sync.

In the folder: `<first position>.seg` segments, `durable` (the mark), `writer.lock`, `run/` (readers' bells). A
backup takes the segments only, oldest first; everything else is made anew.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from forestay.events.drivers.file_bell import BellRinger
from forestay.events.drivers.file_mark import DurableMark
from forestay.events.drivers.file_reader import RUN, FileLogReader
from forestay.events.drivers.file_segments import SegmentWriter, Tail, repaired_tail, segments_in, tail_of
from forestay.events.drivers.group_commit import GroupCommit, Waiting
from forestay.events.log import Codec, LogDamaged, LogFull, LogInUse, Record

__all__ = ["FileLog", "FileLogReader"]

_SWITCH_SECONDS = 0.0005


def _micros_now() -> int:
    return time.time_ns() // 1000


class FileLog:
    """The one writer. Opening it repairs a torn tail; see events.log.EventLog for what each method promises."""

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = 64_000_000,
        waiting_limit_bytes: int = 128_000_000,
        micros_now: Callable[[], int] = _micros_now,
    ) -> None:
        """Raises LogInUse when another process writes this folder, LogDamaged when acknowledged records are unreadable."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._micros_now = folder, micros_now
        self._lock = _writer_lock(folder)
        try:
            self._mark = DurableMark(folder, writable=True)
            self._writer = _opened(folder, self._mark, segment_bytes)
        except BaseException:
            os.close(self._lock)
            raise
        self._mark.publish(self._writer.next_position - 1, self._writer.received_at)
        self._ringer = BellRinger(folder / RUN)
        self._reader = FileLogReader(folder)
        self._writing = threading.Lock()
        # The disk answers in less than a millisecond; at Python's 5 ms a busy event loop would keep the log's thread
        # from the next group for far longer than that.
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
        self._commits = GroupCommit(self._commit, waiting_limit_bytes=waiting_limit_bytes)
        self._is_closed = False

    async def append(self, workspace_id: int, codec: Codec, body: bytes) -> int:
        """Write one body; gives its position once it is durable."""
        return await self._commits.submit(workspace_id, codec, body, self._micros_now())

    def read(self, after: int, limit_bytes: int = 8_000_000) -> Sequence[Record]:
        """Durable records after a position."""
        return self._reader.read(after, limit_bytes)

    def wait(self, after: int, timeout_seconds: float) -> bool:
        """Block until there is a record after a position; not for the event loop's thread."""
        return self._reader.wait(after, timeout_seconds)

    def last_position(self) -> int:
        """Position of the last durable record."""
        return self._reader.last_position()

    def first_position(self) -> int:
        """Position of the oldest record kept."""
        return self._reader.first_position()

    def position_before(self, received_at: int) -> int:
        """Up to where everything came before a moment."""
        return self._reader.position_before(received_at)

    def forget(self, up_to: int) -> int:
        """As for a reader; the writer also seals the last segment, so that a quiet log can be forgotten whole."""
        first = self._reader.forget(up_to)
        with self._writing:
            if self._writer.next_position - 1 > up_to:
                return first
            self._writer.roll()
        return self._reader.forget(up_to)

    def close(self) -> None:
        """Commit what waits and let go of the folder."""
        if self._is_closed:
            return
        self._is_closed = True
        self._commits.close()
        self._reader.close()
        self._ringer.close()
        self._writer.close()
        self._mark.close()
        os.close(self._lock)

    def _commit(self, group: Sequence[Waiting]) -> int:
        """Runs in the log's thread."""
        with self._writing:
            first = self._writer.next_position
            try:
                self._writer.write(group)
            except OSError as error:
                raise LogFull(str(self._folder)) from error
        self._mark.publish(self._writer.next_position - 1, self._writer.received_at)
        self._ringer.ring()
        return first


def _writer_lock(folder: Path) -> int:
    """Hold the folder until this descriptor is closed or the process dies."""
    path = folder / "writer.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LogInUse(str(folder), path.read_text() or "unknown") from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _opened(folder: Path, mark: DurableMark, segment_bytes: int) -> SegmentWriter:
    """The last segment, repaired, ready for the next record."""
    segments = segments_in(folder)
    if not segments:
        if mark.position:
            raise LogDamaged(str(folder), 0, mark.position, "was acknowledged, and all segments are gone")
        return SegmentWriter(folder, Tail(0, 1, 0), 1, segment_bytes)
    tail = repaired_tail(segments[-1], mark.position)
    received_at = max(tail.received_at, mark.received_at)
    if received_at == 0 and len(segments) > 1:
        received_at = tail_of(segments[-2].path.read_bytes(), segments[-2].first).received_at
    return SegmentWriter(folder, replace(tail, received_at=received_at), segments[-1].first, segment_bytes)
