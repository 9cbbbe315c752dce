"""Gross revenue retention: what was kept of the revenue that was there, growth left out."""

from __future__ import annotations

from sqlalchemy import Connection

from forestay.kpis.kpi import Kpi, KpiValue, Period, Unit, share
from forestay.kpis.revenue import revenue_ends


class GrossRevenueRetention(Kpi):
    """GRR = sum over accounts with MRR at the start of min(MRR at the start, MRR at the end) / MRR at the start.
    Growth of one account never hides the loss of another, so GRR is at most 1 (100 %).
    """

    key = "grr"
    name = "Gross revenue retention"
    unit = Unit.SHARE
    higher_is_better = True
    formula = "sum of min(MRR at the start, MRR at the end) / MRR at the start, over accounts that had MRR at the start"
    numerator_is = "MRR kept, no account above what it had at the start"
    denominator_is = "MRR at the start"

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Share 0-1; None when there was no revenue at the start."""
        ends = revenue_ends(conn, workspace_id, period)
        return KpiValue(share(ends.kept, ends.start), ends.kept, ends.start, ends.behind, ends.note)
