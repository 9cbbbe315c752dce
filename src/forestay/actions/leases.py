"""Who works on an effect now: leases, attempts and their outcomes, fenced so that a late worker changes nothing.

Reads : effects, effect_attempts
Gives : claim(), recover_lost(), lease(), begin_attempt(), settle(), settle_in_place(), postpone(), skip(), release(), workspaces_due(), next_due()
Source: DESIGN section 7: the attempt is recorded before the call; an unclear answer ends in `unknown`.

The life of an effect's row:
  pending, free  -> claim(): pending, leased -> begin_attempt(): attempt n open -> settle(): outcome, free again.
A lease that ran out without an attempt harms nothing: the effect is free. A lease that ran out with an open
attempt means that the worker died between the call and its record: recover_lost() frees the effect when the
channel is idempotent and calls it `unknown` when it is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)  # fmt: skip

from forestay.actions.channel import Effect, Outcome, Result
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.kit.retry import Backoff
from forestay.store.tables.actions import effect_attempts, effects
from forestay.store.tables.governance import workspaces

LEASE = timedelta(minutes=2)
"""How long a claimed effect may wait for its attempt."""
LOST = "the worker stopped between the call and its record"
_LOCK_CLASS = 0x0EFF
_FINAL = {
    Result.SENT: EffectStatus.SENT,
    Result.FAILED: EffectStatus.FAILED,
    Result.UNKNOWN: EffectStatus.UNKNOWN,
    Result.SKIPPED: EffectStatus.SKIPPED,
}


def workspaces_due(connection: Connection, now: datetime, but: Collection[ChannelKind] = ()) -> Sequence[int]:
    """Workspaces with something to carry out on other channels than `but`; each gets its share in turn."""
    waiting = exists().where(
        effects.c.workspace_id == workspaces.c.id, _free_and_due(now), effects.c.channel.not_in(but)
    )
    return connection.scalars(select(workspaces.c.id).where(waiting).order_by(workspaces.c.id)).all()


def next_due(connection: Connection) -> datetime | None:
    """When the earliest pending effect is due or its lease ends; None when nothing is pending."""
    at = func.greatest(effects.c.due_at, func.coalesce(effects.c.leased_until, effects.c.due_at))
    pending = (
        select(at).where(effects.c.status == EffectStatus.PENDING).order_by(effects.c.due_at).limit(200).subquery()
    )
    earliest: datetime | None = connection.scalar(select(func.min(pending.c[0])))
    return earliest


def hold_workspace(connection: Connection, workspace_id: int) -> bool:
    """Take the workspace for this transaction, so that caps are counted by one worker at a time; False if taken."""
    return bool(
        connection.scalar(
            text("SELECT pg_try_advisory_xact_lock(:class, CAST(:workspace % 2147483647 AS int))"),
            {"class": _LOCK_CLASS, "workspace": workspace_id},
        )
    )


def claim(
    connection: Connection, workspace_id: int, now: datetime, share: int, *, but: Collection[ChannelKind] = ()
) -> Sequence[RowMapping]:
    """Lock up to `share` free, due effects of the workspace, the longest due first; rows of `effects`. `but`:
    channels that have enough to do already."""
    return (
        connection.execute(
            select(effects)
            .where(
                effects.c.workspace_id == workspace_id,
                _free_and_due(now),
                ~exists().where(_open_attempt()),
                effects.c.channel.not_in(but),
            )
            .order_by(effects.c.due_at, effects.c.id)
            .limit(share)
            .with_for_update(skip_locked=True)
        )
        .mappings()
        .all()
    )


def recover_lost(connection: Connection, workspace_id: int, now: datetime, idempotent: Collection[ChannelKind]) -> int:
    """Settle attempts whose worker died: `unknown` where the provider cannot tell twice from once, else free to
    go again. Gives how many were found."""
    lost = (
        connection.execute(
            select(effects.c.id, effects.c.channel, effects.c.attempts)
            .join(effect_attempts, _open_attempt())
            .where(
                effects.c.workspace_id == workspace_id,
                effects.c.status == EffectStatus.PENDING,
                effects.c.leased_until < now,
            )
            .with_for_update(skip_locked=True, of=effects)
        )
        .mappings()
        .all()
    )
    for row in lost:
        again = row["channel"] in idempotent
        _end_attempt(connection, row["id"], row["attempts"], Result.RETRY if again else Result.UNKNOWN, LOST, now)
        changes = {} if again else {"status": EffectStatus.UNKNOWN, "reason": LOST}
        connection.execute(
            update(effects).where(effects.c.id == row["id"]).values(leased_until=None, updated_at=now, **changes)
        )
    return len(lost)


def lease(connection: Connection, ids: Iterable[int], now: datetime, until: datetime) -> None:
    """Lease effects that claim() locked in this transaction; from now on they count under the caps."""
    if wanted := list(ids):
        connection.execute(update(effects).where(effects.c.id.in_(wanted)).values(leased_until=until, updated_at=now))


def release(connection: Connection, ids: Iterable[int]) -> None:
    """Give leases back whose attempt never began."""
    if wanted := list(ids):
        connection.execute(
            update(effects)
            .where(effects.c.id.in_(wanted), effects.c.status == EffectStatus.PENDING)
            .values(leased_until=None)
        )


def begin_attempt(connection: Connection, effect: Effect, now: datetime, until: datetime) -> int | None:
    """Open the next attempt and renew the lease; its number, or None when the lease is no longer ours."""
    number = connection.scalar(
        update(effects)
        .where(
            effects.c.id == effect.id,
            effects.c.workspace_id == effect.workspace_id,
            effects.c.status == EffectStatus.PENDING,
            effects.c.attempts == effect.attempts,
            effects.c.leased_until == effect.lease,
            effects.c.leased_until > now,
        )
        .values(attempts=effects.c.attempts + 1, leased_until=until)
        .returning(effects.c.attempts)
    )
    if number is None:
        return None
    connection.execute(
        insert(effect_attempts).values(
            workspace_id=effect.workspace_id, effect_id=effect.id, number=number, started_at=now
        )
    )
    return int(number)


def settle(connection: Connection, effect: Effect, number: int, outcome: Outcome, now: datetime,
           backoff: Backoff) -> EffectStatus | None:  # fmt: skip
    """Record what an attempt came to. None when somebody settled it meanwhile (a person, or a recovery that was
    not a mere 'unknown'): a late true answer may replace an 'unknown' of the same attempt, nothing else."""
    if not _end_attempt(connection, effect.id, number, outcome.result, outcome.detail, now):
        return None
    status, reason = _status_of(outcome, number, backoff)
    changes: dict[str, object] = {"status": status, "reason": reason, "leased_until": None, "updated_at": now}
    if outcome.provider_id is not None:
        changes["provider_id"] = outcome.provider_id
    if status is EffectStatus.PENDING:
        changes["due_at"] = now + backoff.wait(number, at_least=outcome.retry_after)
    settled = connection.scalar(
        update(effects)
        .where(
            effects.c.id == effect.id,
            effects.c.attempts == number,
            effects.c.status.in_((EffectStatus.PENDING, EffectStatus.UNKNOWN)),
        )
        .values(**changes)
        .returning(effects.c.id)
    )
    return None if settled is None else status


def settle_in_place(
    connection: Connection, done: Sequence[tuple[Effect, Outcome]], now: datetime, backoff: Backoff
) -> Sequence[EffectStatus]:
    """Record attempts and outcomes of effects that claim() locked in this very transaction, and whose work was done
    in it: nobody else can have touched them, so there is nothing to fence and all are written at once."""
    if not done:
        return []
    statuses: list[EffectStatus] = []
    attempts: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    for effect, outcome in done:
        number = effect.attempts + 1
        status, reason = _status_of(outcome, number, backoff)
        statuses.append(status)
        attempts.append(
            {"workspace_id": effect.workspace_id, "effect_id": effect.id, "number": number, "started_at": now,
             "ended_at": now, "outcome": outcome.result, "detail": outcome.detail[:500]}
        )  # fmt: skip
        due = now + backoff.wait(number, at_least=outcome.retry_after) if status is EffectStatus.PENDING else now
        changes.append(
            {"effect": effect.id, "is": status, "why": reason, "n": number, "pid": outcome.provider_id, "at": due}
        )
    connection.execute(insert(effect_attempts), attempts)
    connection.execute(
        update(effects)
        .where(effects.c.id == bindparam("effect"))
        .values(status=bindparam("is"), reason=bindparam("why"), attempts=bindparam("n"), due_at=bindparam("at"),
                provider_id=func.coalesce(bindparam("pid"), effects.c.provider_id), leased_until=None, updated_at=now),
        changes,
    )  # fmt: skip
    return statuses


def postpone(connection: Connection, until: Sequence[tuple[int, datetime, str]], now: datetime) -> None:
    """Move effects to a later due moment, with the reason; rows: (id, moment, reason)."""
    if until:
        connection.execute(
            update(effects)
            .where(effects.c.id == bindparam("effect"))
            .values(due_at=bindparam("moment"), reason=bindparam("why"), updated_at=now, leased_until=None),
            [{"effect": id_, "moment": moment, "why": why} for id_, moment, why in until],
        )


def skip(connection: Connection, skipped: Sequence[tuple[int, str]], now: datetime) -> None:
    """End effects as skipped, with the reason; rows: (id, reason)."""
    if skipped:
        connection.execute(
            update(effects)
            .where(effects.c.id == bindparam("effect"))
            .values(status=EffectStatus.SKIPPED, reason=bindparam("why"), updated_at=now, leased_until=None),
            [{"effect": id_, "why": why} for id_, why in skipped],
        )


def _end_attempt(
    connection: Connection, effect_id: int, number: int, result: Result, detail: str, now: datetime
) -> bool:
    """Write an attempt's outcome where none stands yet, or only a guess (unknown, or lost)."""
    ended = connection.execute(
        update(effect_attempts)
        .where(
            effect_attempts.c.effect_id == effect_id,
            effect_attempts.c.number == number,
            or_(
                effect_attempts.c.outcome.is_(None),
                effect_attempts.c.outcome == Result.UNKNOWN,
                effect_attempts.c.detail == LOST,
            ),
        )
        .values(ended_at=now, outcome=result, detail=detail[:500])
    )
    return ended.rowcount == 1


def _status_of(outcome: Outcome, number: int, backoff: Backoff) -> tuple[EffectStatus, str | None]:
    if outcome.result is not Result.RETRY:
        return _FINAL[outcome.result], outcome.detail[:500] or None
    if backoff.is_spent(number):
        return EffectStatus.FAILED, f"gave up after {number} attempts: {outcome.detail}"[:500]
    return EffectStatus.PENDING, f"will be tried again: {outcome.detail}"[:500]


def _open_attempt() -> ColumnElement[bool]:
    return and_(
        effect_attempts.c.effect_id == effects.c.id,
        effect_attempts.c.number == effects.c.attempts,
        effect_attempts.c.outcome.is_(None),
    )


def _free_and_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        effects.c.status == EffectStatus.PENDING,
        effects.c.due_at <= now,
        or_(effects.c.leased_until.is_(None), effects.c.leased_until < now),
    )
