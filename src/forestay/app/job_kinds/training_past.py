"""Training rows of a workspace: what was known of each account at month ends, and what came after, out of the lake.

Reads : an OpenPast, through signals.past_columns (the tick's own definitions of every column)
Gives : TrainingPast, gather(), feature_names(), reference_of()
Source: DESIGN section 4 ('online and offline values are one implementation'), section 6
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.app.job_kinds.past import OpenPast
from forestay.customers.words import Feed
from forestay.health.registry import KEYS
from forestay.health.trend import HORIZONS
from forestay.kit.errors import Invalid
from forestay.predictions.labels import LabelForm
from forestay.predictions.model_document import Purpose
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.predictions.training_set import SILENCE, PastBlock, SnapshotBuilder, SnapshotPart, as_of_grid
from forestay.signals.past_columns import PastColumns, PastQuestion, over_past
from forestay.signals.reach import reach_of_columns

MOST_DAYS = 760
"""Two years and a month: what lies further back says little of today."""
EVERY_DAYS = 30
CLOSER_DAYS, CLOSER_ACCOUNTS = 10, 3_000
"""How a trajectory learns where there are few accounts; both steps divide its horizons."""
SETTLING_DAYS = 28
"""Days after the first delivery until the windows of most measures are full."""
REFERENCE_ROWS = 2_000
_ALL_MISSING = 0.995
Singles = npt.NDArray[np.float32]


class NoPast(Invalid):
    """The lake holds too few days to learn from: connect a source or import history, then train."""

    code = "no_past"


@dataclass(frozen=True, slots=True)
class TrainingPast:
    """Rows and labels. last_day: until when outcomes are known; days since 1970-01-01."""

    snapshots: Snapshots
    labels: Labels
    last_day: int


def feature_names(past: OpenPast) -> tuple[str, ...]:
    """Columns to learn from: every measure, the health score and its dimensions."""
    measures = (f"measure.{key}" for key in past.configuration.measures.keys)
    return (*measures, "health.score", *(f"health.{key}" for key in KEYS))


def gather(
    past: OpenPast, label: LabelForm, told: Callable[[float], None], last_day: int | None = None,
    *, purpose: Purpose = Purpose.CHURN,
) -> TrainingPast:  # fmt: skip
    """All rows. told: hears how many accounts are read; last_day: as if the history ended there; purpose: what they are
    for. Raises NoPast."""
    last = past.history.last_day if last_day is None else last_day
    names = feature_names(past)
    every = EVERY_DAYS
    if purpose is Purpose.TRAJECTORY:
        names = (*names, *(f"health.change_{days}d" for days in HORIZONS))
        every = CLOSER_DAYS if len(past.history.account_ids) <= CLOSER_ACCOUNTS else EVERY_DAYS
    grid = as_of_grid(_first_day(past, last) + SETTLING_DAYS, last, every)
    if len(grid) < 2:
        raise NoPast(f"there are fewer than {SETTLING_DAYS + EVERY_DAYS} days of history to learn from")
    builder = SnapshotBuilder(names, {"label": label}, grid, last)
    made = builder.gather(_parts(past, builder, told))
    kept = (
        np.isnan(made.snapshots.values).mean(axis=0) < _ALL_MISSING
        if len(made.snapshots)
        else np.ones(len(names), bool)
    )
    known = tuple(name for name, is_kept in zip(names, kept, strict=True) if is_kept)
    return TrainingPast(made.snapshots.only(known), made.labels["label"], last)


def reference_of(snapshots: Snapshots, names: tuple[str, ...]) -> bytes:
    """The newest day's rows of the model's columns, as drift compares with: .npy of float32 (n, k), at most 2,000."""
    newest = np.flatnonzero(snapshots.as_of_days == snapshots.as_of_days.max()) if len(snapshots) else np.empty(0, int)
    if len(newest) > REFERENCE_ROWS:
        newest = np.sort(np.random.default_rng(0).choice(newest, REFERENCE_ROWS, replace=False))
    written = io.BytesIO()
    np.save(written, snapshots.take(newest).only(names).values.astype(np.float32), allow_pickle=False)
    return written.getvalue()


def read_reference(kept: bytes) -> Singles:
    """What reference_of() wrote."""
    found: Singles = np.load(io.BytesIO(kept), allow_pickle=False)
    return found


def _parts(past: OpenPast, builder: SnapshotBuilder, told: Callable[[float], None]) -> Iterator[SnapshotPart]:
    grid = builder.as_of_days
    days = np.arange(int(grid[0]), builder.known_until + 1, dtype=np.int32)
    measures = past.configuration.measures
    reach = reach_of_columns((*builder.names, SILENCE, "account.arr"), past.making, measures)
    asked = PastQuestion(reach, days, days, past.making, measures)

    def rows(block: PastColumns) -> SnapshotPart:
        part = PastBlock(block.account_ids, days, block.columns.table, block.known, block.outcomes, days)
        return builder.part(part)

    read = 0
    for part in over_past(past.history, asked, rows):
        read += len(np.unique(part.snapshots.account_ids))
        told(read)
        yield part


def _first_day(past: OpenPast, last: int) -> int:
    """The first day on which anything was delivered, at most MOST_DAYS back."""
    heard = past.history.heard(set(Feed), last - MOST_DAYS, last)
    first = min((int(days[0]) for days in heard.values() if len(days)), default=last)
    return max(first, last - MOST_DAYS)
