"""How well a calibrated model is doing, before anybody knows what became of the accounts.

Gives : expected_performance(), Expected
Source: confidence-based performance estimation (CBPE): a calibrated probability p is right p of the time, so the
        figures that labels would give can be expected from the probabilities alone. It sees that accounts moved to
        where the model is less sure; it cannot see that the world began to answer differently (calibration itself may
        have drifted), which only outcomes show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

_SURE = 1e-12


@dataclass(frozen=True, slots=True)
class Expected:
    """What is to be expected of n predictions: auc 0-1 (NaN when all are alike), log_loss, brier, events (a number of
    accounts), precision among those at or above the threshold (NaN when there are none), alerts: how many those are."""

    n: int
    auc: float
    log_loss: float
    brier: float
    events: float
    precision: float
    alerts: int


def expected_performance(probability: Floats, threshold: float) -> Expected:
    """Figures of (n,) calibrated probabilities 0-1, n >= 1; NaN are left out.

    >>> found = expected_performance(np.array([0.9, 0.1]), 0.5)
    >>> round(found.auc, 4), round(found.brier, 2), round(found.events, 2), round(found.precision, 2), found.alerts
    (0.9878, 0.09, 1.0, 0.9, 1)
    """
    p = probability[~np.isnan(probability)].astype(np.float64)
    if not len(p):
        return Expected(0, np.nan, np.nan, np.nan, 0.0, np.nan, 0)
    sure = np.clip(p, _SURE, 1 - _SURE)
    entropy = -(sure * np.log(sure) + (1 - sure) * np.log(1 - sure))
    alerted = p[p >= threshold]
    return Expected(
        len(p), _auc(p), float(entropy.mean()), float((p * (1 - p)).mean()), float(p.sum()),
        float(alerted.mean()) if len(alerted) else np.nan, len(alerted),
    )  # fmt: skip


def _auc(p: Floats) -> float:
    """The chance that an account that leaves was ranked above one that stays, over all pairs of different accounts."""
    order = np.argsort(p, kind="stable")
    leaves, stays = p[order], 1 - p[order]
    below = np.r_[0.0, np.cumsum(stays)]
    first = np.searchsorted(leaves, leaves, "left")
    last = np.searchsorted(leaves, leaves, "right")
    same = below[last] - below[first] - stays  # an account is no pair with itself
    won = float(np.sum(leaves * (below[first] + 0.5 * same)))
    pairs = float(leaves.sum() * stays.sum() - np.sum(leaves * stays))
    return won / pairs if pairs > 0 else np.nan
