"""What a test says at a look, as data and in words.

Gives : Verdict, ArmSeen, Comparison, OutcomeSeen, TestReport
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from forestay.journeys.experiments.confidence import Interval
from forestay.journeys.experiments.mismatch import Mismatch


class Verdict(StrEnum):
    """What to do with a test."""

    MISMATCH = "mismatch"
    """The arms did not get their shares: find the fault, begin again with a new bucket version."""
    TOO_EARLY = "too_early"
    KEEP_GOING = "keep_going"
    BETTER = "better"
    """An arm is surely better than control: stop and take it."""
    WORSE = "worse"
    """Every other arm is surely worse than control, or was stopped: stop and keep control."""
    DRAW = "draw"
    """No difference that matters: stop and take the cheaper arm."""


@dataclass(frozen=True, slots=True)
class ArmSeen:
    """n: subjects whose outcome is known. mean: 0 to 1 for yes/no outcomes, None without any; interval: of the mean,
    None before there are enough."""

    arm: str
    n: int
    mean: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """arm against control: interval of the difference of means (true at every look), None before there are enough.

    confidence: 0 to 1. variance_cut: share of the variance that what was known before took away. plan: words for when
    the interval is narrowest.
    """

    arm: str
    control: str
    confidence: float
    interval: Interval | None
    variance_cut: float = 0.0
    plan: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeSeen:
    """One outcome in all arms. name: as in the plan ('goal:30'); words: what it is; waiting: subjects whose horizon is
    not over; without: subjects that had none (no score, no renewal due)."""

    name: str
    words: str
    is_yes_no: bool
    higher_is_better: bool
    arms: tuple[ArmSeen, ...]
    comparisons: tuple[Comparison, ...]
    waiting: int
    without: int


@dataclass(frozen=True, slots=True)
class TestReport:
    """One test at one look. outcomes: the one that decides first. shares: arm -> percent as allocated from now on;
    stopped: arm -> why. crossed: subjects that were later exposed to another arm too."""

    __test__ = False
    journey: str
    test: str
    bucket_version: int
    control: str
    outcomes: tuple[OutcomeSeen, ...]
    mismatch: Mismatch
    shares: Mapping[str, float]
    stopped: Mapping[str, str]
    crossed: int
    verdict: Verdict
    words: str
