"""Taking a suggestion, and taking it back: a new version of the trigger, an entry in the audit trail, a row of moves.

Reads : trigger_tunings, documents
Gives : take(), undo(), NothingToTake, CannotTake, BY_ITSELF
Writes: documents (kind trigger), trigger_moves, trigger_tunings, audit_entries
Source: REQUIREMENTS D6, I1; a threshold that moved stands in the document, where everybody reads it
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from forestay.governance import audit
from forestay.kit.errors import Conflict
from forestay.learning.book import MoveRow, Tuned, add_move, mark_undone, move_of, read_tunings, save_tuning
from forestay.learning.feedback import Move, State, Suggestion, after
from forestay.learning.precision import beta_of
from forestay.learning.thresholds import Tunable, advising, has_own, tunable_of, with_threshold
from forestay.learning.tuning import Findings
from forestay.store import documents
from forestay.store.documents import Document, DocumentKind, DocumentStatus
from forestay.store.shapes import Json

BY_ITSELF = "system:learning"
"""Who acts where nobody asked."""


class NothingToTake(Conflict):
    """There is no suggestion for this trigger now: read its findings."""

    code = "nothing_to_take"

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"nothing is suggested for '{key}' now: {reason or 'it was not looked at yet'}")


class CannotTake(Conflict):
    """The trigger is not as it was when the suggestion was made, or is being worked on."""

    code = "cannot_take"


def take(
    connection: Connection, workspace_id: int, key: str, segment: str, actor: str, now: datetime,
    author_id: int | None = None,
) -> MoveRow:  # fmt: skip
    """Do what the last look suggested. Raises NotFound for a trigger that is not live, NothingToTake, CannotTake."""
    live = documents.live(connection, workspace_id, DocumentKind.TRIGGER, key)
    tuned = read_tunings(connection, workspace_id).get((key, segment))
    if tuned is None or tuned.findings.move is Move.STAY:
        raise NothingToTake(key, tuned.findings.reason if tuned else "")
    dial = tunable_of(live.body, segment, tuned.anchor)
    _must_be_free(connection, workspace_id, live, tuned, dial)
    findings = tuned.findings
    body = _changed(live, segment, findings)
    made = _publish(connection, workspace_id, live, body, _note(findings), author_id)
    suggestion = Suggestion(findings.move, findings.to, findings.reason, beta_of(0, 0, findings.target))
    state = after(tuned.state, dial, suggestion, _day(now)) if dial else State(0.0, 0, 0, _day(now))
    threshold = findings.to if findings.to is not None else tuned.threshold
    kept = replace(tuned, version=made.version, threshold=threshold, state=state, moved_at=now, updated_at=now,
                   findings=_taken(findings))  # fmt: skip
    save_tuning(connection, workspace_id, kept)
    move = MoveRow(0, key, segment, now, actor, findings.move.value, dial.threshold if dial else None, findings.to,
                   live.version, made.version, findings.reason)  # fmt: skip
    move = replace(move, id=add_move(connection, workspace_id, move))
    _audit(connection, workspace_id, "trigger.tuned", move, actor, now)
    return move


def undo(
    connection: Connection, workspace_id: int, number: int, actor: str, now: datetime, author_id: int | None = None
) -> MoveRow:
    """Publish the trigger as it was before the move. Raises NotFound, CannotTake when it was changed since."""
    move = move_of(connection, workspace_id, number)
    if move.undone_at is not None:
        raise CannotTake(f"{move.undone_by} took this back already")
    live = documents.live(connection, workspace_id, DocumentKind.TRIGGER, move.trigger_key)
    if live.version != move.version_after:
        raise CannotTake(f"'{move.trigger_key}' was changed since; change its threshold where triggers are written")
    _must_have_no_draft(connection, workspace_id, live)
    earlier = next(
        one for one in documents.versions(connection, workspace_id, DocumentKind.TRIGGER, move.trigger_key)
        if one.version == move.version_before
    )  # fmt: skip
    made = _publish(connection, workspace_id, live, dict(earlier.body), f"move {number} taken back", author_id)
    mark_undone(connection, workspace_id, number, actor, now)
    _back(connection, workspace_id, move, made, now)
    undone = replace(move, undone_at=now, undone_by=actor)
    _audit(connection, workspace_id, "trigger.tuning_undone", undone, actor, now)
    return undone


def _must_be_free(
    connection: Connection, workspace_id: int, live: Document, tuned: Tuned, dial: Tunable | None
) -> None:
    if live.status is DocumentStatus.PAUSED:
        raise CannotTake(f"'{live.key}' is paused; resume it first, for a new version would begin to act")
    if (dial.threshold if dial else None) != tuned.threshold:
        raise CannotTake(f"'{live.key}' has another threshold since the last look; wait for the next one")
    _must_have_no_draft(connection, workspace_id, live)


def _must_have_no_draft(connection: Connection, workspace_id: int, live: Document) -> None:
    if documents.draft(connection, workspace_id, DocumentKind.TRIGGER, live.key) is not None:
        raise CannotTake(f"somebody works on a draft of '{live.key}'; publish or discard it first")


def _changed(live: Document, segment: str, findings: Findings) -> dict[str, Json]:
    if findings.to is not None:
        return with_threshold(live.body, findings.to, segment)
    return advising(live.body, only=findings.move is Move.ADVISE_ONLY)


def _publish(
    connection: Connection, workspace_id: int, live: Document, body: dict[str, Json], note: str, author_id: int | None
) -> Document:
    kind = DocumentKind.TRIGGER
    documents.save_draft(connection, workspace_id, kind, live.key, body, author_id=author_id, note=note)
    return documents.publish(connection, workspace_id, kind, live.key)


def _back(connection: Connection, workspace_id: int, move: MoveRow, made: Document, now: datetime) -> None:
    """What was learned of the move is forgotten with it; it rests, so that it does not come back tomorrow."""
    tuned = read_tunings(connection, workspace_id).get((move.trigger_key, move.segment))
    if tuned is None:
        return
    dial = tunable_of(made.body, move.segment)
    step = dial.step if dial else 0.0
    threshold = move.threshold_before if not move.segment or has_own(made.body, move.segment) else tuned.anchor
    state = State(step, 0, 0, _day(now))
    kept = replace(tuned, version=made.version, threshold=dial.threshold if dial else threshold, state=state,
                   moved_at=now, updated_at=now, findings=_taken(tuned.findings))  # fmt: skip
    save_tuning(connection, workspace_id, kept)


def _taken(findings: Findings) -> Findings:
    """Nothing is suggested until the next look."""
    return msgspec.structs.replace(findings, move=Move.STAY, to=None, reason="moved just now; it rests")


def _note(findings: Findings) -> str:
    what = (
        f"threshold {findings.threshold:g} to {findings.to:g}"
        if findings.to is not None and findings.threshold is not None
        else findings.move.value
    )
    return f"{what}: {findings.reason}"[:500]


def _audit(connection: Connection, workspace_id: int, action: str, move: MoveRow, actor: str, now: datetime) -> None:
    detail: dict[str, audit.Fact] = {
        "move": move.id, "kind": move.kind, "segment": move.segment, "reason": move.reason,
        "threshold_before": _text(move.threshold_before), "threshold_after": _text(move.threshold_after),
        "version_before": move.version_before, "version_after": move.version_after,
    }  # fmt: skip
    audit.record(connection, workspace_id, actor, action, f"trigger:{move.trigger_key}", detail, now)


def _text(threshold: float | None) -> str | None:
    return None if threshold is None else f"{threshold:g}"


def _day(now: datetime) -> int:
    return (now - datetime.fromisoformat("1970-01-01T00:00:00+00:00")).days
