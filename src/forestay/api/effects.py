"""`/api/effects`: the ledger of what leaves: counts, dead letters, effects of unknown end, and what a person says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Row, ScalarSelect, Select, func, select

from forestay.actions import ledger, unsettled
from forestay.actions.unsettled import Chosen, Resolution
from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.shapes import Ask, Shape
from forestay.customers.words import ChannelKind, EffectStatus
from forestay.governance.permissions import Permission
from forestay.kit.errors import NotFound
from forestay.store.tables.actions import effect_attempts, effects
from forestay.store.tables.customers import accounts
from forestay.store.tables.journeys import journeys

router = APIRouter(prefix="/api/effects", tags=["effects"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.MESSAGES_READ)]
Writer = Annotated[Call, needs(Permission.TASKS_WRITE)]


class EffectShape(Shape):
    """One effect; its text stands in its message or task."""

    id: int
    account: str | None = Field(description="External id of the account.")
    signal_id: int | None
    run_id: int | None = Field(description="Number of the journey's run that asked for it.")
    journey_id: int | None
    journey: str | None = Field(description="Key of the journey that asked for it.")
    step: int | None = Field(description="Number of the journey's step that asked for it.")
    channel: ChannelKind
    purpose: str
    recipient: str
    status: EffectStatus
    reason: str | None
    attempts: int
    due_at: datetime
    created_at: datetime
    updated_at: datetime


class AttemptShape(Shape):
    """One try. outcome: sent, retry, failed or unknown; null while it runs."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: str | None


class EffectView(EffectShape):
    """An effect with its tries."""

    tries: list[AttemptShape]


class ReplayAsk(Ask):
    """Which of the failed effects; what is left out does not narrow it."""

    journey_id: int | None = Field(None, ge=1)
    journey: str | None = Field(
        None, min_length=1, max_length=120, description="Key of a journey, instead of its number."
    )
    step: int | None = Field(None, ge=0, le=32_767)
    channel: ChannelKind | None = None
    reason: str | None = Field(None, min_length=1, max_length=500, description="How their reason begins.")


class ReasonCount(Shape):
    """How many effects of one channel ended for one reason."""

    reason: str | None
    channel: ChannelKind
    effects: int


class Replayed(Shape):
    """How many are tried again."""

    effects: int


class ResolveAsk(Ask):
    """What a person found out."""

    resolution: Resolution


@router.get("")
def list_effects(
    call: Reader,
    status: EffectStatus | None = None,
    account: Annotated[str | None, Query(max_length=500, description="External id of an account.")] = None,
    channel: ChannelKind | None = None,
    journey_id: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Number of a journey.")] = None,
    journey: Annotated[str | None, Query(max_length=120, description="Key of a journey.")] = None,
    step: Annotated[int | None, Query(ge=0, le=32_767, description="Number of a step.")] = None,
    reason: Annotated[str | None, Query(min_length=1, max_length=500, description="How the reason begins.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EffectShape]:
    """The newest effects first; `status=failed` are the dead letters, `status=unknown` wait for a person."""
    question = ("effects", status, account, channel, journey_id, journey, step, reason)
    wanted = _select(call.workspace_id)
    for column, value in (
        (effects.c.status, status),
        (accounts.c.external_id, account),
        (effects.c.channel, channel),
        (effects.c.journey_id, journey_id),
        (journeys.c.key, journey),
        (effects.c.step, step),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if reason is not None:
        wanted = wanted.where(effects.c.reason.startswith(reason, autoescape=True))
    with call.begin() as conn:
        rows = conn.execute(
            Sorting(effects.c.id, effects.c.id, descending=True).of(wanted, cursor, question, limit)
        ).all()
    return page_of(rows, limit, question, lambda row: (row.id, row.id), EffectShape.model_validate)


@router.get("/counts")
def count_effects(call: Reader) -> dict[EffectStatus, int]:
    """How many effects stand where; together all that ever entered."""
    with call.begin() as conn:
        found = ledger.counts(conn, call.workspace_id)
    return {status: found.get(status, 0) for status in EffectStatus}


@router.get("/reasons")
def count_reasons(
    call: Reader,
    status: Annotated[EffectStatus, Query(description="failed, skipped, unknown, ...")] = EffectStatus.FAILED,
    journey: Annotated[str | None, Query(max_length=120, description="Key of a journey.")] = None,
    channel: ChannelKind | None = None,
) -> Page[ReasonCount]:
    """Why effects ended as they did, the most frequent first: what a replay of the failed ones would take along."""
    mine = (effects.c.workspace_id == call.workspace_id) & (effects.c.status == status.value)
    amount = func.count().label("effects")
    wanted = select(effects.c.reason, effects.c.channel, amount).where(mine)
    if journey is not None:
        wanted = wanted.where(effects.c.journey_id == _number_of(call.workspace_id, journey))
    if channel is not None:
        wanted = wanted.where(effects.c.channel == channel.value)
    with call.begin() as conn:
        rows = conn.execute(
            wanted.group_by(effects.c.reason, effects.c.channel).order_by(amount.desc(), effects.c.reason).limit(200)
        ).all()
    return Page(items=[ReasonCount.model_validate(row) for row in rows])


@router.get("/counts/journeys/{journey_id}")
def count_of_journey(journey_id: Number, call: Reader) -> dict[int, dict[EffectStatus, int]]:
    """How many effects each step of a journey asked for, and where they stand; by step number."""
    with call.begin() as conn:
        found = ledger.counts_by_step(conn, call.workspace_id, journey_id)
    return {step: dict(counts) for step, counts in found.items()}


@router.post("/replay")
def replay_all(body: ReplayAsk, call: Writer) -> Replayed:
    """Try many failed effects again, after their cause was mended."""
    with call.begin() as conn:
        number = body.journey_id
        if body.journey is not None:
            number = conn.scalar(select(_number_of(call.workspace_id, body.journey)))
            if number is None:
                raise NotFound("journey", body.journey)
        chosen = Chosen(number, body.step, body.channel and body.channel.value, body.reason)
        count = unsettled.replay_all(conn, call.workspace_id, chosen, call.principal.actor, call.now())
        call.audit(conn, "effects.replayed", "effects", {"effects": count})
    return Replayed(effects=count)


@router.get("/{effect_id}")
def get_effect(effect_id: Number, call: Reader) -> EffectView:
    """One effect with every try."""
    with call.begin() as conn:
        row = _one(conn.execute(_select(call.workspace_id).where(effects.c.id == effect_id)).one_or_none(), effect_id)
        mine = (effect_attempts.c.workspace_id == call.workspace_id) & (effect_attempts.c.effect_id == effect_id)
        tries = conn.execute(select(effect_attempts).where(mine).order_by(effect_attempts.c.number)).all()
    shown = EffectShape.model_validate(row).model_dump()
    return EffectView(**shown, tries=[AttemptShape.model_validate(one) for one in tries])


@router.post("/{effect_id}/resolve")
def resolve(effect_id: Number, body: ResolveAsk, call: Writer) -> EffectView:
    """Say what became of an effect of unknown end: as_sent, as_failed, or retry."""
    with call.begin() as conn:
        unsettled.resolve(conn, call.workspace_id, effect_id, body.resolution, call.principal.actor, call.now())
        call.audit(conn, "effect.resolved", f"effect:{effect_id}", {"resolution": body.resolution.value})
    return get_effect(effect_id, call)


@router.post("/{effect_id}/replay")
def replay(effect_id: Number, call: Writer) -> EffectView:
    """Try a failed effect again, after its cause was mended."""
    with call.begin() as conn:
        unsettled.replay(conn, call.workspace_id, effect_id, call.principal.actor, call.now())
        call.audit(conn, "effect.replayed", f"effect:{effect_id}")
    return get_effect(effect_id, call)


@router.post("/{effect_id}/cancel")
def cancel(effect_id: Number, call: Writer) -> EffectView:
    """Take back an effect that has not left."""
    with call.begin() as conn:
        unsettled.cancel_pending(conn, call.workspace_id, effect_id, call.principal.actor, call.now())
        call.audit(conn, "effect.cancelled", f"effect:{effect_id}")
    return get_effect(effect_id, call)


def _select(workspace_id: int) -> Select[Any]:
    return (
        select(effects, accounts.c.external_id.label("account"), journeys.c.key.label("journey"))
        .outerjoin(accounts, accounts.c.id == effects.c.account_id)
        .outerjoin(journeys, (journeys.c.id == effects.c.journey_id) & (journeys.c.workspace_id == workspace_id))
        .where(effects.c.workspace_id == workspace_id)
    )


def _number_of(workspace_id: int, key: str) -> ScalarSelect[int]:
    mine = (journeys.c.workspace_id == workspace_id) & (journeys.c.key == key)
    return select(journeys.c.id).where(mine).scalar_subquery()


def _one(row: Row[Any] | None, effect_id: int) -> Row[Any]:
    if row is None:
        raise NotFound("effect", str(effect_id))
    return row
