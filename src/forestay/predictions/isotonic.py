"""The best never-falling fit, and what it would be with one row more: the arithmetic under Venn-Abers.

Gives : isotonic_with_one_more()
Source: the max-min formula of isotonic regression (Robertson et al. 1988); Vovk et al. 2015
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def isotonic_with_one_more(p: Array, y: Array, places: Array) -> tuple[Array, Array]:
    """(low, high), each as `places`: the isotonic fit of y on p at each place when a row with y = 0, or 1, is added
    there."""
    values, place = np.unique(p, return_inverse=True)
    weight = np.bincount(place).astype(np.float64)
    sums = np.asarray(np.bincount(place, y), np.float64)
    low = np.array([_with_one(values, sums, weight, at, 0.0) for at in places])
    high = np.array([_with_one(values, sums, weight, at, 1.0) for at in places])
    return np.maximum.accumulate(low), np.maximum.accumulate(high)


def _with_one(values: Array, sums: Array, weight: Array, at: float, more: float) -> float:
    """The fit at `at` = max over starts <= at of min over ends >= at of the mean between (the max-min formula)."""
    here = int(np.searchsorted(values, at))
    known = here < len(values) and values[here] == at
    up, mass = np.cumsum(sums[here:]), np.cumsum(weight[here:])
    down = np.append(0.0, np.cumsum(sums[:here][::-1]))
    down_mass = np.append(0.0, np.cumsum(weight[:here][::-1]))
    if not known:
        up, mass = np.append(0.0, up), np.append(0.0, mass)
    return _max_min(down, down_mass, up + more, mass + 1)


def _max_min(down: Array, down_mass: Array, up: Array, up_mass: Array) -> float:
    """max over i of min over j of (down[i] + up[j]) / (down_mass[i] + up_mass[j]), by halving on the value.

    A value v is reached when some i has for all j: down[i] + up[j] >= v (masses), so the two sides part.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        v = (low + high) / 2
        if (down - v * down_mass).max() + (up - v * up_mass).min() >= 0:
            low = v
        else:
            high = v
    return low
