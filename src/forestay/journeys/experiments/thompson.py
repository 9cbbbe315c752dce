"""Shares that follow what is seen: the probability that an arm is the best, with a floor under each.

Reads : sums of outcomes by arm
Gives : Seen, best_chances(), shares()
Source: Thompson, Biometrika 25 (1933); Scott, 'A modern Bayesian look at the multi-armed bandit' (2010): randomised
        probability matching, a share is the posterior probability of being the best. Hadad, Hirshberg, Zhan, Wager,
        Athey, 'Confidence intervals for policy evaluation in adaptive experiments', PNAS 2021: why a floor, and why
        the probability stands with each exposure.

Yes/no outcomes: Beta(1, 1) before, Beta after. Others: Normal, the mean over all arms as one subject's worth of belief
and the variance within arms. Draws come from a seed, so an evaluation that is repeated gives the same shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Seen:
    """Matured outcomes of one arm. n: subjects; total: sum of outcomes; squares: sum of their squares."""

    n: int
    total: float
    squares: float


def best_chances(seen: Mapping[str, Seen], *, is_yes_no: bool, higher_is_better: bool, seed: int) -> dict[str, float]:
    """arm -> probability (0 to 1) that it is the best, by the posterior."""
    random = np.random.default_rng(seed)
    counts = np.array([[arm.n, arm.total, arm.squares] for arm in seen.values()], np.float64)
    drawn = _beta(random, counts) if is_yes_no else _normal(random, counts)
    best = drawn.argmax(axis=1) if higher_is_better else drawn.argmin(axis=1)
    won = np.bincount(best, minlength=len(seen)) / DRAWS
    return dict(zip(seen, (float(share) for share in won), strict=True))


def shares(chances: Mapping[str, float], floor: float) -> dict[str, float]:
    """arm -> percent, together 100, none under the floor (percent; at most an equal share counts).

    >>> shares({"a": 0.99, "b": 0.01}, floor=10)
    {'a': 89.2, 'b': 10.8}
    """
    least = min(floor, 100 / len(chances))
    left = 100 - least * len(chances)
    whole = sum(chances.values())
    rounded = {arm: round(least + left * chance / whole, 2) for arm, chance in chances.items()}
    largest = max(rounded, key=lambda arm: rounded[arm])
    rounded[largest] = round(rounded[largest] + 100 - sum(rounded.values()), 2)  # rounding never loses a subject
    return rounded


def _beta(random: np.random.Generator, counts: Floats) -> Floats:
    n, yes = counts[:, 0], counts[:, 1]
    return random.beta(1 + yes, 1 + n - yes, (DRAWS, len(counts)))


def _normal(random: np.random.Generator, counts: Floats) -> Floats:
    n, total, squares = counts.T
    known = np.maximum(n, 1)
    within = float((squares - total**2 / known).sum()) / max(float(n.sum()) - len(counts), 1.0)
    overall = float(total.sum()) / max(float(n.sum()), 1.0)
    spread = np.sqrt(max(within, 1e-12) / (n + 1))
    return random.normal((total + overall) / (n + 1), spread, (DRAWS, len(counts)))
