"""Who gains how much from an intervention: the T, X and DR learners, their mean, and the plain measure of risk.

Reads : Subjects with known outcomes, the chance with which each was treated
Gives : Learner, LEARNERS, learner_for(), effects_of(), out_of_fold(), at_stake(), share_saved(), scores_of(), expected()
Source: Kunzel, Sekhon, Bickel, Yu, 'Metalearners for estimating heterogeneous treatment effects', PNAS 2019 (T, X);
        Kennedy, 'Towards optimal doubly robust estimation of heterogeneous causal effects', EJS 2023 (DR)

An effect is on the outcome as Subjects has it (more is better), in its own unit per subject. `scores_of` gives each
subject the doubly robust score, whose mean is the average effect and whose mean among any chosen ones is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from forestay.outcomes.bases import Fit, folds
from forestay.outcomes.subjects import Flags, Floats, Subjects

FOLDS = 5
ENDS_FOR_MANY = 100
SAVED = 0.25
"""Spread of the belief about the share of what is at stake that treatment saves, before anything was seen."""
_FAR = 8.0


class Learner(StrEnum):
    """How effects are learned."""

    T = "t"
    """Two regressions, one a group, and their difference."""
    X = "x"
    """Differences to what the other group's regression says, regressed again: good when one group is small."""
    DR = "dr"
    """Doubly robust scores, regressed."""
    MEAN = "mean"
    """The mean of the three: no choice among them, hence no luck of the choice."""
    RISK = "risk"
    """A share of what an account has to lose, the same for all: who stays anyway gains little. One number is learned of the
    effect instead of many, which is all that a few dozen ends can tell (Kent et al., Annals of Internal Medicine 2020)."""


def effects_of(learner: Learner, subjects: Subjects, fit: Fit, new: Floats, seed: int = 1) -> Floats:
    """Learn on the subjects (all known), say the effect for new values (m, k)."""
    if learner is Learner.MEAN:
        said = [effects_of(one, subjects, fit, new, seed) for one in (Learner.T, Learner.X, Learner.DR)]
        mean: Floats = np.mean(said, axis=0)
        return mean
    return _LEARN[learner](subjects, fit, new, seed)


def out_of_fold(learner: Learner, subjects: Subjects, fit: Fit, parts: int = FOLDS, seed: int = 1) -> Floats:
    """The effect of each subject (n,) as said by those who stand in other parts; RISK's one number is everybody's, for else
    the parts would be ordered by the luck of their number and not by risk."""
    if learner is Learner.MEAN:
        said = [out_of_fold(one, subjects, fit, parts, seed) for one in (Learner.T, Learner.X, Learner.DR)]
        mean: Floats = np.mean(said, axis=0)
        return mean
    dealt, told = folds(len(subjects), parts, seed), np.empty(len(subjects))
    for part in range(parts):
        here = dealt == part
        if learner is Learner.RISK:
            told[here] = at_stake(subjects.take(~here), fit, subjects.values[here])
        else:
            told[here] = effects_of(learner, subjects.take(~here), fit, subjects.values[here], seed + part)
    return told * share_saved(subjects, told) if learner is Learner.RISK else told


def expected(subjects: Subjects, fit: Fit, parts: int = FOLDS, seed: int = 1) -> tuple[Floats, Floats]:
    """(outcome if treated, outcome if not) of each subject (n,), said by those who stand in other parts."""
    dealt = folds(len(subjects), parts, seed)
    treated, untreated = np.empty(len(subjects)), np.empty(len(subjects))
    for part in range(parts):
        here, learned = dealt == part, subjects.take(dealt != part)
        of_treated, of_untreated = _both(learned, fit)
        treated[here], untreated[here] = of_treated(subjects.values[here]), of_untreated(subjects.values[here])
    return treated, untreated


def scores_of(subjects: Subjects, fit: Fit, parts: int = FOLDS, seed: int = 1) -> Floats:
    """The doubly robust score of each subject (n,): unbiased for its effect where the chances are right."""
    treated, untreated = expected(subjects, fit, parts, seed)
    return robust_scores(subjects.outcome, subjects.is_treated, subjects.chance, treated, untreated)


def robust_scores(outcome: Floats, is_treated: Flags, chance: Floats, treated: Floats, untreated: Floats) -> Floats:
    """All (n,). What the two regressions say, and what the subject's own outcome adds, weighed by its chance."""
    of_treated = is_treated * (outcome - treated) / chance
    of_untreated = ~is_treated * (outcome - untreated) / (1 - chance)
    scores: Floats = treated - untreated + of_treated - of_untreated
    return scores


def _both(subjects: Subjects, fit: Fit) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    one, other = subjects.is_treated, ~subjects.is_treated
    return (
        fit(subjects.values[one], subjects.outcome[one], None),
        fit(subjects.values[other], subjects.outcome[other], None),
    )


def _t(subjects: Subjects, fit: Fit, new: Floats, _seed: int) -> Floats:
    treated, untreated = _both(subjects, fit)
    return treated(new) - untreated(new)


def _x(subjects: Subjects, fit: Fit, new: Floats, _seed: int) -> Floats:
    treated, untreated = _both(subjects, fit)
    one, other = subjects.is_treated, ~subjects.is_treated
    gained = subjects.outcome[one] - untreated(subjects.values[one])
    missed = treated(subjects.values[other]) - subjects.outcome[other]
    of_treated = fit(subjects.values[one], gained, None)(new)
    of_untreated = fit(subjects.values[other], missed, None)(new)
    share = float(subjects.chance.mean())
    return share * of_untreated + (1 - share) * of_treated


def _dr(subjects: Subjects, fit: Fit, new: Floats, seed: int) -> Floats:
    return fit(subjects.values, scores_of(subjects, fit, 2, seed), None)(new)


def at_stake(subjects: Subjects, fit: Fit, new: Floats) -> Floats:
    """What each of the new ones (m, k) is expected to lose of the best outcome. Learned of all, helped or not: those left
    alone had too few ends to learn it of, or another learner would be asked."""
    lost: Floats = np.maximum(float(subjects.outcome.max()) - fit(subjects.values, subjects.outcome, None)(new), 0.0)
    return lost


def share_saved(subjects: Subjects, lost: Floats) -> float:
    """The share of what is at stake (n,) that treatment saves, at least 0: what a belief of about a fifth, half-normal with
    SAVED, becomes by what was seen. Few ends move it little, so that a draw of bad luck does not wipe out the order."""
    left = subjects.outcome + lost
    one, other = subjects.is_treated, ~subjects.is_treated
    sides = [(left[one], 1 / subjects.chance[one]), (left[other], 1 / (1 - subjects.chance[other]))]
    means = [float(np.average(values, weights=weights)) for values, weights in sides]
    variance = sum(
        float((weights**2 * (values - mean) ** 2).sum() / weights.sum() ** 2)
        for (values, weights), mean in zip(sides, means, strict=True)
    )
    whole = max(float(lost.mean()), 1e-9)
    seen, unsure = (means[0] - means[1]) / whole, max(variance, 1e-12) / whole**2
    spread = float(np.sqrt(1 / (1 / unsure + 1 / SAVED**2)))
    at = spread * seen / unsure  # the middle of the untruncated belief, in its own spread
    if at < -_FAR:
        return -spread / at
    usual = NormalDist()
    return spread * (at + usual.pdf(at) / usual.cdf(at))


def _risk(subjects: Subjects, fit: Fit, new: Floats, _seed: int) -> Floats:
    return share_saved(subjects, at_stake(subjects, fit, subjects.values)) * at_stake(subjects, fit, new)


_LEARN: Mapping[Learner, Callable[[Subjects, Fit, Floats, int], Floats]] = {
    Learner.T: _t,
    Learner.X: _x,
    Learner.DR: _dr,
    Learner.RISK: _risk,
}
LEARNERS = tuple(Learner)


def learner_for(subjects: Subjects) -> Learner:
    """Which learner so few ends can bear, decided before any is tried: RISK under ENDS_FOR_MANY bad ends (or good ones,
    where they are rarer) in the smaller group, else the MEAN."""
    smaller = subjects.outcome[subjects.is_treated == (subjects.is_treated.mean() <= 0.5)]
    good = float((smaller > smaller.mean()).sum()) if len(smaller) else 0.0
    return Learner.MEAN if min(good, len(smaller) - good) >= ENDS_FOR_MANY else Learner.RISK
