"""Intervention conversion: how many finished interventions reached what they were for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, select

from forestay.actions.tasks.work import CONVERTED
from forestay.kpis.interventions import RECOVERED, asked_for_action, ids_of, sides
from forestay.kpis.kpi import Kpi, KpiValue, Period, Rows, Side, Unit, share
from forestay.store.tables.signals import signals


class InterventionConversion(Kpi):
    """signals whose outcome is resolved, recovery_agreed, recovered, expanded or renewed / signals with any outcome, over
    outcomes of the period. An outcome is what the person told who completed the signal's task; where nobody told one, it
    is closed from data when the trigger's days are over (expanded, renewed, recovered: a better health band; else
    retained or churned). Only kept is no conversion. An intervention that is under way counts on neither side.
    """

    key = "intervention_conversion"
    name = "Intervention conversion"
    unit = Unit.SHARE
    higher_is_better = True
    formula = (
        "interventions that ended resolved, recovery agreed, recovered, expanded or renewed / interventions that ended; "
        "one ends when a person tells its outcome, else from data when the trigger's days are over"
    )
    numerator_is = "interventions that reached what they were for"
    denominator_is = "interventions that ended in the period"

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Share 0-1; None when no intervention ended."""
        ended = _ended(workspace_id, period)
        row = conn.execute(select(func.count().filter(_CONVERTED), func.count()).where(*ended)).one()
        return KpiValue(share(row[0], row[1]), float(row[0]), float(row[1]), ids_of(conn, *ended, _CONVERTED))

    def rows(self, workspace_id: int, period: Period, side: Side) -> Rows:
        """Signals that reached what they were for; others: those that ended without."""
        return sides(side, _CONVERTED, *_ended(workspace_id, period))


_CONVERTED = signals.c.outcome.in_([*(outcome.value for outcome in CONVERTED), RECOVERED])


def _ended(workspace_id: int, period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        signals.c.workspace_id == workspace_id,
        signals.c.outcome.is_not(None),
        signals.c.outcome_at >= period.since,
        signals.c.outcome_at < period.until,
        asked_for_action(),
    )
