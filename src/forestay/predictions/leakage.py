"""The leakage gate: refuses columns that know the future, and says when a result is too good to be true.

Reads : Snapshots, Labels
Gives : examine(), LeakageReport, Refused, outcome_names(), changed_afterwards(), too_good(), CEILINGS
Source: DESIGN section 6: published 95 % figures come from resampling before the split or from columns that were
        written after the customer had left

Three reasons to refuse: the name says an outcome; the value of a past day has changed since (it was written later);
or one column alone tells the event apart better than SINGLE_CEILING, which real behaviour does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from forestay.predictions.metrics import auc
from forestay.predictions.snapshots import Flags, Floats, Labels, Snapshots

SINGLE_CEILING = 0.95
"""AUC above which a single column is refused, where there are at least FEWEST events and as many others."""
FEWEST = 25
CEILINGS = {"ibm-telco": 0.87, "cdnow": 0.90, "crm5-sim": 0.80, "ravenstack": 0.75, "": 0.95}
"""AUC above which a result on a known set (or, '', any other) is too good: honest work reaches .85 on ibm-telco."""

_OUTCOME_COLUMNS = {
    "account.is_churned",
    "account.lifecycle_stage",
    "churn.probability",
    "expansion.readiness",
}
_OUTCOME_WORDS = {
    "churn", "churned", "cancel", "canceled", "cancelled", "cancellation", "attrition", "terminated", "termination",
    "offboarded", "label", "target", "outcome", "winback", "exit", "lost",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """A column that may not be learned from. reason: 'name', 'changed_afterwards', 'too_good', 'no_history'."""

    name: str
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LeakageReport:
    """refused: columns left out, with the reason in words; kept: the names that remain, in order."""

    refused: tuple[Refused, ...]
    kept: tuple[str, ...]


def examine(
    x: Snapshots, y: Labels, *, horizon: float = 30, then: Snapshots | None = None, ceiling: float = SINGLE_CEILING
) -> LeakageReport:
    """What may be learned from. then: the same rows as they were computed from what had arrived by their day, to find
    columns that were written later."""
    refused = {one.name: one for one in outcome_names(x.names)}
    if then is not None:
        for one in changed_afterwards(then, x):
            refused.setdefault(one.name, one)
    happened, known = y.within(horizon)
    for one in _too_telling(x.take(known), happened[known], horizon, ceiling, set(refused)):
        refused.setdefault(one.name, one)
    return LeakageReport(tuple(refused.values()), tuple(name for name in x.names if name not in refused))


def outcome_names(names: tuple[str, ...]) -> list[Refused]:
    """Columns whose name says an outcome, a prediction of ours, or a trait (of which only today's value is kept)."""
    found = []
    for name in names:
        words = set(re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
        if name in _OUTCOME_COLUMNS or words & _OUTCOME_WORDS:
            found.append(
                Refused(name, "name", f"'{name}' tells the outcome or what we predicted of it, so it was left out")
            )
        elif name.startswith("trait."):
            found.append(
                Refused(name, "no_history", f"of '{name}' only the present value is kept, which the past did not know")
            )
    return found


def changed_afterwards(then: Snapshots, now: Snapshots, *, share: float = 0.001) -> list[Refused]:
    """Columns whose values differ between what was known on the day (`then`) and what is told of that day now, in more
    than `share` of the rows. Rows must be the same."""
    found = []
    for name in now.names:
        before, after = then.column(name), now.column(name)
        same = np.isclose(before, after, rtol=1e-4, atol=1e-6, equal_nan=True)
        changed = 1 - float(np.mean(same)) if len(same) else 0.0
        if changed > share:
            sentence = f"'{name}' has changed for {changed:.1%} of past days after they were over: it knows the future"
            found.append(Refused(name, "changed_afterwards", sentence))
    return found


def single_column_auc(values: Floats, happened: Flags) -> float:
    """How well one column alone tells the event apart, in either direction, its being missing included: 0.5-1."""
    missing = np.isnan(values)
    order = np.where(missing, np.nanmin(values) - 1 if not missing.all() else 0.0, values)
    flag = auc(missing.astype(np.float64), happened) if missing.any() else 0.5
    alone = [max(one, 1 - one) for one in (auc(order, happened), flag) if not np.isnan(one)]
    return max(alone, default=0.5)


def too_good(score: float, known_set: str = "", *, lower_end: float | None = None) -> str | None:
    """The alarm in words when an AUC lies above the ceiling of the set, else None. lower_end: of its interval, where
    there is one: a small set reaches a high value by luck."""
    ceiling = CEILINGS.get(known_set, CEILINGS[""])
    if not (lower_end if lower_end is not None else score) > ceiling:
        return None
    where = f"on '{known_set}'" if known_set else "on data of this kind"
    return (
        f"An AUC of {score:.3f} {where} is too good to be true: honest work stays below {ceiling:.2f}. "
        "Most likely a column was written after the outcome, or rows of the test were seen in training."
    )


def _too_telling(x: Snapshots, happened: Flags, horizon: float, ceiling: float, known: set[str]) -> list[Refused]:
    if min(int(happened.sum()), int((~happened).sum())) < FEWEST:
        return []
    found = []
    rows = _sample(happened)
    for name in x.names:
        if name in known:
            continue
        alone = single_column_auc(x.column(name)[rows], happened[rows])
        if alone > ceiling:
            sentence = (
                f"'{name}' alone tells apart who leaves within {horizon:g} days with an AUC of {alone:.3f}; behaviour "
                f"seen beforehand stays below {ceiling:.2f}, so it was probably written afterwards and was left out"
            )
            found.append(Refused(name, "too_good", sentence))
    return found


def _sample(happened: Flags, most: int = 50_000) -> Flags:
    """All events and enough others: an AUC does not depend on how many others there are."""
    rows = happened.copy()
    rows[:: max(1, len(rows) // most)] = True
    return rows
