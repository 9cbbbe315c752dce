"""`/api/signals`: what fired, why, and what a CSM says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Row
from sqlalchemy.dialects.postgresql import insert as upsert

from forestay.api.calls import Call, needs
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.queries import signals as queries
from forestay.api.shapes import Ask, EvidenceShape, Moment, Shape
from forestay.customers.words import RiskLevel, SignalStatus, Tier, Verdict
from forestay.governance.permissions import Permission
from forestay.store.tables.signals import feedback, signals

router = APIRouter(prefix="/api/signals", tags=["signals"], route_class=OnceRoute)


class Stages(Shape):
    """The time-to-intervention clock: when each stage was reached, null when not (yet)."""

    event_at: datetime
    detected_at: datetime
    fired_at: datetime
    decided_at: datetime | None
    task_at: datetime | None
    first_touch_at: datetime | None
    outcome_at: datetime | None


class SignalShape(Shape):
    """One firing of a trigger for one account."""

    id: int
    trigger: str
    trigger_version: int
    tier: Tier
    risk_level: RiskLevel
    status: SignalStatus
    account: str = Field(description="External id of the account.")
    account_id: int
    account_name: str | None
    evidence: list[EvidenceShape]
    event_at: datetime = Field(description="When the event that set it off happened.")
    fired_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    updates: int = Field(description="How often it was updated instead of fired again.")
    is_holdout: bool
    held_back: str | None = Field(description="Why it asked for no action, null when it did.")
    cause: dict[str, Any] = Field(description="The event or clock that set it off.")
    stages: Stages
    outcome: str | None


class FeedbackShape(Shape):
    """A verdict on a signal."""

    id: int
    signal_id: int
    task_id: int | None
    actor: str
    verdict: Verdict
    note: str | None
    at: datetime


class FeedbackAsk(Ask):
    """A CSM's verdict; a second one by the same caller replaces the first."""

    verdict: Verdict
    note: str | None = Field(None, max_length=4000)


@router.get("")
def list_signals(
    call: Annotated[Call, needs(Permission.SIGNALS_READ)],
    account: Annotated[str | None, Query(description="External id of an account.")] = None,
    trigger: Annotated[str | None, Query(description="Key of a trigger.")] = None,
    since: Annotated[Moment | None, Query(description="Fired at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Fired before.")] = None,
    status: SignalStatus | None = None,
    tier: Tier | None = None,
    risk_level: RiskLevel | None = None,
    held_back: Annotated[
        str | None, Query(max_length=50, description="Why it asked for no action: holdout, cap, paused, advise_only.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SignalShape]:
    """The newest signals first."""
    wanted = queries.SignalFilter(account, trigger, since, until, status, tier, risk_level, held_back)
    question = ("signals", wanted)
    sorting = Sorting(signals.c.fired_at, signals.c.id, descending=True)
    with call.begin() as conn:
        rows = conn.execute(sorting.of(queries.signals_where(call.workspace_id, wanted), cursor, question, limit)).all()
    return page_of(rows, limit, question, lambda row: (row.fired_at, row.id), shape)


@router.get("/{signal_id}")
def get_signal(signal_id: Number, call: Annotated[Call, needs(Permission.SIGNALS_READ)]) -> SignalShape:
    """One signal."""
    with call.begin() as conn:
        return shape(queries.one_signal(conn, call.workspace_id, signal_id))


@router.get("/{signal_id}/feedback")
def list_feedback(signal_id: Number, call: Annotated[Call, needs(Permission.SIGNALS_READ)]) -> Page[FeedbackShape]:
    """The verdicts on a signal, oldest first."""
    with call.begin() as conn:
        queries.one_signal(conn, call.workspace_id, signal_id)
        rows = queries.verdicts_of(conn, call.workspace_id, signal_id)
    return Page(items=[FeedbackShape.model_validate(row) for row in rows])


@router.post("/{signal_id}/feedback", status_code=201)
def give_feedback(
    signal_id: Number, body: FeedbackAsk, call: Annotated[Call, needs(Permission.FEEDBACK_WRITE)]
) -> FeedbackShape:
    """Say whether the insight was accurate, inaccurate, already known or not actionable."""
    return record_verdict(call, signal_id, None, body)


def record_verdict(call: Call, signal_id: int, task_id: int | None, body: FeedbackAsk) -> FeedbackShape:
    """Keep one verdict a caller and signal."""
    values = {
        "workspace_id": call.workspace_id,
        "signal_id": signal_id,
        "task_id": task_id,
        "member_id": call.principal.member_id,
        "actor": call.principal.actor,
        "verdict": body.verdict.value,
        "note": body.note,
        "at": call.now(),
    }
    renewed = {key: values[key] for key in ("task_id", "verdict", "note", "at")}
    statement = upsert(feedback).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=[feedback.c.workspace_id, feedback.c.signal_id, feedback.c.actor], set_=renewed
    )
    with call.begin() as conn:
        queries.one_signal(conn, call.workspace_id, signal_id)
        row = conn.execute(statement.returning(feedback)).one()
        call.audit(conn, "signal.judged", f"signal:{signal_id}", {"verdict": body.verdict.value})
    return FeedbackShape.model_validate(row)


def shape(row: Row[Any]) -> SignalShape:
    """A signal as the API shows it."""
    return SignalShape(
        id=row.id,
        trigger=row.trigger_key,
        trigger_version=row.trigger_version,
        tier=Tier(row.tier),
        risk_level=RiskLevel(row.risk_level),
        status=SignalStatus(row.status),
        account=row.account_external_id,
        account_id=row.account_id,
        account_name=row.account_name,
        evidence=[EvidenceShape.model_validate(one) for one in row.evidence],
        event_at=row.event_at,
        fired_at=row.fired_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
        closed_reason=row.closed_reason,
        updates=row.updates,
        is_holdout=row.is_holdout,
        held_back=row.held_back,
        cause=row.cause,
        stages=Stages.model_validate(row),
        outcome=row.outcome,
    )
