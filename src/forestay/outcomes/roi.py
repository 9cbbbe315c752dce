"""What interventions are worth in money, beside what they cost.

Reads : effects with their intervals, revenue, numbers of interventions
Gives : Costs, Spent, Worth, Money, worth_of()
Source: REQUIREMENTS C1, C4, J (churn prevented in money, ROI); formulas in the docstrings, as docs/impact.md has them

The interval of the effect is carried through; a number whose interval is not known is not given.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from forestay.outcomes.average import Effect


class Costs(BaseModel):
    """What work costs, in the workspace's currency (settings.impact)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minutes_a_task: float = Field(45.0, ge=0, le=10_000, description="Of a CSM, for one task.")
    an_hour: float = Field(75.0, ge=0, le=1_000_000, description="Of a CSM's time: wages and what goes with them.")
    a_message: float = Field(0.02, ge=0, le=1_000_000, description="To send one.")


@dataclass(frozen=True, slots=True)
class Spent:
    """What was done for some interventions: tasks that a person worked on, messages that were sent."""

    tasks: int
    messages: int

    def cost(self, costs: Costs) -> float:
        """tasks x minutes / 60 x an hour's cost + messages x a message's cost.

        >>> Spent(4, 100).cost(Costs(minutes_a_task=30, an_hour=100, a_message=0.01))
        201.0
        """
        return self.tasks * costs.minutes_a_task / 60 * costs.an_hour + self.messages * costs.a_message


class Money(msgspec.Struct, frozen=True):
    """An amount a year in the workspace's currency, or a ratio; with its interval."""

    estimate: float
    low: float
    high: float


class Worth(msgspec.Struct, frozen=True):
    """saved: ARR kept or won by the treated that would not have been without; cost: of the work; roi: (saved - cost) /
    cost. None where it cannot be said yet; why: what is missing then."""

    saved: Money | None
    cost: float
    roi: Money | None
    why: str = ""


def worth_of(effect: Effect, treated: int, spent: Spent, costs: Costs) -> Worth:
    """effect: on ARR per account; treated: accounts that were treated in the period.

    saved = effect x treated; roi = (saved - cost) / cost; both ends of the interval in the same way. roi is None
    without cost.
    """
    cost = spent.cost(costs)
    if effect.estimate is None or effect.low is None or effect.high is None:
        return Worth(None, cost, None, effect.why)
    saved = Money(effect.estimate * treated, effect.low * treated, effect.high * treated)
    if cost <= 0:
        return Worth(saved, cost, None, "nothing was spent")
    return Worth(saved, cost, Money(*((one - cost) / cost for one in (saved.estimate, saved.low, saved.high))))
