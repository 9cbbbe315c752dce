"""The event log: what every accepted body is written to before it is answered.

Gives : Record, Codec, LogReader, EventLog (a reader that may also append),
        LogFull, LogBusy, LogClosed, LogInUse, LogDamaged, LogForgotten
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


class LogBusy(ForestayError):
    """More bodies wait for the disk than memory should hold: the sender retries in a moment."""

    code = "log_busy"
    http_status = 503
    retryable = True

    def __init__(self, waiting_bytes: int) -> None:
        self.waiting_bytes = waiting_bytes
        super().__init__(f"{waiting_bytes} bytes already wait for the event log's disk; send again in a moment")


class LogClosed(ForestayError):
    """The log was closed, as happens when the server stops: send again to the one that comes after."""

    code = "log_closed"
    http_status = 503
    retryable = True

    def __init__(self) -> None:
        super().__init__("the event log is closed because the server is stopping; send again")


class LogInUse(ForestayError):
    """Another process writes this log; stop it first, or give this one a data folder of its own."""

    code = "log_in_use"

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(f"the event log at {path} is already written by process {holder}; stop it first")


class LogDamaged(ForestayError):
    """Records that were acknowledged cannot be read back: restore the segment, or the data folder, from a backup."""

    code = "log_damaged"

    def __init__(self, path: str, offset: int, position: int, what: str) -> None:
        self.path, self.offset, self.position = path, offset, position
        super().__init__(f"record {position} in {path} at byte {offset} {what}; restore this file from a backup")


class LogForgotten(ForestayError):
    """The reader asks for records that retention has dropped: rebuild from the lake and go on at first_position()."""

    code = "log_forgotten"

    def __init__(self, after: int, first: int) -> None:
        self.after, self.first = after, first
        super().__init__(f"the log's records {after + 1} to {first - 1} are no longer kept; the oldest is {first}")


class LogReader(Protocol):
    """One reader of a log, in any process; it sees a record once it is durable, never before."""

    def read(self, after: int, limit_bytes: int = 8_000_000) -> Sequence[Record]:
        """Durable records with position > after, in order, about limit_bytes of them (at least one if any).

        Raises LogForgotten when record after + 1 is no longer kept, LogDamaged when one cannot be read back.
        """
        ...

    def wait(self, after: int, timeout_seconds: float) -> bool:
        """Block until a record with position > after is durable; False when the time ran out or it was closed.

        One thread waits on one reader at a time; open another reader for a second thread.
        """
        ...

    def last_position(self) -> int:
        """Position of the last durable record, 0 for an empty log."""
        ...

    def first_position(self) -> int:
        """Position of the oldest record kept; last_position() + 1 when nothing is kept."""
        ...

    def position_before(self, received_at: int) -> int:
        """A position up to which every record came before this moment (microseconds, UTC), for retention.

        Exact to a segment: it may be lower than the last such record, never higher.
        """
        ...

    def forget(self, up_to: int) -> int:
        """Drop whole segments whose records are all <= up_to; gives the new first position."""
        ...

    def close(self) -> None:
        """Flush and let go; safe to call twice."""
        ...


class EventLog(LogReader, Protocol):
    """An append-only log with one writer and any number of readers; this is the writer's view."""

    async def append(self, workspace_id: int, codec: Codec, body: bytes) -> int:
        """Write one body; gives its position once it is durable (group commit with fdatasync).

        Raises LogFull, LogBusy or LogClosed; then the body is not in the log and the sender may retry.
        """
        ...
