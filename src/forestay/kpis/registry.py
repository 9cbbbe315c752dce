"""The KPIs that exist, in the order in which they are shown.

Gives: KPIS, kpi_of(). Adding one is a module on the shelf and a line here.
"""

from __future__ import annotations

from forestay.kit.errors import NotFound
from forestay.kpis.kpi import Kpi
from forestay.kpis.shelf.automation_coverage import AutomationCoverage
from forestay.kpis.shelf.churn_prevented import ChurnPrevented
from forestay.kpis.shelf.grr import GrossRevenueRetention
from forestay.kpis.shelf.intervention_conversion import InterventionConversion
from forestay.kpis.shelf.intervention_effectiveness import InterventionEffectiveness
from forestay.kpis.shelf.intervention_roi import InterventionRoi
from forestay.kpis.shelf.nrr import NetRevenueRetention
from forestay.kpis.shelf.time_to_intervention import TimeToIntervention

KPIS: tuple[Kpi, ...] = (
    TimeToIntervention(),
    InterventionConversion(),
    InterventionEffectiveness(),
    ChurnPrevented(),
    InterventionRoi(),
    AutomationCoverage(),
    NetRevenueRetention(),
    GrossRevenueRetention(),
)


def kpi_of(key: str) -> Kpi:
    """The KPI of a key. Raises NotFound."""
    for kpi in KPIS:
        if kpi.key == key:
            return kpi
    raise NotFound("KPI", key)
