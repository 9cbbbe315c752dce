"""Segment files: their names, the last one's repair, and the writing of a group so that it is durable or absent.

Gives : Segment, segments_in(), Tail, repaired_tail(), SegmentWriter, Outgoing
Reads : the log's folder; a segment is named for the position of its first record.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from forestay.events.drivers.file_format import HEADER_BYTES, acknowledged_after, frame_of, header_at, is_intact
from forestay.events.log import LogDamaged

_SUFFIX = ".seg"
_BUFFERS_PER_CALL = 1024
"""IOV_MAX of Linux and macOS."""
_OLDEST_SEGMENT_MICROS = 6 * 3600 * 1_000_000
"""A segment takes records for six hours at most, so that a quiet log can be forgotten about when it is due."""
_DSYNC: int = getattr(os, "RWF_DSYNC", 0)


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the log. first: position of its first record."""

    first: int
    path: Path


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the next record goes. offset: bytes; received_at: of the record before, began: of the first record here;
    both 0 when there is none."""

    offset: int
    position: int
    received_at: int
    began: int = 0


class Outgoing(Protocol):
    """A body on its way into the log. body_crc: crc32(body)."""

    workspace_id: int
    codec: int
    body: bytes
    body_crc: int
    received_at: int


def segments_in(folder: Path) -> list[Segment]:
    """The log's files, oldest first."""
    names = (name for name in os.listdir(folder) if name.endswith(_SUFFIX))
    return sorted(
        (Segment(int(name.removesuffix(_SUFFIX)), folder / name) for name in names), key=lambda one: one.first
    )


def segment_path(folder: Path, first: int) -> Path:
    """The file whose first record has this position."""
    return folder / f"{first:020d}{_SUFFIX}"


def tail_of(content: bytes, first: int) -> Tail:
    """The end of the intact records from the file's start."""
    buffer = memoryview(content)
    tail = Tail(0, first, 0)
    while (header := header_at(buffer, tail.offset)) is not None:
        if header.position != tail.position or not is_intact(buffer, tail.offset, header):
            break
        end = tail.offset + HEADER_BYTES + header.length
        tail = Tail(end, tail.position + 1, header.received_at, tail.began or header.received_at)
    return tail


def repaired_tail(segment: Segment, durable: int) -> Tail:
    """Cut a torn tail off the last segment and make what stays durable.

    durable: the position that the mark promises, 0 when there is no mark. Raises LogDamaged, and touches nothing,
    when a record that had been acknowledged is among the unreadable.
    """
    content = segment.path.read_bytes()
    tail = tail_of(content, segment.first)
    if tail.position <= durable or acknowledged_after(content, tail.offset, tail.position):
        raise LogDamaged(str(segment.path), tail.offset, tail.position, "was acknowledged and cannot be read")
    descriptor = os.open(segment.path, os.O_RDWR)
    try:
        if tail.offset < len(content):
            os.ftruncate(descriptor, tail.offset)
        make_durable(descriptor)
    finally:
        os.close(descriptor)
    return tail


def make_durable(descriptor: int) -> None:
    """Return once the file's bytes are on the disk (macOS needs its own word for that)."""
    if hasattr(fcntl, "F_FULLFSYNC"):
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def make_folder_durable(folder: Path) -> None:
    """Return once a new or removed name in the folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SegmentWriter:
    """Appends groups to the last segment and starts a new one when it is full, or so old that it holds up retention."""

    def __init__(self, folder: Path, tail: Tail, first: int, segment_bytes: int) -> None:
        self._folder, self._segment_bytes = folder, segment_bytes
        self._file = os.open(segment_path(folder, first), os.O_RDWR | os.O_CREAT, 0o640)
        make_folder_durable(folder)
        self._offset, self._began = tail.offset, tail.began
        self._is_dirty = False
        self.first = first
        self.next_position = tail.position
        self.received_at = tail.received_at

    def write(self, group: Sequence[Outgoing]) -> None:
        """Make the group durable and advance; on OSError nothing of it is in the log and the next call may succeed."""
        if self._is_dirty:
            self._undo()
        if self._offset >= self._segment_bytes or group[0].received_at - self._began >= _OLDEST_SEGMENT_MICROS:
            self.roll()
        frames, received_at = self._frames(group)
        try:
            written = write_durably(self._file, frames, self._offset)
        except OSError:
            # After a failed sync the pages may count as clean although they never reached the disk: a second sync
            # would lie. So the bytes are cut away and the senders are asked to send again.
            self._undo()
            raise
        self._began = self._began if self._offset else received_at
        self._offset += written
        self.next_position += len(group)
        self.received_at = received_at

    def roll(self) -> None:
        """Go on in a new file; does nothing when the present one is empty."""
        if self._offset == 0:
            return
        path = segment_path(self._folder, self.next_position)
        fresh = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        make_folder_durable(self._folder)
        os.close(self._file)
        self._file, self._offset, self.first = fresh, 0, self.next_position

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _frames(self, group: Sequence[Outgoing]) -> tuple[list[bytes], int]:
        """Headers and bodies in turn, and the last moment of receipt, which never goes back when the clock does."""
        frames: list[bytes] = []
        received_at, start = self.received_at, self.next_position
        for position, one in enumerate(group, start):
            received_at = max(received_at, one.received_at)
            frame = frame_of(one.body, one.body_crc, one.codec, position, received_at, one.workspace_id, start)
            frames.append(frame)
            frames.append(one.body)
        return frames, received_at

    def _undo(self) -> None:
        self._is_dirty = True
        os.ftruncate(self._file, self._offset)
        self._is_dirty = False


def write_durably(descriptor: int, frames: list[bytes], offset: int) -> int:
    """Write every buffer at the offset and return once all is on the disk; gives the bytes written.

    Where the system can, write and fdatasync are one call (RWF_DSYNC): each call that returns has to get the
    interpreter's lock back from a busy event loop, which takes longer than the disk does.
    """
    if len(frames) > _BUFFERS_PER_CALL:
        frames = [b"".join(frames)]
    wanted = sum(map(len, frames))
    written = os.pwritev(descriptor, frames, offset, _DSYNC)
    if written < wanted:
        _write_rest(descriptor, memoryview(b"".join(frames))[written:], offset + written)
        make_durable(descriptor)
    elif not _DSYNC:
        make_durable(descriptor)
    return wanted


def _write_rest(descriptor: int, rest: memoryview, offset: int) -> None:
    """What a short write left over; a full disk raises here."""
    while rest:
        done = os.pwrite(descriptor, rest, offset)
        rest, offset = rest[done:], offset + done
