"""The rule score as a candidate: its order, with the level that the past shows.

Gives : Rule, RuleHazard, KIND
Source: predictions/rule_score.py; DESIGN section 6. The rules say who is worse off, not how many leave in 30 days: two
        numbers (a level for each period, one slope that is never negative) are learned, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from forestay.conditions.columns import ColumnTable
from forestay.predictions.hazard import happened_in
from forestay.predictions.model_document import Document
from forestay.predictions.models.candidate import TooLittle, Weights
from forestay.predictions.models.levels import levels_and_slope
from forestay.predictions.rule_score import BASE, CHURN_TERMS, churn_by_rule
from forestay.predictions.snapshots import Floats, Labels, Snapshots

KIND = "rule"


class RuleDocument(BaseModel):
    """log-odds in period t = levels[t] + slope x log-odds of the rule score."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["rule"] = "rule"
    names: tuple[str, ...]
    levels: tuple[float, ...]
    slope: float


@dataclass(frozen=True)
class RuleHazard:
    """The rule score, brought to the level of the past."""

    document: RuleDocument

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in order; those that the rules read and that are not here count as missing."""
        return self.document.names

    def hazard(self, values: Floats) -> Floats:
        """(n, periods) chance in each period given none before."""
        odds = self.document.slope * rule_log_odds(self.names, values)[:, None] + np.array(self.document.levels)
        result: Floats = 1 / (1 + np.exp(-odds))
        return result

    def to_document(self) -> Document:
        """JSON."""
        document: Document = self.document.model_dump(mode="json")
        return document

    @classmethod
    def from_document(cls, document: Document) -> RuleHazard:
        """The model of a document. Raises pydantic.ValidationError."""
        return cls(RuleDocument.model_validate(document))


@dataclass(frozen=True, slots=True)
class Rule:
    """The documented rules of churn."""

    key: str = KIND

    def fit(
        self, x: Snapshots, y: Labels, *, periods: int, seed: int, rows_weight: Weights | None = None
    ) -> RuleHazard:
        """Learn level and slope. Raises TooLittle."""
        happened, known = happened_in(y, periods)
        weight = known * (np.ones(len(x)) if rows_weight is None else np.asarray(rows_weight, float))[:, None]
        if not (happened & known).any():
            raise TooLittle("the event never happened in what is known")
        levels, slope = levels_and_slope(rule_log_odds(x.names, x.values), happened, weight)
        return RuleHazard(RuleDocument(names=x.names, levels=tuple(levels.tolist()), slope=slope))


def rule_log_odds(names: tuple[str, ...], values: Floats) -> Floats:
    """Log-odds (n,) of the rule score; its base where nothing is known."""
    wanted = sorted({name for term in CHURN_TERMS for name in term.columns} | {"account.is_churned"})
    place = {name: at for at, name in enumerate(names)}
    missing = np.full(len(values), np.nan)
    columns = {name: values[:, place[name]].astype(np.float64) if name in place else missing for name in wanted}
    score = churn_by_rule(ColumnTable((len(values),), columns)).value
    with np.errstate(divide="ignore"):
        return np.where(np.isnan(score), BASE, np.log(score / (1 - score)))
