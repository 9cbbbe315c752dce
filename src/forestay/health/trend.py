"""How far the score moved over 7, 30 and 90 days, and how much of that may be noise.

Reads : scores now and some days ago (history.Earlier), the spread from day to day
Gives : Trends, trends(), ratio(), HORIZONS
Source: REQUIREMENTS B3; DESIGN section 5 ('trend down 20 %' = score <= 0.8 x its value 30 days ago)

Interval: were a score its true level plus independent noise of every day, the change between any two days
would have the standard deviation of the change from one day to the next, whatever lies between them. So the
95 % half-width is 1.96 x spread for each horizon; a change inside it is not called one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.health.history import Earlier

Floats = npt.NDArray[np.float64]

HORIZONS = (7, 30, 90)
WIDTH_95 = 1.96
LEAST_WIDTH = 0.5
"""Points; no score is more exact than that."""


@dataclass(frozen=True, slots=True)
class Trends:
    """Changes in points (n, 3) over HORIZONS and their 95 % half-widths (n, 3); NaN where no score was."""

    changes: Floats
    half_widths: Floats

    def packed(self) -> Floats:
        """(n, 6): three changes, three half-widths, as account_states.trends keeps them."""
        return np.concatenate((self.changes, self.half_widths), axis=1)


def trends(score: Floats, earlier: Earlier, spread: Floats) -> Trends:
    """Trends of scores (n,) with spread (n,); an unknown spread gives an unknown width."""
    changes = np.stack([score - earlier.at(days) for days in HORIZONS], axis=1)
    width = WIDTH_95 * np.maximum(spread, LEAST_WIDTH / WIDTH_95)
    return Trends(changes, np.repeat(width[:, None], len(HORIZONS), axis=1))


def ratio(score: Floats, before: Floats) -> Floats:
    """score / before, any shape; NaN when either is missing or before is 0."""
    change: Floats = np.divide(score, before, out=np.full(score.shape, np.nan), where=before > 0)
    return change
