"""What another rule of whom to treat would have brought, read from what chance dealt.

Reads : Subjects that were dealt; a rule in words that a person can choose
Gives : Rule, Asked, Answered, what_if(), NobodyDealt
Source: outcomes/off_policy.py (IPS, SNIPS, doubly robust; refused when too few were dealt what the rule would choose)

The outcome is the intervention's own (of churn: stayed), 0 to 1, more is better. A rule that asks for a column leaves
accounts alone of which that column is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forestay.kit.errors import ForestayError, Invalid
from forestay.outcomes.bases import fit_for, ridge
from forestay.outcomes.learners import Learner, learner_for, out_of_fold
from forestay.outcomes.off_policy import LEAST_EFFECTIVE, Dealt, OffPolicy, value_of
from forestay.outcomes.subjects import Flags, Subjects

FEWEST = LEAST_EFFECTIVE
"""Known outcomes below which nothing is estimated."""


class NobodyDealt(ForestayError):
    """Chance dealt nothing here: give the intervention a holdout share, wait for outcomes, then ask again."""

    code = "nobody_dealt"
    http_status = 409


class Rule(StrEnum):
    """Whom to treat."""

    EVERYBODY = "everybody"
    NOBODY = "nobody"
    LOWEST = "lowest"
    """the share with the least of a column"""
    HIGHEST = "highest"
    GAIN = "gain"
    """the share that is expected to gain most, learned from the others"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule. column: of the intervention's covariates, for LOWEST and HIGHEST; share: of the accounts, 0 to 1."""

    rule: Rule
    share: float = 0.5
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """found: means per account under the rule, and as it was done; treated: share that the rule treats; columns: that a
    rule may ask for; n: known outcomes."""

    found: OffPolicy
    treated: float
    columns: tuple[str, ...]
    n: int

    @property
    def words(self) -> str:
        """In one paragraph, in points of a hundred."""
        gain, low, high = (
            100 * (one - self.found.observed) for one in (self.found.robust, self.found.low, self.found.high)
        )
        sure = "more than chance explains" if low > 0 or high < 0 else "which may be chance"
        floored = f" {self.found.floored} chances were below the floor and count as that." if self.found.floored else ""
        return (
            f"Treating {self.treated:.0%} by this rule would have brought a good end to {self.found.robust:.1%} of the accounts "
            f"(95 % {self.found.low:.1%} to {self.found.high:.1%}); what was done brought it to {self.found.observed:.1%}: "
            f"{gain:+.1f} points, {sure}. {self.found.effective_sample:.0f} accounts' worth of the {self.n} were dealt what "
            f"the rule would choose.{floored}"
        )


def what_if(subjects: Subjects, asked: Asked) -> Answered:
    """Raises NobodyDealt, OffPolicyRefused, Invalid (a column that is not known before)."""
    known = subjects.known
    if len(known) < FEWEST or not known.is_dealt or not known.fewest:
        raise NobodyDealt(
            f"of {len(known)} known outcomes none can be compared by chance: a holdout share and {FEWEST} outcomes are needed"
        )
    chosen = _chosen(known, asked)
    wanted = np.column_stack([~chosen, chosen]).astype(np.float64)
    dealt = Dealt(
        known.values,
        known.is_treated.astype(np.int64),
        np.column_stack([1 - known.chance, known.chance]),
        known.outcome,
    )
    return Answered(value_of(dealt, wanted, fit=fit_for(len(known))), float(chosen.mean()), known.names, len(known))


def _chosen(known: Subjects, asked: Asked) -> Flags:
    if asked.rule in (Rule.EVERYBODY, Rule.NOBODY):
        return np.full(len(known), asked.rule is Rule.EVERYBODY)
    if asked.rule is Rule.GAIN:
        learner = learner_for(known)
        order = out_of_fold(learner, known, ridge if learner is Learner.RISK else fit_for(len(known)))
    else:
        if asked.column not in known.names:
            raise Invalid(
                f"'{asked.column}' is not known of these accounts; there are {', '.join(known.names)}", place="by"
            )
        values = known.values[:, known.names.index(asked.column)]
        order = values if asked.rule is Rule.HIGHEST else -values
    wanted, is_known = round(asked.share * len(known)), ~np.isnan(order)
    first = np.argsort(np.where(is_known, -order, np.inf), kind="stable")[:wanted]
    chosen = np.zeros(len(known), bool)
    chosen[first] = is_known[first]
    return chosen
