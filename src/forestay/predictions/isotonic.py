"""The best never-falling fit, and what it would be with one row more: the arithmetic under Venn-Abers.

Gives : isotonic_with_one_more()
Source: the max-min formula of isotonic regression (Robertson et al. 1988); Vovk et al. 2015

The fit at a place is the greatest v for which some start before it has, to every end after it, a mean of at least v.
With sums S and weights W up to each point, and F = S - v W, that is: min of F after the place + (more - v) >= min of F
before it. So v is found by halving, for all places at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_HALVINGS = 36


def isotonic_with_one_more(p: Array, y: Array, places: Array) -> tuple[Array, Array]:
    """(low, high), each as `places`: the isotonic fit of y on p at each place when a row with y = 0, or 1, is added
    there. The cost is distinct values of p times places."""
    values, group = np.unique(p, return_inverse=True)
    weight = np.append(0.0, np.cumsum(np.bincount(group)))
    sums = np.append(0.0, np.cumsum(np.bincount(group, y)))
    here = np.searchsorted(values, places)
    after = here + (np.append(values, np.nan)[here] == places)
    low = _fit(sums, weight, here, after, 0.0)
    high = _fit(sums, weight, here, after, 1.0)
    return np.maximum.accumulate(low), np.maximum.accumulate(high)


def _fit(sums: Array, weight: Array, here: npt.NDArray[np.intp], after: npt.NDArray[np.intp], more: float) -> Array:
    number = np.arange(len(sums))
    starts = np.where(number <= here[:, None], 0.0, np.inf)
    ends = np.where(number >= after[:, None], 0.0, np.inf)
    low, high = np.zeros(len(here)), np.ones(len(here))
    for _ in range(_HALVINGS):
        v = (low + high) / 2
        above = sums - v[:, None] * weight
        reached = (above + ends).min(axis=1) + more - v >= (above + starts).min(axis=1)
        low, high = np.where(reached, v, low), np.where(reached, high, v)
    return low
