"""The calls that leave the house: recorded before, made outside of any transaction, recorded after.

Reads : leased effects of RemoteChannels
Gives : Sender
Source: DESIGN section 7.

Per effect, in parallel and at the channel's pace: one transaction records the attempt (fenced by the lease;
consent read once more) and prepares the parcel; then the call; then one transaction records the outcome. A
crash between the last two leaves an open attempt, which leases.recover_lost() settles in a later round.

Calls run in the background, so that a mail server that hangs holds up nobody's tasks; `busy()` tells which
channels have a share under way already and should not be given more.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from forestay.actions import leases
from forestay.actions.channel import Effect, Outcome, RemoteChannel, Result, Workspace
from forestay.actions.guard import refusal_now
from forestay.actions.pacing import Pace
from forestay.actions.registry import Channels
from forestay.actions.touch import stamp_touch
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.governance.consent import suppress
from forestay.kit.clock import Clock
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.kit.retry import Backoff
from forestay.store.database import Store, StoreUnavailable

log = get_logger(__name__)
_AFTER_CALL = timedelta(seconds=60)
"""How much longer than the call the lease lasts, for recording the outcome."""


class Sender:
    """Sends with the remote ones among these channels; `stopping` true: what has not begun is given back."""

    def __init__(self, store: Store, channels: Channels, clock: Clock, backoff: Backoff) -> None:
        self._store, self._clock, self._backoff = store, clock, backoff
        self._remote = {kind: each for kind, each in channels.items() if isinstance(each, RemoteChannel)}
        self._paces = {kind: Pace(each.per_second) for kind, each in self._remote.items()}
        self._lanes = {kind: asyncio.Semaphore(each.parallel) for kind, each in self._remote.items()}
        self._under_way: Counter[ChannelKind] = Counter()
        self._tasks: set[asyncio.Task[EffectStatus | None]] = set()

    def start(self, workspace: Workspace, effects: Sequence[Effect], stopping: Callable[[], bool]) -> None:
        """Begin to send leased effects."""
        for effect in effects:
            self._under_way[effect.channel] += 1
            self._tasks.add(asyncio.create_task(self._counted(workspace, effect, stopping)))

    def busy(self, share: int) -> Collection[ChannelKind]:
        """Channels with a whole share under way."""
        return [kind for kind, count in self._under_way.items() if count >= share]

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not any(self._under_way.values())

    async def finish(self) -> Sequence[EffectStatus | None]:
        """Wait for everything begun; gives the statuses since the last time. Raises the first surprise, after all ended."""
        tasks, self._tasks = self._tasks, set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for each in ended:
            if isinstance(each, BaseException):
                raise each
        return [each for each in ended if not isinstance(each, BaseException)]

    async def reap(self) -> Sequence[EffectStatus | None]:
        """The same for those that have ended already, without waiting."""
        done = {task for task in self._tasks if task.done()}
        under_way, self._tasks = self._tasks - done, done
        try:
            return await self.finish()
        finally:
            self._tasks |= under_way

    async def _counted(self, workspace: Workspace, effect: Effect, stopping: Callable[[], bool]) -> EffectStatus | None:
        try:
            return await self._send(workspace, effect, stopping)
        finally:
            self._under_way[effect.channel] -= 1

    async def _send(self, workspace: Workspace, effect: Effect, stopping: Callable[[], bool]) -> EffectStatus | None:
        channel = self._remote[effect.channel]
        async with self._lanes[effect.channel]:
            await self._paces[effect.channel].turn()
            if stopping():
                with self._store.begin_worker() as connection:
                    leases.release(connection, [effect.id])
                return None
            with self._store.begin_worker() as connection:
                number, parcel = self._prepare(connection, workspace, effect, channel)
            if number is None:
                return None
            outcome = parcel if isinstance(parcel, Outcome) else await _call(channel, parcel)
            return await self._record(effect, number, outcome)

    def _prepare(
        self, connection: Connection, workspace: Workspace, effect: Effect, channel: RemoteChannel[Any]
    ) -> tuple[int | None, Any]:
        """The attempt's number, None when the lease is no longer ours; and the parcel, or an outcome without a call."""
        now = self._clock.now()
        until = now + timedelta(seconds=channel.timeout_seconds) + _AFTER_CALL
        number = leases.begin_attempt(connection, effect, now, until)
        if number is None:
            return None, None
        if (refusal := refusal_now(connection, effect)) is not None:
            return number, Outcome(Result.SKIPPED, refusal)
        try:
            with connection.begin_nested():
                return number, channel.prepare(connection, workspace, effect, now)
        except Exception as why:  # noqa: BLE001 - one effect that cannot be done must not hold up the others
            return number, not_done(connection, effect, why)

    async def _record(self, effect: Effect, number: int, outcome: Outcome) -> EffectStatus | None:
        """Write the outcome, outlasting a short absence of the database; else the open attempt speaks for itself."""
        for wait in (0.2, 1.0, 5.0):
            try:
                return self._settle(effect, number, outcome)
            except StoreUnavailable:
                await asyncio.sleep(wait)
        return self._settle(effect, number, outcome)

    def _settle(self, effect: Effect, number: int, outcome: Outcome) -> EffectStatus | None:
        now = self._clock.now()
        with self._store.begin_worker() as connection:
            status = leases.settle(connection, effect, number, outcome, now, self._backoff)
            if outcome.suppress is not None:
                suppress(connection, effect.workspace_id, effect.channel, effect.recipient, outcome.suppress, now)
            if status is EffectStatus.SENT:
                stamp_touch(connection, effect.workspace_id, [effect.signal_id], now)
        log.debug("effect.settled", effect=effect.id, channel=effect.channel, status=status)
        return status


def not_done(connection: Connection, effect: Effect, why: Exception) -> Outcome:
    """What an exception inside the store's part means. The database's own absence is raised on: nothing was done."""
    if connection.invalidated or isinstance(why, StoreUnavailable | OperationalError | InterfaceError):
        raise why
    if isinstance(why, ForestayError):
        return Outcome(Result.RETRY if why.retryable else Result.FAILED, f"{why.code}: {why}")
    if isinstance(why, ValidationError):
        return Outcome(Result.FAILED, f"settings: {why.error_count()} wrong in {why.title}")
    log.exception("effect.surprise", effect=effect.id, channel=effect.channel, exc_info=why)
    return Outcome(Result.RETRY, f"unexpected: {type(why).__name__}")


async def _call(channel: RemoteChannel[Any], parcel: Any) -> Outcome:
    """The call; whatever it throws is an unclear answer, for we cannot know how far it came."""
    try:
        return await asyncio.wait_for(channel.send(parcel), channel.timeout_seconds)
    except Exception as unclear:  # noqa: BLE001 - a library's surprise must not lose the record of the attempt
        log.warning("effect.unclear", channel=channel.kind, error=type(unclear).__name__)
        result = Result.RETRY if channel.idempotent else Result.UNKNOWN
        return Outcome(result, f"unclear answer: {type(unclear).__name__}")
