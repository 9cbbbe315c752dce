"""A process that dies at a chosen point: at any transaction's beginning, before or after its commit, around any call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from forestay.actions.carrying import Carrier
from forestay.actions.channel import Outcome
from forestay.actions.drain import drain_requests
from forestay.actions.registry import Channels, close_channels
from forestay.store.database import Store
from tests.actions.scene import SOON, Scene


class Killed(BaseException):
    """kill -9: nothing below may catch it as an ordinary error."""


class Fate:
    """Counts the points a process passes and kills it at one of them; the dead do nothing more."""

    def __init__(self, dies_at: int | None) -> None:
        self.dies_at, self.passed = dies_at, 0

    def point(self) -> None:
        if self.passed == self.dies_at:
            raise Killed
        self.passed += 1


class MortalStore:
    """The worker's store as a mortal process sees it."""

    def __init__(self, store: Store, fate: Fate) -> None:
        self._store, self._fate = store, fate

    @contextmanager
    def begin_worker(self) -> Iterator[Connection]:
        self._fate.point()
        with self._store.begin_worker() as connection:
            yield connection
            self._fate.point()  # everything done, nothing committed
        self._fate.point()  # committed, nobody told


def mortal(channels: Channels, fate: Fate) -> Channels:
    """The same channels, whose calls may be cut off before they begin and after they have ended."""
    for channel in channels.values():
        if hasattr(channel, "send"):
            channel.send = _cut(type(channel).send.__get__(channel), fate)  # type: ignore[union-attr,method-assign]
    return channels


def _cut(send: Any, fate: Fate) -> Any:
    async def cut(parcel: Any) -> Outcome:
        fate.point()
        outcome: Outcome = await send(parcel)
        fate.point()
        return outcome

    return cut


def live(scene: Scene, channels: Channels, dies_at: int | None) -> bool:
    """One life of the worker: drains and carries out until idle, or dies on the way; True when it died."""
    fate = Fate(dies_at)
    store: Any = MortalStore(scene.store.worker, fate)

    async def work() -> None:
        carrier = Carrier(store, mortal(channels, fate), scene.clock, backoff=SOON)
        try:
            for _ in range(3):
                with store.begin_worker() as connection:
                    drain_requests(connection, scene.clock.now())
                await carrier.round()
                scene.clock.advance(timedelta(minutes=5))
        finally:
            await close_channels(channels)

    try:
        asyncio.run(work())
    except Killed:
        scene.clock.advance(timedelta(minutes=10))
        return True
    return False
