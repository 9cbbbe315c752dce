"""The early warning: of accounts that are still active, whose last activity falls in the next 30, or 30 to 90 days?

Reads : hazards of the label 'last_activity' (labels.LastActivity), learned from accounts active in the last 14 days
Gives : EarlyWarning, early_warning(), judge_early(), EarlyFigures
Source: issue 4 part 3; DESIGN section 6 ('report lead time')

A head of its own: who cancels next month has often gone quiet already, and then it is late. This one asks earlier, of
accounts that still come, when they will come for the last time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.hazard import probability_within
from forestay.predictions.metrics import auc, precision_at_budget, recall_at_budget
from forestay.predictions.snapshots import Floats, Labels, Snapshots
from forestay.predictions.survival_metrics import LeadTime, lead_time

SOON, LATER = 30, 90
BUDGET = 0.1


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """soon: (n,) chance that the last activity falls in the next 30 days; later: in days 31 to 90."""

    soon: Floats
    later: Floats


@dataclass(frozen=True, slots=True)
class EarlyFigures:
    """Out of time, of accounts still active. auc_*, recall_*, precision_*: NaN without events; recall and precision at
    a budget of 10 %; lead: days from the first alert (10 % highest of the day) to the last activity."""

    auc_soon: float
    auc_later: float
    recall_soon: float
    recall_within_90: float
    precision_soon: float
    lead: LeadTime


def early_warning(hazard: Floats) -> EarlyWarning:
    """Both chances from calibrated hazards (n, periods)."""
    soon, all_of_it = probability_within(hazard, SOON), probability_within(hazard, LATER)
    return EarlyWarning(soon, all_of_it - soon)


def judge_early(x: Snapshots, labels: Labels, hazard: Floats, *, budget: float = BUDGET) -> EarlyFigures:
    """Figures of rows that were out of time and at risk; `later` is judged among accounts that stayed for 30 days."""
    asked = np.asarray(labels.observed_days >= 0, bool)
    x, labels, hazard = x.take(asked), labels.take(asked), hazard[asked]
    told = early_warning(hazard)
    happened, known = labels.within(SOON)
    in_all, known_all = labels.within(LATER)
    stayed = known_all & ~(labels.event_in_days <= SOON)
    total = told.soon + told.later
    return EarlyFigures(
        auc(told.soon[known], happened[known]),
        auc(told.later[stayed], in_all[stayed]),
        recall_at_budget(told.soon[known], happened[known], budget),
        recall_at_budget(total[known_all], in_all[known_all], budget),
        precision_at_budget(told.soon[known], happened[known], budget),
        lead_time(x.account_ids, x.as_of_days, labels.event_in_days, highest_of_day(total, x.as_of_days, budget)),
    )


def highest_of_day(p: Floats, as_of_days: npt.NDArray[np.integer], share: float) -> npt.NDArray[np.bool_]:
    """(n,) whether a row is among the highest `share` of its day, at least one a day."""
    order = np.lexsort((-p, as_of_days))
    _, starts, counts = np.unique(as_of_days[order], return_index=True, return_counts=True)
    rank = np.arange(len(p)) - np.repeat(starts, counts)
    taken = np.maximum(np.round(share * counts), 1)
    found = np.zeros(len(p), bool)
    found[order] = rank < np.repeat(taken, counts)
    return found
