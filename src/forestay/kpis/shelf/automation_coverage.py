"""Automation coverage: how much of what had to be done needed no person."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from forestay.customers.words import Tier
from forestay.kpis.interventions import asked_for_action, fired_in, ids_of, sides
from forestay.kpis.kpi import Kpi, KpiValue, Period, Rows, Side, Unit, share
from forestay.store.tables.actions import tasks
from forestay.store.tables.signals import signals


class AutomationCoverage(Kpi):
    """signals of the automated tier that led to no task / all signals that asked for action, fired in the period.
    A signal of the automated tier that ended with a person after all counts for the person.
    """

    key = "automation_coverage"
    name = "Automation coverage"
    unit = Unit.SHARE
    higher_is_better = True
    formula = "automated signals without a task / signals that asked for action, fired in the period"
    numerator_is = "signals carried out without a person"
    denominator_is = "signals that asked for action"

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Share 0-1; None when no signal asked for action."""
        wanted = (fired_in(workspace_id, period), asked_for_action())
        alone = _alone(workspace_id)
        row = conn.execute(select(func.count().filter(alone), func.count()).where(*wanted)).one()
        return KpiValue(share(row[0], row[1]), float(row[0]), float(row[1]), ids_of(conn, *wanted, alone))

    def rows(self, workspace_id: int, period: Period, side: Side) -> Rows:
        """Signals carried out alone; others: those that a person had to work on, or that are of another tier."""
        return sides(side, _alone(workspace_id), fired_in(workspace_id, period), asked_for_action())


def _alone(workspace_id: int) -> ColumnElement[bool]:
    worked = exists().where(tasks.c.workspace_id == workspace_id, tasks.c.signal_id == signals.c.id)
    return and_(signals.c.tier == Tier.AUTOMATED.value, ~worked)
