"""Intervals that stay true however often somebody looks: asymptotic confidence sequences, with CUPED.

Reads : outcomes of subjects in the order of their exposure, their arms, the probabilities with which they got them
Gives : Interval, half_width(), planned_half_width(), mean_interval(), difference(), Difference, cuped_slope()
Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, 'Time-uniform central limit theory and asymptotic confidence
        sequences', Annals of Statistics 52 (2024), arXiv 2103.06476: theorem 2.2 (boundary), appendix on tuning rho,
        section 3 (effects in randomised experiments by augmented inverse-probability scores, adaptive shares included).
        Deng, Xu, Kohavi, Walker, 'Improving the sensitivity of online controlled experiments by utilizing
        pre-experiment data' (CUPED), WSDM 2013. Lin, 'Agnostic notes on regression adjustments', AoAS 2013.

A fixed 95 % interval that is looked at every day excludes the truth far more often than one time in twenty; these hold
at all looks at once, so a test may be read daily and stopped at any time. They are wider for it (by about half). The
guarantee is asymptotic: nothing is said before each arm has the plan's least number of subjects.

Whoever says beforehand how many subjects a test shall have pays less: until then a straight line holds (the sum of n
scores stays within c x deviation x sqrt(planned) for all n <= planned but for a chance of 4 (1 - Phi(c)), by the reflection
principle; it is the limit of O'Brien and Fleming's bounds for looks without number). Four fifths of alpha go there, the
last fifth keeps the mixture true beyond it, and of the two the narrower counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TUNED_FOR = 1000
"""The number of subjects at which the intervals are narrowest; to be fixed before the test and not by its data."""


LINE_SHARE = 0.8
"""Of alpha, where the number of subjects is planned."""


@dataclass(frozen=True, slots=True)
class Interval:
    """estimate, low and high in the outcome's unit (rates 0 to 1); n: subjects behind it."""

    estimate: float
    low: float
    high: float
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the sign is settled."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Difference:
    """An arm against control. interval: arm minus control; variance_cut: share of the variance (0 to 1) that the
    covariate explained, 0 without one."""

    interval: Interval
    variance_cut: float


def half_width(n: int, deviation: float, alpha: float, tuned_for: int = TUNED_FOR) -> float:
    """Half the width of the two-sided sequence after n subjects (theorem 2.2).

    deviation: standard deviation of a subject's value; alpha: chance (0 to 1) of ever excluding the truth.

    >>> round(half_width(1000, 1.0, 0.05), 4)  # a fixed interval would have 0.0620
    0.096
    """
    rho_squared = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuned_for
    grown = n * rho_squared + 1
    return deviation * math.sqrt(2 * grown / (n * n * rho_squared) * math.log(math.sqrt(grown) / alpha))


def planned_half_width(n: int, deviation: float, alpha: float, planned: int) -> float:
    """Half the width after n subjects of a test that was planned with so many; true at every look, also beyond them.

    >>> round(planned_half_width(1000, 1.0, 0.05, 1000), 4)
    0.0736
    """
    beyond = half_width(n, deviation, alpha * (1 - LINE_SHARE))
    if n > planned:
        return beyond
    line = NormalDist().inv_cdf(1 - alpha * LINE_SHARE / 4) * deviation * math.sqrt(planned) / n
    return min(line, beyond)


def mean_interval(
    values: Floats,
    alpha: float,
    tuned_for: int = TUNED_FOR,
    planned: int | None = None,
    bound: float | None = None,
) -> Interval:
    """Of the mean of values (n,), n >= 2. planned: subjects that the test shall have, said beforehand; bound: instead of
    it, how far the sum may go today, in deviations, for LINE_SHARE of alpha (planning.py)."""
    mean, n, deviation = float(values.mean()), len(values), float(values.std(ddof=1))
    if bound is not None:
        half = min(bound * deviation / n, half_width(n, deviation, alpha * (1 - LINE_SHARE)))
    elif planned is not None:
        half = planned_half_width(n, deviation, alpha, planned)
    else:
        half = half_width(n, deviation, alpha, tuned_for)
    return Interval(mean, mean - half, mean + half, n)


def difference(
    outcome: Floats,
    is_arm: Flags,
    chance: Floats,
    alpha: float,
    before: Floats | None = None,
    tuned_for: int = TUNED_FOR,
    planned: int | None = None,
    bound: float | None = None,
) -> Difference:
    """Effect of an arm against control, by scores that weigh each subject with the probability of its arm.

    outcome: of the subjects of both arms (n,). is_arm: in the arm (else in control). chance: probability, strictly
    between 0 and 1, with which a subject that got one of the two got the arm, as it stood at its exposure; it may have
    moved with what was seen before (Thompson). before: a value from before the exposure, NaN where missing. planned:
    subjects of both arms that the test shall have, said beforehand. bound: as of mean_interval().
    """
    plain = _scores(outcome, is_arm, chance, np.zeros(len(outcome)))
    spread = float(plain.std(ddof=1))
    if before is None:
        return Difference(mean_interval(plain, alpha, tuned_for, planned, bound), 0.0)
    adjusted = _scores(outcome, is_arm, chance, _explained(outcome, is_arm, before))
    cut = 1 - float(adjusted.var(ddof=1)) / spread**2 if spread else 0.0
    chosen = adjusted if cut > 0 else plain
    return Difference(mean_interval(chosen, alpha, tuned_for, planned, bound), max(cut, 0.0))


def cuped_slope(outcome: Floats, is_arm: Flags, before: Floats) -> float:
    """theta of CUPED: covariance within arms over variance within arms; before: without NaN."""
    held, explained = before.copy(), outcome.copy()
    for side in (is_arm, ~is_arm):
        held[side] -= before[side].mean()
        explained[side] -= outcome[side].mean()
    spread = float(held @ held)
    return float(held @ explained) / spread if spread > 0 else 0.0


def _explained(outcome: Floats, is_arm: Flags, before: Floats) -> Floats:
    """What each subject's value from before says of its outcome; a missing one says nothing."""
    known = ~np.isnan(before)
    if not known.any():
        return np.zeros(len(outcome))
    filled = np.where(known, before, before[known].mean())
    explained: Floats = cuped_slope(outcome, is_arm, filled) * (filled - filled.mean())
    return explained


def _scores(outcome: Floats, is_arm: Flags, chance: Floats, explained: Floats) -> Floats:
    """A value of each subject whose mean is the effect: arms' means, and what a subject adds, weighed by its chance."""
    rest = outcome - explained
    of_arm, of_control = float(rest[is_arm].mean()), float(rest[~is_arm].mean())
    added = np.where(is_arm, (rest - of_arm) / chance, -(rest - of_control) / (1 - chance))
    scores: Floats = of_arm - of_control + added
    return scores
