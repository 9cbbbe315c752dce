"""How right a trigger was: verdicts of people and what really happened, as a Beta distribution.

Reads : Firings (columns of one trigger's firings)
Gives : Firings, Precision, precision_of(), weights_of(), chance_above(), recall_of(), EXPLORED_SHARE
Source: REQUIREMENTS D6; Beta-Bernoulli conjugacy. 'Never train on fired alerts only' (DESIGN section 6) is why a share
        of those who did not fire is watched in silence.

A firing counts as right when what it warned of came, or a person called it accurate or already known; as wrong when a
person called it inaccurate and it did not come, or when its time is over without it. Of those who were helped, the time
that went by without it counts half: the help may be why. 'Not actionable' says nothing of rightness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EXPLORED_SHARE = 0.05
"""Of the accounts between the threshold and its loosest bound, so many are watched in silence; always the same ones."""

HELPED_WEIGHT = 0.5
_PRIOR = 4.0
"""How many firings' worth the belief in the target is."""


@dataclass(frozen=True, slots=True)
class Firings:
    """One trigger's firings (n,). value: of the tuned column then, NaN unknown. came: what it warned of happened;
    is_over: its time is over. is_treated: something was asked for. is_explored: below the threshold, watched in silence.
    accurate, inaccurate, known, idle: verdicts (accurate, inaccurate, already known, not actionable)."""

    value: Floats
    came: Flags
    is_over: Flags
    is_treated: Flags
    is_explored: Flags
    accurate: Flags
    inaccurate: Flags
    known: Flags
    idle: Flags

    def take(self, rows: Flags) -> Firings:
        """Those where a flag is set."""
        return Firings(*(getattr(self, name)[rows] for name in Firings.__slots__))

    @property
    def fired(self) -> Firings:
        """Without those that were only watched."""
        return self.take(~self.is_explored)


@dataclass(frozen=True, slots=True)
class Precision:
    """hits, misses: weighed firings; mean with the interval [low, high] of 90 % (the target weighs in as four)."""

    hits: float
    misses: float
    mean: float
    low: float
    high: float
    alpha: float
    beta: float

    @property
    def judged(self) -> float:
        """Firings that say something."""
        return self.hits + self.misses


def weights_of(firings: Firings) -> tuple[Flags, Floats]:
    """(is right, weight 0 to 1) of each firing; weight 0 says nothing yet."""
    right = firings.came | firings.accurate | firings.known
    wrong = ~right & (firings.inaccurate | firings.is_over)
    half = wrong & firings.is_treated & ~firings.inaccurate
    return right, np.where(half, HELPED_WEIGHT, (right | wrong).astype(np.float64))


def precision_of(firings: Firings, target: float) -> Precision:
    """Of these firings; target: what it should be, 0 to 1."""
    right, weight = weights_of(firings)
    return beta_of(float(weight[right].sum()), float(weight[~right].sum()), target)


def share_of(said: Flags, among: Flags) -> Precision:
    """How often a verdict was given among those judged, believing in one half beforehand."""
    return beta_of(float((said & among).sum()), float((~said & among).sum()), 0.5)


def beta_of(hits: float, misses: float, target: float) -> Precision:
    """The belief after hits and misses."""
    from scipy.special import betaincinv

    alpha, beta = hits + _PRIOR * target, misses + _PRIOR * (1 - target)
    low, high = betaincinv(alpha, beta, 0.05), betaincinv(alpha, beta, 0.95)
    return Precision(hits, misses, alpha / (alpha + beta), float(low), float(high), alpha, beta)


def chance_above(precision: Precision, line: float) -> float:
    """How likely the true precision lies above a line, 0 to 1."""
    from scipy.special import betainc

    return 1.0 - float(betainc(precision.alpha, precision.beta, min(max(line, 0.0), 1.0)))


def recall_of(firings: Firings) -> float | None:
    """Of those with what the trigger warns of, at any threshold down to its loosest: the share that fired. Watched
    accounts stand for twenty each. None while nothing came, or nobody was watched to the end."""
    came = firings.came
    watched = firings.is_explored & firings.is_over
    if not watched.any():
        return None
    fired = float((came & ~firings.is_explored).sum())
    missed = float((came & firings.is_explored).sum()) / EXPLORED_SHARE
    return fired / (fired + missed) if fired + missed > 0 else None
