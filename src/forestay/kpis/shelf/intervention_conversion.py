"""Intervention conversion: how many finished interventions reached what they were for."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from forestay.actions.tasks.work import CONVERTED
from forestay.kpis.interventions import asked_for_action, ids_of
from forestay.kpis.kpi import Kpi, KpiValue, Period, Unit, share
from forestay.store.tables.signals import signals


class InterventionConversion(Kpi):
    """signals whose outcome is resolved, recovery_agreed, expanded or renewed / signals with any outcome, over
    outcomes told in the period. An outcome is what the person told who completed the signal's task: an intervention
    that is still under way counts on neither side, and so does an automated signal without a task.
    """

    key = "intervention_conversion"
    name = "Intervention conversion"
    unit = Unit.SHARE
    higher_is_better = True
    formula = (
        "interventions that ended resolved, recovery agreed, expanded or renewed / interventions that ended; one ends "
        "when a person completes its task and tells the outcome, so automated signals without a task count in neither"
    )
    numerator_is = "interventions that reached what they were for"
    denominator_is = "interventions with an outcome told in the period"

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Share 0-1; None when no intervention ended."""
        ended = (
            signals.c.workspace_id == workspace_id,
            signals.c.outcome.is_not(None),
            signals.c.outcome_at >= period.since,
            signals.c.outcome_at < period.until,
            asked_for_action(),
        )
        converted = signals.c.outcome.in_([outcome.value for outcome in CONVERTED])
        row = conn.execute(select(func.count().filter(converted), func.count()).where(*ended)).one()
        return KpiValue(share(row[0], row[1]), float(row[0]), float(row[1]), ids_of(conn, *ended, converted))
