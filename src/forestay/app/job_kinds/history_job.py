"""The job 'history': health of the days before, after an import of history, kept as changes.

Reads : the workspace's past in the lake, by today's scorecards
Gives : carry_out(); rows of health_changes with cause 'history'. The worker reads them when the job is done and
        compares with them from then on (app/housekeeping.py). No signal is fired for the past.

A day's line is dated at its end. The job may be repeated: its own earlier lines are replaced, others stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import text

from forestay.app.job_kinds.past import OpenPast, open_past
from forestay.app.job_kinds.workshop import Workshop
from forestay.health.history import KEPT_DAYS
from forestay.kit.clock import start_of_day
from forestay.signals.past_health import PastHealth, past_health
from forestay.store.database import raw
from forestay.store.jobs import Job
from forestay.store.shapes import Json

KIND = "history"
CHANGE_POINTS = 1.0
"""A day is worth a line when the score moved this far since the last line, or the band is another."""

YEAR, FEW_ACCOUNTS = 365, 5_000
"""Up to so many accounts a year is scored, for the charts; above it the days that trends compare with."""

_BANDS = np.array(["red", "yellow", "green", None], object)
_PORTION = 20_000
_FORGET = text("DELETE FROM health_changes WHERE workspace_id = :workspace AND cause = 'history'")
_INSERT = """
INSERT INTO health_changes (workspace_id, account_id, at, score, band, confidence, dimensions, scorecard_key, cause)
SELECT %s, h.account_id, h.at, h.score, h.band, h.confidence, h.dimensions::real[], h.card, 'history'
FROM unnest(%s::bigint[], %s::timestamptz[], %s::real[], %s::text[], %s::real[], %s::text[], %s::text[])
  AS h (account_id, at, score, band, confidence, dimensions, card)
WHERE NOT EXISTS (SELECT FROM health_changes AS own WHERE own.account_id = h.account_id AND own.at <= h.at)"""


@dataclass(slots=True)
class _Lines:
    """Columns of _INSERT."""

    account_id: list[int] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    score: list[float | None] = field(default_factory=list)
    band: list[str | None] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    card: list[str] = field(default_factory=list)

    def columns(self, start: int) -> list[Sequence[object]]:
        """A portion of every column."""
        return [getattr(self, name)[start : start + _PORTION] for name in self.__slots__]


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Score the days before today of every account and keep the changes."""
    lines, accounts = _Lines(), 0
    with open_past(job, workshop) as past:
        last, total = past.history.last_day, len(past.history.account_ids)
        first = last + 2 - (YEAR if total <= FEW_ACCOUNTS else KEPT_DAYS)
        tell = workshop.teller(job, total, "accounts")
        for block in past_health(past.history, past.making, past.configuration.measures, first, last):
            _add(lines, block, past, first)
            accounts += len(block.account_ids)
            tell(accounts)
    _keep(job, workshop, lines)
    return {"accounts": accounts, "changes": len(lines.account_id)}


def _add(lines: _Lines, block: PastHealth, past: OpenPast, first: int) -> None:
    zone = past.configuration.zone
    cards = [card.key for card in past.configuration.scorecards]
    ends = [start_of_day(first + n + 1, zone) - timedelta(seconds=1) for n in range(block.score.shape[1])]
    for place, day in zip(*np.nonzero(changes(block)), strict=True):
        score, dimensions = block.score[place, day], block.dimensions[place, day]
        lines.account_id.append(int(block.account_ids[place]))
        lines.at.append(ends[day])
        lines.score.append(None if np.isnan(score) else float(score))
        lines.band.append(_BANDS[block.band[place, day]])
        lines.confidence.append(float(block.confidence[place, day]))
        lines.dimensions.append("{" + ",".join("NaN" if np.isnan(one) else f"{one:.2f}" for one in dimensions) + "}")
        lines.card.append(cards[block.scorecard[place, day]])


def changes(block: PastHealth) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which days get a line, (accounts, days): the first score, another band, or a move by CHANGE_POINTS."""
    kept = np.zeros((len(block.account_ids), block.score.shape[1]), bool)
    last = np.full(len(block.account_ids), np.nan)
    band = np.full(len(block.account_ids), -2, np.int8)
    for day in range(block.score.shape[1]):
        score = block.score[:, day]
        with np.errstate(invalid="ignore"):
            moved = (np.abs(score - last) >= CHANGE_POINTS) | (np.isnan(last) & ~np.isnan(score))
        gone = np.isnan(score) & ~np.isnan(last)
        kept[:, day] = moved | gone | (~np.isnan(score) & (block.band[:, day] != band))
        last = np.where(kept[:, day], score, last)
        band = np.where(kept[:, day], block.band[:, day], band).astype(np.int8)
    return kept


def _keep(job: Job, workshop: Workshop, lines: _Lines) -> None:
    with workshop.store.begin_worker() as connection:
        connection.execute(_FORGET, {"workspace": job.workspace_id})
        for start in range(0, len(lines.account_id), _PORTION):
            raw(connection).execute(_INSERT, (job.workspace_id, *lines.columns(start)))
