"""Net revenue retention: what became of the revenue that was there, growth included."""

from __future__ import annotations

from sqlalchemy import Connection

from forestay.kpis.kpi import Kpi, KpiValue, Period, Unit, share
from forestay.kpis.revenue import revenue_ends


class NetRevenueRetention(Kpi):
    """NRR = MRR at the end of the accounts that had MRR at the start / MRR at the start.
    Churn and contraction lower it, expansion raises it; new accounts do not count. May exceed 1.
    """

    key = "nrr"
    name = "Net revenue retention"
    unit = Unit.SHARE
    higher_is_better = True
    formula = "MRR at the end of accounts that had MRR at the start / MRR at the start"
    numerator_is = "MRR at the end, of accounts that had MRR at the start"
    denominator_is = "MRR at the start"

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Share; None when there was no revenue at the start."""
        ends = revenue_ends(conn, workspace_id, period)
        return KpiValue(share(ends.end, ends.start), ends.end, ends.start, ends.behind, ends.note)
