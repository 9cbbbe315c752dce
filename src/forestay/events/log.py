"""The event log: what every accepted body is written to before it is answered.

Gives : Record, Codec, EventLog (writer and reader in one protocol), LogFull
Source: DESIGN section 3 (one record per HTTP body, group commit).

A record is one *body* (up to a few hundred events), never one event. Positions are dense and
ascending: 1, 2, 3, ... in the order of the log. Drivers live in `events/drivers/` and pass the
same contract tests (`tests/events/test_every_log.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from forestay.kit.errors import ForestayError


class Codec(IntEnum):
    """How a record's body is to be read."""

    SEGMENT = 1
    """JSON as the Segment protocol sends it: one message, or {"batch": [...]}; see events.wire."""
    ARROW = 2
    """An Arrow IPC stream of imported rows; schema metadata names the kind; see events.wire."""
    REJECTED = 3
    """JSON events.wire.Rejected: an item that could not be accepted; goes to the quarantine."""
    CONTROL = 4
    """JSON events.wire.Control: something that we ourselves decided, such as an account merge."""


@dataclass(frozen=True, slots=True)
class Record:
    """One durable body. received_at: int64 microseconds since the epoch, UTC."""

    position: int
    received_at: int
    workspace_id: int
    codec: Codec
    body: bytes


class LogFull(ForestayError):
    """The disk has no room for the log: free some space; the sender retries and nothing is lost."""

    code = "log_full"
    http_status = 503
    retryable = True

    def __init__(self, path: str) -> None:
        super().__init__(f"the event log cannot be written at {path}: the disk is full or refuses writes")


class EventLog(Protocol):
    """An append-only log with one writer and any number of readers."""

    async def append(self, workspace_id: int, codec: Codec, body: bytes) -> int:
        """Write one body; gives its position once it is durable (group commit with fdatasync)."""
        ...

    def read(self, after: int, limit_bytes: int = 8_000_000) -> Sequence[Record]:
        """Durable records with position > after, in order, about limit_bytes of them (at least one if any)."""
        ...

    def wait(self, after: int, timeout_seconds: float) -> bool:
        """Block until a record with position > after is durable; False when the time ran out."""
        ...

    def last_position(self) -> int:
        """Position of the last durable record, 0 for an empty log."""
        ...

    def first_position(self) -> int:
        """Position of the oldest record kept; last_position() + 1 when nothing is kept."""
        ...

    def forget(self, up_to: int) -> int:
        """Drop whole segments whose records are all <= up_to; gives the new first position."""
        ...

    def close(self) -> None:
        """Flush and let go; safe to call twice."""
        ...
