"""What each group of columns adds to a prediction, for every kind of model that can say it exactly.

Reads : trained models (models/), groups
Gives : Explainer, Shares, explainer_of()
Source: DESIGN section 6. The scale is the log-odds of the hazard, as the mean over the model's periods, before
        calibration: calibration moves the level of all accounts alike and their order not at all.

What is added is counted from the average account of the training rows. 'additive', 'logistic', 'lightgbm' and 'rule'
are exact: the shares and the reference sum to the mean log-odds. 'average' is explained by the mean of its two
members' shares, which sum to the mean of their log-odds. Other kinds cannot say it; their surrogate can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.predictions.additive import AdditiveModel
from forestay.predictions.groups import Group, sums_by_group
from forestay.predictions.models.average import AverageHazard
from forestay.predictions.models.boosting import filled
from forestay.predictions.models.candidate import Fitted
from forestay.predictions.models.lightgbm_small import TreeHazard
from forestay.predictions.models.logistic import LogisticHazard
from forestay.predictions.models.rule import RuleHazard
from forestay.predictions.rule_score import CHURN_TERMS, churn_by_rule
from forestay.predictions.snapshots import Floats
from forestay.predictions.tree_reasons import TreeReasons

Adds = Callable[[Floats], Floats]
"""Values (n, k) -> what each column adds (n, k)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """added: (n, groups) log-odds; columns: (n, groups) number of the column that a group's sentence speaks of."""

    added: npt.NDArray[np.float64]
    columns: npt.NDArray[np.intp]


class Explainer(Protocol):
    """Explains rows of values in the model's column order."""

    @property
    def groups(self) -> tuple[Group, ...]:
        """What is explained, in the order of `Shares`."""
        ...

    @property
    def is_slow(self) -> bool:
        """Whether a million rows take minutes rather than seconds."""
        ...

    def shares(self, values: Floats) -> Shares:
        """What each group adds to rows (n, k)."""
        ...


@dataclass(frozen=True)
class ByColumn:
    """A model whose columns each add something; a group adds what its columns add."""

    names: tuple[str, ...]
    groups: tuple[Group, ...]
    adds: Adds
    is_slow: bool = False

    def shares(self, values: Floats) -> Shares:
        """Sums by group; the speaking column is the one that adds most in the group's own direction."""
        each = np.asarray(self.adds(values), np.float64)
        added = sums_by_group(each, self.names, self.groups)
        return Shares(added, np.column_stack([self._speaking(each, added, at) for at in range(len(self.groups))]))

    def _speaking(self, each: npt.NDArray[np.float64], added: npt.NDArray[np.float64], at: int) -> npt.NDArray[np.intp]:
        members = np.array([self.names.index(column) for column in self.groups[at].columns])
        with_it = each[:, members] * np.where(added[:, at] < 0, -1.0, 1.0)[:, None]
        return np.asarray(members[with_it.argmax(axis=1)], np.intp)


@dataclass(frozen=True)
class ByRule:
    """The rule score as a model: each of its terms is a group, times the slope that the past gave it."""

    names: tuple[str, ...]
    slope: float
    is_slow: bool = False

    @property
    def groups(self) -> tuple[Group, ...]:
        """The terms."""
        return tuple(Group(key=term.key, label=term.label, columns=term.columns) for term in CHURN_TERMS)

    def shares(self, values: Floats) -> Shares:
        """What each term adds; nothing is below 0, since a rule knows no average account."""
        place = {name: at for at, name in enumerate(self.names)}
        missing = np.full(len(values), np.nan)
        read = {*(column for term in CHURN_TERMS for column in term.columns), "account.is_churned"}
        columns = {name: values[:, place[name]].astype(float) if name in place else missing for name in read}
        score = churn_by_rule(ColumnTable((len(values),), columns))
        speaking = [place.get(term.columns[0], 0) for term in CHURN_TERMS]
        return Shares(
            self.slope * np.column_stack(score.parts), np.broadcast_to(speaking, (len(values), len(speaking)))
        )


def explainer_of(fitted: Fitted, groups: Sequence[Group]) -> Explainer | None:
    """How the model explains itself exactly; None when it cannot, and a surrogate has to."""
    if isinstance(fitted, RuleHazard):
        return ByRule(fitted.names, fitted.document.slope)
    adds = column_adds(fitted)
    slow = isinstance(fitted, TreeHazard | AverageHazard)
    return None if adds is None else ByColumn(fitted.names, tuple(groups), adds, slow)


def column_adds(fitted: Fitted) -> Adds | None:
    """What each column adds to the mean log-odds over the periods; None for kinds that cannot say it exactly."""
    if isinstance(fitted, AdditiveModel):
        return fitted.contributions
    if isinstance(fitted, LogisticHazard):
        return fitted.contributions
    if isinstance(fitted, TreeHazard):
        return _TreeAdds(fitted)
    if isinstance(fitted, AverageHazard):
        one, other = column_adds(fitted.logistic), column_adds(fitted.trees)
        return None if one is None or other is None else lambda values: (one(values) + other(values)) / 2
    return None


@dataclass(frozen=True)
class _TreeAdds:
    """Exact shares of a model of trees; reads its text when it is first asked."""

    model: TreeHazard

    def __call__(self, values: Floats) -> Floats:
        known, periods = filled(values, self.model.medians), self.model.document.periods
        if periods == 1:
            return self._reasons.contributions(known)
        return self._reasons.contributions(known, range(periods), [1 / periods] * periods)

    @cached_property
    def _reasons(self) -> TreeReasons:
        columns = len(self.model.names)
        return TreeReasons.from_text(
            self.model.document.text, columns, columns if self.model.document.periods > 1 else None
        )
