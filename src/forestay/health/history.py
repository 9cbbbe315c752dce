"""The last ninety days of every account's score, one value a day, in memory.

Gives: ScoreHistory, HistoryView, MatrixHistory, Earlier
The worker records each score it makes and rolls at the workspace's day; a day without a new score keeps
the one before. 182 bytes an account: hundredths of points in uint16. Offline the same questions are
answered from the scores of the days before (MatrixHistory), so that a trend cannot tell the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

KEPT_DAYS = 91
SPREAD_DAYS = 28
FEWEST_STEPS = 5
"""Day-to-day changes needed before a spread is said at all."""
_NOTHING = np.uint16(65_535)


class Earlier(Protocol):
    """Scores of the table's rows some days before."""

    def at(self, days_ago: int) -> Floats:
        """Score at the end of that day, NaN when there was none; shape of the table."""
        ...


class ScoreHistory:
    """Daily scores [row, day] of one workspace, the last KEPT_DAYS days with today."""

    def __init__(self, today: int, rows: int = 0) -> None:
        self.today = today
        self._kept = np.full((rows, KEPT_DAYS), _NOTHING, np.uint16)

    @property
    def rows(self) -> int:
        """How many accounts have room."""
        return len(self._kept)

    def grow(self, rows: int) -> None:
        """Make room for rows 0 .. rows - 1, without a score."""
        if rows > self.rows:
            more = np.full((max(rows, 2 * self.rows) - self.rows, KEPT_DAYS), _NOTHING, np.uint16)
            self._kept = np.concatenate((self._kept, more))

    def roll(self, day: int) -> None:
        """Make `day` today; the days between keep the last score. A day in the past changes nothing."""
        last = self._kept[:, self.today % KEPT_DAYS].copy()
        for between in range(max(self.today + 1, day - KEPT_DAYS + 1), day + 1):
            self._kept[:, between % KEPT_DAYS] = last
        self.today = max(self.today, day)

    def record(self, rows: Rows, scores: Floats, day: int | None = None) -> None:
        """Write scores (n,) of rows (n,) as of a day (today when left out); NaN = no score that day."""
        at = self.today if day is None else day
        if self.today - KEPT_DAYS < at <= self.today and len(rows):
            self.grow(int(rows.max()) + 1)
            self._kept[rows, at % KEPT_DAYS] = _packed(scores)

    def at(self, rows: Rows, days_ago: int) -> Floats:
        """Scores of rows (n,) so many days ago (0-90), NaN when there was none."""
        return _unpacked(self._kept[rows, (self.today - days_ago) % KEPT_DAYS])

    def spread(self, rows: Rows) -> Floats:
        """Standard deviation of the changes from day to day over the last 28 days; NaN with fewer than 5 changes."""
        days = (self.today - np.arange(SPREAD_DAYS, 0, -1)) % KEPT_DAYS
        return spread_of(_unpacked(self._kept[np.asarray(rows)[:, None], days]))

    def dump(self, folder: Path) -> None:
        """Write the history into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "scores.npy", self._kept, allow_pickle=False)
        (folder / "scores.day").write_text(str(self.today))

    @classmethod
    def load(cls, folder: Path) -> ScoreHistory:
        """Read back what dump() wrote."""
        history = cls(int((folder / "scores.day").read_text()))
        history._kept = np.load(folder / "scores.npy", allow_pickle=False)
        return history


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The history of some rows, as `Earlier`."""

    history: ScoreHistory
    rows: Rows

    def at(self, days_ago: int) -> Floats:
        """Scores of the rows so many days ago."""
        return self.history.at(self.rows, days_ago)


@dataclass(frozen=True, slots=True)
class MatrixHistory:
    """Scores (accounts, days) as their own history: each day asks the columns before it; (accounts,) has none."""

    scores: Floats

    def at(self, days_ago: int) -> Floats:
        """The matrix shifted by so many days; NaN where it does not reach back."""
        earlier = np.full_like(self.scores, np.nan)
        if self.scores.ndim > 1 and days_ago < self.scores.shape[1]:
            earlier[:, days_ago:] = self.scores[:, : self.scores.shape[1] - days_ago]
        return earlier


def spread_of(daily: Floats) -> Floats:
    """Standard deviation of the day-to-day changes of scores (n, days), NaN with fewer than 5 changes."""
    steps = np.diff(daily, axis=1)
    known = ~np.isnan(steps)
    count = known.sum(axis=1)
    steps = np.where(known, steps, 0.0)
    mean = steps.sum(axis=1) / np.maximum(count, 1)
    squares = (np.where(known, steps - mean[:, None], 0.0) ** 2).sum(axis=1)
    spread: Floats = np.sqrt(squares / np.maximum(count - 1, 1))
    return np.where(count >= FEWEST_STEPS, spread, np.nan)


def _packed(scores: Floats) -> npt.NDArray[np.uint16]:
    return np.where(np.isnan(scores), _NOTHING, np.round(np.nan_to_num(scores) * 100)).astype(np.uint16)


def _unpacked(kept: npt.NDArray[np.uint16]) -> Floats:
    return np.where(kept == _NOTHING, np.nan, kept / 100.0)
