"""Could both groups have been either? Chances of treatment where nobody dealt, and whether they overlap.

Reads : values known before, who was treated
Gives : Overlap, overlap_of(), FLOOR, floored(), effective()
Source: Crump, Hotz, Imbens, Mitnik, 'Dealing with limited overlap in estimation of average treatment effects',
        Biometrika 2009 (chances beyond 0.1 and 0.9 say more of the model than of the effect); Kish 1965 (effective
        size of a weighted sample)

A chance that was dealt is written down when it is dealt; one that is learned from data is only a guess at why people
acted, which is why everything built upon it is called observational.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forestay.outcomes.bases import folds, logistic
from forestay.outcomes.subjects import Flags, Floats, Subjects

FLOOR = 0.02
"""No chance is taken for less than this, nor for more than its opposite: one subject never speaks for more than fifty."""
EDGE = 0.1
_MOST_OUTSIDE = 0.2
_LEAST_EFFECTIVE = 0.1
_LEAST_GROUP = 50
_TOO_WELL_KNOWN = 0.9


@dataclass(frozen=True, slots=True)
class Overlap:
    """chance: of treatment by what was known before (n,), floored; is_inside (n,): within [0.1, 0.9].

    outside: share beyond; auc: how well treatment can be foreseen, 0.5 not at all; effective: share of the treated and
    untreated that are left as effective sample after weighing (the smaller of the two). refusal: why no effect may be
    read from such groups, empty when it may."""

    chance: Floats
    is_inside: Flags
    outside: float
    auc: float
    effective: float
    refusal: str


def overlap_of(subjects: Subjects, parts: int = 5, seed: int = 1) -> Overlap:
    """How alike the treated and the untreated were before. Each subject's chance is said by other parts."""
    treated = int(subjects.is_treated.sum())
    if subjects.fewest < _LEAST_GROUP:
        refusal = f"{treated} were treated and {len(subjects) - treated} were not; {_LEAST_GROUP} of each are needed"
        half = np.full(len(subjects), 0.5)
        return Overlap(half, np.ones(len(subjects), bool), 0.0, 0.5, 0.0, refusal)
    chance = _chance(subjects, parts, seed)
    inside = (chance >= EDGE) & (chance <= 1 - EDGE)
    outside, auc = float(1 - inside.mean()), _auc(chance, subjects.is_treated)
    held = floored(chance)
    weights = np.where(subjects.is_treated, 1 / held, 1 / (1 - held))
    left = min(effective(weights[side]) / int(side.sum()) for side in (subjects.is_treated, ~subjects.is_treated))
    return Overlap(held, inside, outside, auc, left, _refusal(outside, auc, left))


def floored(chance: Floats, floor: float = FLOOR) -> Floats:
    """No chance below the floor nor above its opposite."""
    return np.clip(chance, floor, 1 - floor)


def effective(weights: Floats) -> float:
    """How many equally weighed subjects are worth as much: (sum)^2 / sum of squares; 0 for none.

    >>> effective(np.ones(7)), round(effective(np.array([100.0, 1, 1])), 2)
    (7.0, 1.04)
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def _chance(subjects: Subjects, parts: int, seed: int) -> Floats:
    dealt, chance = folds(len(subjects), parts, seed), np.empty(len(subjects))
    acted = subjects.is_treated.astype(np.float64)
    for part in range(parts):
        here = dealt == part
        chance[here] = logistic(subjects.values[~here], acted[~here])(subjects.values[here])
    return chance


def _refusal(outside: float, auc: float, left: float) -> str:
    if auc > _TOO_WELL_KNOWN:
        return (
            f"who was treated can nearly be told from what was known before (AUC {auc:.2f}), so there is nobody alike "
            "to compare with; hold some accounts out at random"
        )
    if outside > _MOST_OUTSIDE:
        return (
            f"{outside:.0%} of the accounts were almost surely treated or almost surely not, so they have nobody to be "
            "compared with; hold some accounts out at random"
        )
    if left < _LEAST_EFFECTIVE:
        return f"after weighing only {left:.0%} of a group would speak; hold some accounts out at random"
    return ""


def _auc(scores: Floats, is_one: Flags) -> float:
    """The chance that a treated subject has the higher score; ties count half."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ones, others = int(is_one.sum()), int((~is_one).sum())
    return float((ranks[is_one].sum() - ones * (ones + 1) / 2) / (ones * others))
