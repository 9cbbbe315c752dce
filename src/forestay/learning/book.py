"""Where learning stands in the store: firings with what was said and happened, how triggers were tuned, every move.

Reads : interventions, feedback, trigger_tunings, trigger_moves, workspaces.settings
Gives : read_firings(), read_tunings(), purposes_to_train(), save_tuning(), settings_of(), add_move(), Tuned, MoveRow, read_moves(), move_of()
Writes: trigger_tunings, trigger_moves
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
from pydantic import ValidationError
from sqlalchemy import Connection, Row, text

from forestay.kit.errors import NotFound
from forestay.kit.logs import get_logger
from forestay.learning.feedback import State
from forestay.learning.precision import Firings
from forestay.learning.tuning import Findings, TuningSettings

_log = get_logger(__name__)
WINDOW = timedelta(days=180)
"""Older firings no longer count."""

_FIRINGS = text("""
WITH said AS (
  SELECT f.signal_id, bool_or(f.verdict = 'accurate') AS accurate, bool_or(f.verdict = 'inaccurate') AS inaccurate,
    bool_or(f.verdict = 'already_known') AS known, bool_or(f.verdict = 'not_actionable') AS idle
  FROM feedback AS f WHERE f.workspace_id = :workspace GROUP BY f.signal_id)
SELECT i.value, i.arm, i.settled_at IS NOT NULL AS is_over,
  coalesce(CASE i.aim WHEN 'churned' THEN i.churned WHEN 'renewed' THEN i.renewed ELSE i.expanded END, false) AS came,
  coalesce(s.accurate, false) AS accurate, coalesce(s.inaccurate, false) AS inaccurate,
  coalesce(s.known, false) AS known, coalesce(s.idle, false) AS idle
FROM interventions AS i LEFT JOIN said AS s ON s.signal_id = i.signal_id
WHERE i.workspace_id = :workspace AND i.trigger_key = :key AND i.trigger_version >= :version AND i.at > :since
  AND (:segment = '' OR :segment = ANY(i.segments)) AND NOT i.segments && cast(:others AS text[])""")
_TUNINGS = text("""
SELECT trigger_key, segment, version, anchor, threshold, step, direction, reversals, moved_at, findings::text AS findings,
  updated_at FROM trigger_tunings WHERE workspace_id = :workspace ORDER BY trigger_key, segment""")
_SAVE = text("""
INSERT INTO trigger_tunings (workspace_id, trigger_key, segment, version, anchor, threshold, step, direction, reversals,
  moved_at, findings, updated_at)
VALUES (:workspace, :key, :segment, :version, :anchor, :threshold, :step, :direction, :reversals, :moved_at,
  cast(:findings AS jsonb), :now)
ON CONFLICT (workspace_id, trigger_key, segment) DO UPDATE SET version = EXCLUDED.version, anchor = EXCLUDED.anchor,
  threshold = EXCLUDED.threshold, step = EXCLUDED.step, direction = EXCLUDED.direction, reversals = EXCLUDED.reversals,
  moved_at = EXCLUDED.moved_at, findings = EXCLUDED.findings, updated_at = EXCLUDED.updated_at""")
_FORGET = text("DELETE FROM trigger_tunings WHERE workspace_id = :workspace AND updated_at < :now")
_MOVE = text("""
INSERT INTO trigger_moves (workspace_id, trigger_key, segment, at, actor, kind, threshold_before, threshold_after,
  version_before, version_after, reason)
VALUES (:workspace, :trigger_key, :segment, :at, :actor, :kind, :threshold_before, :threshold_after, :version_before,
  :version_after, :reason) RETURNING id""")
_MOVES = text("""
SELECT id, trigger_key, segment, at, actor, kind, threshold_before, threshold_after, version_before, version_after, reason,
  undone_at, undone_by FROM trigger_moves
WHERE workspace_id = :workspace AND (cast(:key AS text) IS NULL OR trigger_key = :key) ORDER BY id DESC LIMIT :most""")
_ONE_MOVE = text("""
SELECT id, trigger_key, segment, at, actor, kind, threshold_before, threshold_after, version_before, version_after, reason,
  undone_at, undone_by FROM trigger_moves WHERE workspace_id = :workspace AND id = :id FOR UPDATE""")
_UNDONE = text("UPDATE trigger_moves SET undone_at = :at, undone_by = :by WHERE workspace_id = :workspace AND id = :id")
_SETTINGS = text("SELECT settings->'trigger_tuning' FROM workspaces WHERE id = :workspace")


@dataclass(frozen=True, slots=True)
class Tuned:
    """How one trigger, or one segment of it, was tuned. version: from which firings count; anchor: the threshold as a
    person published it last; findings: of the last look."""

    trigger_key: str
    segment: str
    version: int
    anchor: float | None
    threshold: float | None
    state: State
    moved_at: datetime | None
    findings: Findings
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One move as it was taken."""

    id: int
    trigger_key: str
    segment: str
    at: datetime
    actor: str
    kind: str
    threshold_before: float | None
    threshold_after: float | None
    version_before: int
    version_after: int
    reason: str
    undone_at: datetime | None = None
    undone_by: str | None = None


def read_firings(
    connection: Connection, workspace_id: int, key: str, now: datetime, version: int = 0, segment: str = "",
    others: Sequence[str] = (),
) -> Firings:  # fmt: skip
    """Of a trigger since a version of it, within the window. segment: only its accounts; others: segments whose accounts
    are left out."""
    where: dict[str, object] = {
        "workspace": workspace_id, "key": key, "version": version, "since": now - WINDOW, "segment": segment,
        "others": list(others),
    }  # fmt: skip
    rows = connection.execute(_FIRINGS, where).all()
    names = ("accurate", "inaccurate", "known", "idle")
    return Firings(
        np.array([np.nan if row.value is None else row.value for row in rows], np.float64),
        np.array([row.came for row in rows], bool),
        np.array([row.is_over for row in rows], bool),
        np.array([row.arm == "treated" for row in rows], bool),
        np.array([row.arm == "explored" for row in rows], bool),
        *(np.array([getattr(row, name) for row in rows], bool) for name in names),
    )


def read_tunings(connection: Connection, workspace_id: int) -> dict[tuple[str, str], Tuned]:
    """(trigger, segment) -> how it was tuned."""
    return {
        (row.trigger_key, row.segment): _tuned(row) for row in connection.execute(_TUNINGS, {"workspace": workspace_id})
    }


def purposes_to_train(connection: Connection, workspace_id: int) -> frozenset[str]:
    """Purposes of models that outcomes of triggers call no longer right ('churn', 'expansion')."""
    found = (one.findings for one in read_tunings(connection, workspace_id).values())
    return frozenset(str(one.column).partition(".")[0] for one in found if one.retrain)


def save_tuning(connection: Connection, workspace_id: int, tuned: Tuned) -> None:
    """Keep it."""
    state = tuned.state
    values = {
        "workspace": workspace_id, "key": tuned.trigger_key, "segment": tuned.segment, "version": tuned.version,
        "anchor": tuned.anchor, "threshold": tuned.threshold, "step": state.step, "direction": state.direction,
        "reversals": state.reversals, "moved_at": tuned.moved_at, "now": tuned.updated_at,
        "findings": msgspec.json.encode(tuned.findings).decode(),
    }  # fmt: skip
    connection.execute(_SAVE, values)


def forget_tunings(connection: Connection, workspace_id: int, now: datetime) -> None:
    """Those that the present look did not renew: their trigger is gone."""
    connection.execute(_FORGET, {"workspace": workspace_id, "now": now})


def settings_of(connection: Connection, workspace_id: int) -> TuningSettings:
    """How the workspace wants it; usual where it says nothing."""
    told = connection.scalar(_SETTINGS, {"workspace": workspace_id})
    try:
        return TuningSettings.model_validate(told or {})
    except ValidationError as reason:
        _log.warning("tuning_not_readable", workspace_id=workspace_id, reason=str(reason)[:200])
        return TuningSettings()


def add_move(connection: Connection, workspace_id: int, move: MoveRow) -> int:
    """Write a move down; gives its number (that of `move` does not count)."""
    values = {name: getattr(move, name) for name in MoveRow.__slots__ if name not in ("id", "undone_at", "undone_by")}
    return int(connection.execute(_MOVE, {"workspace": workspace_id, **values}).scalar_one())


def read_moves(connection: Connection, workspace_id: int, key: str | None = None, most: int = 200) -> list[MoveRow]:
    """The newest first, of all triggers or of one."""
    rows = connection.execute(_MOVES, {"workspace": workspace_id, "key": key, "most": most})
    return [MoveRow(*row) for row in rows]


def move_of(connection: Connection, workspace_id: int, number: int) -> MoveRow:
    """One move, locked. Raises NotFound."""
    row = connection.execute(_ONE_MOVE, {"workspace": workspace_id, "id": number}).one_or_none()
    if row is None:
        raise NotFound("move", str(number))
    return MoveRow(*row)


def mark_undone(connection: Connection, workspace_id: int, number: int, by: str, at: datetime) -> None:
    """Somebody took it back."""
    connection.execute(_UNDONE, {"workspace": workspace_id, "id": number, "by": by, "at": at})


def _tuned(row: Row[tuple[object, ...]]) -> Tuned:
    moved_day = None if row.moved_at is None else (row.moved_at - _EPOCH).days
    state = State(row.step or 0.0, row.direction, row.reversals, moved_day)
    findings = msgspec.json.decode(row.findings, type=Findings)
    return Tuned(
        row.trigger_key, row.segment, row.version, row.anchor, row.threshold, state, row.moved_at, findings, row.updated_at
    )  # fmt: skip


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
