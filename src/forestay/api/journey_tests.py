"""What A/B tests and holdouts of journeys say, as the API shows it.

Reads: journeys.experiments.report
Gives: TestShape, test_shape()
"""

from __future__ import annotations

import msgspec
from pydantic import Field

from forestay.api.shapes import Shape
from forestay.journeys.experiments.report import TestReport, Verdict


class IntervalShape(Shape):
    """Where a number lies; holds at every look, however often one looks. n: subjects behind it."""

    estimate: float
    low: float
    high: float
    n: int


class ArmShape(Shape):
    """One arm. n: subjects whose outcome is known."""

    arm: str
    n: int
    mean: float | None
    interval: IntervalShape | None


class ComparisonShape(Shape):
    """An arm against control: the difference of their means."""

    arm: str
    control: str
    confidence: float
    interval: IntervalShape | None
    variance_cut: float
    plan: str = Field(description="For how many subjects or days the test is planned, in words.")


class OutcomeShape(Shape):
    """One outcome in all arms. waiting: subjects whose horizon is not over; without: those that had none."""

    name: str
    words: str
    is_yes_no: bool
    higher_is_better: bool
    arms: list[ArmShape]
    comparisons: list[ComparisonShape]
    waiting: int
    without: int


class MismatchShape(Shape):
    """Whether the arms got their shares; a mismatch is a fault of the test and not a result."""

    is_mismatch: bool
    p_value: float
    counts: dict[str, int] = Field(description="Subjects by arm.")
    expected: dict[str, float]


class TestShape(Shape):
    """One test, or a holdout. outcomes: the one that decides first."""

    __test__ = False
    test: str
    bucket_version: int
    control: str
    verdict: Verdict
    words: str
    outcomes: list[OutcomeShape]
    mismatch: MismatchShape
    shares: dict[str, float] = Field(description="Percent by arm, from now on.")
    stopped: dict[str, str] = Field(description="Arms that were stopped, and why.")
    crossed: int = Field(description="Subjects that were later put into another arm too.")


def test_shape(report: TestReport) -> TestShape:
    """A report as the API answers it."""
    return TestShape.model_validate(msgspec.to_builtins(report))
