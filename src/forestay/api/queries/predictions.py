"""What the store knows of predictions and of models at work.

Reads: predictions, prediction_changes, prediction_days, drift_reports, live measures
Gives: PredictionRow, prediction_of(), changes_of(), DriftRow, drift_of(), alarmed(), changed_measures(),
       Agreement, agreement_with_live()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Row, and_, select

from forestay.api.queries.account_parts import definitions
from forestay.learning.drift import DriftReport
from forestay.predictions import registry
from forestay.predictions.definition_hashes import definition_hash
from forestay.predictions.kept_reasons import KeptReason
from forestay.predictions.registry import ModelEntry
from forestay.store.tables.predictions import drift_reports, prediction_changes, prediction_days, predictions

SHOWN_CHANGES = 2_000


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """What the live model said last of one account. reasons: None when none are kept."""

    as_of: datetime
    model_version: int
    state: str
    horizons: tuple[float, ...]
    low: float | None
    high: float | None
    reasons: list[KeptReason] | None


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One day's look."""

    day: date
    is_alarm: bool
    report: DriftReport


@dataclass(frozen=True, slots=True)
class Agreement:
    """A shadow beside the live model on one day. correlation: Spearman, None when either says the same of everybody."""

    day: date
    accounts: int
    correlation: float | None
    mean_shadow: float
    mean_live: float


def prediction_of(conn: Connection, workspace_id: int, account_id: int, model_version: int) -> PredictionRow | None:
    """What this version said last; None when it did not speak of the account."""
    row = conn.execute(
        select(predictions).where(
            predictions.c.workspace_id == workspace_id,
            predictions.c.account_id == account_id,
            predictions.c.model_version == model_version,
        )
    ).one_or_none()
    if row is None:
        return None
    reasons = None if row.reasons is None else msgspec.convert(row.reasons, list[KeptReason])
    return PredictionRow(row.as_of, row.model_version, row.state, tuple(row.horizons), row.low, row.high, reasons)


def changes_of(
    conn: Connection, workspace_id: int, account_id: int, since: datetime, until: datetime
) -> Sequence[Row[Any]]:
    """Lines of the history in (since, until], the oldest first."""
    table = prediction_changes.c
    wanted = and_(
        table.workspace_id == workspace_id, table.account_id == account_id, table.at > since, table.at <= until
    )
    return conn.execute(select(prediction_changes).where(wanted).order_by(table.at).limit(SHOWN_CHANGES)).all()


def drift_of(conn: Connection, workspace_id: int, model_id: int, *, limit: int = 30) -> list[DriftRow]:
    """The newest looks at a model, the newest first."""
    mine = and_(drift_reports.c.workspace_id == workspace_id, drift_reports.c.model_id == model_id)
    rows = conn.execute(select(drift_reports).where(mine).order_by(drift_reports.c.day.desc()).limit(limit))
    return [DriftRow(row.day, row.is_alarm, msgspec.convert(row.report, DriftReport)) for row in rows]


def alarmed(conn: Connection, workspace_id: int) -> set[int]:
    """Models whose newest look raised an alarm."""
    newest = (
        select(drift_reports.c.model_id, drift_reports.c.is_alarm)
        .distinct(drift_reports.c.model_id)
        .where(drift_reports.c.workspace_id == workspace_id)
        .order_by(drift_reports.c.model_id, drift_reports.c.day.desc())
    )
    return {row.model_id for row in conn.execute(newest) if row.is_alarm}


def changed_measures(conn: Connection, workspace_id: int, hashes: Mapping[str, str]) -> list[str]:
    """Measures that are defined otherwise now than in `hashes`, or no longer."""
    present = definitions(conn, workspace_id)
    return sorted(key for key, told in hashes.items() if key not in present or definition_hash(present[key]) != told)


def agreement_with_live(conn: Connection, workspace_id: int, shadow: ModelEntry) -> Agreement | None:
    """The shadow's newest day beside the live model's of the same day; None when there is no such day."""
    live = registry.live(conn, workspace_id, shadow.purpose)
    if live is None:
        return None
    ours = _newest_day(conn, workspace_id, shadow.id)
    theirs = {} if ours is None else _day(conn, workspace_id, live.id, ours)
    mine = {} if ours is None else _day(conn, workspace_id, shadow.id, ours)
    both = sorted(mine.keys() & theirs.keys())
    if ours is None or not both:
        return None
    one, other = np.array([mine[key] for key in both]), np.array([theirs[key] for key in both])
    return Agreement(ours, len(both), _spearman(one, other), float(one.mean()), float(other.mean()))


def _newest_day(conn: Connection, workspace_id: int, model_id: int) -> date | None:
    mine = and_(prediction_days.c.workspace_id == workspace_id, prediction_days.c.model_id == model_id)
    found: date | None = conn.scalar(
        select(prediction_days.c.day).where(mine).order_by(prediction_days.c.day.desc()).limit(1)
    )
    return found


def _day(conn: Connection, workspace_id: int, model_id: int, day: date) -> dict[int, float]:
    mine = and_(
        prediction_days.c.workspace_id == workspace_id, prediction_days.c.model_id == model_id,
        prediction_days.c.day == day,
    )  # fmt: skip
    parts = conn.execute(select(prediction_days.c.account_ids, prediction_days.c.probability).where(mine))
    return {
        account: float(probability)
        for part in parts
        for account, probability in zip(part.account_ids, part.probability, strict=True)
        if probability == probability
    }


def _spearman(one: Any, other: Any) -> float | None:
    ranks = [np.unique(values, return_inverse=True)[1] for values in (one, other)]
    middles = []
    for place in ranks:
        counts = np.bincount(place)
        middles.append((np.cumsum(counts) - (counts - 1) / 2)[place])
    if any(np.ptp(middle) == 0 for middle in middles):
        return None
    return round(float(np.corrcoef(middles[0], middles[1])[0, 1]), 4)
