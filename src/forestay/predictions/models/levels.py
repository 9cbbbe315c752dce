"""A level for each period and one slope: the smallest model of a hazard that there is.

Gives : levels_and_slope()
"""

from __future__ import annotations

import numpy as np

from forestay.predictions.snapshots import Flags, Floats


def levels_and_slope(score: Floats, happened: Flags, weight: Floats) -> tuple[Floats, float]:
    """(levels (periods,), slope >= 0) of the log-odds on `score` (n,), with a faint pull towards the overall rate and
    a slope of 0.5. happened, weight: (n, periods), weight 0 where it is not known."""
    periods = weight.shape[1]
    mean = float((weight * happened).sum() / weight.sum())
    start = np.log(mean / max(1 - mean, 1e-9))
    middle = float(np.median(score))
    x = score - middle
    theta, anchor = np.append(np.full(periods, start), 0.5), np.append(np.full(periods, start), 0.5)
    for _ in range(50):
        sure = 1 / (1 + np.exp(-(theta[:-1] + theta[-1] * x[:, None])))
        miss, bend = weight * (happened - sure), weight * sure * (1 - sure)
        slope = np.append(miss.sum(axis=0), (miss * x[:, None]).sum()) - 0.5 * (theta - anchor)
        curve = np.diag(np.append(bend.sum(axis=0), (bend * x[:, None] ** 2).sum()) + 0.5)
        curve[-1, :-1] = curve[:-1, -1] = (bend * x[:, None]).sum(axis=0)
        step = np.linalg.solve(curve, slope)
        theta = theta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    if theta[-1] < 0:
        share = (weight * happened).sum(axis=0) + 0.5 * mean
        rate = share / (weight.sum(axis=0) + 0.5)
        return np.log(rate / (1 - rate)), 0.0
    return theta[:-1] - theta[-1] * middle, float(theta[-1])
