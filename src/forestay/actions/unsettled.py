"""Effects that need a person: of unknown end, or failed; look at them, resolve them, replay them.

Reads : effects, effect_attempts
Gives : Resolution, Unsettled, unsettled(), resolve(), replay(), replay_all(), Chosen, cancel_pending()
Source: DESIGN section 7 (`unknown`, shown and resolvable by a person, never retried blindly; dead letters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, exists, select, update

from forestay.actions.outcomes import tell_settled
from forestay.customers.words import EffectStatus
from forestay.kit.errors import Conflict, NotFound
from forestay.store.tables.actions import effect_attempts, effects


class Resolution(StrEnum):
    """What a person found out about an effect of unknown end."""

    AS_SENT = "as_sent"
    AS_FAILED = "as_failed"
    RETRY = "retry"
    """It did not arrive, or twice is better than never: try again."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """One effect for the list; never its text."""

    id: int
    account_id: int | None
    contact_id: int | None
    channel: str
    status: EffectStatus
    reason: str | None
    attempts: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of the dead letters; reason: how it begins."""

    journey_id: int | None = None
    step: int | None = None
    channel: str | None = None
    reason: str | None = None


def unsettled(connection: Connection, workspace_id: int, status: EffectStatus, *, before: int | None = None,
              limit: int = 50) -> Sequence[Unsettled]:  # fmt: skip
    """Effects that ended `unknown` or `failed` (the dead letters), newest first; `before` is the cursor: the last id seen."""
    wanted = (
        select(effects)
        .where(effects.c.workspace_id == workspace_id, effects.c.status == status)
        .order_by(effects.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(effects.c.id < before)
    return [
        Unsettled(row["id"], row["account_id"], row["contact_id"], row["channel"], EffectStatus(row["status"]),
                  row["reason"], row["attempts"], row["updated_at"])
        for row in connection.execute(wanted).mappings()
    ]  # fmt: skip


def resolve(connection: Connection, workspace_id: int, effect_id: int, resolution: Resolution, actor: str,
            now: datetime) -> EffectStatus:  # fmt: skip
    """End the uncertainty as a person says. actor: 'member:7'. Raises NotFound; Conflict when it is not unknown."""
    status = {
        Resolution.AS_SENT: EffectStatus.SENT,
        Resolution.AS_FAILED: EffectStatus.FAILED,
        Resolution.RETRY: EffectStatus.PENDING,
    }[resolution]
    _move(connection, workspace_id, effect_id, EffectStatus.UNKNOWN, status, f"{resolution} by {actor}", now)
    # The attempt's end is decided now: an answer of the provider that still comes in changes nothing.
    outcome = "retry" if status is EffectStatus.PENDING else status
    connection.execute(
        update(effect_attempts)
        .where(effect_attempts.c.effect_id == effect_id, effect_attempts.c.workspace_id == workspace_id)
        .where(effect_attempts.c.outcome.in_(("unknown", "unclear")))
        .values(outcome=outcome, detail=f"{resolution} by {actor}")
    )
    return status


def replay(connection: Connection, workspace_id: int, effect_id: int, actor: str, now: datetime) -> None:
    """Try a failed effect again, after its cause was mended. Raises NotFound; Conflict when it has not failed."""
    _move(connection, workspace_id, effect_id, EffectStatus.FAILED, EffectStatus.PENDING, f"replayed by {actor}", now)


def replay_all(connection: Connection, workspace_id: int, chosen: Chosen, actor: str, now: datetime) -> int:
    """Try many failed effects again, each under its own key; gives how many. No part of `chosen` set: all of them."""
    wanted = update(effects).where(effects.c.workspace_id == workspace_id, effects.c.status == EffectStatus.FAILED)
    for column, value in ((effects.c.journey_id, chosen.journey_id), (effects.c.step, chosen.step),
                          (effects.c.channel, chosen.channel)):  # fmt: skip
        if value is not None:
            wanted = wanted.where(column == value)
    if chosen.reason is not None:
        wanted = wanted.where(effects.c.reason.startswith(chosen.reason, autoescape=True))
    again = wanted.values(
        status=EffectStatus.PENDING, reason=f"replayed by {actor}", due_at=now, leased_until=None, updated_at=now
    )
    return int(connection.execute(again).rowcount)


def cancel_pending(connection: Connection, workspace_id: int, effect_id: int, actor: str, now: datetime) -> None:
    """Take back an effect that has not left; one that may have left all the same becomes `unknown`. Raises NotFound;
    Conflict when it left, ended or is leaving now."""
    mine = (effect_attempts.c.effect_id == effect_id) & (effect_attempts.c.workspace_id == workspace_id)
    is_unclear = connection.scalar(select(exists().where(mine, effect_attempts.c.outcome == "unclear")))
    status = EffectStatus.UNKNOWN if is_unclear else EffectStatus.CANCELLED
    _move(connection, workspace_id, effect_id, EffectStatus.PENDING, status, f"cancelled by {actor}", now)


def _move(connection: Connection, workspace_id: int, effect_id: int, expected: EffectStatus, status: EffectStatus,
          reason: str, now: datetime) -> None:  # fmt: skip
    row = connection.execute(
        select(effects.c.status, effects.c.leased_until)
        .where(effects.c.workspace_id == workspace_id, effects.c.id == effect_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("effect", str(effect_id))
    if row.status != expected:
        raise Conflict(f"the effect is {row.status}, not {expected}; look at it again")
    if row.leased_until is not None and row.leased_until > now:
        raise Conflict("the effect is leaving at this moment; look at it again in a minute")
    connection.execute(
        update(effects)
        .where(effects.c.id == effect_id)
        .values(status=status, reason=reason, due_at=now, leased_until=None, updated_at=now)
    )
    tell_settled(connection, [effect_id], now)  # a run that still waits for it goes on
