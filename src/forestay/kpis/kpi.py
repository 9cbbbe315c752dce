"""A KPI: one number about the business over a period, with its formula and what is behind it.

Gives : Kpi, KpiValue, Period, Unit, DrillDown, DrillKind, Side, Rows
Source: REQUIREMENTS J: what the product promises must be measurable inside the product.

The shelf is `kpis/shelf/`, the list `kpis/registry.py`; a new KPI is one module and one line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ColumnElement, Connection

MOST_IDS = 500
"""Of what is behind a number, so many are named."""


class Unit(StrEnum):
    """What a KPI counts."""

    HOURS = "hours"
    SHARE = "share"
    """0 to 1; NRR may exceed 1."""

    MONEY = "money"
    """ARR a year, in the workspace's currency."""

    RATIO = "ratio"
    """How many times; 4 is 4 : 1."""


class DrillKind(StrEnum):
    """What the ids behind a number are."""

    SIGNAL = "signal"
    ACCOUNT = "account"
    IMPACT = "impact"
    """Of interventions, kind:key, as `/api/impact` has them."""


class Side(StrEnum):
    """Which of what is behind a number."""

    COUNTED = "counted"
    """In the numerator; of revenue: accounts whose revenue changed."""

    OTHERS = "others"
    """In the denominator alone: what a person would want to look at; of revenue: accounts that stayed as they were."""


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: since <= moment < until. zone: of the workspace, for days."""

    since: datetime
    until: datetime
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class DrillDown:
    """What is behind the numerator: numbers of signals, external ids of accounts or interventions; at most MOST_IDS."""

    kind: DrillKind
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Signals by condition over the table `signals`."""

    conditions: tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class KpiValue:
    """value: None when there is nothing to divide by. note: what was left out, empty when nothing was."""

    value: float | None
    numerator: float
    denominator: float
    behind: DrillDown
    note: str = ""


class Kpi(ABC):
    """One number about the business."""

    key: ClassVar[str]
    name: ClassVar[str]
    unit: ClassVar[Unit]
    higher_is_better: ClassVar[bool]
    formula: ClassVar[str]
    """The formula in words, as the API and screens show it; the class's docstring has it too."""
    numerator_is: ClassVar[str]
    denominator_is: ClassVar[str]
    has_course: ClassVar[bool] = True
    """Whether it can be told of any period; else it is always of the last daily look."""

    def rows(self, workspace_id: int, period: Period, side: Side) -> Rows | None:
        """What is behind the number, all of it; None where that is no signal."""
        return None

    @abstractmethod
    def compute(self, conn: Connection, workspace_id: int, period: Period) -> KpiValue:
        """The number of a workspace over a period."""


def share(part: float, whole: float) -> float | None:
    """part / whole; None when whole is 0.

    >>> share(1, 4), share(0, 0)
    (0.25, None)
    """
    return part / whole if whole else None
