"""Return on investment of interventions: what they kept or won for what they cost."""

from __future__ import annotations

from sqlalchemy import Connection

from forestay.kpis.impacts import impacts_in
from forestay.kpis.kpi import Kpi, KpiValue, Period, Unit


class InterventionRoi(Kpi):
    """(ARR kept or won by interventions in a year - their cost) / their cost, over those of which it can be said.
    cost = tasks worked on x minutes x an hour's cost / 60 + messages sent x a message's cost (settings.impact).
    4.0 is 4 : 1. None while of nothing it can be said, or nothing was spent.
    """

    key = "intervention_roi"
    name = "ROI of interventions"
    unit = Unit.RATIO
    higher_is_better = True
    formula = "(ARR kept or won by interventions - cost of tasks and messages) / cost of tasks and messages, a year"
    numerator_is = "ARR kept or won, less cost"
    denominator_is = "cost of tasks and messages"
    has_course = False

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Times; None while it is not known."""
        found = impacts_in(conn, workspace_id, period)
        worth, share = found.worth, found.share_of_year
        gained = 0.0 if worth.saved is None else (worth.saved.estimate - worth.cost) * share
        cost = 0.0 if worth.saved is None else worth.cost * share
        roi = None if worth.roi is None else worth.roi.estimate
        return KpiValue(roi, max(gained, 0.0), cost, found.behind, found.note)
