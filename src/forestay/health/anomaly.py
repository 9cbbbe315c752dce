"""Unusual weeks: the last 7 days of a count against the 28 days before them.

Reads : counts of the last 7 days and of the four weeks before, per account
Gives : Anomalies, weekly_anomalies(), binomial_tails(), dispersion()
Source: DESIGN section 6 ('7d/28d ratio and NB tail on sums beat fancy methods')

The week is held against a negative binomial with the mean of the four weeks before it and the workspace's
own overdispersion (counts of people who work vary more than Poisson). An anomaly needs both: a tail below
ALARM on its side and a ratio at or beyond LOW or HIGH. Tail probabilities: Paulson's normal approximation
of the F distribution (Biometrika 1942), tested against the exact sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.health.bands import normal_below

Floats = npt.NDArray[np.float64]

ALARM = 0.001
LOW, HIGH = 0.5, 2.0
LEAST_EXPECTED = 3.0
"""Events a week below which a fall cannot be told from chance."""
_WIDEST_DISPERSION = 1e-3


@dataclass(frozen=True, slots=True)
class Anomalies:
    """One count of many accounts (n,). ratio: last week / mean week before, NaN without weeks before.

    expected: mean week before. tail: probability of a week at least so far out on its side, 0-1.
    direction: -1 unusually low, 1 unusually high, 0 ordinary.
    """

    ratio: Floats
    expected: Floats
    tail: Floats
    direction: npt.NDArray[np.int8]


def weekly_anomalies(last_week: Floats, weeks_before: Floats, size: float | None = None) -> Anomalies:
    """last_week (n,), weeks_before (n, 4) counts; size: NB size of the workspace (see dispersion), estimated if None."""
    shape = dispersion(weeks_before) if size is None else size
    expected = weeks_before.mean(axis=1)
    ratio = np.divide(last_week, expected, out=np.full(expected.shape, np.nan), where=expected > 0)
    low, high = binomial_tails(last_week, expected, shape, weeks_before.shape[1])
    falls = (low < ALARM) & (ratio <= LOW) & (expected >= LEAST_EXPECTED)
    rises = (high < ALARM) & ((ratio >= HIGH) | (expected == 0)) & (last_week >= LEAST_EXPECTED)
    direction = rises.astype(np.int8) - falls.astype(np.int8)
    return Anomalies(ratio, expected, np.minimum(low, high), direction)


def dispersion(weeks: Floats) -> float:
    """NB size r (variance = m + m²/r) of a workspace by moments over its accounts' weeks (n, 4); inf = Poisson."""
    mean, variance = weeks.mean(axis=1), weeks.var(axis=1, ddof=1)
    over, squares = float((variance - mean).sum()), float((mean**2).sum())
    if over <= 0 or squares <= 0:
        return float("inf")
    return max(squares / over, _WIDEST_DISPERSION)


def binomial_tails(count: Floats, mean: Floats, size: float, weeks: int) -> tuple[Floats, Floats]:
    """P(X <= count) and P(X >= count) of a week, the mean itself known from `weeks` weeks only.

    The mean's own uncertainty (variance / weeks) is added to the week's, which widens the tails.
    """
    known = np.maximum(mean, 1.0 / weeks)
    variance = (known + known**2 / size) * (1 + 1 / weeks)
    r = known**2 / np.maximum(variance - known, 1e-9)
    p = r / (r + known)
    below = _beta(p, r, count + 1)
    at_least = 1 - _beta(p, r, np.maximum(count, 1e-9))
    return below, np.where(count > 0, at_least, 1.0)


def _beta(x: Floats, a: Floats, b: Floats) -> Floats:
    """Regularised incomplete beta I_x(a, b) by Paulson's approximation of F(2a, 2b)."""
    f = b * x / (a * np.maximum(1 - x, 1e-12))
    one, two = 1 / (9 * a), 1 / (9 * b)
    root = np.cbrt(f)
    z = ((1 - two) * root - (1 - one)) / np.sqrt(two * root**2 + one)
    return normal_below(z)
