"""Group commit: bodies that wait while one group is being synced become the next group.

Gives : GroupCommit
Why   : one fdatasync for everybody who waits. An idle log adds no delay, since the first body starts a group at
        once; a busy one has as many bodies in a group as came during the sync before.

The sync happens in one thread of its own, so that the event loop never blocks; each caller's future is settled
on the caller's own loop.
"""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from forestay.events.log import Codec, LogBusy, LogClosed
from forestay.kit.errors import ForestayError

_GROUP_BYTES = 16_000_000
"""No group is larger than about this, so that one slow disk write cannot hold everybody."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A body and who waits for it. received_at: microseconds since the epoch."""

    workspace_id: int
    codec: int
    body: bytes
    body_crc: int
    received_at: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[int]


Commit = Callable[[Sequence[Waiting]], int]
"""Makes the group durable; gives the position of its first record or raises a ForestayError."""


class GroupCommit:
    """Collects bodies and hands them to `commit` group by group, in the order they came."""

    def __init__(self, commit: Commit, *, waiting_limit_bytes: int) -> None:
        self._commit, self._limit = commit, waiting_limit_bytes
        self._condition = threading.Condition()
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="forestay-log", daemon=True)
        self._thread.start()

    def submit(self, workspace_id: int, codec: Codec, body: bytes, received_at: int) -> asyncio.Future[int]:
        """Queue a body from the running event loop; the future gives its position once it is durable."""
        loop = asyncio.get_running_loop()
        one = Waiting(workspace_id, int(codec), body, zlib.crc32(body), received_at, loop, loop.create_future())
        with self._condition:
            if self._is_closed:
                raise LogClosed
            if self._waiting and self._waiting_bytes + len(body) > self._limit:
                raise LogBusy(self._waiting_bytes)
            self._waiting.append(one)
            self._waiting_bytes += len(body)
            if len(self._waiting) == 1:
                self._condition.notify()
        return one.future

    def close(self) -> None:
        """Commit what waits, then stop; later bodies are refused."""
        with self._condition:
            self._is_closed = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        group: list[Waiting] = []
        try:
            while group := self._next_group():
                try:
                    outcome: int | ForestayError = self._commit(group)
                except ForestayError as refusal:
                    outcome = refusal
                _settle_all(group, outcome)
        finally:
            # Also when the commit failed in a way nobody foresaw: whoever waits must hear of it and not hang.
            with self._condition:
                self._is_closed = True
                left, self._waiting = self._waiting, []
            _settle_all([*group, *left], LogClosed())

    def _next_group(self) -> list[Waiting]:
        """Everything that waits, up to a group's size; empty when the log is closed."""
        with self._condition:
            while not self._waiting and not self._is_closed:
                self._condition.wait()
            if self._waiting_bytes <= _GROUP_BYTES:
                group, self._waiting, self._waiting_bytes = self._waiting, [], 0
                return group
            count = _count_within(self._waiting, _GROUP_BYTES)
            group, self._waiting = self._waiting[:count], self._waiting[count:]
            self._waiting_bytes -= sum(len(one.body) for one in group)
            return group


def _count_within(waiting: list[Waiting], limit: int) -> int:
    total = 0
    for count, one in enumerate(waiting, 1):
        total += len(one.body)
        if total >= limit:
            return count
    return len(waiting)


def _settle_all(group: Sequence[Waiting], outcome: int | ForestayError) -> None:
    """Answer everybody of a group, each on the loop it came from."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[int], int | ForestayError]]] = defaultdict(list)
    for place, one in enumerate(group):
        answer = outcome + place if isinstance(outcome, int) else outcome
        by_loop[one.loop].append((one.future, answer))
    for loop, answers in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: list[tuple[asyncio.Future[int], int | ForestayError]]) -> None:
    for future, answer in answers:
        if future.done():  # its caller was cancelled meanwhile
            continue
        if isinstance(answer, int):
            future.set_result(answer)
        else:
            future.set_exception(answer)
