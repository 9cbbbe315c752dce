"""The calls that leave the house: recorded before, made outside of any transaction, recorded after.

Reads : leased effects of RemoteChannels
Gives : Sender, not_done()
Source: DESIGN section 7.

Per channel, as many at once as it has free lanes and its pace allows: one transaction records their attempts (fenced
by the lease; consent read once more) and prepares the parcels; then the calls, each in a lane of its own; then whatever
has ended meanwhile is recorded in one transaction. A crash between the last two leaves open attempts, at most as many
as there are lanes, which leases.recover_lost() settles in a later round. A call that hangs holds its own lane.

Calls run in the background, so that a mail server that hangs holds up nobody's tasks; `under_way()` tells how much
a channel has to do already.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from forestay.actions import leases
from forestay.actions.attempts import Tried, begin_attempts, settle_all
from forestay.actions.channel import Effect, Outcome, RemoteChannel, Result, Workspace
from forestay.actions.guard import refusals_now
from forestay.actions.pacing import Pace
from forestay.actions.registry import Channels
from forestay.actions.touch import stamp_touch
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.governance.consent import suppress
from forestay.kit.clock import Clock
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.kit.retry import Backoff
from forestay.store.changes import about
from forestay.store.database import Store, StoreUnavailable

log = get_logger(__name__)
_AFTER_CALL = timedelta(seconds=60)
"""How much longer than the call the lease lasts, for recording the outcome."""
Waiting = tuple[Workspace, Effect, Callable[[], bool]]


class Sender:
    """Sends with the remote ones among these channels; `stopping` true: what has not begun is given back."""

    def __init__(self, store: Store, channels: Channels, clock: Clock, backoff: Backoff) -> None:
        self._store, self._clock, self._backoff = store, clock, backoff
        self._remote = {kind: each for kind, each in channels.items() if isinstance(each, RemoteChannel)}
        self._paces = {kind: Pace(each.per_second) for kind, each in self._remote.items()}
        self._lanes = Counter({kind: each.parallel for kind, each in self._remote.items()})
        self._freed = asyncio.Event()
        self._queues: defaultdict[ChannelKind, deque[Waiting]] = defaultdict(deque)
        self._pumping: set[ChannelKind] = set()
        self._under_way: Counter[ChannelKind] = Counter()
        self._ended: list[Tried] = []
        self._is_settling = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._statuses: list[EffectStatus | None] = []
        self._surprises: list[BaseException] = []

    def start(self, workspace: Workspace, effects: Sequence[Effect], stopping: Callable[[], bool]) -> None:
        """Begin to send leased effects."""
        for effect in effects:
            self._under_way[effect.channel] += 1
            self._queues[effect.channel].append((workspace, effect, stopping))
        for kind in {effect.channel for effect in effects} - self._pumping:
            self._pumping.add(kind)
            self._spawn(self._pump(kind))

    def under_way(self, kind: ChannelKind) -> int:
        """How many wait for their turn or their answer."""
        return self._under_way[kind]

    def room(self, kind: ChannelKind, share: int) -> int:
        """How many more a channel should be given: what it can send within some seconds, so that no lease runs out and
        none of a crowd waits behind another's, and at least a share."""
        channel = self._remote.get(kind)
        if channel is None:
            return share
        return max(0, min(share, max(channel.parallel, int(channel.per_second * 10))) - self._under_way[kind])

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not any(self._under_way.values())

    async def finish(self) -> Sequence[EffectStatus | None]:
        """Wait for everything begun; gives the statuses since the last time. Raises the first surprise, after all ended."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
            await asyncio.sleep(0)
        return self._since()

    async def reap(self) -> Sequence[EffectStatus | None]:
        """The same for those that have ended already, without waiting."""
        await asyncio.sleep(0)
        return self._since()

    def _since(self) -> Sequence[EffectStatus | None]:
        if self._surprises:
            surprise, self._surprises = self._surprises[0], []
            raise surprise
        statuses, self._statuses = self._statuses, []
        return statuses

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._is_done)

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (surprise := task.exception()) is not None:
            self._surprises.append(surprise)

    async def _pump(self, kind: ChannelKind) -> None:
        """Keep the lanes full while something waits; what cannot be begun goes back when its lease ends."""
        queue = self._queues[kind]
        try:
            while queue:
                while self._lanes[kind] < 1:
                    self._freed.clear()
                    await self._freed.wait()
                batch = self._next(kind)
                try:
                    await self._paces[kind].turn(len(batch))
                    self._begin(kind, batch)
                except BaseException:
                    self._under_way[kind] -= len(batch)
                    raise
                await asyncio.sleep(0)
        finally:
            self._under_way[kind] -= len(queue)
            queue.clear()
            self._pumping.discard(kind)

    def _next(self, kind: ChannelKind) -> list[Waiting]:
        """The first of the queue, with those behind it that are of the same workspace and can go at once."""
        queue, most = self._queues[kind], min(self._lanes[kind], self._paces[kind].burst)
        batch = [queue.popleft()]
        while queue and len(batch) < most and queue[0][0].id == batch[0][0].id:
            batch.append(queue.popleft())
        return batch

    def _begin(self, kind: ChannelKind, batch: Sequence[Waiting]) -> None:
        workspace, _, stopping = batch[0]
        effects = [effect for _, effect, _ in batch]
        if stopping():
            with self._store.begin_worker() as connection:
                about(connection, (workspace.id,))
                leases.release(connection, [effect.id for effect in effects])
            self._under_way[kind] -= len(effects)
            return
        with self._store.begin_worker() as connection:
            about(connection, (workspace.id,))
            numbers, parcels = self._prepare(connection, workspace, effects, self._remote[kind])
        for effect in effects:
            if effect.id not in numbers:
                self._under_way[kind] -= 1
            elif isinstance(parcels[effect.id], Outcome):
                self._end(Tried(effect, numbers[effect.id], parcels[effect.id]))
            else:
                self._lanes[kind] -= 1
                self._spawn(self._send(effect, numbers[effect.id], parcels[effect.id]))

    def _prepare(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect], channel: RemoteChannel[Any]
    ) -> tuple[Mapping[int, int], Mapping[int, Any]]:
        """Numbers of the attempts of those whose lease is ours; and their parcels, or outcomes without a call."""
        now = self._clock.now()
        until = now + timedelta(seconds=channel.timeout_seconds) + _AFTER_CALL
        numbers = begin_attempts(connection, effects, now, until)
        ours = [effect for effect in effects if effect.id in numbers]
        refused = refusals_now(connection, workspace.id, ours)
        parcels: dict[int, Any] = {number: Outcome(Result.SKIPPED, why) for number, why in refused.items()}
        going = [effect for effect in ours if effect.id not in refused]
        return numbers, parcels | _parcels(connection, workspace, going, channel, self._clock)

    async def _send(self, effect: Effect, number: int, parcel: Any) -> None:
        try:
            outcome = await _call(self._remote[effect.channel], parcel)
        except BaseException:
            self._under_way[effect.channel] -= 1
            raise
        finally:
            self._lanes[effect.channel] += 1
            self._freed.set()
        self._end(Tried(effect, number, outcome))

    def _end(self, tried: Tried) -> None:
        """Have an outcome recorded, together with others that end about now."""
        self._ended.append(tried)
        if not self._is_settling:
            self._is_settling = True
            self._spawn(self._record())

    async def _record(self) -> None:
        try:
            while self._ended:
                await asyncio.sleep(0)
                batch, self._ended = self._ended, []
                try:
                    self._statuses += await self._recorded(batch)
                finally:
                    self._under_way.subtract(each.effect.channel for each in batch)
        finally:
            self._is_settling = False

    async def _recorded(self, batch: Sequence[Tried]) -> Sequence[EffectStatus | None]:
        """Write outcomes, outlasting a short absence of the database; else the open attempts speak for themselves."""
        for wait in (0.2, 1.0, 5.0):
            try:
                return self._settle(batch)
            except StoreUnavailable:
                await asyncio.sleep(wait)
        return self._settle(batch)

    def _settle(self, batch: Sequence[Tried]) -> Sequence[EffectStatus | None]:
        now = self._clock.now()
        with self._store.begin_worker() as connection:
            about(connection, {effect.workspace_id for effect, _, _ in batch})
            statuses = settle_all(connection, batch, now, self._backoff)
            touched: defaultdict[int, list[int | None]] = defaultdict(list)
            for (effect, _, outcome), status in zip(batch, statuses, strict=True):
                if outcome.suppress is not None:
                    suppress(connection, effect.workspace_id, effect.channel, effect.recipient, outcome.suppress, now)
                if status is EffectStatus.SENT and self._remote[effect.channel].counts:
                    touched[effect.workspace_id].append(effect.signal_id)
            for workspace_id, signals in touched.items():
                stamp_touch(connection, workspace_id, signals, now)
        return statuses


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


def _parcels(connection: Connection, workspace: Workspace, effects: Sequence[Effect], channel: RemoteChannel[Any],
             clock: Clock) -> dict[int, Any]:  # fmt: skip
    """All at once where the channel can and nothing goes wrong, else one by one, each undone alone."""
    if len(effects) > 1:
        try:
            with connection.begin_nested():
                prepared = channel.prepare_all(connection, workspace, effects, clock.now())
            if prepared is not None:
                return {effect.id: parcel for effect, parcel in zip(effects, prepared, strict=True)}
        except Exception as why:  # noqa: BLE001 - found out one by one, below
            log.debug("effects.one_by_one", channel=channel.kind, error=type(why).__name__)
    parcels: dict[int, Any] = {}
    for effect in effects:
        try:
            with connection.begin_nested():
                parcels[effect.id] = channel.prepare(connection, workspace, effect, clock.now())
        except Exception as why:  # noqa: BLE001 - one effect that cannot be done must not hold up the others
            parcels[effect.id] = not_done(connection, effect, why)
    return parcels


async def _call(channel: RemoteChannel[Any], parcel: Any) -> Outcome:
    """The call; whatever it throws is an unclear answer, for we cannot know how far it came."""
    try:
        return await asyncio.wait_for(channel.send(parcel), channel.timeout_seconds)
    except Exception as unclear:  # noqa: BLE001 - a library's surprise must not lose the record of the attempt
        log.warning("effect.unclear", channel=channel.kind, error=type(unclear).__name__)
        result = Result.UNCLEAR if channel.idempotent else Result.UNKNOWN
        return Outcome(result, f"unclear answer: {type(unclear).__name__}")
