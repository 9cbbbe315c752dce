"""Readiness to expand: how strongly the four signals speak, what each of them calls for, and how likely it is to work.

Reads : columns (ColumnTable), the live model of the purpose 'expansion' where there is one
Gives : readiness(), Readiness, Opportunity, Offer, OFFERS
Source: REQUIREMENTS C2. Readiness 0-100 is the rule of predictions/rule_score.py, with or without a model, so that
        'above 80' keeps its meaning; the probability of success is a trained, calibrated model's and nothing else's.

Without a model the probability is NaN and the source says 'rule': a rule's number is an order, not a chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.predictions.live import LiveModel, Predictions
from forestay.predictions.reasons import Facts, Reason, Source
from forestay.predictions.rule_score import RuleScore, readiness_by_rule
from forestay.predictions.sentences import sentence_of

Floats = npt.NDArray[np.float64]


class Offer(StrEnum):
    """What a signal of expansion calls for; the words of triggers."""

    UPGRADE_OPPORTUNITY = "upgrade_opportunity"
    FEATURE_UPSELL = "feature_upsell"
    SEAT_EXPANSION = "seat_expansion"
    MODULE_UPSELL = "module_upsell"


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One signal of one account that speaks. strength: 0-1, of the signal alone. sentence: the facts; action: what to
    do; added: log-odds that the live model gives the signal's columns, None without a model."""

    offer: Offer
    key: str
    label: str
    strength: float
    column: str
    sentence: str
    action: str
    added: float | None = None


OFFERS: Mapping[str, tuple[Offer, str]] = {
    "usage_growth": (Offer.UPGRADE_OPPORTUNITY, "Open an upgrade opportunity: more is used than was contracted."),
    "premium_interest": (Offer.FEATURE_UPSELL, "Offer the premium features that are being explored."),
    "invitations": (Offer.SEAT_EXPANSION, "Offer more seats: new users are being invited."),
    "new_workflows": (Offer.MODULE_UPSELL, "Offer the module that goes with the new workflows."),
}
"""The rule's terms, what each calls for, and how that is said."""


@dataclass(frozen=True)
class Readiness:
    """score: the rule, 0-100 with its parts; NaN when no signal is known or the account has churned. success: what the
    live model says of an expansion; None without one."""

    table: ColumnTable
    score: RuleScore
    success: Predictions | None
    model: LiveModel | None = None

    @property
    def value(self) -> Floats:
        """Readiness 0-100 (*shape)."""
        return self.score.value

    @property
    def source(self) -> Source:
        """Of the probability: 'model', 'prior' (not enough data to train on), or 'rule' when there is none."""
        return Source.RULE if self.success is None else self.success.source

    def probability(self, horizon: int | None = None) -> Floats:
        """Chance 0-1 (*shape) that the account expands within the horizon (the longest when not given); NaN without a
        model."""
        if self.success is None:
            return np.full(self.table.shape, np.nan)
        return self.success.at(horizon or self.success.horizons[-1])

    def opportunities(self, row: int, facts: Facts | None = None) -> list[Opportunity]:
        """The signals that speak for one account of an (n,) table, strongest first, each with its action.

        facts: of this account alone, for sentences with what is usual and peers.
        """
        told = facts or _facts(self.table, row)
        added = self._added(row)
        found = [
            self._opportunity(reason.key, reason.label, reason.strength, reason.columns[0], told, added)
            for reason in self.score.reasons(row, len(self.score.terms))
        ]
        return sorted(found, key=lambda one: (-(one.added or 0.0), -one.strength))

    def reasons(self, row: int, most: int = 5) -> list[Reason]:
        """Why the model gives this account its probability; none without a model."""
        return [] if self.model is None else self.model.reasons(self.table, [row], most)[0]

    def _opportunity(
        self, key: str, label: str, strength: float, column: str, facts: Facts, added: Mapping[str, float]
    ) -> Opportunity:
        offer, action = OFFERS[key]
        sentence = sentence_of(facts.reading(column, 0), facts.words)
        return Opportunity(offer, key, label, strength, column, sentence, action, added.get(column))

    def _added(self, row: int) -> dict[str, float]:
        """What the model's groups add, by column."""
        if self.model is None or self.model.explainer is None:
            return {}
        explainer = self.model.explainer
        shares = explainer.shares(self.model.values(self.table, np.array([row]))).added[0]
        return {
            column: float(share)
            for group, share in zip(explainer.groups, shares, strict=True)
            for column in group.columns
        }


def readiness(table: ColumnTable, model: LiveModel | None = None) -> Readiness:
    """Readiness of every row. model: the live one of the purpose 'expansion', None when there is none."""
    success = None if model is None else model.predict(table)
    return Readiness(table, readiness_by_rule(table), success, model)


def _facts(table: ColumnTable, row: int) -> Facts:
    """The values of the signals' columns of one row."""
    names = tuple(name for name in _COLUMNS if name in table)
    values = np.array([[table.floats(name)[row] for name in names]])
    return Facts(names, values)


_COLUMNS = (
    "measure.seat_use_30d", "measure.premium_events_14d", "measure.invitations_14d", "measure.workflows_first_30d",
    "measure.workflow_events_30d",
)  # fmt: skip
