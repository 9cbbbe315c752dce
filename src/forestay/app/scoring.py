"""Steps 4 and 5 of the tick: measures, health, predictions and triggers of the touched accounts.

Reads : WorkspaceMemory (its scores, trigger states and standing are brought up to date)
Gives : score_accounts() -> Scored
Source: DESIGN section 4 (touched accounts only); docs/architecture.md 'Columns'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.app.foreseeing import Foreseen, foresee, note_foreseen
from forestay.app.shard import WorkspaceMemory
from forestay.health.history import HistoryView
from forestay.health.score import PreviousHealth
from forestay.health.trend import trends
from forestay.measures.ring import Ints
from forestay.signals.columns import Columns, build_columns
from forestay.signals.evaluation import Subjects, Transitions, step
from forestay.signals.trigger import LiveTrigger

Floats = npt.NDArray[np.float64]
CHANGE_POINTS = 1.0
"""The history of health keeps a line when the score moved this far since the last one, or the band changed."""

_ROUND = np.array([1, 0, 2, 1, 0, 2, 0])
"""Decimals to which account_states is kept: score, band, confidence, band confidence, scorecard, churn, readiness."""
_CHURN, _CHURN_DECIMALS = 5, 4
"""A model's probability is kept finer than the rule's: most accounts stay below a few percent."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The columns of some accounts and what moved; rows int64 (n,), masks bool (n,).

    moved: triggers; entering: conditions that let into journeys. written (n, 7): as Standing.written. is_new_state: account_states must be written; is_change: health_changes gets
    a line. trends (n, 6), measures by key (n,), foreseen: predictions, anomalies: None between day rollovers.
    """

    rows: Ints
    columns: Columns
    measures: Mapping[str, Floats]
    moved: Transitions
    entering: Transitions
    written: npt.NDArray[np.float32]
    trends: Floats
    foreseen: Foreseen
    is_new_state: npt.NDArray[np.bool_]
    is_change: npt.NDArray[np.bool_]
    at: datetime


def score_accounts(space: WorkspaceMemory, rows: Ints, at: datetime, *, fresh: bool = False) -> Scored:
    """Score rows (n,) and step their triggers. fresh: write every state, whether or not it changed."""
    configuration, standing = space.configuration, space.standing
    substrate = space.memory.substrate(rows)
    measures = configuration.measures.evaluate(substrate)
    spread = space.scores.spread(rows)
    previous = PreviousHealth(standing.score[rows], standing.band[rows], standing.dimensions[rows], spread)
    making = configuration.making(space.top_decile_arr)
    earlier = HistoryView(space.scores, rows)
    columns = build_columns(
        substrate, measures, making, space.feeds.states(), at, previous=previous, earlier=earlier
    )  # fmt: skip
    health = columns.health
    written = _as_written(columns)
    is_change = _is_change(space, rows, written)
    foreseen = foresee(space, rows, columns)
    is_other = (standing.model[rows] != foreseen.model) | foreseen.is_line
    is_new = fresh | is_change | is_other | ~_same(written, standing.written[rows]).all(axis=1)
    moved_trends = trends(health.score, earlier, spread).packed()
    moved = _step(space, rows, columns, at, space.configuration.triggers)
    entering = _step(space, rows, columns, at, space.configuration.journeys.hidden)
    space.scores.record(rows, health.score)
    standing.score[rows], standing.band[rows], standing.dimensions[rows] = health.score, health.band, health.dimensions
    return Scored(
        rows, columns, measures, moved, entering, written, moved_trends, foreseen,
        np.asarray(np.broadcast_to(is_new, rows.shape), bool), is_change, at,
    )  # fmt: skip


def note_written(space: WorkspaceMemory, scored: Scored) -> None:
    """What goes to the store with this tick is what the next one compares with."""
    standing, rows = space.standing, scored.rows
    standing.written[rows[scored.is_new_state]] = scored.written[scored.is_new_state]
    standing.is_stale[rows] = ~scored.is_new_state
    changed = rows[scored.is_change]
    standing.changed_score[changed] = scored.written[scored.is_change, 0]
    standing.changed_band[changed] = scored.columns.health.band[scored.is_change]
    standing.changed_day[changed] = space.today
    note_foreseen(space, rows, scored.written[:, _CHURN], scored.foreseen, scored.is_new_state)


def top_decile_arr(space: WorkspaceMemory) -> float:
    """ARR from which an account belongs to the workspace's top tenth; infinite below ten accounts with ARR."""
    told = space.memory.traits.get("arr", space.living())
    if told.dtype == object:
        return float("inf")
    known = told[~np.isnan(told) & (told > 0)]
    return float(np.quantile(known, 0.9)) if len(known) >= 10 else float("inf")


def _as_written(columns: Columns) -> npt.NDArray[np.float32]:
    health = columns.health
    parts = (
        health.score, health.band, health.confidence, health.band_confidence, health.scorecard, columns.churn.value,
        columns.readiness.value,
    )  # fmt: skip
    raw = np.stack([np.asarray(part, np.float64) for part in parts], axis=1)
    decimals = _ROUND.copy()
    decimals[_CHURN] = _ROUND[_CHURN] if columns.churn.served is None else _CHURN_DECIMALS
    scale = 10.0**decimals
    return (np.round(raw * scale) / scale).astype(np.float32)


def _same(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = (one == other) | (np.isnan(one) & np.isnan(other))
    return same


def _is_change(
    space: WorkspaceMemory, rows: Ints, written: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """First score, another band, a move of CHANGE_POINTS, or any move since the last line of an earlier day."""
    standing = space.standing
    before, now = standing.changed_score[rows], written[:, 0]
    appeared = np.isnan(before) != np.isnan(now)
    other_band = standing.changed_band[rows] != written[:, 1].astype(np.int8)
    moved = np.abs(now - before)
    far = np.nan_to_num(moved) >= CHANGE_POINTS
    first_of_day = (standing.changed_day[rows] < space.today) & (np.nan_to_num(moved) > 0)
    changed: npt.NDArray[np.bool_] = appeared | other_band | far | first_of_day
    return changed


def _step(
    space: WorkspaceMemory, rows: Ints, columns: Columns, at: datetime, triggers: Sequence[LiveTrigger]
) -> Transitions:  # fmt: skip
    known, configuration = space.known, space.configuration
    calm = space.settling.is_calm(rows)
    subjects = Subjects(rows, known.account_ids.values[rows], space.standing.owner_ids[rows])
    return step(
        triggers, columns.table, subjects, space.states, at, zone=configuration.zone,
        accounts=space.accounts, only=calm,
    )  # fmt: skip
