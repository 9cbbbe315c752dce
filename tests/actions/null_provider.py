"""A provider that takes every message and shows it to nobody: as slow, forgetful and repetitive as told.

`NullProvider` is the far side, in memory or behind a socket for workers in processes of their own; `NullChannel` is our
side. It notes what it acted on by key: with idempotency keys a key that comes again is answered and not acted on.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from forestay.actions.channel import ChannelSettings, Effect, Outcome, RemoteChannel, Result, Workspace
from forestay.actions.letters import Letter, Written, keep_letters, write_letters
from forestay.customers.words import ChannelKind


@dataclass
class NullProvider:
    """knows_keys: acts once on a key. latency_seconds: of every answer. silent: share of messages that are accepted and
    never answered; refused: share that is refused for good. acted: key -> how often it was acted on."""

    knows_keys: bool
    latency_seconds: float = 0.0
    silent: float = 0.0
    refused: float = 0.0
    seed: int = 7
    acted: Counter[str] = field(default_factory=Counter)
    asked: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self.port = 0

    def take(self, key: str) -> str | None:
        """'ok', 'no', or None: accepted, and no answer will ever come."""
        self.asked += 1
        if self._chance.random() < self.refused and key not in self.acted:
            return "no"
        if not (self.knows_keys and key in self.acted):
            self.acted[key] += 1
        return None if self._chance.random() < self.silent else "ok"

    def serve(self) -> None:
        """Listen on a port of this machine, in a thread of its own, until the process ends or close() is called."""
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._listen(ready)), daemon=True).start()
        assert ready.wait(10)

    def close(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._closing.set)

    async def _listen(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._closing.wait()
        server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                answer = self.take(line.decode().strip())
                if self.latency_seconds:
                    await asyncio.sleep(self.latency_seconds)
                if answer is None:
                    break
                writer.write(f"{answer}\n".encode())
                await writer.drain()
        writer.close()


class NullChannel(RemoteChannel[Any]):
    """Writes real letters, keeps them, and hands them to the provider: in memory, or at a port."""

    kind = ChannelKind.EMAIL
    settings_model = ChannelSettings
    idempotent = False
    disturbs = True
    counts = True
    per_second = 1e6
    timeout_seconds = 5.0
    parallel = 200

    def __init__(self, provider: NullProvider | None = None, *, port: int = 0, idempotent: bool = False) -> None:
        self.idempotent = idempotent  # type: ignore[misc] - one double for both promises
        self._provider, self._port = provider, port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def prepare(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Any:
        return self.prepare_all(connection, workspace, [effect], now)[0]

    def prepare_all(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect], now: datetime
    ) -> Sequence[Any]:
        letters = write_letters(connection, workspace, effects, now)
        written = [
            Written(e, x, {"Message-ID": e.public_key})
            for e, x in zip(effects, letters, strict=True)
            if isinstance(x, Letter)
        ]
        keep_letters(connection, written, now)
        return [x if isinstance(x, Outcome) else e.public_key for e, x in zip(effects, letters, strict=True)]

    async def send(self, parcel: Any) -> Outcome:
        if self._provider is not None:
            if self._provider.latency_seconds:
                await asyncio.sleep(self._provider.latency_seconds)
            return _outcome(self._provider.take(parcel))
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(f"{parcel}\n".encode())
        await writer.drain()
        answer = (await reader.readline()).decode().strip()
        if answer:
            self._idle.append((reader, writer))
        else:
            writer.close()
        return _outcome(answer or None)

    async def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()


def _outcome(answer: str | None) -> Outcome:
    if answer is None:
        raise ConnectionResetError("accepted, and then no answer")
    return Outcome(Result.SENT, provider_id="null") if answer == "ok" else Outcome(Result.FAILED, "refused for good")
