"""The mark: how far the log is durable, told to readers in other processes through shared memory.

Gives : DurableMark

A small file, mapped by writer and readers. The writer stores the position after fdatasync has returned, in
one aligned word, so that a reader sees the old or the new number and nothing between. The file itself is never
synced: after a loss of power it may be behind the truth, never ahead of it, and the writer sets it right when
it opens the log. A killed writer leaves it right, since the page belongs to the system.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

_NAME = "durable"
_BYTES = 4096
_MAGIC = int.from_bytes(b"FSMARK01", "little")
_HAS_MAGIC, _POSITION, _RECEIVED_AT = 0, 1, 2


class DurableMark:
    """position: last durable record, 0 for none; received_at: its microseconds since the epoch, UTC."""

    def __init__(self, folder: Path, *, writable: bool) -> None:
        """Raises FileNotFoundError when a reader comes before the first writer."""
        flags = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        descriptor = os.open(folder / _NAME, flags, 0o640)
        try:
            if writable and os.fstat(descriptor).st_size < _BYTES:
                os.ftruncate(descriptor, _BYTES)
            if os.fstat(descriptor).st_size < _BYTES:
                raise FileNotFoundError(f"{folder / _NAME} is not ready")
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(descriptor, _BYTES, access=access)
        finally:
            os.close(descriptor)
        self._words = memoryview(self._map).cast("Q")

    @property
    def position(self) -> int:
        """Position of the last durable record; 0 for none or when no writer has been here yet."""
        return self._words[_POSITION] if self._words[_HAS_MAGIC] == _MAGIC else 0

    @property
    def received_at(self) -> int:
        """When the last durable record came, 0 for none."""
        return self._words[_RECEIVED_AT] if self._words[_HAS_MAGIC] == _MAGIC else 0

    def publish(self, position: int, received_at: int) -> None:
        """Tell every reader that all records up to this position are on the disk."""
        self._words[_RECEIVED_AT] = received_at
        self._words[_POSITION] = position
        self._words[_HAS_MAGIC] = _MAGIC

    def close(self) -> None:
        """Let go of the mapping."""
        self._words.release()
        self._map.close()
