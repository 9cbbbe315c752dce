"""A reader of the file log, in any process: it reads up to the mark and sleeps on a bell.

Gives : FileLogReader
"""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_right
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from forestay.events.drivers.file_bell import Bell
from forestay.events.drivers.file_format import HEADER_BYTES, Header, header_at, is_intact
from forestay.events.drivers.file_mark import DurableMark
from forestay.events.drivers.file_segments import Segment, make_folder_durable, segments_in
from forestay.events.log import Codec, LogDamaged, LogForgotten, Record

RUN = "run"
_LONGEST_SLEEP_SECONDS = 0.25
"""The mark is looked at this often while a reader waits: a safety net below the bell, 4 cheap wake-ups a second."""
_SKIP_BYTES = 1_000_000


class FileLogReader:
    """Reads durable records of one folder; the writer may be another process, or come later."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock, self._asleep = threading.Lock(), threading.Lock()
        self._mark: DurableMark | None = None
        self._bell = Bell(folder / RUN)
        self._is_closed = False
        self._segments: list[Segment] = []
        self._open: tuple[Segment, int] | None = None
        self._places: dict[int, tuple[int, int]] = {}
        """Per segment (by first position): the record that was to be read next, and its byte offset."""

    def last_position(self) -> int:
        """Position of the last durable record, 0 for an empty log."""
        if self._mark is None:
            with suppress(FileNotFoundError):
                self._mark = DurableMark(self._folder, writable=False)
        return 0 if self._mark is None else self._mark.position

    def first_position(self) -> int:
        """Position of the oldest record kept; last_position() + 1 when nothing is kept."""
        segments = segments_in(self._folder)
        return segments[0].first if segments else self.last_position() + 1

    def position_before(self, received_at: int) -> int:
        """See events.log.LogReader."""
        last, segments = self.last_position(), segments_in(self._folder)
        if not segments or (self._mark is not None and 0 < self._mark.received_at < received_at):
            return last
        with self._lock:
            older = [next_.first - 1 for next_ in segments[1:] if self._received_first(next_) < received_at]
        return older[-1] if older else segments[0].first - 1

    def read(self, after: int, limit_bytes: int = 8_000_000) -> list[Record]:
        """See events.log.LogReader."""
        last = self.last_position()
        records: list[Record] = []
        with self._lock:
            while after < last and limit_bytes > 0:
                try:
                    some = self._read_segment(self._segment_with(after + 1), after + 1, last, limit_bytes)
                except FileNotFoundError as error:  # retention took the file between looking and opening
                    raise LogForgotten(after, self.first_position()) from error
                records += some
                after += len(some)
                limit_bytes -= sum(len(one.body) + HEADER_BYTES for one in some)
        return records

    def wait(self, after: int, timeout_seconds: float) -> bool:
        """See events.log.LogReader."""
        deadline = time.monotonic() + timeout_seconds
        with self._asleep:
            while not self._is_closed:
                self._bell.silence()
                if self.last_position() > after:
                    return True
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._bell.listen(min(left, _LONGEST_SLEEP_SECONDS))
        return False

    def forget(self, up_to: int) -> int:
        """Drop sealed segments (all but the last) whose records are all <= up_to; gives the new first position."""
        segments = segments_in(self._folder)
        gone = [old for old, new in pairwise(segments) if new.first - 1 <= up_to]
        for segment in gone:
            segment.path.unlink(missing_ok=True)
        if gone:
            make_folder_durable(self._folder)
        return self.first_position()

    def close(self) -> None:
        """Let go; a wait() in another thread ends."""
        if self._is_closed:
            return
        self._is_closed = True
        self._bell.ring()
        with self._asleep, self._lock:
            self._let_go_of_file()
            self._bell.close()
            if self._mark is not None:
                self._mark.close()

    def _segment_with(self, position: int) -> Segment:
        """The file that holds this record; the folder is looked at again when the known ones do not."""
        place = bisect_right(self._segments, position, key=lambda one: one.first) - 1
        if place < 0 or place == len(self._segments) - 1 or not self._segments[place].path.exists():
            self._segments = segments_in(self._folder)
            self._places = {one.first: self._places[one.first] for one in self._segments if one.first in self._places}
            place = bisect_right(self._segments, position, key=lambda one: one.first) - 1
        if place < 0:
            raise LogForgotten(position - 1, self._segments[0].first if self._segments else self.last_position() + 1)
        return self._segments[place]

    def _read_segment(self, segment: Segment, position: int, last: int, limit_bytes: int) -> list[Record]:
        """At least one record from `position` on, no further than `last`, out of one file."""
        offset = self._offset_of(segment, position)
        records: list[Record] = []
        buffer = self._bytes_at(segment, offset, limit_bytes)
        at = 0
        while position + len(records) <= last:
            header = header_at(buffer, at)
            if header is None or at + HEADER_BYTES + header.length > len(buffer):
                if records:
                    break  # the rest comes with the next call, or stands in the next segment
                buffer = self._one_record(segment, offset, position)
                header = header_at(buffer, at)
            if header is None or header.position != position + len(records) or not is_intact(buffer, at, header):
                raise self._damage(segment, offset + at, position + len(records))
            records.append(_record(buffer, at, header))
            at += HEADER_BYTES + header.length
        self._places[segment.first] = (position + len(records), offset + at)
        return records

    def _received_first(self, segment: Segment) -> int:
        """When the first record of a segment came; the present when it has none yet."""
        header = header_at(self._bytes_at(segment, 0, HEADER_BYTES), 0)
        return time.time_ns() // 1000 if header is None else header.received_at

    def _one_record(self, segment: Segment, offset: int, position: int) -> memoryview:
        """The bytes of one record that is larger than what was asked for."""
        header = header_at(self._bytes_at(segment, offset, HEADER_BYTES), 0)
        if header is None:
            raise self._damage(segment, offset, position)
        return self._bytes_at(segment, offset, HEADER_BYTES + header.length)

    def _offset_of(self, segment: Segment, position: int) -> int:
        """Where a record begins: known when reading on in order, otherwise found from the segment's start."""
        known, offset = self._places.get(segment.first, (segment.first, 0))
        if known > position:
            known, offset = segment.first, 0
        while known < position:
            buffer = self._bytes_at(segment, offset, _SKIP_BYTES)
            header = header_at(buffer, 0)
            if header is None or header.position != known:
                raise self._damage(segment, offset, known)
            at = 0
            while header is not None and known < position:
                at += HEADER_BYTES + header.length
                known += 1
                header = header_at(buffer, at)
            offset += at
        return offset

    def _bytes_at(self, segment: Segment, offset: int, count: int) -> memoryview:
        size = self._size(segment)
        assert self._open is not None
        return memoryview(os.pread(self._open[1], min(count, max(0, size - offset)), offset))

    def _size(self, segment: Segment) -> int:
        if self._open is None or self._open[0] != segment:
            self._let_go_of_file()
            self._open = (segment, os.open(segment.path, os.O_RDONLY))
        return os.fstat(self._open[1]).st_size

    def _let_go_of_file(self) -> None:
        if self._open is not None:
            os.close(self._open[1])
            self._open = None

    def _damage(self, segment: Segment, offset: int, position: int) -> LogDamaged:
        return LogDamaged(str(segment.path), offset, position, "is durable but cannot be read back")


def _record(buffer: memoryview, at: int, header: Header) -> Record:
    start = at + HEADER_BYTES
    body = bytes(buffer[start : start + header.length])
    return Record(header.position, header.received_at, header.workspace_id, Codec(header.codec), body)
