"""Carries out what the ledger holds: claim, ask the guard, record the attempt, act, record the outcome.

Reads : effects and everything the guard and the channels read
Gives : Carrier, Carried
Source: DESIGN section 7.

The loop that does the work, for one workspace at a time so that each gets its share:
 1 one transaction: take the workspace, settle attempts whose worker died, claim due effects;
 2   the guard rules on each: skip, postpone, or go;
 3   StoreChannels do their work and its record here, each in a savepoint of its own: exactly once;
 4   RemoteChannels' effects get a lease; commit.
 5 per remote effect, in parallel and at the channel's pace: a transaction records the attempt (fenced by the
   lease; consent read once more), then the call outside of any transaction, then a transaction records the
   outcome. A crash between the last two leaves an open attempt for step 1 of a later round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from forestay.actions import leases
from forestay.actions.channel import Effect, Outcome, RemoteChannel, Result, StoreChannel, Workspace
from forestay.actions.guard import Ruling, judge, refusal_now
from forestay.actions.ledger import effect_of, load_workspace
from forestay.actions.pacing import Pace
from forestay.actions.registry import Channels
from forestay.actions.touch import stamp_touch
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.governance.consent import ContactPolicy, policy_of, suppress
from forestay.kit.clock import Clock
from forestay.kit.errors import ForestayError
from forestay.kit.retry import Backoff
from forestay.store.database import Store, StoreUnavailable

log = structlog.get_logger(__name__)
_AFTER_CALL = timedelta(seconds=60)
"""How much longer than the call the lease lasts, for recording the outcome."""


@dataclass(slots=True)
class Carried:
    """What one round did: effects by where they went."""

    claimed: int = 0
    sent: int = 0
    postponed: int = 0
    skipped: int = 0
    other: int = 0

    def count(self, status: EffectStatus | None) -> None:
        """Add one effect that was settled."""
        if status is EffectStatus.SENT:
            self.sent += 1
        else:
            self.other += 1


class Carrier:
    """Carries out effects with these channels; keep one for the life of a process, for its pace and connections."""

    def __init__(self, store: Store, channels: Channels, clock: Clock, *, share: int = 50,
                 backoff: Backoff | None = None) -> None:  # fmt: skip
        self._store, self._channels, self._clock, self._share = store, channels, clock, share
        self._backoff = backoff or Backoff()
        self._idempotent = frozenset(kind for kind, channel in channels.items() if channel.idempotent)
        remote = {kind: each for kind, each in channels.items() if isinstance(each, RemoteChannel)}
        self._paces = {kind: Pace(each.per_second) for kind, each in remote.items()}
        self._lanes = {kind: asyncio.Semaphore(each.parallel) for kind, each in remote.items()}

    async def round(self, *, stopping: Callable[[], bool] = lambda: False) -> Carried:
        """One share of every workspace that has something due."""
        carried = Carried()
        with self._store.begin_worker() as connection:
            due = leases.workspaces_due(connection, self._clock.now())
        for workspace_id in due:
            if stopping():
                break
            with self._store.begin_worker() as connection:
                workspace, remote = self._take(connection, workspace_id, carried)
            if workspace is not None:
                await self._send_all(workspace, remote, carried, stopping)
        return carried

    def _take(
        self, connection: Connection, workspace_id: int, carried: Carried
    ) -> tuple[Workspace | None, list[Effect]]:
        """Steps 1 to 4; gives the effects to be sent outside."""
        if not leases.hold_workspace(connection, workspace_id):
            return None, []
        now = self._clock.now()
        workspace = load_workspace(connection, workspace_id)
        leases.recover_lost(connection, workspace_id, now, self._idempotent)
        effects = self._readable(connection, workspace_id)
        carried.claimed += len(effects)
        rulings = judge(connection, workspace, _policy(workspace), effects, self._channels, now)
        self._apply(connection, rulings, carried)
        until = now + leases.LEASE
        going = [replace(effect, lease=until) for effect in effects if rulings[effect.id].goes]
        leases.lease(connection, [effect.id for effect in going], now, until)
        for effect in going:
            channel = self._channels[effect.channel]
            if isinstance(channel, StoreChannel):
                carried.count(self._deliver(connection, workspace, effect, channel))
        return workspace, [effect for effect in going if isinstance(self._channels[effect.channel], RemoteChannel)]

    def _readable(self, connection: Connection, workspace_id: int) -> list[Effect]:
        """Claimed effects; one that cannot be read (made by another version) is skipped, not retried forever."""
        effects: list[Effect] = []
        unreadable: list[tuple[int, str]] = []
        now = self._clock.now()
        for row in leases.claim(connection, workspace_id, now, self._share):
            try:
                effects.append(effect_of(row))
            except (msgspec.ValidationError, ValueError) as why:
                unreadable.append((row["id"], f"unreadable: {why}"[:500]))
        leases.skip(connection, unreadable, now)
        return effects

    def _apply(self, connection: Connection, rulings: dict[int, Ruling], carried: Carried) -> None:
        now = self._clock.now()
        never = [(id_, ruling.never) for id_, ruling in rulings.items() if ruling.never is not None]
        later = [
            (id_, ruling.not_before, ruling.reason)
            for id_, ruling in rulings.items()
            if ruling.never is None and ruling.not_before is not None
        ]
        leases.skip(connection, never, now)
        leases.postpone(connection, later, now)
        carried.skipped += len(never)
        carried.postponed += len(later)

    def _deliver(
        self, connection: Connection, workspace: Workspace, effect: Effect, channel: StoreChannel
    ) -> EffectStatus | None:
        """Step 3. The attempt, the work and the outcome commit together; work that fails is rolled back alone."""
        now = self._clock.now()
        number = leases.begin_attempt(connection, effect, now, now + leases.LEASE)
        if number is None:
            return None
        try:
            with connection.begin_nested():
                outcome = channel.deliver(connection, workspace, effect, now)
        except Exception as why:  # noqa: BLE001 - one effect that cannot be done must not hold up the others
            outcome = _not_done(connection, effect, why)
        return self._settle(connection, effect, number, outcome)

    async def _send_all(self, workspace: Workspace, effects: Sequence[Effect], carried: Carried,
                        stopping: Callable[[], bool]) -> None:  # fmt: skip
        sent = await asyncio.gather(*(self._send(workspace, effect, stopping) for effect in effects))
        for status in sent:
            carried.count(status)

    async def _send(self, workspace: Workspace, effect: Effect, stopping: Callable[[], bool]) -> EffectStatus | None:
        """Step 5."""
        channel = self._channels[effect.channel]
        assert isinstance(channel, RemoteChannel)
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

    def _prepare(self, connection: Connection, workspace: Workspace, effect: Effect,
                 channel: RemoteChannel[Any]) -> tuple[int | None, Any]:  # fmt: skip
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
        except Exception as why:  # noqa: BLE001 - as in _deliver
            return number, _not_done(connection, effect, why)

    async def _record(self, effect: Effect, number: int, outcome: Outcome) -> EffectStatus | None:
        """Write the outcome, outlasting a short absence of the database; else the open attempt speaks for itself."""
        for wait in (0.2, 1.0, 5.0, None):
            try:
                with self._store.begin_worker() as connection:
                    return self._settle(connection, effect, number, outcome)
            except StoreUnavailable:
                if wait is None:
                    raise
                await asyncio.sleep(wait)
        return None

    def _settle(self, connection: Connection, effect: Effect, number: int, outcome: Outcome) -> EffectStatus | None:
        now = self._clock.now()
        status = leases.settle(connection, effect, number, outcome, now, self._backoff)
        if outcome.suppress is not None:
            suppress(connection, effect.workspace_id, effect.channel, effect.recipient, outcome.suppress, now)
        if status is EffectStatus.SENT and effect.channel is not ChannelKind.TASK:
            stamp_touch(connection, effect.workspace_id, effect.signal_id, now)
        log.debug(
            "effect.settled", workspace=effect.workspace_id, effect=effect.id, channel=effect.channel, status=status
        )
        return status


async def _call(channel: RemoteChannel[Any], parcel: Any) -> Outcome:
    """The call; whatever it throws is an unclear answer, for we cannot know how far it came."""
    try:
        return await asyncio.wait_for(channel.send(parcel), channel.timeout_seconds)
    except Exception as unclear:  # noqa: BLE001 - a library's surprise must not lose the record of the attempt
        log.warning("effect.unclear", channel=channel.kind, error=type(unclear).__name__)
        result = Result.RETRY if channel.idempotent else Result.UNKNOWN
        return Outcome(result, f"unclear answer: {type(unclear).__name__}")


def _not_done(connection: Connection, effect: Effect, why: Exception) -> Outcome:
    """What an exception inside the store's part means. The database's own absence is raised on: nothing was done."""
    if connection.invalidated or isinstance(why, StoreUnavailable | OperationalError | InterfaceError):
        raise why
    if isinstance(why, ForestayError):
        return Outcome(Result.RETRY if why.retryable else Result.FAILED, f"{why.code}: {why}")
    if isinstance(why, ValidationError):
        return Outcome(Result.FAILED, f"settings: {why.error_count()} wrong in {why.title}")
    log.exception("effect.surprise", effect=effect.id, channel=effect.channel, exc_info=why)
    return Outcome(Result.RETRY, f"unexpected: {type(why).__name__}")


def _policy(workspace: Workspace) -> ContactPolicy:
    """The workspace's policy; one that does not read is taken as ours, which is the stricter way to go on."""
    try:
        return policy_of(workspace.settings)
    except ValidationError as wrong:
        log.warning("contact_policy.unreadable", workspace=workspace.id, errors=wrong.error_count())
        return ContactPolicy()
