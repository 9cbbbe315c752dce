"""How sure a prediction is: the 90 % interval from refits, and that of the prior.

Gives : refits_ends(), prior_ends(), within_each()
Source: DESIGN section 6. Refits on accounts drawn anew disagree as much as the model would had it seen other accounts
        of the same kind; on the scale of log-odds that is about the same to both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forestay.predictions.hazard import probability_within
from forestay.predictions.model_document import Prior

Floats = npt.NDArray[np.float64]

_Z = 1.645
"""Half of a 90 % interval in standard deviations."""
_SURE = 1e-9


def within_each(hazard: Floats, horizons: Sequence[int]) -> Floats:
    """Chance (n, horizons) within each horizon (days), from hazards (n, periods)."""
    return np.column_stack([probability_within(hazard, float(days)) for days in horizons])


def refits_ends(probability: Floats, again: Sequence[Floats]) -> tuple[Floats, Floats]:
    """(low, high) around the probability (n, h), from what each refit says (n, h); NaN with fewer than two refits."""
    if len(again) < 2:
        return probability * np.nan, probability * np.nan
    reach = _Z * np.std([_log_odds(one) for one in again], axis=0, ddof=1)
    middle = _log_odds(probability)
    return 1 / (1 + np.exp(reach - middle)), 1 / (1 + np.exp(-reach - middle))


def prior_ends(prior: Prior) -> tuple[float, float]:
    """The 5 and 95 % quantiles of the prior's hazard, from its density over log-odds."""
    odds = np.linspace(-16, 16, 4_001)
    logs = prior.alpha * -np.logaddexp(0, -odds) + prior.beta * -np.logaddexp(0, odds)
    mass = np.cumsum(np.exp(logs - logs.max()))
    low, high = np.interp([0.05, 0.95], mass / mass[-1], odds)
    return float(1 / (1 + np.exp(-low))), float(1 / (1 + np.exp(-high)))


def _log_odds(probability: Floats) -> Floats:
    inside = np.clip(probability, _SURE, 1 - _SURE)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)
