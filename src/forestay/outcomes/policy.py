"""May a policy act on who gains most? Learned out of fold, judged by Qini, with a share of alpha for each look.

Reads : Subjects that chance dealt
Gives : Look, look_at(), is_due(), alpha_of(), scored(), LEAST_DEALT
Source: REQUIREMENTS C4: a policy ships only when the interval excludes zero

Looking daily at an interval of 95 % would ship noise sooner or later. So a look is taken only when half as many outcomes
more are known than at the last, and the k-th look has alpha / (k (k + 1)): together they never exceed alpha.
The policy's score is the mean of the T, X and DR learners, or the risk while ends are few: nothing is picked by how well
it did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forestay.outcomes.bases import Fit, fit_for, ridge
from forestay.outcomes.learners import Learner, effects_of, learner_for, out_of_fold, scores_of
from forestay.outcomes.qini import Part, QiniCurve, curve_of, parts_of, qini
from forestay.outcomes.subjects import Floats, Ints, Subjects

LEAST_DEALT = 500
LEAST_HELD_OUT = 75
GROWTH = 1.5
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Look:
    """One look. curve: (share treated, gain per subject); parts: fifths by score, the least first; number: 1, 2, ..."""

    learner: Learner
    qini: QiniCurve
    curve: list[tuple[float, float]]
    parts: list[Part]
    number: int


def is_due(subjects: Subjects, looked_at: int) -> bool:
    """Whether enough is known, and half as much more than at the last look (looked_at outcomes, 0: never)."""
    known = subjects.known
    is_enough = len(known) >= LEAST_DEALT and known.fewest >= LEAST_HELD_OUT and known.is_dealt
    return is_enough and len(known) >= GROWTH * looked_at


def alpha_of(number: int) -> float:
    """The k-th look's share of alpha.

    >>> round(sum(alpha_of(k) for k in range(1, 10_000)), 4)
    0.05
    """
    return ALPHA / (number * (number + 1))


def look_at(subjects: Subjects, number: int) -> Look:
    """Judge the order by expected gain; subjects as is_due() wants them."""
    known = subjects.known
    learner, fit = _way(known)
    scores, gains = out_of_fold(learner, known, fit), scores_of(known, fit)
    found = qini(scores, gains, alpha_of(number))
    return Look(learner, found, curve_of(scores, gains), parts_of(scores, gains), number)


def scored(subjects: Subjects, new: Floats, from_scores: Floats) -> tuple[Floats, Ints]:
    """The expected gain of new accounts (m, k), and the fifth in which each falls. from_scores: where fifths begin."""
    known = subjects.known
    learner, fit = _way(known)
    said = effects_of(learner, known, fit, new)
    return said, np.clip(np.searchsorted(from_scores, said, side="right") - 1, 0, len(from_scores) - 1)


def _way(known: Subjects) -> tuple[Learner, Fit]:
    """Learner and regression that so many subjects and ends can bear: trees need many of both."""
    learner = learner_for(known)
    return learner, ridge if learner is Learner.RISK else fit_for(len(known))
