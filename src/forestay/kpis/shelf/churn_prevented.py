"""Churn prevented, in money: ARR that stayed because of interventions."""

from __future__ import annotations

from sqlalchemy import Connection

from forestay.kpis.impacts import impacts_in
from forestay.kpis.kpi import Kpi, KpiValue, Period, Unit


class ChurnPrevented(Kpi):
    """sum over interventions against churn of (effect on ARR per account x accounts treated in a year) x period / year.
    The effect is that against accounts held out by chance, or an observational estimate, named so in the note; what
    cannot be said yet is left out, and no number is given while nothing can. denominator: accounts treated in a year.
    """

    key = "churn_prevented"
    name = "Churn prevented"
    unit = Unit.MONEY
    higher_is_better = True
    formula = (
        "sum over interventions against churn of (ARR per treated account - ARR per account held out) x accounts treated, "
        "a year, x days of the period / 365"
    )
    numerator_is = "ARR kept by interventions in the period"
    denominator_is = "interventions of which it can be said"
    has_course = False

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Money in the workspace's currency; None while of no intervention it can be said."""
        found = impacts_in(conn, workspace_id, period, ("churned", "renewed"))
        saved = found.worth.saved
        amount = None if saved is None else saved.estimate * found.share_of_year
        return KpiValue(amount, max(amount or 0.0, 0.0), float(found.known), found.behind, found.note)
