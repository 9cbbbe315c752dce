"""What another rule of whom to treat would have earned, from what was done: IPS, SNIPS and doubly robust.

Reads : arms as dealt with the chances that were written down, outcomes, the arms another rule would choose
Gives : OffPolicy, Dealt, value_of(), OffPolicyRefused
Source: Horvitz, Thompson 1952 (IPS); Swaminathan, Joachims, 'The self-normalized estimator for counterfactual
        learning', NIPS 2015 (SNIPS); Dudik, Langford, Li, 'Doubly robust policy evaluation', ICML 2011

A chance below the floor is taken for the floor: that makes the estimate a little too small and keeps one subject from
speaking for hundreds; how many were below is said. Refused when too few of those who were dealt what the rule
would have chosen are left: then the answer would be a few accounts' luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from forestay.kit.errors import ForestayError
from forestay.outcomes.bases import Fit, folds, ridge
from forestay.outcomes.overlap import FLOOR, effective
from forestay.outcomes.subjects import Floats, Ints

LEAST_EFFECTIVE = 50


class OffPolicyRefused(ForestayError):
    """Too few accounts were dealt what the rule would choose: deal it to some by chance first, then ask again."""

    code = "off_policy_refused"
    http_status = 422

    def __init__(self, effective_sample: float) -> None:
        self.effective_sample = effective_sample
        super().__init__(
            f"what was done resembles the rule too little: {effective_sample:.0f} accounts' worth of it are left where "
            f"{LEAST_EFFECTIVE} are needed; deal the rule's choice to a share of accounts by chance first"
        )


@dataclass(frozen=True, slots=True)
class Dealt:
    """What was done. values: (n, k) known before; arm: number of the arm each was dealt (n,); chances: (n, arms) as
    written down then, rows sum to 1; outcome: (n,), known."""

    values: Floats
    arm: Ints
    chances: Floats
    outcome: Floats


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """Mean outcome per subject had the rule decided. low, high: interval of the doubly robust one. effective_sample: in
    subjects; floored: how many chances were below the floor; observed: mean outcome of what was done."""

    ips: float
    snips: float
    robust: float
    low: float
    high: float
    effective_sample: float
    floored: int
    observed: float


def value_of(dealt: Dealt, wanted: Floats, alpha: float = 0.05, floor: float = FLOOR, fit: Fit = ridge) -> OffPolicy:
    """wanted: (n, arms), the rule's chances of each arm, rows sum to 1. Raises OffPolicyRefused."""
    rows = np.arange(len(dealt.arm))
    own = dealt.chances[rows, dealt.arm]
    weights = wanted[rows, dealt.arm] / np.maximum(own, floor)
    left = effective(weights)
    if left < LEAST_EFFECTIVE:
        raise OffPolicyRefused(left)
    said = _said(dealt, fit)
    scores = (wanted * said).sum(axis=1) + weights * (dealt.outcome - said[rows, dealt.arm])
    half = NormalDist().inv_cdf(1 - alpha / 2) * float(scores.std(ddof=1)) / float(np.sqrt(len(scores)))
    robust = float(scores.mean())
    return OffPolicy(
        ips=float((weights * dealt.outcome).mean()),
        snips=float((weights * dealt.outcome).sum() / weights.sum()),
        robust=robust,
        low=robust - half,
        high=robust + half,
        effective_sample=left,
        floored=int((own < floor).sum()),
        observed=float(dealt.outcome.mean()),
    )


def _said(dealt: Dealt, fit: Fit, parts: int = 5) -> Floats:
    """The outcome that each arm would have had for each subject (n, arms), said by other parts."""
    said = np.full(dealt.chances.shape, float(dealt.outcome.mean()))
    part_of = folds(len(dealt.arm), parts, 1)
    for part in range(parts):
        here = part_of == part
        for arm in range(dealt.chances.shape[1]):
            learned = ~here & (dealt.arm == arm)
            if int(learned.sum()) >= 2:
                said[here, arm] = fit(dealt.values[learned], dealt.outcome[learned], None)(dealt.values[here])
    return said
