"""What an intervention does on average: from those who were dealt, else an openly labelled guess, else 'not yet'.

Reads : Subjects
Gives : Effect, Method, effect_of(), randomised(), observational(), ASSUMPTIONS
Source: journeys/experiments/confidence.py (dealt: true at every look, adjusted by what was known before); Chernozhukov
        et al., 'Double/debiased machine learning', Econometrics Journal 2018 (observational: cross-fitted, doubly robust)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from forestay.journeys.experiments.confidence import difference
from forestay.outcomes.bases import ridge
from forestay.outcomes.learners import expected, robust_scores
from forestay.outcomes.overlap import floored, overlap_of
from forestay.outcomes.subjects import Floats, Subjects

LEAST = 50
"""Known outcomes in each group before anything is said."""
LEAST_OF_EACH = 10
"""Good ends, and bad ones, before anything is said of a rate."""


class Method(StrEnum):
    """Where an estimate comes from."""

    RANDOMISED = "randomised"
    """Chance alone decided who was treated."""
    OBSERVATIONAL = "observational"
    """People decided; what was known before is taken out, what was not known is not."""
    NONE = "none"
    """It cannot be said yet."""


ASSUMPTIONS: Mapping[Method, tuple[str, ...]] = {
    Method.RANDOMISED: (
        "accounts were held out by chance alone, and the chances were written down",
        "all who were dealt the intervention count as treated, also those whom it did not reach",
        "one account's treatment does not change another's outcome",
    ),
    Method.OBSERVATIONAL: (
        "nobody was held out by chance: people decided whom to treat, and reached them within 14 days",
        "whatever made them treat an account, and also moves its outcome, is among the values that were known before",
        "every account that counts could have been treated and could have been left alone",
        "one account's treatment does not change another's outcome",
    ),
    Method.NONE: (),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """Of treatment on the outcome (above 0 is good), per subject, with its interval at 1 - alpha.

    estimate, low, high: None with Method.NONE. treated, untreated: known outcomes of each; rate_treated,
    rate_untreated: their mean outcomes, None without any. why: what is missing, or what was taken into account."""

    method: Method
    estimate: float | None
    low: float | None
    high: float | None
    alpha: float
    treated: int
    untreated: int
    rate_treated: float | None
    rate_untreated: float | None
    why: str

    @property
    def is_sure(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def effect_of(subjects: Subjects, alpha: float = 0.05) -> Effect:
    """The best that can be said: by chance where everybody was dealt, else observational, else nothing."""
    known = subjects.known
    return randomised(known, alpha) if known.is_dealt else observational(known, alpha)


def randomised(subjects: Subjects, alpha: float = 0.05) -> Effect:
    """Of subjects with known outcomes and dealt chances."""
    if lacking := _lacking(subjects):
        return _unsaid(subjects, alpha, lacking)
    before = _said_before(subjects)
    found = difference(subjects.outcome, subjects.is_treated, subjects.chance, alpha, before)
    cut = f"; what was known before explains {found.variance_cut:.0%} of the spread" if found.variance_cut > 0 else ""
    one = found.interval
    return _said(
        subjects,
        Method.RANDOMISED,
        (one.estimate, one.low, one.high),
        alpha,
        f"dealt by chance, true at every look{cut}",
    )


def observational(subjects: Subjects, alpha: float = 0.05) -> Effect:
    """Of subjects with known outcomes whom people chose. Only those who could have been either count."""
    if lacking := _lacking(subjects):
        return _unsaid(subjects, alpha, lacking)
    overlap = overlap_of(subjects)
    if overlap.refusal:
        return _unsaid(subjects, alpha, overlap.refusal)
    kept, chance = subjects.take(overlap.is_inside), floored(overlap.chance[overlap.is_inside])
    if lacking := _lacking(kept):
        return _unsaid(subjects, alpha, lacking)
    treated, untreated = expected(kept, ridge)
    scores = robust_scores(kept.outcome, kept.is_treated, chance, treated, untreated)
    mean, half = float(scores.mean()), _half(scores, alpha)
    why = (
        f"people decided; of {len(subjects)} accounts {len(kept)} could have been either, treatment was foreseeable with "
        f"an AUC of {overlap.auc:.2f}"
    )
    return _said(kept, Method.OBSERVATIONAL, (mean, mean - half, mean + half), alpha, why)


def _half(scores: Floats, alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha / 2) * float(scores.std(ddof=1)) / float(np.sqrt(len(scores)))


def _said_before(subjects: Subjects) -> Floats:
    """What the values say of the outcome, each subject's said by others: it narrows the interval."""
    treated, untreated = expected(subjects, ridge)
    share = float(subjects.chance.mean())
    said: Floats = share * untreated + (1 - share) * treated
    return said


def _lacking(subjects: Subjects) -> str:
    """What is missing before anything may be said, empty when nothing is."""
    treated = int(subjects.is_treated.sum())
    untreated = len(subjects) - treated
    if min(treated, untreated) < LEAST:
        return (
            f"the outcome of {treated} treated and {untreated} untreated accounts is known; {LEAST} of each are needed"
        )
    values = subjects.outcome
    is_rate = bool(np.isin(values, (0.0, 1.0)).all())
    good = int(values.sum()) if is_rate else 0
    if is_rate and min(good, len(values) - good) < LEAST_OF_EACH:
        return f"{good} of {len(values)} ended well; {LEAST_OF_EACH} of each end are needed"
    return "" if is_rate or float(values.std()) > 0 else "every account ended alike"


def _rates(subjects: Subjects) -> tuple[float | None, float | None]:
    sides = (subjects.outcome[subjects.is_treated], subjects.outcome[~subjects.is_treated])
    treated, untreated = (float(side.mean()) if len(side) else None for side in sides)
    return treated, untreated


def _said(subjects: Subjects, method: Method, found: tuple[float, float, float], alpha: float, why: str) -> Effect:
    treated = int(subjects.is_treated.sum())
    return Effect(method, *found, alpha, treated, len(subjects) - treated, *_rates(subjects), why)


def _unsaid(subjects: Subjects, alpha: float, why: str) -> Effect:
    treated = int(subjects.is_treated.sum())
    return Effect(Method.NONE, None, None, None, alpha, treated, len(subjects) - treated, *_rates(subjects), why)
