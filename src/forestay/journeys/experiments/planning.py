"""For how many subjects a test is planned when nobody said: for those whom four weeks of its traffic bring.

Reads : TestPlan, the days on which subjects came in
Gives : planned_for(), first_week_is_over(), FIRST_DAYS, WEEKS
Source: confidence.py (what a plan is worth). A plan may follow from how many came in, since that tells nothing of how they
        fared; it may not follow from outcomes. So the whole traffic of the first week counts and the shares of the
        document, not who was dealt what. Until that week is over only the part of the interval that needs no plan holds,
        which is true together with the rest.
"""

from __future__ import annotations

from forestay.journeys.experiments.plan import TestPlan
from forestay.journeys.experiments.subjects import Floats, Subjects

FIRST_DAYS, WEEKS = 7, 4
NOT_YET = 0
"""Planned for nobody yet: the first week is not over."""


def planned_for(plan: TestPlan, subjects: Subjects, share: float) -> int | None:
    """Subjects with a known outcome in two arms together. share: of both arms in the document, 0-1. None: for no number,
    because the test runs without an end; NOT_YET: will be known when the first week is over."""
    if plan.planned is not None:
        return plan.planned
    if plan.open_ended:
        return None
    if not first_week_is_over(plan, subjects):
        return NOT_YET
    return max(2 * plan.least, round(WEEKS * share * _came_in_first(subjects.day)))


def first_week_is_over(plan: TestPlan, subjects: Subjects) -> bool:
    """Told by somebody who came in later, or by the end of a horizon that is as long."""
    if bool((subjects.day >= FIRST_DAYS).any()):
        return True
    long = [outcome.name for outcome in plan.outcomes if outcome.within_days >= FIRST_DAYS]
    return any(bool(subjects.known[name].is_settled.any()) for name in long)


def _came_in_first(day: Floats) -> int:
    return int((day < FIRST_DAYS).sum())
