"""`/api/learning/triggers`: how right triggers are, what is suggested, and taking it or taking it back.

Reads: trigger_tunings and trigger_moves, which the daily job 'learning' writes
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from forestay.api.calls import Call, needs
from forestay.api.documents import Key
from forestay.api.paging import Number, Page
from forestay.api.shapes import Ask, Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import NotFound
from forestay.learning.book import MoveRow, Tuned, read_moves, read_tunings, settings_of
from forestay.learning.feedback import Move
from forestay.learning.moves import take, undo
from forestay.learning.tuning import TuningMode

router = APIRouter(prefix="/api/learning", tags=["learning"])
Reader = Annotated[Call, needs(Permission.TRIGGERS_READ)]
Publisher = Annotated[Call, needs(Permission.TRIGGERS_PUBLISH)]


class PrecisionShape(Shape):
    """hits, misses: judged firings, weighed; mean with the interval of 90 %."""

    hits: float
    misses: float
    mean: float
    low: float
    high: float


class SuggestionShape(Shape):
    """What feedback suggests. to: the new threshold of tighten and loosen."""

    move: Move
    to: float | None
    reason: str


class LearnedShape(Shape):
    """What feedback says of a trigger, or of one segment of its accounts."""

    trigger: str
    segment: str = Field(description="Key; empty: every account without a threshold of its segment's own.")
    target: float = Field(description="The precision that is asked for.")
    precision: PrecisionShape = Field(description="By verdicts and what really happened.")
    by_outcome: PrecisionShape = Field(description="By what really happened alone.")
    recall: float | None = Field(
        description="Of accounts with the outcome that would have fired at the loosest threshold: the share that fired. "
        "Null until some were watched in silence to the end."
    )
    watched: int = Field(description="Accounts watched in silence: they nearly fired.")
    column: str | None = Field(description="What is tuned; null where there is nothing to tune.")
    threshold: float | None
    lowest: float | None = Field(description="Bounds around what a person published last.")
    highest: float | None
    suggestion: SuggestionShape
    late: str = Field(description="Whether CSMs mostly knew already; empty when not.")
    routing: str = Field(description="Whether CSMs mostly could do nothing; empty when not.")
    retrain: str = Field(description="Whether outcomes say that the model is no longer right; empty when not.")
    moved_at: datetime | None
    updated_at: datetime


class LearnedList(Page[LearnedShape]):
    """Every live trigger that was looked at. mode: what becomes of suggestions (settings.trigger_tuning)."""

    mode: TuningMode


class ApplyAsk(Ask):
    """Which suggestion. segment: key, empty for the whole trigger."""

    segment: str = Field("", max_length=100)


class MoveShape(Shape):
    """A suggestion that was taken, by a person or by itself ('system:learning')."""

    id: int
    trigger: str
    segment: str
    at: datetime
    actor: str
    kind: Move
    threshold_before: float | None
    threshold_after: float | None
    version_before: int
    version_after: int
    reason: str
    undone_at: datetime | None
    undone_by: str | None


@router.get("/triggers")
def list_learned(call: Reader) -> LearnedList:
    """What feedback says of every trigger and segment, as of the last daily look."""
    with call.begin() as conn:
        tunings = read_tunings(conn, call.workspace_id)
        mode = settings_of(conn, call.workspace_id).mode
    return LearnedList(items=[_learned(one) for one in tunings.values()], next=None, mode=mode)


@router.get("/triggers/{key}")
def get_learned(key: Key, call: Reader) -> LearnedList:
    """Of one trigger: the whole first, then its segments."""
    with call.begin() as conn:
        tunings = read_tunings(conn, call.workspace_id)
        mode = settings_of(conn, call.workspace_id).mode
    found = [_learned(one) for one in tunings.values() if one.trigger_key == key]
    if not found:
        raise NotFound("finding about a trigger", key)
    return LearnedList(items=found, next=None, mode=mode)


@router.post("/triggers/{key}/apply", status_code=201)
def apply_suggestion(key: Key, call: Publisher, body: ApplyAsk | None = None) -> MoveShape:
    """Take the suggestion: publishes the trigger with its new threshold, or so that it only advises."""
    segment = body.segment if body else ""
    with call.begin() as conn:
        move = take(
            conn, call.workspace_id, key, segment, call.principal.actor, call.now(), call.principal.member_id
        )  # fmt: skip
    return _move(move)


@router.get("/moves")
def list_moves(
    call: Reader, trigger: Annotated[str | None, Query(description="Key of a trigger.")] = None
) -> Page[MoveShape]:
    """The last 200 moves, the newest first."""
    with call.begin() as conn:
        moves = read_moves(conn, call.workspace_id, trigger)
    return Page(items=[_move(one) for one in moves], next=None)


@router.post("/moves/{move_id}/undo")
def undo_move(move_id: Number, call: Publisher) -> MoveShape:
    """Publish the trigger as it was before the move."""
    with call.begin() as conn:
        move = undo(conn, call.workspace_id, move_id, call.principal.actor, call.now(), call.principal.member_id)
    return _move(move)


def _learned(tuned: Tuned) -> LearnedShape:
    found = tuned.findings
    return LearnedShape(
        trigger=tuned.trigger_key, segment=tuned.segment, target=found.target,
        precision=PrecisionShape.model_validate(found.precision),
        by_outcome=PrecisionShape.model_validate(found.by_outcome), recall=found.recall, watched=found.watched,
        column=found.column, threshold=tuned.threshold, lowest=found.low, highest=found.high,
        suggestion=SuggestionShape(move=found.move, to=found.to, reason=found.reason), late=found.late,
        routing=found.routing, retrain=found.retrain, moved_at=tuned.moved_at, updated_at=tuned.updated_at,
    )  # fmt: skip


def _move(move: MoveRow) -> MoveShape:
    names = [name for name in MoveRow.__slots__ if name != "trigger_key"]
    return MoveShape(trigger=move.trigger_key, **{name: getattr(move, name) for name in names})
