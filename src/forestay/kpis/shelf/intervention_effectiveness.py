"""Intervention effectiveness: how often an intervention was followed by what it was for, by data and not by word."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from forestay.kpis.kpi import MOST_IDS, DrillDown, DrillKind, Kpi, KpiValue, Period, Rows, Side, Unit, share
from forestay.store.tables.learning import interventions
from forestay.store.tables.signals import signals


class InterventionEffectiveness(Kpi):
    """interventions whose aim came true within the trigger's days / interventions whose days were over in the period.
    Against churn: the account stayed, and stands in a better health band or renewed; for renewal: it renewed; for
    expansion: it pays more. Closed from data. It is not the effect: many would have ended so by themselves; what they did
    beyond that stands in `/api/impact`.
    """

    key = "intervention_effectiveness"
    name = "Intervention effectiveness"
    unit = Unit.SHARE
    higher_is_better = True
    formula = (
        "interventions followed by what they were for (stayed and better or renewed; renewed; expanded) / interventions "
        "whose days were over in the period; says nothing of what would have come by itself"
    )
    numerator_is = "interventions followed by what they were for"
    denominator_is = "interventions whose days were over in the period"

    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """Share 0-1; None when no intervention's days were over."""
        table = interventions.c
        ended, reached = _ended(workspace_id, period), _reached()
        row = conn.execute(select(func.count().filter(reached), func.count()).where(ended)).one()
        wanted = select(table.signal_id).where(ended, reached).order_by(table.due_at.desc()).limit(MOST_IDS)
        behind = DrillDown(DrillKind.SIGNAL, tuple(str(number) for number in conn.execute(wanted).scalars()))
        return KpiValue(share(row[0], row[1]), float(row[0]), float(row[1]), behind)

    def rows(self, workspace_id: int, period: Period, side: Side) -> Rows:
        """Signals whose aim came true; others: those whose days were over without it."""
        reached = _reached() if side is Side.COUNTED else _reached().is_not(True)
        wanted = select(interventions.c.signal_id).where(_ended(workspace_id, period), reached)
        return Rows((signals.c.workspace_id == workspace_id, signals.c.id.in_(wanted)))


def _ended(workspace_id: int, period: Period) -> ColumnElement[bool]:
    table = interventions.c
    return and_(
        table.workspace_id == workspace_id, table.arm == "treated", table.settled_at.is_not(None),
        table.due_at >= period.since, table.due_at < period.until,
    )  # fmt: skip


def _reached() -> ColumnElement[bool]:
    table = interventions.c
    stayed_well = and_(~table.churned, or_(table.recovered.is_(True), table.renewed.is_(True)))
    return case(
        (table.aim == "churned", stayed_well), (table.aim == "renewed", table.renewed.is_(True)),
        else_=table.expanded.is_(True),
    )  # fmt: skip
