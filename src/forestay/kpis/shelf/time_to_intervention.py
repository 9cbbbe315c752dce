"""Time to intervention: how long from the event that matters to somebody or something reaching out."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from forestay.kpis.interventions import asked_for_action, fired_in, ids_of, sides
from forestay.kpis.kpi import Kpi, KpiValue, Period, Rows, Side, Unit
from forestay.store.tables.signals import signals


class TimeToIntervention(Kpi):
    """median(first_touch_at - event_at) in hours, over signals that fired in the period, asked for action and were
    touched. numerator: signals touched; denominator: signals that asked for action. Signals that nobody has
    touched yet have no time and are not in the median: read it beside numerator and denominator.
    """

    key = "time_to_intervention"
    name = "Time to intervention"
    unit = Unit.HOURS
    higher_is_better = False
    formula = "median of (first touch - event) in hours, over signals fired in the period that asked for action"
    numerator_is = "signals touched by a person or a message"
    denominator_is = "signals that asked for action"

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Median hours; None when no signal was touched."""
        wanted = (fired_in(workspace_id, period), asked_for_action())
        hours = func.extract("epoch", signals.c.first_touch_at - signals.c.event_at) / 3600
        row = conn.execute(
            select(
                func.percentile_cont(0.5).within_group(hours).filter(_TOUCHED),
                func.count().filter(_TOUCHED),
                func.count(),
            ).where(*wanted)
        ).one()
        median = None if row[0] is None else float(row[0])
        return KpiValue(median, float(row[1]), float(row[2]), ids_of(conn, *wanted, _TOUCHED))

    def rows(self, workspace_id: int, period: Period, side: Side) -> Rows:
        """Signals touched; others: those that nobody has touched yet."""
        return sides(side, _TOUCHED, fired_in(workspace_id, period), asked_for_action())


_TOUCHED = signals.c.first_touch_at.is_not(None)
