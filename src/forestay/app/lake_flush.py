"""Step 8 of the tick: events wait in a buffer and go to the lake in large batches, in a thread of their own.

Gives : LakeBuffer
Reads : LakeBatch of each committed tick; Settings.lake_flush_events, Settings.lake_flush_seconds
Source: DESIGN section 3 (flush at 50k events or 60 s) and section 4 (the lake has its own position)

Nothing is lost when the process dies: the log is kept until the lake has passed it, and replay hands over again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import pyarrow as pa

from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.kit.telemetry import span
from forestay.lake.batch import LakeBatch
from forestay.lake.engine import LAKE_TROUBLE

_log = get_logger(__name__)
_MOST_BATCHES_WAITING = 20
"""The tick waits when the buffer holds this many flushes (a million events, some 130 MB): the lake must keep up, or
memory would grow. Larger batches are written for less: the lake's files are by day."""
_RETRY_SECONDS = 1.0
_TABLES = ("events", "adopted", "facts", "records", "joins")


class LakeBroken(ForestayError):
    """The lake cannot be written for a reason that waiting does not mend: look at the log lines; start again."""

    code = "lake_broken"

    def __init__(self, why: BaseException) -> None:
        super().__init__(f"the lake cannot be written: {why!r}")


class Flushing(Protocol):
    """What the buffer needs of a LakeWriter."""

    def flush(self, batch: LakeBatch) -> None:
        """Write a batch; repeating it changes nothing."""
        ...

    def position(self) -> int:
        """The log position that every table has passed."""
        ...


class LakeBuffer:
    """Batches on their way to the lake. One thread flushes; the tick only appends."""

    def __init__(
        self, writer: Flushing, *, flush_rows: int, flush_seconds: float, after: Callable[[int], None] = lambda _: None
    ) -> None:
        """after: called with the lake's new position after each flush, in the flushing thread."""
        self._writer, self._flush_rows, self._flush_seconds, self._after = writer, flush_rows, flush_seconds, after
        self._changed = threading.Condition()
        self._waiting: list[LakeBatch] = []
        self._rows = 0
        self._since = 0.0
        self._flush_now = self._is_closing = False
        self._broken: BaseException | None = None
        self._handed = writer.position()
        self._flushed = writer.position()
        self._thread = threading.Thread(target=self._run, name="lake", daemon=True)
        self._thread.start()

    @property
    def position(self) -> int:
        """The log position that the lake has passed."""
        return self._flushed

    def hand(self, batches: Sequence[LakeBatch], up_to: int) -> None:
        """Take over what a committed tick (or a silent replay) came to; blocks while the lake is far behind."""
        with self._changed:
            limit = _MOST_BATCHES_WAITING * self._flush_rows
            self._changed.wait_for(lambda: self._rows < limit or self._is_closing or self._broken is not None)
            if self._broken is not None:
                raise LakeBroken(self._broken)
            if not self._waiting or self._handed <= self._flushed:
                self._since = time.monotonic()
            self._waiting += batches
            self._rows += sum(_rows_of(batch) for batch in batches)
            self._handed = max(self._handed, up_to)
            self._changed.notify_all()

    def flush(self, timeout_seconds: float = 60.0) -> bool:
        """Flush all that was handed over and wait for it; False when the time ran out."""
        with self._changed:
            wanted, self._flush_now = self._handed, True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._flushed >= wanted or self._broken is not None, timeout_seconds)
            return self._flushed >= wanted

    def close(self) -> None:
        """Flush what waits and end the thread; what cannot be flushed is in the log still."""
        with self._changed:
            self._is_closing = self._flush_now = True
            self._changed.notify_all()
        self._thread.join(timeout=60.0)

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as reason:  # told to whoever hands over next, in their own thread
            with self._changed:
                self._broken = reason
                self._changed.notify_all()
            raise

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_due() or self._is_closing, timeout=self.rest_seconds())
                if not self._is_due():
                    if self._is_closing:
                        return
                    continue
                batches, up_to = self._waiting, self._handed
                self._waiting, self._rows, self._flush_now = [], 0, False
                self._changed.notify_all()
            if not self._flush(batches, up_to):
                return
            with self._changed:
                self._flushed = up_to
                self._changed.notify_all()
            self._after(up_to)

    def rest_seconds(self) -> float | None:
        """How long nothing is to do unless more is handed over; None: until then. Ticks without bodies and rows that the
        lake has passed never become due."""
        if not self._waiting or self._handed <= self._flushed:
            return None
        return max(0.0, self._left())

    def _is_due(self) -> bool:
        if self._handed <= self._flushed:
            self._flush_now = False
            return False
        return self._flush_now or self._rows >= self._flush_rows or (bool(self._waiting) and self._left() <= 0)

    def _left(self) -> float:
        return self._since + self._flush_seconds - time.monotonic()

    def _flush(self, batches: Sequence[LakeBatch], up_to: int) -> bool:
        """Write until it is written; False when it is time to end instead."""
        whole = together(batches, up_to)
        while True:
            try:
                with span("lake.flush", up_to=up_to, events=whole.events.num_rows):
                    self._writer.flush(whole)
                return True
            except LAKE_TROUBLE as reason:
                _log.warning("lake_flush_failed", up_to=up_to, reason=str(reason)[:300])
                with self._changed:
                    if self._changed.wait_for(lambda: self._is_closing, timeout=_RETRY_SECONDS):
                        return False


def together(batches: Sequence[LakeBatch], up_to: int) -> LakeBatch:
    """One batch of many; up_to: the position that it brings the lake to."""
    empty = LakeBatch(up_to)
    tables = {
        name: pa.concat_tables([getattr(batch, name) for batch in batches]) if batches else getattr(empty, name)
        for name in _TABLES
    }
    return LakeBatch(up_to, **tables)


def _rows_of(batch: LakeBatch) -> int:
    return sum(int(getattr(batch, name).num_rows) for name in _TABLES)
