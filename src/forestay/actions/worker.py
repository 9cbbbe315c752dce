"""The loop that acts: drains requests into effects, carries effects out, minds the SLA clock; sleeps in between.

Reads : requests, effects, tasks
Gives : ActionsLoop
Source: architecture 'From event to signal' 4; issue 'start: idle <= 1 % of a core'.

The worker process runs `run()` in a thread of its own. It wakes when `wake()` is called (the tick has written
requests), when the next effect is due, and every few seconds to notice what other processes wrote; an idle
round is two indexed queries.
"""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta

from forestay.actions.carrying import SHARE, Carrier
from forestay.actions.drain import drain_requests
from forestay.actions.flows import next_effect, next_request
from forestay.actions.registry import Channels, channels_for, close_channels
from forestay.actions.tasks.escalation import sweep, workspaces_of
from forestay.kit.clock import Clock, SystemClock
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.kit.settings import Settings
from forestay.kit.telemetry import span
from forestay.store.changes import about
from forestay.store.database import Store

log = get_logger(__name__)
IDLE = timedelta(seconds=5)
"""How long another process's request may wait to be noticed."""
SWEEP_EVERY = timedelta(seconds=30)
DRAIN_BATCH = 500
_WHILE_CALLING = 0.2
"""Seconds between two looks while calls are under way, whose channels then have room again."""


class ActionsLoop:
    """One per worker process. `store` must be the worker's (all workspaces)."""

    def __init__(self, store: Store, settings: Settings, clock: Clock | None = None, *, channels: Channels | None = None,
                 share: int = SHARE) -> None:  # fmt: skip
        self._store, self._clock = store, clock or SystemClock()
        self._channels = channels_for(settings) if channels is None else channels
        self._share = share
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell: asyncio.Event | None = None
        self._lock = threading.Lock()
        self._swept_at: datetime | None = None
        self._turn = 0

    def run(self) -> None:
        """Act until stop(); for a thread. Calls in flight are finished, what has not begun stays for the next start."""
        asyncio.run(self.run_async())

    async def run_async(self) -> None:
        """The same on a loop that runs already."""
        bell = asyncio.Event()
        with self._lock:
            self._loop, self._bell = asyncio.get_running_loop(), bell
        carrier = Carrier(self._store, self._channels, self._clock, share=self._share)
        try:
            while not self._stopping.is_set():
                bell.clear()
                wait = await self._round(carrier)
                if wait > 0:
                    await _until(bell, wait)
            await self._finish(carrier)
        finally:
            with self._lock:
                self._loop = self._bell = None
            await close_channels(self._channels)

    def wake(self) -> None:
        """Look now; from any thread, at any time, as often as one likes."""
        with self._lock:
            if self._loop is not None and self._bell is not None:
                self._loop.call_soon_threadsafe(self._bell.set)

    def stop(self) -> None:
        """Finish the calls in flight and return from run(); from any thread."""
        self._stopping.set()
        self.wake()

    async def once(self) -> bool:
        """Drain and carry out until nothing more is due now; True when anything was done. For demos and tests."""
        carrier, did = Carrier(self._store, self._channels, self._clock, share=self._share), False
        while await self._work(carrier, wait=True):
            did = True
        return did

    async def _finish(self, carrier: Carrier) -> None:
        """Calls under way end (their time-outs bound it) and are recorded; those not begun are given back."""
        try:
            await carrier.sender.finish()
        except ForestayError as trouble:
            log.warning("actions.trouble", code=trouble.code, retryable=trouble.retryable)

    async def _round(self, carrier: Carrier) -> float:
        """Seconds to wait before the next round; trouble waits a while and is told, never fatal."""
        try:
            if await self._work(carrier, wait=False):
                return 0.0
            return self._seconds_to_next() if carrier.sender.is_idle else _WHILE_CALLING
        except ForestayError as trouble:
            log.warning("actions.trouble", code=trouble.code, retryable=trouble.retryable)
        except Exception:
            log.exception("actions.surprise")
        return IDLE.total_seconds()

    async def _work(self, carrier: Carrier, *, wait: bool) -> bool:
        now = self._clock.now()
        with self._store.begin_worker() as connection:
            self._turn += 1
            drained = drain_requests(connection, now, DRAIN_BATCH, self._turn)
        with span("actions.round", requests=drained.requests):
            carried = await carrier.round(stopping=self._stopping.is_set, wait=wait)
        self._sweep(now)
        return drained.requests > 0 or carried.claimed > 0

    def _sweep(self, now: datetime) -> None:
        if self._swept_at is None or not timedelta(0) <= now - self._swept_at < SWEEP_EVERY:
            with self._store.begin_worker() as connection:
                swept = sweep(connection, now)
                about(connection, workspaces_of(connection, [*swept.escalated, *swept.woken, *swept.climbed]))
            self._swept_at = now
            if swept.escalated or swept.woken:
                log.info("tasks.swept", escalated=len(swept.escalated), woken=len(swept.woken))

    def _seconds_to_next(self) -> float:
        with self._store.begin_worker() as connection:
            moments = [at for at in (next_effect(connection), next_request(connection)) if at is not None]
        now = self._clock.now()
        soonest = min([*moments, now + IDLE])
        return min(max((soonest - now).total_seconds(), 0.05), IDLE.total_seconds())


async def _until(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
