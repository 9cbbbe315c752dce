"""Carries out what the ledger holds: claim, ask the guard, do what is ours, hand the rest to the sender.

Reads : effects and everything the guard and the channels read
Gives : Carrier, Carried
Source: DESIGN section 7.

The loop that does the work; the room of each channel is dealt evenly first, then for one workspace at a time:
 1 one transaction: take the workspace, settle attempts whose worker died, claim due effects;
 2   the guard rules on each: skip, postpone, or go;
 3   StoreChannels do their work here, each in a savepoint of its own, recorded with it: exactly once;
 4   RemoteChannels' effects get a lease; commit;
 5 the sender (actions/sending.py) calls out, in the background.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from pydantic import ValidationError
from sqlalchemy import Connection

from forestay.actions import leases
from forestay.actions.attempts import settle_in_place
from forestay.actions.channel import Effect, Outcome, StoreChannel, Workspace
from forestay.actions.flows import Flow, deal, effect_flows
from forestay.actions.guard import Ruling, judge
from forestay.actions.ledger import effect_of, load_workspace
from forestay.actions.pacing import Allowance
from forestay.actions.registry import Channels
from forestay.actions.sending import Sender, not_done
from forestay.actions.touch import stamp_touch
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.governance.consent import ContactPolicy, policy_of
from forestay.kit.clock import Clock
from forestay.kit.logs import get_logger
from forestay.kit.retry import Backoff
from forestay.kit.telemetry import Counter, count
from forestay.store.changes import about
from forestay.store.database import Store

log = get_logger(__name__)
SHARE = 250


@dataclass(slots=True)
class Carried:
    """What one round did. sent, other: effects that were settled in it, also those begun in an earlier one."""

    claimed: int = 0
    sent: int = 0
    postponed: int = 0
    skipped: int = 0
    other: int = 0

    def count(self, statuses: Sequence[EffectStatus | None]) -> None:
        """Add effects that were settled."""
        arrived = sum(status is EffectStatus.SENT for status in statuses)
        self.sent += arrived
        self.other += len(statuses) - arrived
        for status in statuses:
            if status is not None:
                count(Counter.EFFECTS, status=status.value)


class Carrier:
    """Carries out effects with these channels; keep one for the life of a process, for its pace and connections.
    share: effects of one channel that a round deals out."""

    def __init__(self, store: Store, channels: Channels, clock: Clock, *, share: int = SHARE,
                 backoff: Backoff | None = None) -> None:  # fmt: skip
        self._store, self._channels, self._clock, self._share = store, channels, clock, share
        self._backoff = backoff or Backoff()
        self._turn = 0
        self._allowances: dict[tuple[int, ChannelKind], Allowance] = {}
        self._idempotent = frozenset(kind for kind, channel in channels.items() if channel.idempotent)
        self.sender = Sender(store, channels, clock, self._backoff)

    async def round(self, *, stopping: Callable[[], bool] = lambda: False, wait: bool = True) -> Carried:
        """A share of every channel, dealt evenly to those that wait (actions/flows.py). wait: until every call has ended, else go on as soon
        as the calls have begun."""
        carried = Carried()
        self._turn += 1
        rooms = {kind.value: self.sender.room(kind, self._share) for kind in self._channels}
        with self._store.begin_worker() as connection:
            dealt = deal(effect_flows(connection, self._clock.now()), rooms, self._turn)
        for workspace_id in sorted({flow.workspace_id for flow in dealt}):
            if stopping():
                break
            with self._store.begin_worker() as connection:
                workspace, remote = self._take(connection, workspace_id, dealt, carried)
            if workspace is not None:
                self.sender.start(workspace, remote, stopping)
        carried.count(await (self.sender.finish() if wait else self.sender.reap()))
        return carried

    def _take(
        self, connection: Connection, workspace_id: int, dealt: Mapping[Flow, int], carried: Carried
    ) -> tuple[Workspace | None, list[Effect]]:
        """Steps 1 to 4; gives the effects to be sent outside."""
        about(connection, (workspace_id,))
        if not leases.hold_workspace(connection, workspace_id):
            return None, []
        now = self._clock.now()
        workspace = load_workspace(connection, workspace_id)
        leases.recover_lost(connection, workspace_id, now, self._idempotent)
        effects = self._readable(connection, workspace_id, self._allowed(workspace, dealt))
        carried.claimed += len(effects)
        rulings = judge(connection, workspace, _policy(workspace), effects, self._channels, now)
        self._apply(connection, rulings, carried)
        going = [effect for effect in effects if rulings[effect.id].goes]
        carried.count(self._deliver_all(connection, workspace, going))
        until = now + leases.LEASE
        remote = [replace(each, lease=until) for each in going if not self._is_ours(each)]
        leases.lease(connection, [effect.id for effect in remote], now, until)
        return workspace, remote

    def _allowed(self, workspace: Workspace, dealt: Mapping[Flow, int]) -> Mapping[Flow, int]:
        """What was dealt to this workspace, within the rates it set itself."""
        allowed: dict[Flow, int] = {}
        for flow, room in dealt.items():
            if flow.workspace_id == workspace.id:
                per_second = _rate(workspace, ChannelKind(flow.channel))
                allowed[flow] = room if per_second is None else self._within(flow, room, per_second)
        return allowed

    def _within(self, flow: Flow, room: int, per_second: float) -> int:
        place = (flow.workspace_id, ChannelKind(flow.channel))
        allowance = self._allowances.get(place)
        if allowance is None or allowance.per_second != per_second:
            allowance = self._allowances[place] = Allowance(per_second)
        taken = min(room, allowance.left())
        allowance.take(taken)
        return taken

    def _readable(self, connection: Connection, workspace_id: int, rooms: Mapping[Flow, int]) -> list[Effect]:
        """Claimed effects; one that cannot be read (made by another version) is skipped, not retried forever."""
        effects: list[Effect] = []
        unreadable: list[tuple[int, str]] = []
        now = self._clock.now()
        for row in leases.claim(connection, workspace_id, now, rooms):
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
        count(Counter.EFFECTS, len(never), status=EffectStatus.SKIPPED.value)
        carried.skipped += len(never)
        carried.postponed += len(later)

    def _is_ours(self, effect: Effect) -> bool:
        return isinstance(self._channels[effect.channel], StoreChannel)

    def _deliver_all(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect]
    ) -> Sequence[EffectStatus]:
        """Step 3. Work, attempt and outcome commit together."""
        now = self._clock.now()
        ours = [effect for effect in effects if self._is_ours(effect)]
        outcomes: dict[int, Outcome] = {}
        for kind in {effect.channel for effect in ours}:
            mine = [effect for effect in ours if effect.channel == kind]
            outcomes |= self._delivered(connection, workspace, mine, kind)
        done = [(effect, outcomes[effect.id]) for effect in ours]
        statuses = settle_in_place(connection, done, now, self._backoff)
        touched = {
            effect.signal_id
            for (effect, _), status in zip(done, statuses, strict=True)
            if status is EffectStatus.SENT and self._channels[effect.channel].counts
        }
        stamp_touch(connection, workspace.id, touched, now)
        return statuses

    def _delivered(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect], kind: ChannelKind
    ) -> dict[int, Outcome]:
        """All at once where the channel can and nothing goes wrong, else one by one."""
        channel = self._channels[kind]
        assert isinstance(channel, StoreChannel)
        if len(effects) > 1:
            try:
                with connection.begin_nested():
                    done = channel.deliver_all(connection, workspace, effects, self._clock.now())
                if done is not None:
                    return {effect.id: outcome for effect, outcome in zip(effects, done, strict=True)}
            except Exception as why:  # noqa: BLE001 - found out one by one, below
                log.debug("effects.one_by_one", channel=kind, error=type(why).__name__)
        return {effect.id: self._deliver(connection, workspace, effect) for effect in effects}

    def _deliver(self, connection: Connection, workspace: Workspace, effect: Effect) -> Outcome:
        """One effect's work; what fails is rolled back alone."""
        channel = self._channels[effect.channel]
        assert isinstance(channel, StoreChannel)
        try:
            with connection.begin_nested():
                return channel.deliver(connection, workspace, effect, self._clock.now())
        except Exception as why:  # noqa: BLE001 - one effect that cannot be done must not hold up the others
            return not_done(connection, effect, why)


def _rate(workspace: Workspace, kind: ChannelKind) -> float | None:
    """The rate that the workspace set for the channel, None without one (or where the settings do not read)."""
    channels = workspace.settings.get("channels")
    of_kind = channels.get(kind.value) if isinstance(channels, dict) else None
    rate = of_kind.get("per_second") if isinstance(of_kind, dict) else None
    return float(rate) if isinstance(rate, int | float) and rate > 0 else None


def _policy(workspace: Workspace) -> ContactPolicy:
    """The workspace's policy; one that does not read is taken as ours, which is the stricter way to go on."""
    try:
        return policy_of(workspace.settings)
    except ValidationError as wrong:
        log.warning("contact_policy.unreadable", workspace=workspace.id, errors=wrong.error_count())
        return ContactPolicy()
