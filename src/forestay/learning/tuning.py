"""How a workspace wants its triggers tuned, and what was found of each: settings and findings as data.

Gives : TuningSettings, TuningMode, Findings, PrecisionSeen, seen(), target_of(), routing_words()
Source: REQUIREMENTS D6; settings.trigger_tuning of the workspace
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from forestay.customers.words import RiskLevel
from forestay.learning.feedback import LATE, SURE, Move, Suggestion
from forestay.learning.precision import Firings, Precision, chance_above, share_of

Share = Annotated[float, Field(gt=0, lt=1)]


class TuningMode(StrEnum):
    """What becomes of a suggestion."""

    OFF = "off"
    SUGGEST = "suggest"
    AUTOMATIC = "automatic"


class TuningSettings(BaseModel):
    """settings.trigger_tuning. targets: precision asked of triggers of a risk level; triggers: of one trigger."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: TuningMode = Field(TuningMode.SUGGEST, description="Whether suggestions are taken by themselves.")
    targets: dict[RiskLevel, Share] = Field(default_factory=dict, description="Precision asked of a risk level.")
    triggers: dict[str, Share] = Field(default_factory=dict, description="Precision asked of one trigger, by key.")


TARGETS = {RiskLevel.CRITICAL: 0.7, RiskLevel.HIGH: 0.5, RiskLevel.MEDIUM: 0.4, RiskLevel.LOW: 0.3}
"""What is asked where the workspace says nothing: the more a false alarm costs, the more."""


class PrecisionSeen(msgspec.Struct, frozen=True):
    """precision.Precision as it is stored."""

    hits: float
    misses: float
    mean: float
    low: float
    high: float


class Findings(msgspec.Struct, frozen=True):
    """What feedback says of one trigger, or of one segment of its accounts (segment '': all without a line of their own).

    column, threshold, low, high: its dial and bounds, None without one. by_outcome: precision by what happened alone.
    recall: of those down to the loosest bound, None while nobody was watched to the end. move, to, reason: what is
    suggested. late, routing, retrain: sentences, empty when there is nothing to say.
    """

    target: float
    precision: PrecisionSeen
    by_outcome: PrecisionSeen
    recall: float | None
    watched: int
    move: Move
    reason: str
    to: float | None = None
    column: str | None = None
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    late: str = ""
    routing: str = ""
    retrain: str = ""


def seen(precision: Precision) -> PrecisionSeen:
    """To store."""
    return PrecisionSeen(precision.hits, precision.misses, precision.mean, precision.low, precision.high)


def target_of(settings: TuningSettings, key: str, level: RiskLevel) -> float:
    """The precision asked of a trigger: its own, else its level's, else what is usual."""
    return settings.triggers.get(key) or settings.targets.get(level) or TARGETS[level]


def late_words(firings: Firings) -> str:
    """Whether CSMs mostly knew already."""
    verdicts = firings.accurate | firings.inaccurate | firings.known | firings.idle
    late = share_of(firings.known, verdicts)
    if late.judged < 10 or chance_above(late, LATE) < SURE:
        return ""
    return f"{late.hits:g} of {late.judged:g} verdicts say 'already known': it comes too late"


def routing_words(firings: Firings) -> str:
    """Whether CSMs mostly could do nothing: then not the line is wrong but where the signal goes."""
    verdicts = firings.accurate | firings.inaccurate | firings.known | firings.idle
    idle = share_of(firings.idle, verdicts)
    if idle.judged < 10 or chance_above(idle, LATE) < SURE:
        return ""
    return (
        f"{idle.hits:g} of {idle.judged:g} verdicts say 'not actionable': send it to somebody else, give it another action, "
        "or let it act by itself"
    )


def retrain_words(by_outcome: Precision, target: float, column: str | None) -> str:
    """Whether what really happened says that the model behind the trigger is no longer right. Verdicts alone never do."""
    is_model = column in ("churn.probability", "expansion.readiness")
    if not is_model or by_outcome.judged < 20 or 1 - chance_above(by_outcome, target - 0.05) < SURE:
        return ""
    return (
        f"what {column} warned of came in {by_outcome.hits:g} of {by_outcome.judged:g} firings whose time is over, "
        f"{target:.0%} was asked for: train the model anew"
    )


def wants(suggestion: Suggestion) -> bool:
    """Whether there is something to take."""
    return suggestion.move is not Move.STAY
