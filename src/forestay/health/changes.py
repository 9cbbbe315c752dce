"""Which scores are worth a line of history: health is kept as changes, not as a value a tick.

Gives: worth_keeping(), LEAST_CHANGE
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forestay.health.score import HealthTable

LEAST_CHANGE = 0.5
"""Points against the last value kept. Smaller steps add up: the comparison is with what was *kept*."""

Floats = npt.NDArray[np.float64]


def worth_keeping(health: HealthTable, kept_score: Floats, kept_band: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Rows (n,) whose band, or whose score by half a point, differs from the last line kept (NaN, -1: none yet)."""
    appeared = np.isnan(health.score) != np.isnan(kept_score)
    with np.errstate(invalid="ignore"):
        moved = np.abs(health.score - kept_score) >= LEAST_CHANGE
    crossed: npt.NDArray[np.bool_] = health.band != kept_band
    return np.asarray(crossed | appeared | moved, bool)
