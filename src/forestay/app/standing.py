"""Where every account stands, as last scored and as last written to the store.

Gives: Standing
One row an account, columns of numpy; about 100 bytes each. What is compared before a row is written lives here, so
that a tick writes only what changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.health.bands import NONE
from forestay.health.registry import KEYS

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_COLUMNS: dict[str, tuple[str, float, int]] = {
    "score": ("f8", np.nan, 1), "band": ("i1", NONE, 1), "dimensions": ("f8", np.nan, len(KEYS)),
    "written": ("f4", np.nan, 7), "changed_score": ("f4", np.nan, 1), "changed_band": ("i1", NONE, 1),
    "changed_day": ("i4", -1, 1), "is_stale": ("?", 0, 1), "owner_ids": ("i8", -1, 1), "event_at": ("i8", 0, 1),
    "is_arr_told": ("?", 0, 1), "is_seats_told": ("?", 0, 1), "model": ("i4", -1, 1), "told_churn": ("f4", np.nan, 1),
    "told_model": ("i4", -1, 1), "told_day": ("i4", -1, 1),
}  # fmt: skip


class Standing:
    """Columns by account row.

    score, band, dimensions: as last computed. written (n, 7): score, band, confidence, band confidence, scorecard,
    churn, readiness as they stand in account_states, rounded. changed_*: the last line of health_changes. is_stale:
    measures moved since account_states was written. owner_ids: CSM's member id, -1 none. event_at: microseconds of
    the latest event, 0 none. is_*_told: somebody gave the account's own number, so subscriptions do not replace it.
    model: whose probability stands in account_states (0 the rule's, -1 nobody's). told_*: the last line of
    prediction_changes.
    """

    score: Floats
    band: npt.NDArray[np.int8]
    dimensions: Floats
    written: npt.NDArray[np.float32]
    changed_score: npt.NDArray[np.float32]
    changed_band: npt.NDArray[np.int8]
    changed_day: npt.NDArray[np.int32]
    is_stale: npt.NDArray[np.bool_]
    owner_ids: Rows
    event_at: Rows
    is_arr_told: npt.NDArray[np.bool_]
    is_seats_told: npt.NDArray[np.bool_]
    model: npt.NDArray[np.int32]
    told_churn: npt.NDArray[np.float32]
    told_model: npt.NDArray[np.int32]
    told_day: npt.NDArray[np.int32]

    def __init__(self) -> None:
        for name, (dtype, empty, width) in _COLUMNS.items():
            setattr(self, name, np.full((0, width) if width > 1 else 0, empty, dtype))

    def grow(self, rows: int) -> None:
        """Make room for rows 0 .. rows - 1."""
        here = len(self.score)
        if rows <= here:
            return
        more = max(rows, min(2 * here, here + 65_536)) - here
        for name, (dtype, empty, width) in _COLUMNS.items():
            room = np.full((more, width) if width > 1 else more, empty, dtype)
            setattr(self, name, np.concatenate((getattr(self, name), room)))

    def clear(self, row: int) -> None:
        """An account that became part of another stands nowhere."""
        for name, (_, empty, _) in _COLUMNS.items():
            if name != "owner_ids":
                getattr(self, name)[row] = empty

    def dump(self, folder: Path) -> None:
        """Write the columns under folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _COLUMNS:
            np.save(folder / f"standing-{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Standing:
        """Read back what dump() wrote."""
        standing = cls()
        for name in _COLUMNS:
            setattr(standing, name, np.load(folder / f"standing-{name}.npy", allow_pickle=False))
        return standing
